#!/usr/bin/env bats
# Publish, read back and publish again at registries that are each wrong in
# their own way, as tests/fake/peerlib/personality.py has them.
# engines: none
load lib/helper
load lib/peer

password=secret-of-mine

test_teardown() {
	[ -z "${PEER_DIR-}" ] || cat "$PEER_DIR/errors"
}

# start PERSONALITY [PEER-OPTION...]: with the user's credentials, and a commit
# whose image goes there.
start() {
	peer_start --personality "$@" --user "tester:$password"
	put "$DOCKER_CONFIG/config.json" <<-END
	{"auths": {"$PEER": {"auth": "$(printf 'tester:%s' "$password" | base64 -w0)"}}}
	END
	[ -d repository ] || prepare_repository
	git -C repository config image.app.repository "$PEER/team/$1"
	cd repository && must git image build && cd .. || return
}

prepare_repository() {
	git init -q repository && cd repository || return
	put Dockerfile <<<$'FROM scratch\nCOPY a /'
	put a <<<content
	put .gitimage <<<'[image "app"]'
	commit first
	cd ..
}

# publishes [PUBLISH-OPTION...]: and everybody finds it there.
publishes() {
	local name
	cd repository || return
	name=$(git config image.app.repository)
	must git image publish --untested "$@"
	must git image exists "$name:$(sha7)" "$name:latest"
	must git image resolve "$name:latest"
	matches "reference" "$output" "^$name:$(sha7)@sha256:"
	must git image publish --untested --json
	is "again" "$(events published .detail | sort -u)" "already published"
	cd ..
}

# no_secret_elsewhere: main alone saw any, and storage none beside its own.
no_secret_elsewhere() {
	is "who saw a secret" "$(peer_ledger | cut -f1 | sort -u)" main
}

@test "every personality takes an image, from us or from the engine, once" {
	while read -r way personality options; do
		echo "$personality $way"
		# shellcheck disable=SC2086
		start "$personality" --repository "team/$personality" $options
		publishes --publish "$way"
		no_secret_elsewhere
	done <<-'END'
	direct oci --auth basic
	direct oci --auth bearer
	direct docker --auth bearer --access-token
	direct docker --auth basic --relative-location
	direct ecr --auth basic --immutable-tags
	engine ecr --auth basic
	direct ghcr --auth bearer --anonymous-pull
	engine ghcr --auth bearer --anonymous-pull
	direct gitlab --auth bearer
	direct harbor --auth bearer --first-scope-only
	direct quay --auth bearer
	engine quay --auth bearer
	direct hub --auth bearer --pulls 1000
	END
}

@test "tokens that end amid a publication are renewed" {
	for personality in oci gitlab; do
		start "$personality" --auth bearer --token-life 6
		publishes --publish direct
		no_secret_elsewhere
		[ "$(peer_log | grep -c 'scope=.* 200$')" -gt 3 ]
	done
}

@test "storage elsewhere, which HEAD may not ask, is no hindrance" {
	for personality in oci ghcr; do
		start "$personality" --auth bearer --listen main=127.0.0.1:0 \
			--listen storage=localhost:0
		publishes --publish direct
		no_secret_elsewhere
		matches "storage" "$(peer_log)" 'storage GET /storage/'
	done
}

@test "ECR: a repository that is not there ends the connection, and is said" {
	start ecr --auth basic
	cd repository
	must_fail 8 "team/ecr" git image publish --untested --publish direct
}

@test "immutable tags are no hindrance to publishing again" {
	start oci --auth basic --immutable-tags
	cd repository
	name=$(git config image.app.repository)
	must git image publish --untested --publish direct
	must git image publish --untested --publish direct
	echo other >a
	commit second
	must git image build
	must_fail 9 "immutable" git image publish --untested --publish direct
	must git image exists "$name:$(sha7)"
}

@test "Hub: existence is asked without a pull" {
	start hub --auth bearer --pulls 0
	peer_image library/app one "$(printf %040d 1)" >/dev/null
	must git image exists "$PEER/library/app:one"
	must_fail 1 "" git image exists "$PEER/library/app:two"
	must_fail 8 "answered 429" git image resolve "$PEER/library/app:one"
}

@test "an identity token is renewed, by POST or where that is not found by GET" {
	start oci --auth bearer --identity an-identity-token --token-life 6 --expires-in 300
	put "$DOCKER_CONFIG/config.json" <<-END
	{"auths": {"$PEER": {"identitytoken": "an-identity-token"}}}
	END
	publishes --publish direct
	is "what was shown" "$(peer_ledger | cut -f2 | sort -u | xargs)" \
		"bearer form-refresh_token"
	start oci --auth bearer --identity an-identity-token --no-oauth
	put "$DOCKER_CONFIG/config.json" <<-END
	{"auths": {"$PEER": {"auth": "$(printf 'tester:%s' "$password" | base64 -w0)",
	"identitytoken": "an-identity-token"}}}
	END
	publishes --publish direct
	matches "what was shown" "$(peer_ledger | cut -f2 | sort -u | xargs)" "basic bearer"
}
