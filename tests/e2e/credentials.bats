#!/usr/bin/env bats
# A registry may name other places: as its token server, by Location, Link and
# redirect, inside a manifest. Each way to a secret is tried here, and the
# peer's ledger tells which origin saw which.
# engines: none
load lib/helper
load lib/peer

password=canary-of-the-user
sha=0123456789abcdef0123456789abcdef01234567
own=registry.example.com
foreign=evil.example.net
hosts=("$own" auth.example.com "$foreign" "$own.$foreign")
uncertified=uncertified.example.com
authority=/etc/ssl/certs/ca-certificates.crt

# All names are this machine, and everybody trusts their certificate, as on
# the internet.
test_setup() {
	make_certificate certificate "${hosts[@]}"
	printf '127.0.0.1 %s\n' localhost "${hosts[@]}" "$uncertified" >hosts
	cat "$authority" certificate/ca.crt >authorities
	mount --bind hosts /etc/hosts && mount --bind authorities "$authority"
}

test_teardown() {
	umount --lazy /etc/hosts "$authority" || true
	[ -z "${PEER_DIR-}" ] || cat "$PEER_DIR/errors"
}

# start [PEER-OPTION...]: origins main, auth (of the same owner), evil, alike
# (a name that begins with the registry's) and plain (without TLS), an image
# app:latest, and the user's credentials for main.
start() {
	peer_start --tls certificate/ca.crt certificate/key --listen "main=https://$own:0" \
		--listen auth=https://auth.example.com:0 --listen "evil=https://$foreign:0" \
		--listen "alike=https://$own.$foreign:0" --listen "plain=http://$foreign:0" \
		--auth bearer --user "tester:$password" "$@"
	peer_image app "${sha:0:7}" "$sha" >/dev/null
	digest=$(peer_image app latest "$sha")
	log_in "$PEER"
}

log_in() {
	put "$DOCKER_CONFIG/config.json" <<-END
	{"auths": {"$1": {"auth": "$(printf 'tester:%s' "$password" | base64 -w0)"}}}
	END
}

# saw [LISTENER...]: these origins, sorted, saw secrets, and no other.
saw() {
	is "origins that saw a secret" "$(peer_ledger | cut -f1 | sort -u | xargs)" "$*"
}

# asked LISTENER: the requests that came there.
asked() {
	peer_log | sed -n "s/^$1 //p" | grep -v ' <' || true
}

# silent COMMAND...: it says no secret of the user's and none of the peer's tokens.
silent() {
	"$@" && [[ $output$errors != *canary* && $output$errors != *token-* ]] &&
		[ ! -s "$PEER_DIR/errors" ]
}

@test "1: a token server of another owner sees no credentials" {
	start
	for url in '{evil}/token' '{alike}/token' "https://$own.$foreign/" https://evilexample.com/
	do
		peer_script <<<"GET main:* realm $url"
		silent must_fail 7 "token server, which is not of the same owner" \
			git image resolve "$PEER/app:latest"
	done
	peer_done
	is "asked" "$(asked evil)$(asked alike)" ""
	saw
}

@test "1: without credentials it may be asked" {
	start --anonymous-pull --token-server evil
	rm "$DOCKER_CONFIG/config.json"
	peer_script <<-END
	GET main:/v2/app/manifests/* realm {evil}/token peer repository:app:pull
	END
	must git image resolve "$PEER/app:latest"
	is "answer" "$output" "$PEER/app:${sha:0:7}@$digest"
	matches "asked" "$(asked evil)" '^GET /token\?service=peer&scope=repository:app:pull 200$'
	saw main
	is "what" "$(peer_ledger | cut -f2 | sort -u)" bearer
}

@test "1: a token server of the same owner gets them, once" {
	start --token-server auth
	must git image resolve "$PEER/app:latest"
	is "answer" "$output" "$PEER/app:${sha:0:7}@$digest"
	saw auth main
	is "passwords" "$(peer_ledger | grep canary | cut -f1-3)" \
		$'auth\tbasic\ttester:'"$password"
}

@test "1: a token server in a private place is never asked, nor one without TLS" {
	start
	# URL | MESSAGE
	while IFS='|' read -r url message; do
		peer_script <<<"GET main:* realm $url"
		silent must_fail 10 "$message" git image resolve "$PEER/app:latest"
	done <<-'END'
	{plain}/token|without TLS
	http://registry.example.com/token|without TLS
	https://169.254.169.254/latest/meta-data|private address '169.254.169.254'
	https://127.0.0.1/token|private address '127.0.0.1'
	https://localhost/token|private address 'localhost'
	https://10.0.0.1/token|private address
	https://192.168.1.1/token|private address
	https://172.16.0.1/token|private address
	https://100.64.0.1/token|private address
	https://0.0.0.0/token|private address
	https://[::1]/token|private address
	https://[fe80::1]/token|private address
	https://[fd00::1]/token|private address
	https://[::ffff:127.0.0.1]/token|private address
	https://2130706433/token|token server
	https://0x7f.1/token|token server
	https://0177.0.0.1/token|token server
	https://registry.example.com@evil.example.net/token|token server
	file:///etc/passwd|token server
	ftp://evil.example.net/token|token server
	//evil.example.net/token|token server
	/token|token server
	END
	peer_done
	saw
	is "asked" "$(asked evil)$(asked plain)$(asked auth)" ""
}

@test "1: whoever was the token server before, each one is judged" {
	start
	prepare_publication
	peer_script <<<"POST main:/v2/*/blobs/uploads/ realm {evil}/token x*"
	silent must_fail 7 "token server, which is not of the same owner" \
		git image publish --untested
	peer_script <<<"PUT main:/v2/*/manifests/* realm {evil}/token x*"
	silent must_fail 7 "token server, which is not of the same owner" \
		git image publish --untested
	peer_done
	put password <<<"$password"
	peer_script <<<"GET main:/v2/ realm {evil}/token x*"
	silent must_fail 7 "token server, which is not of the same owner" \
		git image login --username tester --password-stdin "$PEER" <password
	peer_done
	is "asked" "$(asked evil)" ""
	saw main
}

@test "2: a redirect of the token request is not followed" {
	start
	for code in 301 302 303 307 308; do
		peer_script <<<"* main:/token redirect {evil}{target} $code"
		silent must_fail 10 "token server '$own' answered $code" \
			git image resolve "$PEER/app:latest"
	done
	peer_done
	is "asked" "$(asked evil)" ""
	saw main
}

@test "2: nor that of an identity token" {
	start --identity canary-identity
	put "$DOCKER_CONFIG/config.json" <<-END
	{"auths": {"$PEER": {"identitytoken": "canary-identity"}}}
	END
	for code in 302 307; do
		peer_script <<<"POST main:/token redirect {evil}{target} $code"
		silent must_fail 10 "token server '$own' answered $code" \
			git image resolve "$PEER/app:latest"
	done
	peer_script <<<"GET main:* realm {evil}/token"
	silent must_fail 7 "not of the same owner" git image resolve "$PEER/app:latest"
	peer_done
	is "asked" "$(asked evil)" ""
	must git image resolve "$PEER/app:latest"
	saw main
	is "what" "$(peer_ledger | cut -f2 | sort -u | xargs)" "bearer form-refresh_token"
}

# prepare_publication [SIZE]: a commit whose image, with a layer of SIZE, is built and
# goes to main.
prepare_publication() {
	git init -q repository && cd repository || return
	put Dockerfile <<<$'FROM scratch\nCOPY a /'
	put a <<<content
	truncate -s "+${1-0}" a
	put .gitimage <<<'[image "app"]'
	git config --global image.app.repository "$PEER/$APP"
	git config --global image.publish direct
	commit first
	must git image build
}

@test "3: an upload elsewhere is made without credentials" {
	start
	prepare_publication
	peer_script <<-END
	POST main:/v2/*/blobs/uploads/ set Location:{evil}/upload?a=b%2F x*
	PUT evil:/upload?a=b%2F&digest=sha256:* 201 x*
	PUT main:/v2/*/manifests/* pass x*
	END
	silent must_fail 10 "no blob" git image publish --untested
	peer_script <<-END
	POST main:/v2/*/blobs/uploads/ set Location:{evil}/upload?a=b%2F x*
	PUT evil:/upload 401 'WWW-Authenticate:Basic realm="x"' x*
	END
	silent must_fail 7 "answered 401" git image publish --untested
	peer_done
	saw main
	must git image publish --untested
	is "credentials" "$(peer_ledger | cut -f1,2 | sort -u)" $'main\tbasic\nmain\tbearer'
}

@test "3: nor is one that is sent while it is packed" {
	start
	prepare_publication 17M
	peer_script <<-END
	POST main:/v2/*/blobs/uploads/ set Location:{evil}/upload x1
	PATCH evil:/upload 202 Location:{main}/v2/x/blobs/uploads/x x*
	POST main:/v2/*/blobs/uploads/ set Location:{evil}/upload x*
	PUT evil:/upload?digest=* 401 'WWW-Authenticate:Bearer realm="{main}/token"' x*
	END
	silent must_fail 7 "answered 401" git image publish --untested
	matches "asked" "$(asked evil | cut -d' ' -f1,3 | sort | uniq -c | xargs)" 'PATCH 202'
	saw main
}

@test "3: an upload to a private place, or without TLS, is not made" {
	start
	prepare_publication
	while IFS='|' read -r url message; do
		peer_script <<<"POST main:/v2/*/blobs/uploads/ set Location:$url x*"
		silent must_fail 10 "$message" git image publish --untested
	done <<-'END'
	{plain}/upload|without TLS
	https://169.254.169.254/upload|private address
	https://127.0.0.1/upload|private address
	https://[::1]/upload|private address
	file:///tmp/x|redirects
	https://me:you@evil.example.net/upload|redirects
	END
	peer_done
	is "asked" "$(asked plain)$(asked evil)" ""
	saw main
}

@test "4: a redirect leads elsewhere without credentials, also after a renewal" {
	start --token-life 1
	for what in manifests blobs; do
		for code in 301 302 307 308; do
			peer_reset
			# The first request is without a token, or its second by token.
			peer_script <<-END
			GET evil:/* status 401 'WWW-Authenticate:Basic realm="x"'
			GET main:/v2/app/$what/* redirect {evil}{target} $code +1
			END
			silent must_fail 7 "answered 401" git image resolve "$PEER/app:latest"
			saw main
		done
	done
}

@test "4: what is written is not sent after a redirect" {
	start
	prepare_publication
	for what in 'POST main:/v2/*/blobs/uploads/' 'PUT main:/v2/*/blobs/uploads/*' \
		'PUT main:/v2/*/manifests/*'; do
		for code in 301 302 303 307 308; do
			peer_control POST /erase
			peer_script <<<"$what redirect {evil}{target} $code x*"
			silent must_fail 10 "answered $code" git image publish --untested
		done
	done
	peer_done
	is "asked" "$(asked evil)" ""
	saw main
}

@test "4: a challenge from elsewhere is not answered, whatever it asks for" {
	start
	while read -r challenge; do
		peer_script <<-END
		GET main:/v2/app/manifests/* redirect {evil}{target} 307 +1
		GET evil:/* $challenge
		END
		silent must_fail 7 "the registry answered 401" git image resolve "$PEER/app:latest"
	done <<-'END'
	realm {evil}/token
	realm {main}/token
	realm {auth}/token
	status 401 'WWW-Authenticate:Basic realm="registry.example.com"'
	status 401
	END
	peer_done
	saw main
	is "asked" "$(asked evil | grep -v ' 401$')$(asked auth)" ""
}

@test "4: storage elsewhere gives the blob for its own signature" {
	start --listen "storage=https://$foreign:0"
	must git image resolve "$PEER/app:latest"
	is "answer" "$output" "$PEER/app:${sha:0:7}@$digest"
	matches "asked" "$(asked storage)" \
		'^GET /storage/sha256%3A.*\?signature=1%2F2&name=app 200$'
	saw main
}

@test "4: no redirect from TLS to none, to a private place, or without end" {
	start
	while IFS='|' read -r url message times; do
		peer_script <<<"GET main:/v2/app/manifests/* redirect $url 307 +1 $times"
		silent must_fail 10 "$message" git image resolve "$PEER/app:latest"
	done <<-'END'
	{plain}{target}|without TLS|x1
	https://169.254.169.254/x|private address|x1
	https://127.0.0.1/x|private address|x1
	https://[::1]/x|private address|x1
	file:///etc/passwd|redirects|x1
	https://evil.example.net:0/x|redirects|x1
	https://me:you@evil.example.net/x|redirects|x1
	{self}{target}|redirects more than 5 times|x6
	END
	peer_done
	is "asked" "$(asked plain)$(asked evil)" ""
	saw main
}

@test "5: a Link to elsewhere is not followed" {
	start
	peer_script <<-END
	GET|HEAD main:/v2/* add 'Link:<{evil}/v2/app/tags/list?last=a>; rel="next"' x*
	END
	must git image resolve "$PEER/app:latest"
	must git image exists "$PEER/app:latest"
	peer_done
	is "asked" "$(asked evil)" ""
	saw main
}

# replace_manifest SED-SCRIPT: of app:latest, as it stands in the registry.
replace_manifest() {
	sed -i "$1" "$BATS_TEST_TMPDIR/peer-manifest"
	curl -sS --fail-with-body -o /dev/null -T "$BATS_TEST_TMPDIR/peer-manifest" \
		-H "Content-Type: application/vnd.oci.image.manifest.v1+json" \
		"http://$PEER_CONTROL/v2/app/manifests/latest"
}

@test "6: the URLs of a foreign layer are never fetched" {
	start
	replace_manifest "s|\"layers\":\[\]|\"layers\":[{\"mediaType\":$(
		)\"application/vnd.oci.image.layer.nondistributable.v1.tar\",\"size\":3,$(
		)\"digest\":\"sha256:$(printf x | sha256sum | cut -c1-64)\",$(
		)\"urls\":[\"https://$(peer_at evil)/layer\",\"http://169.254.169.254/\"]}]|"
	must git image resolve "$PEER/app:latest"
	is "asked" "$(asked evil)" ""
	saw main
}

@test "7: a digest that is none goes into no request" {
	start
	while IFS='|' read -r old new; do
		peer_reset
		peer_script <<<"GET main:/v2/app/manifests/* edit '$old' '$new' +1"
		silent must_fail 10 "digest" git image resolve "$PEER/app:latest"
		is "requests for blobs" "$(asked main | grep blobs)" ""
	done <<-'END'
	sha256:|sha256:../../../
	sha256:|../../v2/other/manifests/
	sha256:|sha256:\r\n\r\nGET /x
	sha256:|SHA256:
	sha256:|md5:
	sha256:|sha256:%2e%2e%2f
	END
	for digest in sha256:../../x sha256:abc; do
		peer_script <<<"GET main:/v2/app/manifests/* set Docker-Content-Digest:$digest +1"
		silent must_fail 10 "'$digest' is no digest" git image resolve "$PEER/app:latest"
	done
	peer_done
	must_fail 3 "" git image resolve "$PEER/app@sha256:../../x"
	saw main
}

@test "8: what is manifest and index at once is neither" {
	start
	while IFS='|' read -r verb; do
		peer_script <<<"GET main:/v2/app/manifests/* $verb +1"
		silent must_fail 10 "" git image resolve "$PEER/app:latest"
		[ -n "$errors" ]
	done <<-'END'
	set Content-Type:application/vnd.oci.image.index.v1+json
	set Content-Type:application/vnd.docker.distribution.manifest.v2+json
	set Content-Type:text/html
	edit '"layers"' '"manifests":[],"layers"'
	edit '"config"' '"schemaVersion":2,"config"'
	edit '"layers"' '"Layers":[],"config":{},"layers"'
	edit 'image.manifest' 'image.index'
	edit '"schemaVersion":2' '"schemaVersion":1'
	END
	peer_done
	saw main
}

@test "9: bodies and heads without end are left, and documents too deep" {
	start
	while IFS='|' read -r row; do
		peer_script <<<"$row"
		silent must_fail 10 "" timeout 20 git image resolve "$PEER/app:latest"
	done <<-'END'
	GET main:/v2/app/manifests/* endless 200 Content-Type:application/json +1
	GET main:/v2/app/manifests/* endless 418 +1
	GET main:/v2/app/manifests/* endless-head +1
	GET main:/v2/app/blobs/* endless
	GET main:/v2/app/manifests/* endless 401 'WWW-Authenticate:Bearer realm="{self}/token"'
	GET main:/token endless
	GET main:/token endless 403
	GET main:/token deep 100000
	GET main:/v2/app/manifests/* deep 33 +1
	END
	peer_done
	saw main
}

@test "16: no message, trace or process shows a secret that a registry says back" {
	start
	while read -r row; do
		for said in "$password" "$(printf 'tester:%s' "$password" | base64 -w0)"; do
			peer_script <<<"GET main:${row//SAID/$said}"
			silent must_fail 7 " 40[13]" git image -v resolve "$PEER/app:latest"
			[[ $output$errors != *$said* ]]
			peer_script <<<"GET main:${row//SAID/$said}"
			capture git image resolve --json "$PEER/app:latest"
			[[ $status = 7 && $output$errors != *$said* ]]
		done
	done <<-'END'
	/v2/app/manifests/* 403 'body={"errors":[{"code":"DENIED","message":"SAID is wrong"}]}' +1
	/v2/app/manifests/* 403 'body={"errors":[{"code":"SAID","message":""}]}' +1
	/v2/app/manifests/* 401 'body={"errors":[{"code":"DENIED","message":"SAID"}]}' +1
	/token 401 'body={"details":"no user SAID"}'
	/token 403 'body={"errors":[{"code":"DENIED","message":"SAID"}]}'
	END
	saw main
}

@test "17: line ends in a credential, a tag or a token reach no header" {
	start
	while IFS= read -r user; do
		put "$DOCKER_CONFIG/config.json" <<-END
		{"auths": {"$PEER": {"auth": "$(printf '%b' "$user" | base64 -w0)"}}}
		END
		peer_reset
		capture git image resolve "$PEER/app:latest"
		[ "$status" != 0 ] && [ "$status" -lt 11 ]
		! peer_ledger | grep -i "x-evil"
		is "leaks" "$(peer_ledger | grep -c leak)" 0
	done <<-'END'
	tester:canary\r\nX-Evil: 1
	tester\r\nX-Evil: 1:canary
	tester:canary\n
	END
	log_in "$PEER"
	for token in 'a\r\nX-Evil: 1' 'a b' ''; do
		peer_script <<<"GET main:/token status 200 'body={\"token\":\"$token\"}'"
		silent must_fail 10 "gave no token" git image resolve "$PEER/app:latest"
	done
	peer_done
	must_fail 3 "" git image resolve "$PEER/app:latest"$'\r\nX-Evil: 1'
	must_fail 3 "" git image resolve "$PEER"$'\r\nX-Evil: 1/app:latest'
	is "bearers" "$(peer_ledger | grep -c bearer)" 0
}

@test "18: a tag that moves meanwhile does not mix two images" {
	start
	config=$(jq -r .config.digest "$BATS_TEST_TMPDIR/peer-manifest")
	other=$(printf %040d 2)
	other_digest=$(peer_image other latest "$other")
	peer_image app 0000000 "$other" >/dev/null
	put move <<-END
	curl -sS --fail -T '$BATS_TEST_TMPDIR/peer-manifest' -o /dev/null \
		-H 'Content-Type: application/vnd.oci.image.manifest.v1+json' \
		'http://$PEER_CONTROL/v2/app/manifests/latest'
	END
	peer_script <<<"GET main:/v2/app/blobs/$config exec 'sh $PWD/move'"
	must git image resolve "$PEER/app:latest"
	peer_done
	is "answer" "$output" "$PEER/app:${sha:0:7}@$digest"
	must git image resolve "$PEER/app:latest"
	is "answer" "$output" "$PEER/app:0000000@$other_digest"
}

@test "11: a helper is asked for its own registry alone" {
	start
	mkdir bin
	put bin/docker-credential-test <<-END
	#!/bin/sh
	cat >>$PWD/helped
	echo '{"Username": "tester", "Secret": "$password"}'
	END
	chmod +x bin/docker-credential-test
	export PATH=$PWD/bin:$PATH
	put "$DOCKER_CONFIG/config.json" <<<"{\"credHelpers\": {\"$PEER\": \"test\"}}"
	must git image resolve "$PEER/app:latest"
	is "asked for" "$(<helped)" "$PEER"
	for listener in alike evil auth; do
		must_fail 7 "401|docker login" git image resolve "$(peer_at $listener)/app:latest"
	done
	is "asked for" "$(<helped)" "$PEER"
	saw main
}

@test "TLS: a connection that breaks off is tried again, one that is no TLS is none" {
	start --listen "uncertified=https://$uncertified:0"
	for verb in refuse hang-up 'raw x'; do
		peer_script <<<"CONNECT main $verb"
		must git image resolve "$PEER/app:latest"
	done
	peer_done
	plain=$(peer_at plain)
	log_in "$plain"
	silent must_fail 8 "wrong version number" git image exists "$plain/app:latest"
	matches "hint" "$errors" "image.plainHttp $plain"
	log_in "$(peer_at uncertified)"
	silent must_fail 7 "certificate" git image exists "$(peer_at uncertified)/app:latest"
	saw main
}
