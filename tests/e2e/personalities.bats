#!/usr/bin/env bats
# Registries that are each wrong in their own way, as the peer plays them
# (tests/fake/peerlib/personality.py): publish, read back and publish again.
# engines: none
load lib/helper
load lib/peer
load lib/ask

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
		must skopeo inspect --tls-verify=false --creds "tester:$password" \
			"docker://$PEER/team/$personality:latest"
		is "seen by skopeo" "$(jq -r '.Env[] | select(startswith("SHA="))' <<<"$output")" \
			"SHA=$(git -C repository rev-parse HEAD)"
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

@test "what went to a registry with tokens is pulled by Docker and Podman, and runs" {
	local login name id folder container
	start ghcr --auth bearer --token-life 20 --listen main=127.0.0.1:0 \
		--listen storage=localhost:0
	name=$PEER/team/ghcr
	service app
	commit first
	must git image build --repository "$name"
	id=$(image_id "$name:$(sha7)")
	must git image publish --untested --repository "$name" --publish direct
	for tag in $(local_tags "$name"); do
		engine_api DELETE "/images/$name:$tag" >/dev/null
	done
	login=$(jq -nc --arg password "$password" '{username: "tester", password: $password}')
	must engine_api POST "/images/create?fromImage=$name&tag=latest" \
		-H "X-Registry-Auth: $(base64 -w0 <<<"$login")"
	is "the ID in Docker" "$(image_id "$name:latest")" "$id"
	container=$(create_container "$name:latest")
	start_container "$container"
	matches "state" "$(engine_api GET "/containers/$container/json" | jq .State.Running)" true
	remove_container "$container"
	folder=$(mktemp -d /tmp/podman-XXXXXX) # Podman takes no long path
	must env -u DOCKER_CONFIG podman --root "$folder/root" --runroot "$folder/run" \
		pull --tls-verify=false --creds "tester:$password" "$name:latest"
	rm -rf "$folder"
	is "the ID in Podman" "$(tail -n 1 <<<"$output")" "$id"
	no_secret_elsewhere
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

# large_layer: what is committed last has one.
large_layer() {
	cd repository && truncate -s +17M a && commit large && must git image build && cd ..
}

@test "a large layer goes to every personality, also if it breaks off on its way" {
	while read -r personality way options; do
		echo "$personality $way"
		# shellcheck disable=SC2086
		start "$personality" --repository "team/$personality" $options
		large_layer
		[ "$way" = whole ] || peer_script <<<"$way * cut 5000"
		publishes --publish direct
		matches "requests" "$(peer_log)" "PATCH [^ ]* 20[12]|PATCH .*cut"
		[ "$way" = whole ] || peer_done
		no_secret_elsewhere
	done <<-'END'
	oci whole --auth bearer
	oci PATCH --auth basic
	docker whole --auth basic
	docker PATCH --auth bearer
	ecr whole --auth basic --immutable-tags
	ecr PATCH --auth basic
	ghcr whole --auth bearer
	gitlab PATCH --auth bearer
	harbor whole --auth bearer
	quay whole --auth bearer
	hub whole --auth bearer
	END
}

@test "a PUT that breaks off is made again in a session of its own" {
	for personality in oci docker ecr; do
		start "$personality" --repository "team/$personality" --auth basic
		peer_script <<<'PUT */blobs/uploads/* cut 5'
		publishes --publish direct
		peer_done
	done
}

@test "Harbor: a mount that is denied is an upload" {
	while IFS='|' read -r auth denial; do
		start harbor --auth "$auth"
		cd repository
		git config image.app.repository "$PEER/team/base"
		must git image build
		must git image publish --untested
		base=$PEER/team/base:$(sha7)
		git config image.app.repository "$PEER/team/harbor"
		echo "$auth" >b
		put Dockerfile <<<"FROM $base
COPY b /"
		commit "upon $base"
		must git image build
		cd ..
		peer_script <<<"POST */blobs/uploads/?mount=*&from=team/base $denial x*"
		publishes --publish direct
		peer_done
		no_secret_elsewhere
		echo $'FROM scratch\nCOPY a /' >repository/Dockerfile
	done <<-'END'
	bearer|401 says=no
	bearer|realm {main}/service/token
	basic|401 'WWW-Authenticate:Basic realm="harbor"'
	END
}

@test "ECR: a repository that is not there ends the connection, and is said" {
	start ecr --auth basic
	cd repository
	must_fail 8 "hangs up: the repository may not exist" git image publish --untested \
		--publish direct
	matches "who" "$errors" "team/ecr"
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

@test "each personality differs where its registry does" {
	peer_start --personality ghcr --listen main=127.0.0.1:0 --listen storage=127.0.0.1:0
	digest=$(peer_blob a <<<content)
	wants 303 GET "/v2/a/referrers/$digest"
	wants 429 GET "$(header Location)"
	wants 307 HEAD "/v2/a/blobs/$digest"
	matches "path" "$(header Location)" '/storage/[^?]*%2F'
	wants 403 HEAD "$(header Location)"
	wants 200 GET "/v2/a/blobs/$digest" -L
	is "content" "$output" content
	peer_start --personality hub --pulls 1
	peer_image a one "$(printf %040d 1)" >/dev/null
	wants 200 HEAD /v2/a/manifests/one
	is "limit" "$(header ratelimit-limit)" "1;w=21600"
	wants 200 GET /v2/a/manifests/one
	is "limit" "$(header ratelimit-remaining)" "0;w=21600"
	wants 429 GET /v2/a/manifests/one
	wants 200 HEAD /v2/a/manifests/one
	wants 405 DELETE /v2/a/manifests/one
	peer_start --personality harbor
	wants 401 POST "/v2/a/blobs/uploads/?mount=$(digest_of x)&from=none"
}

@test "GitLab and Quay know the types of configurations, GitLab those of artifacts" {
	# PERSONALITY | CHANGE OF A MANIFEST | STATUS
	while IFS='|' read -r personality change code; do
		peer_start --personality "$personality"
		peer_image a one "$(printf %040d 1)" >/dev/null
		sed -i "$change" "$BATS_TEST_TMPDIR/peer-manifest"
		wants "$code" PUT /v2/a/manifests/two -H "Content-Type: $oci_manifest" \
			--data-binary "@$BATS_TEST_TMPDIR/peer-manifest"
	done <<-'END'
	gitlab|s/x/x/|201
	gitlab|s/image.config/other.config/|400
	gitlab|s/"config"/"artifactType":"a\/b","config"/|400
	quay|s/x/x/|201
	quay|s/image.config/other.config/|415
	END
	matches "message" "$output" MANIFEST_INVALID
}

@test "ECR: repositories are made before, chunks are large and wrongly counted" {
	peer_start --personality ecr --repository a --auth basic --user AWS:password
	local aws=(-u AWS:password)
	result=0
	curl -sS "${aws[@]}" -X POST "http://$PEER/v2/b/blobs/uploads/" 2>/dev/null || result=$?
	is "exit code" "$result" 52
	wants 404 GET /v2/b/manifests/one "${aws[@]}"
	for size in 5242880 5242879; do
		head -c "$size" /dev/zero >"$BATS_TEST_TMPDIR/large"
		part=("${aws[@]}" -H Content-Type:application/octet-stream
			--data-binary "@$BATS_TEST_TMPDIR/large")
		wants 202 POST /v2/a/blobs/uploads/ "${aws[@]}"
		for start in 0 "$size"; do
			wants 201 PATCH "$(header Location)" "${part[@]}" \
				-H "Content-Range: $start-$((start + size - 1))"
			is "range" "$(header Range)" "0-$((size - 1))"
		done
		digest=sha256:$(head -c $((2 * size)) /dev/zero | sha256sum | cut -d' ' -f1)
		code=201
		[ "$size" = 5242880 ] || code=400
		wants "$code" PUT "$(located "digest=$digest")" "${aws[@]}"
	done
	matches "message" "$output" "should be at least 5MB"
	wants 405 GET '/v2/a/tags/list?n=1001' "${aws[@]}"
	wants 200 GET '/v2/a/tags/list?n=1000' "${aws[@]}"
}

@test "docker-registry 2.8: nothing is resumed, no list is paged" {
	peer_start --personality docker
	for tag in c a b; do
		peer_image a "$tag" "$(printf %040d 1)" >/dev/null
	done
	wants 404 HEAD /v2/a/manifests/c
	wants 200 HEAD /v2/a/manifests/c -H "Accept: $oci_manifest"
	wants 400 DELETE /v2/a/manifests/c
	is "code" "$(jq -r .errors[0].code <<<"$output")" DIGEST_INVALID
	wants 200 GET '/v2/a/tags/list?n=1'
	is "tags" "$(jq -c .tags <<<"$output") $(header Link)" '["c","b","a"] '
	wants 404 GET "/v2/a/referrers/$(digest_of x)"
	octets 'some bytes'
	wants 202 POST "/v2/a/blobs/uploads/?digest=$(digest_of 'some bytes')" "${octets[@]}"
	first=$(header Location)
	wants 204 GET "$first"
	is "range" "$(header Range)" 0-0
	wants 202 PATCH "$first" "${octets[@]}"
	wants 404 GET "$first"
	is "code" "$(jq -r .errors[0].code <<<"$output")" BLOB_UPLOAD_INVALID
	digest=$(peer_blob b <<<content)
	wants 201 POST "/v2/a/blobs/uploads/?mount=$digest&from=b"
	wants 202 POST "/v2/c/blobs/uploads/?mount=$digest"
}
