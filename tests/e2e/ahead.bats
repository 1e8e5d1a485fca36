#!/usr/bin/env bats
# engines: docker docker26c podman
# Little is published, and early.
load lib/helper

# pushes: how often the engine itself pushed to REPOSITORY, up to the second before.
pushes() {
	local filter='filters=%7B%22event%22%3A%5B%22push%22%5D%7D'
	sleep 1
	engine_api GET "/events?since=1&until=$(date +%s)&$filter" |
		jq -s --arg name "$REPOSITORY" '[.[].Actor | select((.Attributes.name // .ID) |
			startswith($name))] | length'
}

remote_layers() {
	registry_api "$APP/manifests/$1" -H "Accept: $manifest_types" | jq -r '.layers[].digest'
}

# After the classic builder it is Docker that writes an image's configuration.
engine_writes_config() {
	[ "${E2E_BUILDER-}" = classic ] && [ "$E2E_ENGINE_NAME" != podman ]
}

@test "an image whose layers are published goes without the engine" {
	service app
	commit first
	must git image release
	before=$(pushes)
	commit second --allow-empty
	must git image make
	must git image publish
	engine_writes_config || is "pushes" "$(pushes)" "$before"
	is "layers" "$(remote_layers "$(sha7)")" "$(remote_layers "$(sha7 HEAD^)")"
	is "SHA" "$(remote_env "$APP" latest SHA)" "$(sha)"
	rm -r "$XDG_STATE_HOME"
	commit third --allow-empty
	must git image release
	engine_writes_config || is "pushes" "$(pushes)" "$before"
	is "SHA" "$(remote_env "$APP" latest SHA)" "$(sha)"
	is "digest" "$(remote_digest "$APP" latest)" "$(remote_digest "$APP" "$(sha7)")"
}

@test "hints that are wrong do no harm" {
	service app
	commit first
	must git image release
	for tag in latest "$(sha7)"; do
		registry_api "$APP/manifests/$(remote_digest "$APP" "$tag")" -X DELETE || true
	done
	other=$(printf '%064d' 7)
	sed -i "s/ sha256:[0-9a-f]*/ sha256:$other/" "$XDG_STATE_HOME"/git-image/layers/*
	commit second --allow-empty
	must git image release
	is "SHA" "$(remote_env "$APP" "$(sha7)" SHA)" "$(sha)"
	for layer in $(remote_layers "$(sha7)"); do
		registry_api "$APP/blobs/$layer" -I >/dev/null
	done
}

@test "blobs go ahead of a trial, tags never" {
	service app
	commit first
	must git image release
	first=$(sha7)
	git config image.test 'sleep 2; exit 3'
	commit second --allow-empty
	must_fail 6 "failed with exit code 3" git image release
	is "tags" "$(remote_tags "$APP")" "$(tags latest "$first")"
	is "SHA" "$(remote_env "$APP" latest SHA)" "$(sha HEAD^)"
	config=sha256:$(image_id "$REPOSITORY:$(sha7)")
	# There the ID is the manifest's.
	[ "$E2E_ENGINE_NAME" = docker26c ] || engine_writes_config ||
		registry_api "$APP/blobs/$config" -I >/dev/null
	git config image.test 'true'
	must git image release
	is "SHA" "$(remote_env "$APP" latest SHA)" "$(sha)"
}

@test "what chooses the way is the user's word" {
	service app
	commit first
	must git image release --publish direct
	is "pushes" "$(pushes)" 0
	is "tags" "$(remote_tags "$APP")" "$(tags latest "$(sha7)")"
	config=$(registry_api "$APP/manifests/latest" -H "Accept: $manifest_types" |
		jq -r .config.digest)
	[ "$E2E_ENGINE_NAME" = docker26c ] ||
		is "the image" "$config" "sha256:$(image_id "$REPOSITORY:$(sha7)")"
	change second
	commit second
	must git image release --publish engine
	# Podman's short log of events has lost it (ci/lib/engines.sh).
	[ "$E2E_ENGINE_NAME" = podman ] || is "pushes" "$(pushes)" 1
	is "SHA" "$(remote_env "$APP" latest SHA)" "$(sha)"
}

# release_aside STEP: releases in the background (its PID is $!) what has 20 MB to be
# sent and a test of a minute, until that step has begun.
release_aside() {
	service app
	git config image.publish direct
	git config image.test 'sleep 60'
	head -c 20000000 /dev/urandom >www/large
	commit first
	must git image build
	background git-image release >"$BATS_TEST_TMPDIR/log" 2>&1
	until_true grep -q "$1 app" "$BATS_TEST_TMPDIR/log"
}

@test "an interrupt ends the trial and what goes ahead of it" {
	release_aside test
	start=$(date +%s)
	kill -TERM "$!"
	status=0
	wait "$!" || status=$?
	is "exit code" "$status" 130
	[ $(($(date +%s) - start)) -lt 20 ]
	is "tags" "$(remote_tags "$APP")" ""
	is "containers of ours" "$(ours)" ""
}

@test "kill -9 while blobs travel leaves nothing" {
	release_aside trial
	kill -KILL "$!"
	wait "$!" || true
	is "files" "$(find "$XDG_STATE_HOME" -type f -size +1M)" ""
	is "tags" "$(remote_tags "$APP")" ""
	git config image.test 'true'
	must git image release
	is "tags" "$(remote_tags "$APP")" "$(tags latest "$(sha7)")"
	is "containers of ours" "$(ours)" ""
}
