#!/usr/bin/env bats
# What the network and a registry can do wrong, each with its outcome. A fault
# that is temporary costs a moment; one that stays has an exit code and a word.
# engines: none
load lib/helper
load lib/peer
load lib/ask
load lib/cases

sha=0123456789abcdef0123456789abcdef01234567

test_teardown() {
	[ -z "${PEER_DIR-}" ] || cat "$PEER_DIR/errors"
}

start() {
	peer_start "$@"
	peer_image app "${sha:0:7}" "$sha" >/dev/null
	digest=$(peer_image app latest "$sha")
	export PEER
}

resolve() {
	local answer
	answer=$(timeout 40 git image resolve "$PEER/$1:latest") || return
	echo "$answer"
	[ "$answer" = "$PEER/$1:${sha:0:7}@$digest" ]
}

exists() {
	timeout 40 git image exists "$PEER/$1:latest"
}

@test "one temporary fault of any request never keeps resolve from its answer" {
	start --listen main=127.0.0.1:0
	for what in GET:manifests/latest GET:blobs/\* HEAD:manifests/\*; do
		while IFS= read -r fault; do
			echo "0|@|${what%%:*} ${what#*:} $fault"
		done <<-'END'
		408
		429
		429 Retry-After:0
		429 Retry-After:1
		429 'Retry-After:Mon, 21 Oct 2013 07:28:00 GMT'
		429 Retry-After:-5
		429 Retry-After:soon
		500
		502
		503
		503 'body=<html>'
		504
		520
		521
		522
		523
		524
		early 503
		refuse
		hang-up
		reset 0
		reset 20
		reset 150
		raw ''
		stall 700
		stall-after 60 700
		dribble 30 10
		END
	done | run_cases resolve
}

@test "a fault that stays, where a manifest is read, has its code and word" {
	start
	run_cases resolve <<-'END'
	# Nobody answers
	8|reset by peer|GET manifests/latest refuse x5
	8|Empty reply|GET manifests/latest hang-up x5
	8|reset by peer|GET manifests/latest reset 0 x5
	8|reset by peer|GET manifests/latest reset 100 x5
	8|reset by peer|GET manifests/latest reset 200 x5
	8|closed with 238 bytes remaining|GET manifests/latest truncate 10 x5
	8|closed with 4752 bytes remaining|GET manifests/latest length 5000 x5
	8|Empty reply|GET manifests/latest raw '' x5
	# Statuses that may pass
	8|answered 408 in every attempt|GET manifests/latest 408 x5
	8|answered 429 in every attempt|GET manifests/latest 429 x5
	8|answered 429 in every attempt|GET manifests/latest 429 Retry-After:0 x5
	8|answered 500 in every attempt|GET manifests/latest 500 x5
	8|answered 502 in every attempt|GET manifests/latest 502 x5
	8|answered 503 in every attempt|GET manifests/latest 503 x5
	8|in every attempt: in repair|GET manifests/latest 503 'says=in repair' x5
	8|answered 504 in every attempt|GET manifests/latest 504 x5
	8|answered 522 in every attempt|GET manifests/latest 522 x5
	# Longer than anybody waits
	8|answered 429|GET manifests/latest 429 Retry-After:86400
	8|answered 503|GET manifests/latest 503 Retry-After:99999999
	0|@|GET manifests/latest 503 Retry-After:99999999999999999999
	8|answered 503|GET manifests/latest 503 'Retry-After:Fri, 31 Dec 9999 23:59:59 GMT'
	# Statuses that do not pass
	10|answered 400|GET manifests/latest 400
	10|answered 400: no such|GET manifests/latest 400 'says=no such'
	7|answered 401|GET manifests/latest 401
	7|answered 401|GET manifests/latest 401 WWW-Authenticate:Negotiate
	7|answered 401|GET manifests/latest 401 'WWW-Authenticate:Basic realm="x"'
	10|token server: the URL '' is neither|GET manifests/latest 401 'WWW-Authenticate:Bearer'
	10|token server: the URL '' is neither|GET manifests/latest realm ''
	10|the URL '.self' is neither http nor https|GET manifests/latest realm {self
	7|answered 403|GET manifests/latest 403
	7|answered 403: you may not|GET manifests/latest 403 'says=you may not'
	1|has no|GET manifests/latest 404
	3|answered 405|GET manifests/latest 405
	10|answered 406|GET manifests/latest 406
	10|answered 410|GET manifests/latest 410
	10|answered 413|GET manifests/latest 413
	10|answered 416|GET manifests/latest 416
	10|answered 418|GET manifests/latest 418
	10|answered 451|GET manifests/latest 451
	3|answered 501|GET manifests/latest 501
	8|answered 505|GET manifests/latest 505
	10|answered 201|GET manifests/latest 201
	10|answered 202|GET manifests/latest 202
	10|answered 204|GET manifests/latest 204
	10|answered 206|GET manifests/latest 206
	10|answered 300|GET manifests/latest 300
	10|answered 304|GET manifests/latest 304
	10|without Location|GET manifests/latest 301
	10|without Location|GET manifests/latest 307
	10|redirects: the URL '' is neither|GET manifests/latest redirect '' 307
	10|has bytes that no URL has|GET manifests/latest redirect 'x y' 307
	10|is neither http nor https|GET manifests/latest redirect '../x' 307
	10|more than 5|GET manifests/latest redirect {self}{target} x6
	# No HTTP
	10|HTTP/0.9|GET manifests/latest raw 'SSH-2.0-OpenSSH_9\r\n'
	10|JSON: not valid|GET manifests/latest raw 'HTTP/2 200\r\n\r\n'
	10|Unsupported response code|GET manifests/latest raw 'HTTP/1.1 999999 Many\r\n\r\n'
	10|Unsupported HTTP version|GET manifests/latest raw 'HTTP/1.1 OK\r\n\r\n'
	10|HTTP/0.9|GET manifests/latest raw '\0\0\0\0'
	10|HTTP/0.9|GET manifests/latest raw '<html></html>'
	0|@|GET manifests/latest chunked-garbage
	8|chunked-encoding|GET manifests/latest chunked-garbage x5
	10|Header without colon|GET manifests/latest garbage-head
	10|Invalid Content-Length|GET manifests/latest set Content-Length:-5
	10|Invalid Content-Length|GET manifests/latest set Content-Length:five
	10|longer than 4194304 bytes|GET manifests/latest set Content-Length:99999999999999999999999
	10|longer than 4194304 bytes|GET manifests/latest set Content-Length:5000000000
	10|its header says|GET manifests/latest add Content-Length:1 Content-Length:2
	10|longer than 4194304 bytes|GET manifests/latest endless
	10|more than 100 header lines|GET manifests/latest endless-head
	# Bodies
	10|its header says sha256:|GET manifests/latest body ''
	10|its header says sha256:|GET manifests/latest body '<html>'
	10|its header says sha256:|GET manifests/latest body '{}'
	10|its header says sha256:|GET manifests/latest flip
	10|its header says sha256:|GET manifests/latest gzip
	10|nested deeper than 32|GET manifests/latest deep 33
	10|nested deeper than 32|GET manifests/latest deep 5000
	10|manifest: expected an object|GET manifests/latest 200 body=[]
	10|manifest: expected an object|GET manifests/latest 200 body=null
	10|neither layers nor manifests|GET manifests/latest 200 'body={"schemaVersion":2}'
	10|stands twice|GET manifests/latest edit '"schema' '"schemaVersion":1,"schema'
	10|config: expected an object|GET manifests/latest edit '"config":{' '"config":[{}],"x":{'
	10|size: less than 0|GET manifests/latest edit '"size":' '"size":-'
	10|expected a whole number|GET manifests/latest edit '"size":' '"size":1e300,"x":'
	10|4194304 are allowed|GET */latest edit '"size":' '"size":9007199254740993,"x":'
	10|JSON: not valid|GET manifests/latest edit '"size":' '"size":"'
	10|4194304 are allowed|GET manifests/latest edit '"size":' '"size":99999999,"x":'
	10|is no SHA-256 digest|GET manifests/latest edit 'sha256:' 'sha256:0'
	10|JSON: not valid|GET manifests/latest edit '{"schema' '{"x":"\ud800","schema'
	# Heads
	10|its header says sha256:0000|GET manifests/latest set Docker-Content-Digest:{ZERO}
	10|'none' is no digest|GET manifests/latest set Docker-Content-Digest:none
	0|@|GET manifests/latest drop Docker-Content-Digest
	0|@|GET manifests/latest drop Content-Type
	0|@|GET manifests/latest set 'Content-Type:{OCI}; a=b'
	10|came as 'application/|GET manifests/latest set Content-Type:application/json
	10|came as 'application/|GET manifests/latest set Content-Type:application/octet-stream
	0|@|GET manifests/latest add 'Warning:299 - "\e[31mred"'
	0|@|GET manifests/latest add Set-Cookie:a=b
	0|@|GET manifests/latest chunked
	0|@|GET manifests/latest dribble 7 3
	0|@|GET manifests/latest stall 500
	# The configuration
	8|answered 503 in every attempt|GET blobs/* 503 x5
	8|reset by peer|GET blobs/* reset 60 x5
	10|lacks|GET blobs/* 404
	7|answered 403|GET blobs/* 403
	10|instead of|GET blobs/* flip
	10|instead of|GET blobs/* body '{}'
	10|instead of|GET blobs/* gzip
	10|instead of|GET blobs/* body ''
	10|longer than 4194304 bytes|GET blobs/* endless
	0|@|GET blobs/* chunked
	# The tag that the SHA names
	8|answered 503 in every attempt|HEAD manifests/* 503 x5
	7|answered 403|HEAD manifests/* 403
	0|does not exist|HEAD manifests/* 404
	0|@|HEAD manifests/* drop Docker-Content-Digest
	0|@|HEAD manifests/* 405
	0|@|HEAD manifests/* set Docker-Content-Digest:{ZERO}
	END
}

@test "exists: an unknown is not a no" {
	start
	run_cases exists <<-'END'
	0|yes|HEAD manifests/latest pass
	0|yes|HEAD manifests/latest drop Docker-Content-Digest
	0|yes|HEAD manifests/latest set Docker-Content-Digest:{ZERO}
	0|yes|HEAD manifests/latest 503
	0|yes|HEAD manifests/latest refuse
	0|yes|HEAD manifests/latest reset 0
	0|yes|HEAD manifests/latest 429 Retry-After:0
	0|yes|HEAD manifests/latest 429 Retry-After:1
	1|no|HEAD manifests/latest 404 'body={}'
	1|no|HEAD manifests/latest 404 Docker-Distribution-Api-Version:registry/2.0
	1|no|HEAD manifests/latest 404 Content-Type:text/html
	8|unknown|HEAD manifests/latest 503 x5
	8|unknown|HEAD manifests/latest 429 x5
	8|unknown|HEAD manifests/latest 429 Retry-After:100000
	8|unknown|HEAD manifests/latest refuse x5
	8|unknown|HEAD manifests/latest reset 30 x5
	8|unknown|HEAD manifests/latest hang-up x5
	8|unknown|HEAD manifests/latest 400
	7|unknown|HEAD manifests/latest 401
	7|unknown|HEAD manifests/latest 403
	8|unknown|HEAD manifests/latest 405
	8|unknown|HEAD manifests/latest 410
	8|unknown|HEAD manifests/latest 418
	8|unknown|HEAD manifests/latest 501
	8|unknown|HEAD manifests/latest 200
	8|unknown|HEAD manifests/latest 200 Content-Type:text/html
	8|unknown|HEAD manifests/latest 204
	8|unknown|HEAD manifests/latest 301
	8|unknown|HEAD manifests/latest redirect {self}{target} x6
	8|unknown|HEAD manifests/latest redirect http://169.254.169.254/
	8|unknown|HEAD manifests/latest set Docker-Content-Digest:none
	8|unknown|HEAD manifests/latest raw 'SSH-2.0-OpenSSH_9\r\n'
	8|unknown|HEAD manifests/latest garbage-head
	8|unknown|HEAD manifests/latest endless-head
	END
	is "questions by GET" "$(peer_log | grep 'GET .*manifests')" ""
	peer_script <<-'END'
	HEAD * 404 Content-Type:text/html
	GET /v2/ 404
	END
	must_fail 8 "what answers 404 there is no registry" git image exists "$PEER/app:latest"
	peer_done
}

@test "what a token server does wrong has its code and word" {
	start --auth bearer --user me:secret-of-mine
	put "$DOCKER_CONFIG/config.json" <<-END
	{"auths": {"$PEER": {"auth": "$(printf me:secret-of-mine | base64)"}}}
	END
	run_cases resolve <<-'END'
	0|@|GET /token?*{R}:* 503
	0|@|GET /token?*{R}:* 429 Retry-After:0
	0|@|GET /token?*{R}:* refuse
	0|@|GET /token?*{R}:* reset 0
	0|@|GET /token?*{R}:* reset 90
	0|@|GET /token?*{R}:* truncate 5
	0|@|GET /token?*{R}:* hang-up
	0|@|GET /token?*{R}:* chunked
	0|@|GET /token?*{R}:* dribble 10 10
	8|token server '127.0.0.1' answered 503|GET /token?*{R}:* 503 x5
	8|reset by peer|GET /token?*{R}:* refuse x*
	7|answered 400|GET /token?*{R}:* 400
	7|answered 401|GET /token?*{R}:* 401
	7|answered 403: not you|GET /token?*{R}:* 403 'body={"details":"not you"}'
	7|answered 404|GET /token?*{R}:* 404
	10|answered 204|GET /token?*{R}:* 204
	10|answered 307|GET /token?*{R}:* redirect {self}{target}
	10|JSON|GET /token?*{R}:* 200
	10|JSON|GET /token?*{R}:* 200 'body=<html>'
	10|gave no token|GET /token?*{R}:* 200 'body={}'
	10|gave no token|GET /token?*{R}:* 200 'body={"token":""}'
	10|gave no token|GET /token?*{R}:* 200 'body={"token":5}'
	10|gave no token|GET /token?*{R}:* 200 'body={"token":"a b"}'
	10|stands twice|GET /token?*{R}:* 200 'body={"token":"a","token":"b"}'
	10|nested deeper|GET /token?*{R}:* deep 40
	10|longer than|GET /token?*{R}:* endless
	10|longer than|GET /token?*{R}:* set Content-Length:2000000
	7|answered 401|GET /token?*{R}:* token abc x*
	7|answered 401|GET /token?*{R}:* token abc 99999999999 x*
	7|answered 401|GET /token?*{R}:* token abc -1 x*
	7|answered 401|GET manifests/latest realm {main}/token +1
	END
}

@test "one temporary fault of any request never fails a publication" {
	peer_start
	prepare_publication
	must publish app
	requests=$(peer_log | wc -l)
	for fault in 503 '429 Retry-After:0' refuse hang-up 'reset 0' 'lost 500'; do
		for ((at = 0; at < requests; at++)); do
			echo "0|@|* * $fault +$at"
		done
	done | run_cases publish none
}

@test "nor one that the engine pushes" {
	peer_start
	prepare_publication
	git config --global image.publish engine
	must publish app
	too_many='{"errors":[{"code":"TOOMANYREQUESTS","message":"slow"}]}'
	# Those before it tries again itself, after 5 s each time.
	first=$(peer_log | grep -n 'HEAD .* 404' | head -1 | cut -d: -f1)
	last=$(peer_log | grep -n "PUT /v2/app/manifests/$tag" | cut -d: -f1)
	[ "$first" -lt "$last" ]
	for fault in 503 "429 'body=$too_many'" refuse 'lost 500'; do
		# The ping is in the log, but not in the repository.
		for ((at = first - 2; at < last - 1; at++)); do
			echo "0|@|* * $fault +$at"
		done
	done | run_cases publish none
}

@test "a registry that is away for a moment is waited for" {
	peer_start
	prepare_publication
	for request in 'GET manifests/*' 'HEAD blobs/*' 'POST blobs/*' \
		'PUT blobs/*' 'PUT manifests/*'; do
		peer_control POST /erase
		peer_script <<<"${request%% *} */app/${request#* } down 300"
		must publish app
		peer_done
	done
}

@test "an older commit that takes :latest as it is set loses it again" {
	peer_start
	prepare_publication
	must publish app
	older=$tag
	commit second --allow-empty
	tag=$(sha7)
	must git image build --repository "$PEER/app"
	put "$BATS_TEST_TMPDIR/older" <<-END
	curl -sS --fail -o "$BATS_TEST_TMPDIR/manifest" -H 'Accept: $oci_manifest' \
		'http://$PEER_CONTROL/v2/app/manifests/$older' &&
		curl -sS --fail -T "$BATS_TEST_TMPDIR/manifest" -H 'Content-Type: $oci_manifest' \
			'http://$PEER_CONTROL/v2/app/manifests/latest'
	END
	peer_script <<<"PUT /v2/app/manifests/latest exec-after '. $BATS_TEST_TMPDIR/older'"
	must publish app
	peer_done
	is "how often :latest was set" "$(peer_log | grep -c 'PUT /v2/app/manifests/latest 201')" 3
}

@test "what goes wrong with a publication and stays has its code and word" {
	peer_start
	prepare_publication
	run_cases publish none <<-END
	# Is it there?
	8|answered 503 in every attempt|HEAD blobs/* 503 x*
	8|reset by peer|HEAD blobs/* refuse x*
	7|answered 403|HEAD blobs/* 403 x*
	10|answered 400|HEAD blobs/* 400 x*
	0|@|HEAD blobs/* 405 x*
	10|no blob|HEAD blobs/* 200 x*
	10|the registry says it is|HEAD blobs/* 200 Docker-Content-Digest:{ZERO} x*
	10|the registry has 5 bytes of it|HEAD blobs/* 200 Content-Length:5 x*
	# A session
	8|answered 500 in every attempt|POST blobs/uploads/ 500 x*
	8|answered 429|POST blobs/uploads/ 429 Retry-After:3600 x*
	7|answered 401|POST blobs/uploads/ 401 x*
	7|answered 403: read only|POST blobs/uploads/ 403 'says=read only' x*
	3|answered 404|POST blobs/uploads/ 404 x*
	3|answered 405|POST blobs/uploads/ 405 x*
	10|answered 413|POST blobs/uploads/ 413 x*
	10|answered 200|POST blobs/uploads/ 200 x*
	10|answered 307|POST blobs/uploads/ redirect {self}{target} x*
	10|without Location|POST blobs/uploads/ 202 x*
	10|neither http nor https|POST blobs/uploads/ 202 Location:x x*
	10|bytes that no URL has|POST blobs/uploads/ 202 'Location:/x y' x*
	10|without TLS|POST blobs/uploads/ 202 Location:http://192.0.2.1/x x*
	10|private address|POST blobs/uploads/ 202 Location:https://10.1.2.3/x x*
	8|reset by peer|POST blobs/uploads/ reset 10 x*
	8|Empty reply|POST blobs/uploads/ hang-up x*
	10|longer than|POST blobs/uploads/ endless 202 x*
	0|@|POST blobs/uploads/ drop Range Docker-Upload-UUID x*
	0|@|POST blobs/uploads/ dribble 30 10 x*
	# Its end
	0|@|PUT blobs/uploads/* 404
	0|@|PUT blobs/uploads/* 416
	0|@|PUT blobs/uploads/* 429 Retry-After:0
	0|@|PUT blobs/uploads/* cut 3
	0|@|PUT blobs/uploads/* early 503
	0|@|PUT blobs/uploads/* truncate 0
	0|@|PUT blobs/uploads/* set Location:http://169.254.169.254/
	0|@|PUT blobs/uploads/* drop Location Docker-Content-Digest x*
	0|@|PUT blobs/uploads/* stall 300
	3|answered 404|PUT blobs/uploads/* 404 x*
	10|answered 416|PUT blobs/uploads/* 416 x*
	10|answered 400: wrong digest|PUT blobs/uploads/* 400 'says=wrong digest' x*
	10|answered 413|PUT blobs/uploads/* 413 x*
	7|answered 401|PUT blobs/uploads/* 401 x*
	7|answered 403|PUT blobs/uploads/* 403 x*
	8|answered 502 in every attempt|PUT blobs/uploads/* 502 x*
	8|reset by peer|PUT blobs/uploads/* cut 3 x*
	10|answered 202|PUT blobs/uploads/* 202 x*
	10|answered 204|PUT blobs/uploads/* 204 x*
	10|answered 308|PUT blobs/uploads/* redirect {self}{target} 308 x*
	10|the registry says it is|PUT blobs/uploads/* set Docker-Content-Digest:{ZERO} x*
	10|no blob|PUT blobs/uploads/* 201 x*
	# The manifest by its digest
	0|@|PUT manifests/sha256:* 201
	10|answered 400: no|PUT manifests/sha256:* 400 says=no
	7|answered 403|PUT manifests/sha256:* 403
	10|answered 413|PUT manifests/sha256:* 413
	8|answered 504 in every attempt|PUT manifests/sha256:* 504 x*
	10|its header says|PUT manifests/sha256:* set Docker-Content-Digest:{ZERO}
	0|@|PUT manifests/sha256:* drop Docker-Content-Digest Location
	# :<sha7>
	10|not in the registry after the push|PUT manifests/$tag 201
	10|answered 400: immutable|PUT manifests/$tag 400 says=immutable
	7|answered 403|PUT manifests/$tag 403
	8|answered 503 in every attempt|PUT manifests/$tag 503 x*
	8|answered 503 in every attempt|GET manifests/$tag 503 x*
	7|answered 403|GET manifests/$tag 403
	10|its header says|GET manifests/$tag flip +1
	10|not in the registry after the push|GET manifests/$tag 404 +1
	10|its header says|GET manifests/$tag body {} +1
	8|answered 503 in every attempt|GET manifests/$tag 503 +1 x*
	# :latest
	8|answered 503 in every attempt|GET manifests/latest 503 x*
	7|answered 403|GET manifests/latest 403
	0|@|GET manifests/latest 200 body={}
	8|answered 503 in every attempt|PUT manifests/latest 503 x*
	7|answered 403|PUT manifests/latest 403
	0|@|PUT manifests/latest 201
	10|not confirmed: .*its header says|GET manifests/latest flip +2
	8|answered 503 in every attempt|GET manifests/latest 503 +2 x*
	END
}
