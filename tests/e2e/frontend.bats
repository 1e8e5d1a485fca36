#!/usr/bin/env bats
# What the user chooses of BuildKit: the frontend, the builder, the caches.
load lib/helper

test_setup() {
	service app
}

@test "image.frontend = builtin leaves '# syntax=' out, and says so" {
	sed -i '1i # syntax=127.0.0.1:9/nowhere/dockerfile:1' Dockerfile
	commit first
	if [ "$E2E_ENGINE_NAME" != podman ]; then # its builder never obeys that line
		must_fail 8 "127.0.0.1:9.*hint: --frontend builtin" git image build
	fi
	must git image build --frontend builtin
	matches "the notice" "$errors" \
		'Dockerfile:1: "# syntax=127.0.0.1:9/nowhere/dockerfile:1" is left out'
	change second
	commit second
	git config image.frontend builtin
	must git image build
}

@test "the classic builder is there for who asks for it" {
	commit first
	must git image build --builder classic
	matches "its log" "$errors" "(Step|STEP) 1/"
	[ "$E2E_ENGINE_NAME" = podman ] || return 0
	must_fail 3 "BuildKit" git image build --no-cache --builder buildkit
}

@test "a cache goes to a registry and comes back, or it is said that it does not" {
	commit first
	cache=$E2E_REGISTRY/$APP-cache:1
	must git image build --cache-to "type=registry,ref=$cache,mode=max"
	if [ "$E2E_ENGINE_NAME" != docker26c ]; then
		matches "the warning" "$errors" "warning: .*(exported|exports).*image.cacheTo"
		is "what is there" "$(remote_tags "$APP-cache")" ""
		return
	fi
	is "what is there" "$(remote_tags "$APP-cache")" 1
	engine_api POST '/build/prune?all=true' >/dev/null
	change second
	commit second
	must git image build --cache-from "$cache"
	matches "the steps" "$errors" "[1-9] of [0-9]+ steps cached"
}
