# shellcheck shell=bash disable=SC2034,SC2154
# Loaded by tests that ask the peer themselves, as any client might.

oci_manifest=application/vnd.oci.image.manifest.v1+json
oci_index=application/vnd.oci.image.index.v1+json

# ask METHOD PATH-OR-URL [CURL-OPTION...]: sets $status, $headers, $output.
ask() {
	local method=$1 url=$2
	shift 2
	[[ $url == http* ]] || url=http://$PEER$url
	[ "$method" != HEAD ] || set -- -I "$@"
	status=$(curl -sS --max-time 20 -X "$method" -o "$BATS_TEST_TMPDIR/body" -w '%{http_code}' \
		-D "$BATS_TEST_TMPDIR/headers" "$@" "$url") || return
	headers=$(tr -d '\r' <"$BATS_TEST_TMPDIR/headers")
	output=$(<"$BATS_TEST_TMPDIR/body")
}

# wants STATUS METHOD PATH-OR-URL [CURL-OPTION...]
wants() {
	local wanted=$1
	shift
	ask "$@" && [ "$status" = "$wanted" ] && return
	printf '%s\n' "wanted $wanted of: $*" "$status" "$headers" "$output"
	return 1
}

header() {
	sed -n "s/^$1: //Ip" <<<"$headers"
}

digest_of() {
	echo "sha256:$(printf %s "$1" | sha256sum | cut -d' ' -f1)"
}

# located PARAMETER: the session's Location with one more parameter.
located() {
	local location
	location=$(header Location)
	[[ $location == *\?* ]] && echo "$location&$1" || echo "$location?$1"
}

# octets TEXT [START]: curl's options to send a part.
octets() {
	octets=(-H 'Content-Type: application/octet-stream' --data-binary "$1")
	[ $# = 1 ] || octets+=(-H "Content-Range: $2-$(($2 + ${#1} - 1))")
}
