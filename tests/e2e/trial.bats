#!/usr/bin/env bats
# The trial: readiness, tests, reports, and no container left.
load lib/helper

test_teardown() {
	is "containers of ours" "$(ours)" ""
}

@test "it does not wait for the engine's first interval" {
	service app
	sed -i 's/--interval=1s/--interval=30s/' Dockerfile
	commit first
	must git image make --json
	[ "$(events ready .elapsed_ms)" -lt 10000 ]
}

@test "a container that dies ends the wait at once, with its last words" {
	service app
	sed -i 's|^CMD.*|CMD ["/bin/sh", "-c", "echo cannot find my data; exit 3"]|' Dockerfile
	commit first
	git config --global image.readyTimeout 60s
	start=$SECONDS
	must_fail 5 'ended with exit code 3|exit code 3' git image make
	[ $((SECONDS - start)) -lt 20 ]
	matches "log" "$output$errors" "cannot find my data"
}

@test "a service that never becomes ready fails with the last health output" {
	service app
	sed -i 's|^HEALTHCHECK.*|HEALTHCHECK --interval=1s CMD echo no luck; exit 1|' Dockerfile
	commit first
	git config --global image.readyTimeout 4s
	must_fail 5 'no luck' git image make
}

@test "without HEALTHCHECK image.ready decides" {
	service app
	sed -i '/^HEALTHCHECK/d' Dockerfile
	printf '\tready = exec:/bin/busybox wget -qO- http://127.0.0.1:8000/\n' >>.gitimage
	commit first
	must git image make
}

@test "without either it is ready after a second, and a notice says so" {
	service app
	sed -i '/^HEALTHCHECK/d' Dockerfile
	commit first
	must git image make
	matches "notice" "$errors" "note: no HEALTHCHECK in 'app' and no image.ready: "
}

# tool [COMMAND]: an image that runs no service; its CMD, if any.
tool() {
	put Dockerfile <<-END
	FROM scratch
	COPY busybox /bin/busybox
	${1:+CMD $1}
	END
	printf '[image "app"]\n' >.gitimage
}

@test "an image that only ends says how it can be tried, and then is" {
	service app
	tool '["/bin/busybox", "true"]'
	commit first
	must_fail 5 'ended with exit code 0 before it was ready' git image make
	matches "hint" "$errors" "image\.app\.ready = exit, for which its command has to end with 0"
	must git -c image.app.ready=exit image make --dry-run
	matches "plan" "$errors" "would trial app.*start a container of '[^']*' and await its end"
	must git -c image.app.ready=exit image make
	tool '["/bin/busybox", "sh", "-c", "echo all is lost; exit 3"]'
	printf '\tready = exit\n' >>.gitimage
	commit second
	must_fail 5 "error: '$REPOSITORY:[0-9a-f]{7}' ended with exit code 3\$" git image make
	matches "log" "$output$errors" "all is lost"
	tool '["/bin/busybox", "sleep", "600"]'
	printf '\tready = exit\n\treadyTimeout = 2s\n' >>.gitimage
	commit third
	must_fail 5 'did not end within 2 s \(image.readyTimeout\)' git image make
}

@test "an image without any command is tried by one of image.ready" {
	service app
	tool
	commit first
	must_fail 5 "error: '$REPOSITORY:[0-9a-f]{7}' has nothing to run: no CMD, no ENTRYPOINT" \
		git image make
	matches "hint" "$errors" "or exit:COMMAND"
	printf '\tready = "exit:[\\"/bin/busybox\\", \\"true\\"]"\n' >>.gitimage
	commit second
	must git image make
	sed -i 's/true/false/' .gitimage
	printf 'ENTRYPOINT ["/bin/busybox", "true"]\nCMD ["more"]\n' >>Dockerfile
	commit third
	must_fail 5 'ended with exit code 1$' git image make
}

@test "the output of the tests comes through, and their exit code" {
	service app
	put test <<<'#!/bin/busybox sh
echo to stdout
echo to stderr >&2
exit 42'
	commit first
	must_fail 6 'failed with exit code 42' git image make
	matches "output" "$output$errors" "to stdout"
	matches "output" "$output$errors" "to stderr"
}

@test "a build that hangs is broken off" {
	service app
	printf 'FROM scratch\nCOPY busybox /bin/busybox\nRUN ["/bin/busybox", "sleep", "611"]\n' \
		>Dockerfile
	commit first
	must_fail 4 'did not end within 2 s \(image.buildTimeout\)' \
		git image make --build-timeout 2s
	# Podman 4.3 lets a step go on whose client is gone.
	[ "$E2E_ENGINE_NAME" != podman ] || return 0
	until_true bash -c '! pgrep -f "[b]usybox sleep 611"'
}

@test "tests that hang are ended" {
	service app
	put test <<<'#!/bin/busybox sh
sleep 600'
	commit first
	git config --global image.testTimeout 2s
	must_fail 6 'did not end within 2 s \(image.testTimeout\)' git image make
}

@test "a missing shell is told apart from failing tests" {
	service app
	sed -i '/^RUN/d' Dockerfile
	printf '[image "app"]\n\ttest = exit 1\n' >.gitimage
	commit first
	must_fail 6 "did not run: the image has no '/bin/sh'" git image make
}

@test "reports are copied out, also when the tests fail" {
	service app
	printf '\treport = /reports\n' >>.gitimage
	put test <<<'#!/bin/busybox sh
mkdir -p /reports/unit && echo "<xml/>" >/reports/unit/result.xml
ln -s /etc/passwd /reports/link
exit 1'
	commit first
	must_fail 6 'failed with exit code 1' git image make
	is "report" "$(cat build/image-reports/app/unit/result.xml)" "<xml/>"
	[ ! -e build/image-reports/app/link ] && [ ! -L build/image-reports/app/link ]
}

@test "reports never go through a symbolic link or into .git" {
	service app
	printf '\treport = /reports\n' >>.gitimage
	put test <<<'#!/bin/busybox sh
mkdir -p /reports && echo evil >/reports/post-commit'
	mkdir build
	ln -s ../../.git/hooks build/image-reports
	git add -f build
	commit first
	capture git image make
	[ "$status" != 0 ]
	[ ! -e .git/hooks/post-commit ] && [ ! -e .git/hooks/app ]
}

@test "Ctrl-C removes the container and ends with 130" {
	service app
	put test <<<'#!/bin/busybox sh
echo here we are
sleep 600'
	commit first
	# A shell's background jobs ignore SIGINT; the terminal's job does not.
	background perl -e '$SIG{INT} = "DEFAULT"; exec @ARGV' git-image make \
		>"$BATS_TEST_TMPDIR/log" 2>&1
	pid=$!
	until_true grep -q 'here we are' "$BATS_TEST_TMPDIR/log"
	kill -INT "$pid"
	status=0
	wait "$pid" || status=$?
	is "exit code" "$status" 130
}

@test "the container of a killed run is removed by the next" {
	service app
	put test <<<'#!/bin/busybox sh
echo here we are
[ -e /tmp/again ] || sleep 600'
	commit first
	background git-image make >"$BATS_TEST_TMPDIR/log" 2>&1
	pid=$!
	until_true grep -q 'here we are' "$BATS_TEST_TMPDIR/log"
	kill -9 "$pid"
	wait "$pid" || true
	stray=$(ours)
	[ -n "$stray" ]
	put test <<<'#!/bin/busybox sh
exit 0'
	commit second
	must git image make
	matches "notice" "$errors" "removing container ${stray:0:12}"
}
