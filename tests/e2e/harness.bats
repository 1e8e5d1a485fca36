#!/usr/bin/env bats
# What the other tests lean on.
load lib/helper

@test "the engine answers and runs a container of our service" {
	service app
	commit first
	must engine_api POST "/build?t=$APP:x" -H 'Content-Type: application/x-tar' \
		--data-binary @<(git archive HEAD)
	id=$(create_container "$APP:x" '{"Cmd": ["/bin/sh", "-c", "exit 3"]}')
	start_container "$id"
	must engine_api POST "/containers/$id/wait"
	is "exit code" "$(jq .StatusCode <<<"$output")" 3
	is "tags" "$(local_tags "$APP")" x
	remove_container "$id"
	must engine_api DELETE "/images/$APP:x"
	is "tags" "$(local_tags "$APP")" ""
}

@test "the registries answer, one to its user only" {
	must registry_api ""
	is "tags" "$(remote_tags "$APP")" ""
	is "status" "$(curl -s -o /dev/null -w '%{http_code}' "http://$E2E_REGISTRY_AUTH/v2/")" 401
	must curl -sS --fail -u "$E2E_REGISTRY_USER:$E2E_REGISTRY_PASSWORD" \
		"http://$E2E_REGISTRY_AUTH/v2/"
}

@test "the same commits have the same SHAs" {
	service one
	commit first
	is "SHA" "$(sha)" "$(git -c core.abbrev=40 log -1 --format=%h)"
	first=$(sha)
	cd ..
	commit_time=1700000000
	service two
	commit first
	is "SHA" "$(sha)" "$first"
}

@test "must_fail wants the exact code and message, and no crash" {
	must_fail 3 '^boom$' bash -c 'echo boom >&2; exit 3'
	! must_fail 4 '^boom$' bash -c 'echo boom >&2; exit 3' || false
	! must_fail 3 '^bang$' bash -c 'echo boom >&2; exit 3' || false
	! must_fail 99 'boom' bash -c 'echo boom >&2; exit 99' || false
	! must_fail 139 '' bash -c 'kill -SEGV $$' || false
}
