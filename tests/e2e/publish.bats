#!/usr/bin/env bats
# What was tested is what is published, and :latest moves only forward.
load lib/helper
load lib/peer

# remote_index NAME TAG
remote_index() {
	registry_api "$1/manifests/$2" -H 'Accept: application/vnd.oci.image.index.v1+json' \
		-H 'Accept: application/vnd.docker.distribution.manifest.list.v2+json'
}

@test "an older commit that finishes later is superseded" {
	service app
	commit first
	first=$(sha)
	change second
	commit second
	must git image release
	second=$(sha)
	must git image release --commit "$first"
	matches "notice" "$errors" "superseded"
	is "the first is published" "$(remote_env "$APP" "${first:0:7}" SHA)" "$first"
	is ":latest" "$(remote_env "$APP" latest SHA)" "$second"
}

@test "an unrelated commit does not move :latest, unless told to" {
	service app
	commit first
	must git image release
	first=$(sha)
	git checkout -q --orphan other
	change other
	commit other
	must git image release
	is ":latest" "$(remote_env "$APP" latest SHA)" "$first"
	is "ours" "$(remote_env "$APP" "$(sha7)" SHA)" "$(sha)"
	matches "notice" "$errors" "'.*:latest' stays.*--move-latest"
	must git image publish --move-latest
	is ":latest" "$(remote_env "$APP" latest SHA)" "$(sha)"
}

@test "in a shallow clone the ancestry is not determined, never denied" {
	service app
	commit first
	must git image release
	first=$(sha)
	change second
	commit second
	git clone -q --depth 1 "file://$PWD" ../shallow
	cd ../shallow
	must git image release
	is ":latest" "$(remote_env "$APP" latest SHA)" "$first"
	is "ours" "$(remote_env "$APP" "$(sha7)" SHA)" "$(sha)"
	matches "notice" "$errors" "shallow"
	must git image publish --move-latest
	is ":latest" "$(remote_env "$APP" latest SHA)" "$(sha)"
}

@test "publishing again changes nothing" {
	service app
	commit first
	must git image release
	digest=$(remote_digest "$APP" latest)
	must git image publish
	must git image release
	is "digest" "$(remote_digest "$APP" latest)" "$digest"
}

@test "an untested image is refused, --untested is recorded as such" {
	service app
	commit first
	must git image build
	must_fail 3 'no passing trial on record' git image publish
	is "remote tags" "$(remote_tags "$APP")" ""
	must git image publish --untested
	is "remote SHA" "$(remote_env "$APP" "$(sha7)" SHA)" "$(sha)"
	ledger | jq -e -s 'any(.[]; .kind == "publication" and .untested == true)' >/dev/null
	must git image log --json
	is "log" "$(events log '.untested, .moveLatest' | xargs)" "true false"
}

@test "an image that was built again since its trial is refused" {
	service app
	commit first
	must git image make
	must git image build --no-cache
	capture git image publish
	# Where the same content gives the same ID the trial still counts.
	[ "$status" = 0 ] || must_fail 3 'no passing trial on record' git image publish
}

@test "a work tree is never published" {
	service app
	commit first
	change more
	must_fail 2 "worktree" git image publish --worktree
	must_fail 2 "worktree" git image release --worktree
}

@test "a tag of another commit is a conflict, here and there" {
	service app
	commit first
	must git image release
	change second
	commit second
	tag_image "$REPOSITORY:$(sha7 HEAD^)" "$REPOSITORY:$(sha7)"
	must_fail 9 "holds commit $(sha HEAD^), not commit $(sha)" git image make
	engine_api DELETE "/images/$REPOSITORY:$(sha7)" >/dev/null
	push_manifest "$APP" "$(sha7 HEAD^)" "$(sha7)"
	must_fail 9 "holds commit $(sha HEAD^), not $(sha)" git image release
	is ":latest" "$(remote_env "$APP" latest SHA)" "$(sha HEAD^)"
}

@test "a registry that is away is not an answer" {
	service app
	commit first
	git config --global image.app.repository 127.0.0.1:9/nobody/app
	must git image make
	must_fail 8 "127.0.0.1:9" git image publish
	must_fail 8 "127.0.0.1:9" git image resolve 127.0.0.1:9/nobody/app:latest
}

@test "a registry whose certificate is not trusted is refused at once" {
	registry=192.0.2.1:5443
	service app
	commit first
	git config --global image.app.repository "$registry/nobody/app"
	must git image make
	ip address replace "${registry%:*}/32" dev lo
	openssl req -x509 -newkey rsa:2048 -nodes -subj /CN=test -keyout ../key -out ../ca.crt \
		-addext "subjectAltName=IP:${registry%:*}" 2>/dev/null
	background openssl s_server -accept "$registry" -www -cert ../ca.crt -key ../key >/dev/null
	until_true curl -k "https://$registry"
	must_fail 7 "cannot publish '$registry/nobody/app:.*certificate" git image publish
	matches "hint" "$errors" "ca.crt, into /etc/docker/certs.d/$registry"
	mkdir -p "$HOME/.config/docker/certs.d/$registry"
	cp ../ca.crt "$HOME/.config/docker/certs.d/$registry"
	# This server speaks TLS, but is no registry.
	must_fail 10 "cannot publish '$registry/nobody/app:" git image publish
}

@test "a push that breaks off amid a blob leaves the tags where they were" {
	relay=$(dirname "$(command -v git-image)")/tests/fake/cut-relay
	[ -x "$relay" ]
	service app
	head -c 3000000 /dev/urandom >www/random
	commit first
	must git image release
	first=$(sha)
	tags=$(remote_tags "$APP")
	digest=$(remote_digest "$APP" latest)
	head -c 3000000 /dev/urandom >www/random
	commit second
	background "$relay" "${E2E_REGISTRY#*:}" 1000000 >"$BATS_TEST_TMPDIR/port"
	until_true test -s "$BATS_TEST_TMPDIR/port"
	broken=127.0.0.1:$(<"$BATS_TEST_TMPDIR/port")/$APP
	git config --global image.app.repository "$broken"
	# Docker tries five times and waits up to 20 seconds between. Where the blobs are
	# quicker without the engine it is us who say so.
	must_fail 8 "cannot publish '$broken:$(sha7)': (the engine: |blob )" git image release
	is "remote tags" "$(remote_tags "$APP")" "$tags"
	is ":latest" "$(remote_digest "$APP" latest)" "$digest"
	is ":<sha7>" "$(remote_env "$APP" "${first:0:7}" SHA)" "$first"
	git config --global image.app.repository "$REPOSITORY"
	must git image release
	is ":latest" "$(remote_env "$APP" latest SHA)" "$(sha)"
}

@test "credentials come from docker's configuration; without them it is denied" {
	service app
	commit first
	git config --global image.app.repository "$E2E_REGISTRY_AUTH/$APP"
	must git image make
	must_fail 7 "$E2E_REGISTRY_AUTH" git image publish
	put "$DOCKER_CONFIG/config.json" <<-END
	{"auths": {"$E2E_REGISTRY_AUTH": {"auth": "$(printf '%s:%s' "$E2E_REGISTRY_USER" \
		"$E2E_REGISTRY_PASSWORD" | base64 -w0)"}}}
	END
	must git image publish
	must git image resolve "$E2E_REGISTRY_AUTH/$APP:latest"
	matches "reference" "$output" ":$(sha7)@sha256:"
	[[ $output$errors != *"$E2E_REGISTRY_PASSWORD"* ]]
}

@test "a credential helper is asked for this registry" {
	service app
	commit first
	git config --global image.app.repository "$E2E_REGISTRY_AUTH/$APP"
	mkdir -p "$HOME/bin"
	put "$HOME/bin/docker-credential-test" <<-END
	#!/bin/sh
	[ "\$1" = get ] && [ "\$(cat)" = "$E2E_REGISTRY_AUTH" ] || exit 1
	echo '{"Username": "$E2E_REGISTRY_USER", "Secret": "$E2E_REGISTRY_PASSWORD"}'
	END
	chmod +x "$HOME/bin/docker-credential-test"
	put "$DOCKER_CONFIG/config.json" <<<"{\"credHelpers\": {\"$E2E_REGISTRY_AUTH\": \"test\"}}"
	PATH=$HOME/bin:$PATH must git image release
}

@test "image.deploy: another branch does not move :latest" {
	service app
	git config --global image.deploy main
	commit first
	must git image release
	first=$(sha)
	git checkout -q -b feature
	change feature
	commit feature
	must git image release
	is ":latest" "$(remote_env "$APP" latest SHA)" "$first"
	matches "notice" "$errors" "not on branch 'main'"
}

@test "several platforms are published as one index" {
	service app
	for_two_platforms
	commit first
	# Podman would take the other platform's image from its cache.
	must git image release --no-cache
	own_tag=$(sha7)-${own//\//-}
	is "remote tags" "$(remote_tags "$APP")" \
		"$(tags "$(sha7)" "$own_tag" "$(sha7)-linux-s390x" latest)"
	is "local tags" "$(local_tags "$REPOSITORY")" \
		"$(tags "$(sha7)" "$(sha7)-linux-s390x" latest)"
	index=$(remote_index "$APP" "$(sha7)")
	is "platforms" "$(jq -r '.manifests[].platform | "\(.os)/\(.architecture)"' <<<"$index" |
		sort | xargs)" "$(tags "$own" linux/s390x)"
	is "the platform's manifest" "$(remote_digest "$APP" "$own_tag")" "$(jq -r --arg \
		own "${own#*/}" '.manifests[] | select(.platform.architecture == $own).digest' \
		<<<"$index")"
	is ":latest" "$(remote_index "$APP" latest)" "$index"
	is "SHA" "$(remote_env "$APP" "$(sha7)-linux-s390x" SHA)" "$(sha)"
	ledger | jq -e -s '[.[] | select(.kind == "publication") | .untested == true] |
		sort == [false, true]' >/dev/null
	must git image publish --json
	is "the same again" "$(remote_index "$APP" latest)" "$index"
	is "result" "$(events published .detail | sort -u)" "already published"
	must git image resolve "$REPOSITORY:latest"
	matches "reference" "$output" ":$(sha7)@sha256:"
	change second
	commit second
	git config --global --unset image.app.untestedPlatforms
	must git image build --no-cache
	must_fail 3 "no passing trial on record" git image publish
	is ":latest" "$(remote_index "$APP" latest)" "$index"
	must git image publish --untested
	[ "$(remote_index "$APP" latest)" = "$(remote_index "$APP" "$(sha7)")" ]
}

@test "an older commit that was set behind our back is said by status and repaired" {
	service app
	commit first
	must git image release
	first=$(sha7)
	change second
	commit second
	must git image release
	second=$(sha7)
	push_manifest "$APP" "$first" latest
	must git image status
	matches "status" "$output" ":latest +$first +an earlier commit than $second, which was"
	commit third --allow-empty
	must git image status --json
	is "status" "$(jq -r 'select(.type == "status") | .latestIsSetBack' <<<"$output")" true
	must git image publish --commit HEAD^
	is ":latest" "$(remote_digest "$APP" latest)" "$(remote_digest "$APP" "$second")"
	must git image status
	matches "status" "$output" ":latest +$second +an earlier commit: 'publish' moves it"
	must git image release --commit "$first" --move-latest
	must git image log --commit "$first" --quiet
	matches "log" "$output" "  $first,latest,forced  "
	must git image publish --commit "$first"
	must git image status
	matches "status" "$output" \
		":latest +$first +an earlier commit, by --move-latest: 'publish' moves it"
}

@test "a :latest that the registry has lost part of stays, and is said in its own line" {
	service app
	commit first
	must git image release
	change second
	commit second
	must git image make
	config=$(registry_api "$APP/manifests/latest" -H "Accept: $manifest_types" |
		jq -r .config.digest)
	registry_api "$APP/blobs/$config" -X DELETE
	must git image publish
	matches "warning" "$errors" "^.*warning: '$REPOSITORY:latest': the registry lacks the \
config $config of its own image: it stays; --move-latest moves it"
	must git image status
	matches "status" "$output" "published +yes +sha256:"
	matches "status" "$output" ":latest +\? +'$REPOSITORY:latest': the registry lacks"
	must git image publish --move-latest
	is ":latest" "$(remote_env "$APP" latest SHA)" "$(sha)"
}

@test "where no tag can be changed the same is published already, another is a conflict" {
	service app
	peer_start --immutable-tags
	commit first
	must git image make
	for way in engine direct; do
		git config --global image.publish "$way"
		git config --global image.app.repository "$PEER/$way/app"
		must git image make
		must git image publish
		peer_reset
		must git image publish --json
		is "result by $way" "$(events published .detail | sort -u)" "already published"
		is "writes by $way" "$(peer_log | grep -cE ' (PUT|POST|PATCH) ' || true)" 0
		must git -c image.app.label=another=build image build --no-cache
		must_fail 9 "$way/app:$(sha7)' in the registry holds .* and may not be changed" \
			git image publish --untested
	done
	commit second --allow-empty
	must_fail 9 "app:latest' in the registry holds .* and may not be changed" git image release
}
