#!/usr/bin/env bats
# Large layers go up while they are packed.
# engines: none
load lib/helper
load lib/peer
load lib/cases

test_teardown() {
	[ -z "${PEER_DIR-}" ] || cat "$PEER_DIR/errors"
}

# sent_blobs NAME: the requests about its blobs that are no GET, and how often.
sent_blobs() {
	peer_log | awk -v name="/v2/$1/blobs/" '
		$2 != "GET" && index($3, name) == 1 && $4 ~ /^[0-9]/ { count[$2 " " $4]++ }
		END { for (what in count) print what, count[what] }' | sort
}

@test "a large layer goes up while it is packed, in one PATCH" {
	peer_start
	prepare_publication 17M
	must publish app
	is "requests" "$(sent_blobs app)" "HEAD 404 1
PATCH 202 1
POST 202 2
PUT 201 2"
}

@test "large layers go up side by side" {
	peer_start
	prepare_publication 17M
	put Dockerfile <<<$'FROM scratch\nCOPY a /\nCOPY b /'
	put b <<<other
	truncate -s +17M b
	commit second
	tag=$(sha7)
	must git image build --repository "$PEER/c100"
	peer_script <<<'PATCH /v2/c100/blobs/uploads/* slow-continue 3000'
	must publish c100
	is "requests" "$(sent_blobs c100)" "HEAD 404 1
PATCH 202 2
POST 202 3
PUT 201 3"
	peer_done
}

@test "a large layer that turns out to be there is sent no further" {
	peer_start
	prepare_publication 0 30M
	must publish app
	layer=$(curl -sS "http://$PEER_CONTROL/v2/app/manifests/$tag" -H \
		"Accept: application/vnd.oci.image.manifest.v1+json" | jq -r '.layers[].digest')
	peer_control POST "/v2/c100/blobs/uploads/?mount=$layer&from=app"
	peer_script <<<'PATCH /v2/c100/blobs/uploads/* slow-continue 8000'
	must publish c100
	is "requests" "$(sent_blobs c100)" "HEAD 200 1
HEAD 404 1
POST 202 2
PUT 201 1"
	peer_done
}

@test "whatever goes wrong with that PATCH, the layer goes the other way, and nobody hears of it" {
	peer_start
	prepare_publication 17M
	must publish app
	run_cases publish none <<-'END'
	0|@|PATCH blobs/uploads/* 400
	0|@|PATCH blobs/uploads/* 401
	0|@|PATCH blobs/uploads/* 404
	0|@|PATCH blobs/uploads/* 416
	0|@|PATCH blobs/uploads/* 429 Retry-After:86400
	0|@|PATCH blobs/uploads/* 500
	0|@|PATCH blobs/uploads/* early 503
	0|@|PATCH blobs/uploads/* 201
	0|@|PATCH blobs/uploads/* cut 3000
	0|@|PATCH blobs/uploads/* refuse
	0|@|PATCH blobs/uploads/* reset 0
	0|@|PATCH blobs/uploads/* drop Location
	0|@|PATCH blobs/uploads/* set Location:http://169.254.169.254/
	0|@|PATCH blobs/uploads/* stall 300
	0|@|PATCH blobs/uploads/* stall-after 20 300
	0|@|PATCH blobs/uploads/* slow-continue 1500
	0|@|PATCH blobs/uploads/* no-continue
	0|@|PUT blobs/uploads/* 404
	0|@|PUT blobs/uploads/* 503
	0|@|POST blobs/uploads/* 503
	END
	peer_script <<<'PATCH /v2/c100/blobs/uploads/* 405'
	must publish c100
	is "what is said of it" "$(grep -iE 'answered|again|attempt' <<<"$errors")" ""
	is "requests" "$(sent_blobs c100)" "HEAD 404 2
PATCH 405 1
POST 202 3
PUT 201 2"
	peer_done
}
