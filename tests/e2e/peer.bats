#!/usr/bin/env bats
# The scripted registry keeps the rules that a publisher meets (OCI
# distribution-spec 1.1), and its faults are what their names say.
# engines: none
load lib/helper
load lib/peer
load lib/ask

test_teardown() {
	[ -z "${PEER_PID-}" ] || [ ! -s "$PEER_DIR/errors" ] || cat "$PEER_DIR/errors"
}

@test "a blob goes in by POST and PUT, and comes out whole or in parts" {
	peer_start
	digest=$(digest_of 'some bytes')
	wants 404 HEAD "/v2/a/b/blobs/$digest"
	wants 202 POST /v2/a/b/blobs/uploads/ -H 'Content-Length: 0'
	octets 'some bytes'
	wants 201 PUT "$(located "digest=$digest")" "${octets[@]}"
	is "Location" "$(header Location)" "/v2/a/b/blobs/$digest"
	wants 200 HEAD "/v2/a/b/blobs/$digest"
	is "length" "$(header Content-Length)" 10
	wants 200 GET "/v2/a/b/blobs/$digest"
	is "body" "$output" 'some bytes'
	wants 206 GET "/v2/a/b/blobs/$digest" -H 'Range: bytes=5-'
	is "part" "$output" bytes
	wants 416 GET "/v2/a/b/blobs/$digest" -H 'Range: bytes=10-'
	# One POST.
	octets other
	wants 201 POST "/v2/a/b/blobs/uploads/?digest=$(digest_of other)" "${octets[@]}"
	wants 202 DELETE "/v2/a/b/blobs/$digest"
	wants 404 GET "/v2/a/b/blobs/$digest"
}

@test "a digest that is not the content's is refused, and one that is none" {
	peer_start
	octets 'some bytes'
	wants 202 POST /v2/a/b/blobs/uploads/
	wants 400 PUT "$(located "digest=$(digest_of other)")" "${octets[@]}"
	is "code" "$(jq -r .errors[0].code <<<"$output")" DIGEST_INVALID
	wants 202 POST /v2/a/b/blobs/uploads/
	wants 400 PUT "$(located digest=sha256:abc)" "${octets[@]}"
	wants 202 POST /v2/a/b/blobs/uploads/
	wants 400 PUT "$(header Location)" "${octets[@]}"
	wants 404 PUT "/v2/a/b/blobs/uploads/none?digest=$(digest_of x)" "${octets[@]}"
	wants 400 GET /v2/a/b/blobs/sha256:abc
	wants 400 POST /v2/A/b/blobs/uploads/
}

@test "chunks come in order, to the newest Location" {
	peer_start
	wants 202 POST /v2/a/b/blobs/uploads/
	first=$(header Location)
	octets 'some ' 0
	wants 202 PATCH "$first" "${octets[@]}"
	is "range" "$(header Range)" 0-4
	second=$(header Location)
	octets 'late' 9
	wants 416 PATCH "$second" "${octets[@]}"
	octets 'some ' 0
	wants 416 PATCH "$first" "${octets[@]}"
	wants 204 GET "$second"
	is "range" "$(header Range)" 0-4
	second=$(header Location)
	octets byt 5
	wants 202 PATCH "$second" "${octets[@]}"
	octets es 8
	wants 201 PUT "$(located "digest=$(digest_of 'some bytes')")" "${octets[@]}"
	wants 200 GET "/v2/a/b/blobs/$(digest_of 'some bytes')"
	is "body" "$output" 'some bytes'
	wants 202 POST /v2/a/b/blobs/uploads/
	session=$(header Location)
	wants 204 DELETE "$session"
	wants 404 GET "$session"
}

@test "storage gives a blob for its own URL, and never beside a password" {
	peer_start --listen main=127.0.0.1:0 --listen storage=127.0.0.1:0
	digest=$(peer_blob a/b <<<content)
	wants 200 HEAD "/v2/a/b/blobs/$digest"
	wants 307 GET "/v2/a/b/blobs/$digest"
	location=$(header Location)
	wants 200 GET "$location"
	is "content" "$output" content
	wants 206 GET "$location" -H 'Range: bytes=3-'
	wants 416 GET "$location" -H 'Range: bytes=8-'
	wants 403 GET "${location/1%2F2/1\/2}"
	wants 403 GET "${location%%\?*}"
	wants 400 GET "$location" -H 'Authorization: Bearer x'
	wants 404 GET "/v2/a/b/blobs/$(digest_of x)" -L
}

@test "a blob is mounted from a repository that has it, else a session opens" {
	peer_start
	digest=$(peer_blob a/b <<<content)
	wants 201 POST "/v2/c/blobs/uploads/?mount=$digest&from=a/b"
	wants 200 HEAD "/v2/c/blobs/$digest"
	wants 202 POST "/v2/d/blobs/uploads/?mount=$digest&from=none"
	matches "session" "$(header Location)" "/v2/d/blobs/uploads/"
	wants 201 POST "/v2/e/blobs/uploads/?mount=$digest"
	wants 404 HEAD "/v2/d/blobs/$digest"
}

@test "manifests go by tag and by digest, with their blobs and types" {
	peer_start
	wants 404 GET /v2/a/b/manifests/one
	is "code" "$(jq -r .errors[0].code <<<"$output")" NAME_UNKNOWN
	digest=$(peer_image a/b one "$(printf %040d 1)")
	wants 200 GET /v2/a/b/manifests/one
	is "digest" "$(header Docker-Content-Digest)" "$digest"
	is "type" "$(header Content-Type)" "$oci_manifest"
	wants 200 HEAD "/v2/a/b/manifests/$digest"
	wants 404 GET /v2/a/b/manifests/two
	is "code" "$(jq -r .errors[0].code <<<"$output")" MANIFEST_UNKNOWN
	bytes=(--data-binary "@$BATS_TEST_TMPDIR/peer-manifest")
	manifest=(-H "Content-Type: $oci_manifest" "${bytes[@]}")
	wants 201 PUT "/v2/a/b/manifests/$digest" "${manifest[@]}"
	wants 400 PUT "/v2/a/b/manifests/$(digest_of x)" "${manifest[@]}"
	wants 400 PUT /v2/a/b/manifests/.no-tag "${manifest[@]}"
	wants 400 PUT /v2/a/b/manifests/two "${bytes[@]}" -H "Content-Type: $oci_index"
	wants 400 PUT /v2/other/manifests/one "${manifest[@]}"
	is "code" "$(jq -r .errors[].code <<<"$output")" MANIFEST_BLOB_UNKNOWN
	wants 400 PUT /v2/other/manifests/one -H "Content-Type: $oci_index" --data-binary \
		"{\"manifests\":[{\"digest\":\"$digest\"},{\"digest\":\"$(digest_of x)\"}]}"
	is "codes" "$(jq -r .errors[].code <<<"$output" | xargs)" \
		"MANIFEST_BLOB_UNKNOWN MANIFEST_BLOB_UNKNOWN"
	wants 400 PUT /v2/a/b/manifests/two -H "Content-Type: $oci_manifest" --data-binary '[]'
	wants 202 DELETE /v2/a/b/manifests/one
	wants 404 GET /v2/a/b/manifests/one
	wants 202 DELETE "/v2/a/b/manifests/$digest"
	wants 404 GET "/v2/a/b/manifests/$digest"
}

@test "tags are listed in order and in pages" {
	peer_start
	wants 404 GET /v2/a/b/tags/list
	for tag in c a d b; do
		peer_image a/b "$tag" "$(printf %040d 1)" >/dev/null
	done
	wants 200 GET /v2/a/b/tags/list
	is "tags" "$(jq -c .tags <<<"$output")" '["a","b","c","d"]'
	is "Link" "$(header Link)" ""
	wants 200 GET '/v2/a/b/tags/list?n=3'
	is "tags" "$(jq -c .tags <<<"$output")" '["a","b","c"]'
	is "Link" "$(header Link)" '</v2/a/b/tags/list?n=3&last=c>; rel="next"'
	wants 200 GET '/v2/a/b/tags/list?n=3&last=c'
	is "tags" "$(jq -c .tags <<<"$output")" '["d"]'
	is "Link" "$(header Link)" ""
	wants 200 GET '/v2/a/b/tags/list?n=0'
	is "tags" "$(jq -c .tags <<<"$output")" '[]'
}

@test "what has a subject is among its referrers" {
	peer_start
	subject=$(peer_image a/b one "$(printf %040d 1)")
	jq -c --arg digest "$subject" '.artifactType = "application/x" | .annotations.a = "b" |
		.subject = {mediaType: .mediaType, size: 1, digest: $digest}' \
		"$BATS_TEST_TMPDIR/peer-manifest" >"$BATS_TEST_TMPDIR/referrer"
	digest=sha256:$(sha256sum <"$BATS_TEST_TMPDIR/referrer" | cut -d' ' -f1)
	wants 200 GET "/v2/a/b/referrers/$subject"
	is "none" "$(jq -c .manifests <<<"$output")" '[]'
	wants 201 PUT "/v2/a/b/manifests/$digest" -H "Content-Type: $oci_manifest" \
		--data-binary "@$BATS_TEST_TMPDIR/referrer"
	is "OCI-Subject" "$(header OCI-Subject)" "$subject"
	wants 200 GET "/v2/a/b/referrers/$subject"
	is "type" "$(header Content-Type)" "$oci_index"
	is "referrer" "$(jq -r '.manifests[] | "\(.digest) \(.artifactType) \(.annotations.a)"' \
		<<<"$output")" "$digest application/x b"
	wants 200 GET "/v2/a/b/referrers/$subject?artifactType=application/y"
	is "filtered" "$(jq -c .manifests <<<"$output") $(header OCI-Filters-Applied)" \
		'[] artifactType'
	wants 400 GET /v2/a/b/referrers/none
}

@test "skopeo copies to it and back, over TCP and TLS" {
	peer_start
	build_image "$APP:x" <<<$'FROM scratch\nCOPY Dockerfile /\nLABEL a=b'
	from=(--insecure-policy --src-daemon-host "$E2E_ENGINE")
	must skopeo copy "${from[@]}" --dest-tls-verify=false \
		"docker-daemon:$APP:x" "docker://$PEER/$APP:x"
	must skopeo inspect --tls-verify=false "docker://$PEER/$APP:x"
	is "label" "$(jq -r .Labels.a <<<"$output")" b
	must skopeo copy --insecure-policy --src-tls-verify=false --dest-tls-verify=false \
		"docker://$PEER/$APP:x" "docker://$PEER/other:y"
	must skopeo delete --tls-verify=false "docker://$PEER/other:y"
	make_certificate certificates 127.0.0.1 localhost
	mkdir -p cert
	cp certificates/ca.crt cert
	peer_start --tls certificates/ca.crt certificates/key --listen main=https://127.0.0.1:0 \
		--listen other=https://localhost:0 --auth bearer --user me:secret-of-mine
	must skopeo copy "${from[@]}" --dest-cert-dir cert --dest-creds me:secret-of-mine \
		"docker-daemon:$APP:x" "docker://$(peer_at other)/$APP:x"
	must_fail 1 "unauthorized" skopeo inspect --cert-dir cert --creds me:wrong \
		"docker://$PEER/$APP:x"
	engine_api DELETE "/images/$APP:x" >/dev/null
}

@test "Basic: a password opens, and the ledger saw it where it went" {
	peer_start --listen main=127.0.0.1:0 --listen other=localhost:0 --auth basic \
		--user 'me:secret of mine' --secret canary-1
	wants 401 GET /v2/
	is "challenge" "$(header WWW-Authenticate)" 'Basic realm="peer"'
	wants 401 GET /v2/ -u me:wrong
	wants 200 GET /v2/ -u 'me:secret of mine'
	wants 200 GET "http://$(peer_at other)/v2/" -u 'me:secret of mine'
	wants 401 GET '/v2/?a=secret%20of%20mine' -H "X-A: $(printf '{canary-1' | base64)"
	wants 401 POST /v2/a/blobs/uploads/ -u x:y --data-binary 'me:secret of mine'
	is "ledger" "$(peer_ledger)" "$(printf '%s\t' main basic me:wrong)GET /v2/
$(printf '%s\t' main basic 'me:secret of mine')GET /v2/
$(printf '%s\t' other basic 'me:secret of mine')GET /v2/
$(printf '%s\t' main leak canary-1)GET /v2/?a=secret%20of%20mine
$(printf '%s\t' main leak 'secret of mine')GET /v2/?a=secret%20of%20mine
$(printf '%s\t' main basic x:y)POST /v2/a/blobs/uploads/
$(printf '%s\t' main leak 'secret of mine')POST /v2/a/blobs/uploads/"
}

@test "Bearer: tokens are for scopes and for so many requests" {
	peer_start --auth bearer --user me:mine-alone --anonymous-pull --token-life 2 \
		--expires-in 300
	wants 401 POST /v2/a/b/blobs/uploads/
	is "challenge" "$(header WWW-Authenticate)" "Bearer realm=\"http://$PEER/token\",$(
		)service=\"peer\",scope=\"repository:a/b:pull,push\""
	wants 401 GET '/token?scope=repository:a/b:pull' -u me:wrong
	wants 200 GET '/token?scope=repository:a/b:pull' -u me:mine-alone
	is "expiry" "$(jq .expires_in <<<"$output")" 300
	bearer="Authorization: Bearer $(jq -r .token <<<"$output")"
	wants 401 POST /v2/a/b/blobs/uploads/ -H "$bearer"
	matches "error" "$(header WWW-Authenticate)" 'error="insufficient_scope"'
	wants 404 GET /v2/a/b/manifests/x -H "$bearer"
	wants 401 GET /v2/a/b/manifests/x -H "$bearer"
	matches "error" "$(header WWW-Authenticate)" 'error="invalid_token"'
	wants 200 GET '/token?scope=repository:a/b:pull,push'
	bearer="Authorization: Bearer $(jq -r .token <<<"$output")"
	wants 401 POST /v2/a/b/blobs/uploads/ -H "$bearer"
	# The other way, and a refresh token from it.
	wants 200 POST /token -d grant_type=password -d username=me -d password=mine-alone \
		-d access_type=offline -d scope=repository:a/b:push
	refresh=$(jq -r .refresh_token <<<"$output")
	wants 200 POST /token -d grant_type=refresh_token -d "refresh_token=$refresh" \
		-d scope=repository:a/b:push
	bearer="Authorization: Bearer $(jq -r .token <<<"$output")"
	wants 202 POST /v2/a/b/blobs/uploads/ -H "$bearer"
	wants 401 POST /token -d grant_type=refresh_token -d refresh_token=none
	is "forms" "$(peer_ledger | cut -f2 | sort | uniq -c | xargs)" \
		"2 basic 5 bearer 1 form-password 2 form-refresh_token"
}

@test "faults are what their names say" {
	peer_start --listen main=127.0.0.1:0 --listen b=127.0.0.1:0
	peer_image a/b one "$(printf %040d 1)" >/dev/null
	url=http://$PEER/v2/a/b/manifests/one
	# VERB AND ARGUMENTS | CURL'S EXIT CODE | WHAT IT SAW
	while IFS='|' read -r verb code seen; do
		# It fails if the row before was not used.
		peer_script <<<"GET *manifests* $verb"
		result=0
		curl -sSi --max-time 0.5 --limit-rate 1M "$url" >"$BATS_TEST_TMPDIR/seen" 2>&1 ||
			result=$?
		output=$(head -c 5000 "$BATS_TEST_TMPDIR/seen" | tr -d '\0\r')
		is "exit code of $verb" "$result" "$code"
		matches "$verb" "$output" "$seen"
	done <<-'END'
	503|0|^HTTP/1.1 503
	429 Retry-After:-1 'body={"a":1}'|0|Retry-After: -1.*"a":1
	early 401|0|401 Unauthorized.*Connection: close
	refuse|56|reset by peer
	hang-up|52|Empty reply
	cut 1|56|reset by peer
	raw 'HTTP/1.1 200 Fine\r\n\r\nx'|0|200 Fine.*x
	redirect {b}/x 302|0|302 Found.*Location: http://127.0.0.1:[0-9]*/x
	redirect {self}{target}|0|307 .*Location: http://127.0.0.1:[0-9]*/v2/a/b/manifests/one
	realm http://169.254.169.254/|0|401 .*Bearer realm="http://169.254.169.254/",service="peer"
	token abc 60|0|"token": "abc", "expires_in": 60
	deep 2|0|\{"a":\{"a":1\}\}
	endless 200|28|chunked
	endless-head|56|.
	pass|0|schemaVersion
	reset 40|56|reset by peer.*HTTP/1.1 200 OK
	truncate 10|18|.
	stall 2000|28|timed out
	stall-after 60 2000|28|HTTP/1.1 200 OK
	dribble 1 100|28|timed out
	add X-A:1 X-A:2|0|X-A: 1.*X-A: 2
	set Docker-Content-Digest:sha256:0|0|Digest: sha256:0
	drop Docker-Content-Digest Content-Type|0|200 OK.Content-Length: [0-9]*..\{
	garbage-head|8|.
	length 5|0|Content-Length: 5
	length 5000|18|.
	chunked|0|chunked.*schemaVersion
	chunked-garbage|56|.
	body {}|0|Content-Length: 2..\{\}
	flip|0|200 OK
	edit config bonfig|0|bonfig
	gzip|0|Content-Encoding: gzip
	lost 500|0|500 Internal
	down 100|56|reset by peer
	END
	peer_done
}

@test "a connection may end before its first request, and come back" {
	peer_start
	printf '%s\n' 'CONNECT main refuse' >"$BATS_TEST_TMPDIR/script"
	peer_script <"$BATS_TEST_TMPDIR/script"
	result=0
	curl -sS "http://$PEER/v2/" 2>/dev/null || result=$?
	matches "exit code" "$result" '^(7|55|56)$'
	wants 200 GET /v2/
	peer_script <<<'GET /v2/ down 300'
	result=0
	curl -sS "http://$PEER/v2/" 2>/dev/null || result=$?
	result=0
	curl -sS "http://$PEER/v2/" 2>/dev/null || result=$?
	is "exit code" "$result" 7
	until_true wants 200 GET /v2/
}

@test "100 Continue comes late, or never, and the body all the same" {
	peer_start
	octets 'some bytes'
	for verb in 'slow-continue 200' no-continue; do
		wants 202 POST /v2/a/b/blobs/uploads/
		session=$(located "digest=$(digest_of 'some bytes')")
		peer_script <<<"PUT * $verb"
		wants 201 PUT "$session" "${octets[@]}" -H 'Expect: 100-continue' \
			--expect100-timeout 1
	done
	peer_done
}

@test "rows serve in their order, so often as they say, and unused ones are told" {
	peer_start
	peer_script <<-'END'
	# The second and third
	GET|HEAD /v2/ 503 +1 x2
	GET /v2/*/list?n=1 404
	GET b:/v2/ 500
	PUT * 500 x*
	END
	for code in 200 503 503 200; do
		wants "$code" GET /v2/
	done
	wants 404 GET '/v2/a/tags/list?n=1'
	result=0
	unused=$(peer_control PUT /script --data-binary @- <<<'GET /v2/ 503 x2') || result=$?
	is "curl's exit code" "$result" 22
	is "unused" "$unused" $'GET b:/v2/ 500\nPUT * 500 x*'
	wants 503 GET /v2/
	result=0
	peer_stop >"$BATS_TEST_TMPDIR/unused" || result=$?
	is "exit code" "$result" 1
	is "unused" "$(<"$BATS_TEST_TMPDIR/unused")" "peer: never used: GET /v2/ 503 x2"
	must_fail 1 "no such verb" "$peer" --script <(echo 'GET / explode')
}

@test "a body that breaks off leaves its part in the session" {
	octets 'some bytes'
	while read -r personality code; do
		peer_start --personality "$personality" --repository a --secret some
		wants 202 POST /v2/a/blobs/uploads/
		url=$(located "digest=$(digest_of 'some bytes')")
		peer_script <<<'PUT * cut 4'
		result=0
		ask PUT "$url" "${octets[@]}" 2>/dev/null || result=$?
		matches "curl's exit code" "$result" '^(55|56)$'
		is "ledger" "$(peer_ledger | cut -f1-3)" $'main\tleak\tsome'
		wants "$code" PUT "$url" "${octets[@]}"
		is "code" "$(jq -r .errors[0].code <<<"$output")" BLOB_UPLOAD_INVALID
		peer_done
	done <<-'END'
	oci 416
	docker 404
	ecr 416
	END
}
