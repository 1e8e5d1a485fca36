# shellcheck shell=bash disable=SC2034,SC2154
# Loaded by tests that meet tests/fake/peer; its --help says what it can do.

peer=$top_srcdir/tests/fake/peer

# peer_start [OPTION...]: sets PEER to the HOST:PORT of its first listener.
# One peer at a time; a test that wants more of them wants listeners.
peer_start() {
	PEER_DIR=$(mktemp -d "$BATS_TEST_TMPDIR/peer.XXXXXX")
	: >"$PEER_DIR/ledger"
	: >"$PEER_DIR/log"
	background "$peer" --control --ledger "$PEER_DIR/ledger" --log "$PEER_DIR/log" "$@" \
		>"$PEER_DIR/listeners" 2>"$PEER_DIR/errors"
	PEER_PID=${children[-1]}
	until_true grep -qx '' "$PEER_DIR/listeners" || { cat "$PEER_DIR/errors"; return 1; }
	PEER=$(peer_at '[^ ]*' | head -1)
	PEER_CONTROL=$(peer_at control)
}

# peer_at NAME: the HOST:PORT of that listener.
peer_at() {
	sed -n "s/^$1 //p" "$PEER_DIR/listeners"
}

# peer_control METHOD PATH [CURL-OPTION...]
peer_control() {
	curl -sS --fail-with-body --max-time 20 -X "$1" "http://$PEER_CONTROL$2" "${@:3}"
}

# peer_script: stdin is the script from now on. Fails with the rows of the one
# before that were not used.
peer_script() {
	peer_control PUT /script --data-binary @-
}

# peer_done: all rows were used; there is no script from now on.
peer_done() {
	peer_script </dev/null
}

# peer_ledger: which listener saw which secret; the columns stand in --help.
peer_ledger() {
	cat "$PEER_DIR/ledger"
}

# peer_log: "LISTENER METHOD TARGET STATUS" of each request.
peer_log() {
	cat "$PEER_DIR/log"
}

# peer_reset: ledger and log are empty; what the registry holds stays.
peer_reset() {
	peer_control POST /reset
}

# peer_stop: its exit code: 1 if rows of the script were not used, then on stdout.
# Not in a subshell, whose child it is not.
peer_stop() {
	local code=0
	kill "$PEER_PID" && wait "$PEER_PID" || code=$?
	cat "$PEER_DIR/errors"
	return "$code"
}

# make_certificate FOLDER HOST...: ca.crt in it, which is its own authority, and key.
make_certificate() {
	local folder=$1 host names=
	shift
	for host; do
		case $host in
		*[!0-9.]*) names+=,DNS:$host ;;
		*) names+=,IP:$host ;;
		esac
	done
	mkdir -p "$folder" && openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 \
		-nodes -days 2 -subj "/CN=$1" -addext "subjectAltName=${names#,}" \
		-keyout "$folder/key" -out "$folder/ca.crt" 2>/dev/null
}

# peer_blob REPOSITORY: puts stdin as a blob; prints its digest. This and what
# follows goes through the back door, which no script, ledger or login guards.
peer_blob() {
	local file=$BATS_TEST_TMPDIR/blob digest url
	cat >"$file"
	digest=sha256:$(sha256sum <"$file" | cut -d' ' -f1)
	url=$(curl -sS --fail -o /dev/null -w '%header{location}' -X POST \
		"http://$PEER_CONTROL/v2/$1/blobs/uploads/") &&
		curl -sS --fail-with-body -o /dev/null -X PUT --data-binary "@$file" \
			-H 'Content-Type: application/octet-stream' "$url&digest=$digest" &&
		echo "$digest"
}

# peer_image REPOSITORY TAG SHA: an image without layers that says SHA, by no
# client of ours; prints its digest.
peer_image() {
	local config manifest size
	config=$(printf '{"architecture":"amd64","os":"linux","config":{"Env":["SHA=%s"]},%s}' \
		"$3" '"rootfs":{"type":"layers","diff_ids":[]}')
	size=${#config}
	config=$(peer_blob "$1" <<<"$config") || return
	manifest=$BATS_TEST_TMPDIR/peer-manifest
	printf '{"schemaVersion":2,"mediaType":"%s","config":{"mediaType":"%s","size":%d,%s' \
		application/vnd.oci.image.manifest.v1+json \
		application/vnd.oci.image.config.v1+json $((size + 1)) \
		"\"digest\":\"$config\"},\"layers\":[]}" >"$manifest"
	curl -sS --fail-with-body -o /dev/null -T "$manifest" \
		-H 'Content-Type: application/vnd.oci.image.manifest.v1+json' \
		"http://$PEER_CONTROL/v2/$1/manifests/$2" &&
		echo "sha256:$(sha256sum <"$manifest" | cut -d' ' -f1)"
}
