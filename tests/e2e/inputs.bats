#!/usr/bin/env bats
# engines: docker docker26c podman
# Bad input: each with its exact exit code and message.
load lib/helper

@test "not a repository" {
	mkdir empty
	cd empty
	must_fail 3 "^error: not a git repository \(or any parent\): '$PWD'" git-image make
}

@test "no commit yet" {
	service app
	must_fail 3 "no commit" git image make
}

@test "a revision that does not exist" {
	service app
	commit first
	must_fail 3 "nosuch" git image make --commit nosuch
}

@test "no Dockerfile in the commit, though one in the work tree" {
	service app
	mv Dockerfile ..
	commit first
	mv ../Dockerfile .
	must_fail 3 "Dockerfile.*commit $(sha7)" git image make
}

@test "an unknown key is a warning with the nearest name" {
	service app
	printf '\ttestTimeuot = 3s\n' >>.gitimage
	commit first
	must git image make
	matches "warning" "$errors" \
		".gitimage:3: unknown key 'image.app.testtimeuot', did you mean 'testTimeout'\?"
}

@test "an unknown section is a warning with the nearest name" {
	service app
	printf '[images]\n\tregistry = r.example\n[other "x"]\n' >>.gitimage
	commit first
	git config imgae.registry r.example
	git config imap.host mail.example
	must git image status
	matches "slip" "$errors" ".gitimage:[0-9]: unknown section 'images', did you mean 'image'\?"
	matches "other" "$errors" ".gitimage:[0-9]: unknown section 'other'"
	matches "user" "$errors" "unknown key 'imgae.registry', did you mean 'image'\?"
	is "others" "$(grep -c imap <<<"$errors")" 0
	GIT_IMAGE_REGISTRI=r.example must git image status
	matches "environment" "$errors" \
		"variable 'GIT_IMAGE_REGISTRI', did you mean 'GIT_IMAGE_REGISTRY'"
}

@test "an unquoted semicolon in a command shows the quoted form" {
	service app
	printf '[image "app"]\n\ttest = /test; /other\n' >.gitimage
	commit first
	must_fail 3 "';' or '#' outside quotes" git image make
	matches "the mend" "$errors" 'test = "/test; ..."'
}

@test "an include in .gitimage" {
	service app
	printf '[include]\n\tpath = /etc/passwd\n' >>.gitimage
	commit first
	must_fail 3 "include" git image make
}

@test "a key that only the user may set" {
	service app
	printf '\tengine = unix:///evil\n' >>.gitimage
	commit first
	must_fail 3 "a repository may not set this" git image make
}

@test "a bad reference and a name with upper case" {
	service app
	commit first
	git config --global image.app.repository "$E2E_REGISTRY/no//good"
	must_fail 3 "no//good" git image make
	git config --global image.app.repository "$E2E_REGISTRY/Upper"
	must_fail 3 "Upper" git image make
	must_fail 3 "Upper" git image resolve "$E2E_REGISTRY/Upper:latest"
}

@test "an image that is not configured" {
	service app
	commit first
	must_fail 3 "no image 'wbe' in commit $(sha7)" git image make wbe
}

@test "usage: unknown command, unknown option" {
	service app
	commit first
	must_fail 2 "no command 'mkae'" git-image mkae
	matches "hint" "$errors" "make"
	must_fail 2 "has no option '--comit'" git-image make --comit x
	matches "hint" "$errors" "--commit"
}

@test "no engine" {
	service app
	commit first
	must_fail 8 "/nowhere.sock" git image make --engine unix:///nowhere.sock
}

@test "a sha256 repository" {
	git init -q --object-format=sha256 new
	cd new
	put Dockerfile <<<"FROM scratch"
	commit first
	must_fail 3 "sha256" git image make
}

@test "dubious ownership, with the mend" {
	service app
	commit first
	chown -R 65534:65534 .
	must_fail 3 "safe.directory" git-image make
}

@test "a submodule and an LFS pointer in the context" {
	service app
	echo 'COPY . /all' >>Dockerfile # BuildKit looks at what is copied
	commit first
	git -c protocol.file.allow=always submodule --quiet add "file://$PWD" sub
	commit second
	must_fail 3 "submodule.*sub" git image make
	git config --global image.submodules empty
	must git image make
	put model.bin <<<"version https://git-lfs.github.com/spec/v1
oid sha256:4d7a214614ab2935c943f9e0ff69d22eadbb8f32b1258daaa5e2ca24d17e2393
size 12345"
	commit third
	must_fail 3 "model.bin" git image make
	git config --global image.lfs keep
	must git image make
}

@test "a build that fails shows the engine's reason" {
	service app
	sed -i 's|^RUN.*|RUN ["/bin/busybox", "false"]|' Dockerfile
	commit first
	must_fail 4 "non-zero code: 1|exit status 1|exit code 1" git image make
}

@test "what the classic builder cannot do is refused with the reason" {
	service app
	git config image.builder classic
	if [ "$E2E_ENGINE_NAME" != podman ]; then # Podman's builder knows it
		sed -i 's|^RUN.*|RUN --mount=type=cache,target=/c /bin/busybox true|' Dockerfile
		commit first
		must_fail 3 "--mount" git image make
	fi
	printf 'FROM scratch\nRUN <<EOF\ntrue\nEOF\n' >Dockerfile
	commit second
	must_fail 3 "heredoc" git image make
}

@test "the engine is gone half-way" {
	service app
	sed -i 's|^COPY www.*|&\nRUN ["/bin/busybox", "sleep", "600"]|' Dockerfile
	commit first
	background relay "$BATS_TEST_TMPDIR/relay.sock"
	relay=$!
	until_true test -S "$BATS_TEST_TMPDIR/relay.sock"
	background bash -c 'until grep -q sleep "$@"; do sleep 0.1; done; kill "$0"' "$relay" \
		"$BATS_TEST_TMPDIR/stdout" "$BATS_TEST_TMPDIR/stderr"
	must_fail 8 "relay.sock" git image make --progress plain \
		--engine "unix://$BATS_TEST_TMPDIR/relay.sock"
}

@test "the engine's disk is full" {
	service app
	head -c 64M /dev/urandom >blob
	sed -i 's|^COPY www.*|&\nCOPY blob /blob|' Dockerfile
	commit first
	small_engine 48m
	must_fail 10 "no space left on device" git image make --engine "$small_engine"
	matches "hint" "$errors" "hint: make room on the engine's disk"
}
