#!/usr/bin/env bats
# A crash costs a rerun, nothing else.
load lib/helper

# E2E_KILLS=100 is for an evening, here and in jobs.bats.
@test "after kill -9 at any instant the same command comes to the same end" {
	service app
	commit 0
	start=$(date +%s%N)
	must git image release
	whole=$((($(date +%s%N) - start) / 1000000))
	before=$(dangling_images | sort)
	for delay in $(instants "$whole" "${E2E_KILLS:-6}"); do
		change "$delay"
		commit "$delay"
		timeout -s KILL "$delay" git-image release >/dev/null 2>&1 || true
		must git image release
		is "local tags" "$(local_tags "$REPOSITORY")" \
			"$(tags latest "$(sha7)")"
		is "remote SHA" "$(remote_env "$APP" latest SHA)" "$(sha)"
		is "remote tag" "$(remote_digest "$APP" latest)" "$(remote_digest "$APP" "$(sha7)")"
		is "containers" "$(ours)" ""
		is "dangling images" "$(dangling_images | sort)" "$before"
	done
}

@test "runs at the same time do not meet" {
	service app
	commit first
	for name in a b c; do
		git clone -q . "../$name"
		background git-image make -C "../$name" >"$BATS_TEST_TMPDIR/$name.log" 2>&1
	done
	for pid in "${children[@]}"; do
		wait "$pid" || { cat "$BATS_TEST_TMPDIR"/*.log; false; }
	done
	is "tags" "$(local_tags "$REPOSITORY")" "$(tags latest "$(sha7)")"
	is "containers of ours" "$(ours)" ""
}
