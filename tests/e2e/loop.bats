#!/usr/bin/env bats
# The steps of the loop, from a commit to :latest.
load lib/helper

@test "release takes a commit all the way" {
	service app
	git remote add origin https://user:password@example.com/team/app.git
	commit first
	git tag -a -m one v1.0
	must git image release
	is "local tags" "$(local_tags "$REPOSITORY")" "$(tags latest "$(sha7)")"
	is "image of :latest" "$(image_id "$REPOSITORY:latest")" "$(image_id "$REPOSITORY:$(sha7)")"
	is "SHA" "$(image_env "$REPOSITORY:$(sha7)" SHA)" "$(sha)"
	label=org.opencontainers.image
	is "revision" "$(image_label "$REPOSITORY:latest" $label.revision)" "$(sha)"
	is "created" "$(image_label "$REPOSITORY:latest" $label.created)" "2023-11-14T22:14:20Z"
	is "source" "$(image_label "$REPOSITORY:latest" $label.source)" \
		"https://example.com/team/app.git"
	is "version" "$(image_label "$REPOSITORY:latest" $label.version)" v1.0
	is "title" "$(image_label "$REPOSITORY:latest" $label.title)" app
	is "ref.name" "$(image_label "$REPOSITORY:latest" $label.ref.name)" "$(sha7)"
	is "remote tags" "$(remote_tags "$APP")" "$(tags latest "$(sha7)")"
	is "remote SHA" "$(remote_env "$APP" latest SHA)" "$(sha)"
	is "digests" "$(remote_digest "$APP" latest)" "$(remote_digest "$APP" "$(sha7)")"
	is "containers of ours" "$(ours)" ""
	ledger | jq -e -s 'map(.kind) | contains(["build"]) and contains(["trial"])' >/dev/null
}

@test "the image holds the commit's tree, not the work tree" {
	service app
	commit first
	change "not committed"
	must git image make
	matches "notice" "$errors" "1 file changed since $(sha7) is not in the image"
	echo "not committed" >untracked
	must git image make
	matches "notice" "$errors" "2 files changed since $(sha7) are not in the image"
	CI=true must git image make
	[[ $errors != *changed* ]]
	id=$(create_container "$REPOSITORY:$(sha7)")
	content=$(engine_api GET "/containers/$id/archive?path=/www/index.html" | tar -xO)
	remove_container "$id"
	is "content" "$content" "<h1>Hello</h1>"
}

@test "make publishes nothing" {
	service app
	commit first
	must git image make
	is "local SHA" "$(image_env "$REPOSITORY:latest" SHA)" "$(sha)"
	is "remote tags" "$(remote_tags "$APP")" ""
}

@test "the second of two commits leaves exactly :latest and its own tag, one image" {
	service app
	commit first
	must git image make
	change second
	commit second
	must git image make
	is "tags" "$(local_tags "$REPOSITORY")" "$(tags latest "$(sha7)")"
	is "image" "$(image_id "$REPOSITORY:latest")" "$(image_id "$REPOSITORY:$(sha7)")"
}

@test "an empty commit gets the same layers under its own SHA" {
	service app
	commit first
	must git image make
	layers=$(image_layers "$REPOSITORY:latest")
	commit second --allow-empty
	must git image make
	is "SHA" "$(image_env "$REPOSITORY:latest" SHA)" "$(sha)"
	is "layers" "$(image_layers "$REPOSITORY:latest")" "$layers"
}

@test "a failed trial leaves the image of the commit before" {
	service app
	commit first
	must git image make
	first=$(sha7)
	id=$(image_id "$REPOSITORY:$first")
	put test <<<'#!/bin/busybox sh
exit 7'
	commit second
	must_fail 6 'failed with exit code 7' git image make
	is "the first image" "$(image_id "$REPOSITORY:$first")" "$id"
	is "SHA" "$(image_env "$REPOSITORY:$first" SHA)" "$(sha HEAD^)"
	is "containers of ours" "$(ours)" ""
}

@test "the build after a prune is fully cached, the user's own prune included" {
	service app
	commit first
	must git image make
	commit second --allow-empty
	must git image make
	must engine_api POST '/images/prune?filters=%7B%22dangling%22%3A%5B%22true%22%5D%7D'
	layers=$(image_layers "$REPOSITORY:latest")
	change third
	commit third
	must git image make --json
	# All steps but the last COPY: RUN would give its layer another digest.
	is "layers" "$(image_layers "$REPOSITORY:latest" | head -n 3)" "$(head -n 3 <<<"$layers")"
	[ "$(image_layers "$REPOSITORY:latest")" != "$layers" ]
}

@test "no dangling image is left" {
	before=$(dangling_images | sort)
	service app
	commit first
	must git image make
	commit second --allow-empty
	must git image make
	change third
	commit third
	must git image make
	is "dangling images" "$(dangling_images | sort)" "$before"
}

@test "make on a commit that is made and tested does nothing" {
	service app
	commit first
	must git image make
	id=$(image_id "$REPOSITORY:latest")
	notes=$(git rev-parse refs/notes/image)
	# No leak check: it does not work under strace.
	trace=$BATS_TEST_TMPDIR/trace
	ASAN_OPTIONS+=:detect_leaks=0 must strace -f -qq -e trace=execve,execveat -o "$trace" \
		git-image make
	is "programs that were started" "$(grep -c exec "$trace")" 1
	is "image" "$(image_id "$REPOSITORY:latest")" "$id"
	is "ledger" "$(git rev-parse refs/notes/image)" "$notes"
}

@test "--worktree builds the work tree under a name that says so" {
	service app
	commit first
	must git image make
	latest=$(image_id "$REPOSITORY:latest")
	change "not committed"
	must git image make --worktree
	tag=$(local_tags "$REPOSITORY" | tr ' ' '\n' | grep dirty)
	matches "tag" "$tag" "^$(sha7)-dirty-[0-9a-f]{8}\$"
	is "SHA" "$(image_env "$REPOSITORY:$tag" SHA)" "$(sha)-dirty"
	is "latest" "$(image_id "$REPOSITORY:latest")" "$latest"
	is "remote tags" "$(remote_tags "$APP")" ""
}

@test "ARG SHA gets the commit, and a notice says what it costs" {
	service app
	sed -i '/^HEALTHCHECK/i ARG SHA\nENV BUILT_FROM=$SHA' Dockerfile
	commit first
	must git image make
	is "build arg" "$(image_env "$REPOSITORY:latest" BUILT_FROM)" "$(sha)"
	matches "notice" "$errors" "declares ARG SHA"
}

@test "build, test, prune and publish are the steps of it" {
	service app
	commit first
	must git image build
	is "SHA" "$(image_env "$REPOSITORY:$(sha7)" SHA)" "$(sha)"
	must_fail 3 'no passing trial' git image publish
	must git image test
	must git image publish
	is "remote SHA" "$(remote_env "$APP" latest SHA)" "$(sha)"
	commit second --allow-empty
	must git image build
	must git image test
	must git image prune
	is "tags" "$(local_tags "$REPOSITORY")" "$(tags latest "$(sha7)")"
}

@test "--dry-run says every step and does none" {
	service app
	commit first
	before=$(engine_api GET /images/json | jq -r '.[].Id' | sort)
	must git image release --dry-run
	for step in build stamp tag trial publish; do
		matches "$step" "$output$errors" "$step"
	done
	is "images" "$(engine_api GET /images/json | jq -r '.[].Id' | sort)" "$before"
	is "remote tags" "$(remote_tags "$APP")" ""
	is "ledger" "$(git for-each-ref refs/notes)" ""
}

@test "--json speaks one versioned object a line" {
	service app
	commit first
	must git image make --json
	jq -e -s 'all(.[]; .v == 1 and has("type"))' <<<"$output" >/dev/null
	matches "ready" "$(events ready .elapsed_ms)" '^[0-9]+$'
	matches "test log" "$(events test-log .text)" "the service says it is $(sha)"
}

@test "status tells what is there and what make would do" {
	service app
	commit first
	must git image status
	matches "before" "$output" "built +no.*tested +no.*published +no"
	matches "before" "$output" "'make' would build, stamp, tag and try it"
	must git image release
	must git image
	matches "after" "$output" "$(sha7)"
	matches "published" "$output" "published"
}

@test "resolve names the commit that :latest holds" {
	service app
	commit first
	must git image release
	must git image resolve "$REPOSITORY:latest"
	is "reference" "$output" "$REPOSITORY:$(sha7)@$(remote_digest "$APP" latest)"
	must git image resolve --env "$REPOSITORY:latest"
	is "variables" "$output" "APP_SHA=$(sha)
APP_TAG=$(sha7)
APP_DIGEST=$(remote_digest "$APP" latest)"
	must_fail 1 'does not exist|has no' git image resolve "$REPOSITORY:nosuchtag"
}
