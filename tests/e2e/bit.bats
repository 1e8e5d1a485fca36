#!/usr/bin/env bats
# Keys are equal exactly where what is built is: two commits that differ by one bit of
# something are both built, and what their images hold is compared.
# engines: docker podman
load lib/helper

repository() {
	git init -q app && cd app || return
	git config --global image.app.repository "$REPOSITORY"
	put .gitimage <<<$'[image "app"]\n\tdockerfile = Dockerfile'
	put Dockerfile <<<$'FROM scratch\nCOPY src /src\nCOPY *.txt /\nCMD ["x"]'
	put .dockerignore <<<$'**/*.log\nnotes\n.dockerignore'
	put src/a <<<one
	put src/b <<<two
	put src/deep/er/x.log <<<log
	put src/deep/er/y <<<y
	put notes/n <<<n
	put e.txt <<<e
	commit zero
}

# held: what the commit's image holds, built anew: type, mode, path, link and content.
held() {
	local container folder
	must git image build --no-cache || return
	container=$(create_container "$REPOSITORY:$(sha7)" '{"Cmd": ["none"]}')
	folder=$(mktemp -d "$BATS_TEST_TMPDIR/held.XXXXXX")
	engine_api GET "/containers/$container/export" |
		tar -x --no-same-owner -C "$folder" --wildcards 'src' '*.txt' || return
	remove_container "$container"
	(cd "$folder" && find . -mindepth 1 -printf '%y %m %P %l\n' | sort &&
		find . -type f | sort | xargs sha256sum) | sha256sum
}

# differ_by WHAT SCRIPT: prints "WHAT: equal", or "WHAT: different", or how key and images
# contradict each other.
differ_by() {
	local what=$1 key image keys=different images=different
	key=$(git image key) image=$(held) || return
	eval "$2"
	commit "$what" || return
	[ "$(git image key)" != "$key" ] || keys=equal
	[ "$(held)" != "$image" ] || images=equal
	[ $keys = $images ] && echo "$what: $keys" || echo "$what: keys $keys, images $images"
}

@test "one bit of mode, name or order changes key and image" {
	repository
	differ_by mode 'chmod +x src/a' >>../found
	differ_by name 'git mv src/a src/c' >>../found
	differ_by order 'mv src/b t; mv src/c src/b; mv t src/c' >>../found
	differ_by "a bit" 'printf "o\x6ed\n" >src/deep/er/y' >>../found
	differ_by "a link" 'rm src/b; ln -s c src/b' >>../found
	differ_by "a folder" 'mkdir src/f; mv src/c src/f/c' >>../found
	is "found" "$(cat ../found)" "mode: different
name: different
order: different
a bit: different
a link: different
a folder: different"
}

@test "what is ignored changes neither key nor image" {
	repository
	differ_by content 'echo more >>src/deep/er/x.log' >>../found
	differ_by mode 'chmod +x notes/n' >>../found
	differ_by "a name" 'git mv notes/n notes/m' >>../found
	differ_by "a new one" 'echo x >src/new.log' >>../found
	differ_by "a line that matches nothing" 'echo nowhere >>.dockerignore' >>../found
	differ_by "one more file" 'sed -i /notes/d .dockerignore; echo e.txt >>.dockerignore' \
		>>../found
	is "found" "$(cat ../found)" "content: equal
mode: equal
a name: equal
a new one: equal
a line that matches nothing: equal
one more file: different"
}
