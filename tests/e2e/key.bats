#!/usr/bin/env bats
# What of a commit counts: the context as a file, and the key of it.
# engines: none
load lib/helper

# repository: one of an image "app" with two folders of files; enters it.
repository() {
	git init -q app && cd app || return
	put .gitimage <<<$'[image "app"]\n\tdockerfile = Dockerfile'
	put Dockerfile <<<$'FROM scratch\nCOPY . /'
	put .dockerignore <<<$'**/*.log\nnotes'
	put src/main <<<main
	put src/deep/er/file <<<file
	put src/deep/er/x.log <<<log
	put notes/one <<<one
	put run.sh <<<'#!/bin/sh'
	chmod 755 run.sh
	ln -s src/main link
	commit one
}

@test "the context of a commit is a file of equal bytes wherever it is made" {
	local sum
	repository
	must git image context -o ../one.tar
	sum=$(sha256sum <../one.tar | cut -d' ' -f1)
	matches "result" "$output" "^sha256:$sum  \.\./one\.tar  7 files, "
	is "paths" "$(tar -tf ../one.tar | sort | xargs)" \
		".dockerignore .gitimage Dockerfile link run.sh src/ src/deep/ src/deep/er/ $(
		)src/deep/er/file src/main"
	git clone -q . ../clone && cd ../clone
	echo changed >src/main
	must env TZ=Asia/Tokyo LC_ALL=C bash -c \
		'umask 077; git image context --commit HEAD -o - >../two.tar'
	cmp ../one.tar ../two.tar
	must git image context --worktree -o ../three.tar
	! cmp -s ../one.tar ../three.tar
	is "content" "$(tar -xOf ../three.tar src/main)" changed
}

@test "a context takes the place of a file only once it is whole" {
	repository
	put huge <<<version\ https://git-lfs.github.com/spec/v1$'\noid sha256:00\nsize 1'
	commit "a pointer of LFS"
	echo before >../out.tar
	must_fail 3 "'huge' is a pointer of Git LFS" git image context -o ../out.tar
	is "the file" "$(cat ../out.tar)" before
	is "beside it" "$(ls -A .. | grep incoming)" ""
	must git image context --commit HEAD~ -o ../out.tar
	is "its mode" "$(stat -c %a ../out.tar)" 644
	ln -s out.tar ../link.tar
	must git image context --commit HEAD~ -o ../link.tar
	[ -L ../link.tar ]
	must git image context --commit HEAD~ -o /dev/null
	[ -c /dev/null ]
	must git image context --commit HEAD~ --dry-run -o ../dry.tar
	[ ! -e ../dry.tar ]
}

@test "a context that cannot be written says why and where" {
	repository
	must_fail 2 "^error: context: no file is named
hint: git image context -o FILE, or - for standard output" git image context
	must_fail 2 '' git image context --json -o -
	is "error" "$(jq -r .message <<<"$output")" \
		"'--json' and '-o -' both write to standard output"
	must_fail 10 "error: cannot write to '/dev/full': No space left on device
hint: free some space there" git image context -o /dev/full
	must_fail 3 "error: cannot write to 'absent/': No such file or directory" \
		git image context -o absent/x.tar
	must_fail 3 "error: cannot write to '\.\.': Is a directory" git image context -o ..
	printf '[image "other"]\n\tdockerfile = Dockerfile\n' >>.gitimage
	commit two
	must_fail 3 "^error: 2 contexts do not go into one file
hint: name one image: git image context -o FILE IMAGE" git image context -o ../two.tar
	must git image context -o ../two.tar app
}

@test "a submodule that is an empty folder counts as one, whatever its commit" {
	local key
	repository
	git config image.submodules empty
	git -c protocol.file.allow=always submodule --quiet add "file://$PWD" src/sub
	commit "a submodule"
	must git image key
	key=$output
	git -C src/sub commit -q --allow-empty -m more
	git add src/sub && git commit -qm "another commit of it"
	must git image key
	is "key" "$output" "$key"
}
