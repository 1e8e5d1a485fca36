#!/usr/bin/env bats
# engines: docker podman
# What of a commit reaches the image, by whichever builder.
load lib/helper

# repository: one of an image "app"; enters it.
repository() {
	git init -q app && cd app || return
	put .gitimage <<<'[image "app"]'
	git config --global image.app.repository "$REPOSITORY"
}

# image_files REF FOLDER: "TYPE MODE PATH TARGET" of what the image's /FOLDER
# holds, which is unpacked at ./FOLDER.
image_files() {
	local container
	container=$(create_container "$1" '{"Cmd": ["none"]}')
	rm -rf "${2:?}"
	engine_api GET "/containers/$container/export" | tar -x --no-same-owner "$2"
	remove_container "$container"
	(cd "$2" && find . -printf '%y %m %P %l\n' | sort)
}

# image_paths REF FOLDER: on one line.
image_paths() {
	image_files "$@" | cut -d' ' -f3 | sort | xargs
}

commit_files() {
	rm -rf theirs
	mkdir theirs
	git -c tar.umask=0022 archive HEAD | tar -x -C theirs
	(cd theirs && find . -printf '%y %m %P %l\n' | sort)
}

@test "an image holds what the commit holds, whatever the names" {
	local i
	repository
	put Dockerfile <<<$'FROM scratch\nCOPY . /ctx/'
	mkdir -p a/b a.d a- 'with space' "$(printf 'l%.0s' {1..120})"
	for i in a/b/c a/b- a.d/z a-/x a0 'with space/ä ö' '#x' '!y' 'a+b' 'l*' 'q?' '[z]' 'b\c'; do
		put "$i" <<<"$i"
	done
	put "$(printf 'l%.0s' {1..120})/$(printf 'm%.0s' {1..120})" <<<long
	chmod 755 a0
	ln -s ../a0 a/up
	ln -s nowhere dangling
	ln -s / root
	: >empty
	commit first
	must git image build
	diff <(image_files "$REPOSITORY:$(sha7)" ctx) <(commit_files)
	diff -r --no-dereference ctx theirs
}

@test "the rules beside a Dockerfile that is outside of the context" {
	repository
	put docker/web.Dockerfile <<<$'FROM scratch\nCOPY . /ctx/'
	put docker/web.Dockerfile.dockerignore <<<$'*\n!keep\n!src/**/*.c\n.dockerignore'
	put context/.dockerignore <<<$'keep'
	for i in keep drop src/a.c src/a.h src/x/b.c; do
		put "context/$i" <<<"$i"
	done
	commit first
	git config --global image.app.context context
	git config --global image.app.dockerfile docker/web.Dockerfile
	must git image build
	is "the image" "$(image_paths "$REPOSITORY:$(sha7)" ctx)" \
		"keep src src/a.c src/x src/x/b.c"
}

@test "a file that changes and keeps its size, one that goes, one that stays" {
	repository
	put Dockerfile <<<$'FROM scratch\nCOPY . /ctx/'
	put changes <<<1111
	put goes <<<2
	put stays <<<3
	commit first
	must git image build
	image_files "$REPOSITORY:$(sha7)" ctx >/dev/null
	mv ctx ../before
	put changes <<<4444
	rm goes
	commit second
	must git image build
	diff <(image_files "$REPOSITORY:$(sha7)" ctx) <(commit_files)
	is "changes" "$(cat ctx/changes)" 4444
	is "the time of what stays" "$(stat -c %y ctx/stays)" "$(stat -c %y ../before/stays)"
	[ "$(stat -c %y ctx/changes)" != "$(stat -c %y ../before/changes)" ]
}

@test "only what is copied, through links" {
	repository
	put Dockerfile <<<$'FROM scratch\nCOPY link/file other* /ctx/'
	put real/file <<<file
	put otherwise <<<other
	put unused <<<unused
	ln -s real link
	commit first
	must git image build
	is "the image" "$(image_paths "$REPOSITORY:$(sha7)" ctx)" "file otherwise"
}

@test "an empty file of rules beside the Dockerfile is one, too" {
	repository
	put Dockerfile <<<$'FROM scratch\nCOPY . /ctx/'
	put .dockerignore <<<kept
	put kept <<<kept
	: >Dockerfile.dockerignore
	commit first
	must git image build
	diff <(image_files "$REPOSITORY:$(sha7)" ctx) <(commit_files)
}

@test "the work tree, with rules that git does not know" {
	local dirty
	repository
	put Dockerfile <<<$'FROM scratch\nCOPY . /ctx/'
	put .gitignore <<<.dockerignore
	put .dockerignore <<<dropped
	commit first
	put dropped <<<dropped
	put kept <<<kept
	must git image build --worktree
	dirty=$(local_tags "$REPOSITORY")
	matches "the tag" "$dirty" "^$(sha7)-dirty-[0-9a-f]{8}$"
	is "the image" "$(image_paths "$REPOSITORY:$dirty" ctx)" \
		".gitignore .gitimage Dockerfile kept"
}
