#!/usr/bin/env bats
# engines: docker docker26c podman
# What others have stays, a dry run does nothing, and an end is told as it was.

load lib/helper

# quiet_service DIR: a service without a shell, a check or tests.
quiet_service() {
	service "$1"
	put Dockerfile <<-'END'
		FROM scratch
		COPY busybox /bin/busybox
		CMD ["/bin/busybox", "sleep", "600"]
	END
	put .gitimage <<<'[image "app"]'
}

@test "a tag that a person gave our image survives a build without the cache" {
	quiet_service s
	commit one
	must git image build
	must tag_image "$REPOSITORY:latest" "$REPOSITORY:v1.0"
	engine_api DELETE "/images/$REPOSITORY:latest" >/dev/null
	before=$(image_id "$REPOSITORY:v1.0")
	must git image build --no-cache
	is "the person's image" "$(image_id "$REPOSITORY:v1.0")" "$before"
	is "the tags" "$(local_tags "$REPOSITORY")" "$(tags "$(sha7)" latest v1.0)"
}

@test "the image of a later commit survives the making of an older one" {
	quiet_service s
	commit one
	commit two --allow-empty
	must git image make
	must git image make --commit HEAD~1
	is "the tags" "$(local_tags "$REPOSITORY")" "$(tags "$(sha7)" "$(sha7 HEAD~1)" latest)"
}

@test "a dry run says every step and does none" {
	service s
	commit one
	must git image release --dry-run
	for step in build stamp tag trial test publish; do
		matches "the plan" "$errors" "would $step app"
	done
	is "the tags" "$(local_tags "$REPOSITORY")" ""
	is "the published tags" "$(remote_tags "$APP")" ""
	must git image hook install --dry-run
	[ ! -e .git/hooks/post-commit ]
	is "the ledger" "$(ledger)" ""
}

@test "a check that hangs does not outlast the time to be ready" {
	quiet_service s
	put .gitimage <<<'[image "app"] ready = "exec:[\"/bin/busybox\", \"sleep\", \"60\"]"'
	commit one
	SECONDS=0
	must_fail 5 'not ready within 2 s .*its last check did not end' \
		git image make --ready-timeout 2s
	[ "$SECONDS" -lt 20 ]
	is "our containers" "$(ours)" ""
}

@test "a program that the image has not makes it never ready" {
	quiet_service s
	sed -i 's,^CMD.*,CMD ["/nothing"],' Dockerfile
	commit one
	must_fail 5 'cannot start a container .*/nothing' git image make
}

@test "a container that ends while its tests run is told from tests that fail" {
	quiet_service s
	put run <<<'echo bye; sleep 3; exit 5'
	sed -i -e 's,^CMD.*,COPY run /run.sh,' Dockerfile
	cat >>Dockerfile <<<'CMD ["/bin/busybox", "sh", "/run.sh"]'
	put .gitimage <<<'[image "app"] test = "[\"/bin/busybox\", \"sleep\", \"60\"]"'
	commit one
	must_fail 6 'bye.*ended with exit code 5 while its tests ran' git image make
}

@test "a run with another home leaves the container of a live one alone" {
	quiet_service s
	put .gitimage <<<'[image "app"] test = "[\"/bin/busybox\", \"sleep\", \"6\"]"'
	commit one
	background git image make
	first=$!
	until_true ours_is_there
	mkdir other
	must env XDG_STATE_HOME="$PWD/other" git image prune
	[ -n "$(ours)" ]
	wait "$first"
}

ours_is_there() {
	[ -n "$(ours)" ]
}
