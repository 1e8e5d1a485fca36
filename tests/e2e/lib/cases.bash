# shellcheck shell=bash disable=SC2154
# Loaded by tests that are tables of faults: all rows of a table run side by
# side against one peer, each in a repository of its own.

# run_cases COMMAND [LIKE]: reads lines CODE|REGEX|ROW[;;ROW...]; "#" begins a comment.
# COMMAND is called with the case's repository at the peer, once its rows stand
# in the script; it must end with CODE and print REGEX on standard output or
# error. In a row GLOB is below the repository, unless it begins with "/" or
# names a listener; {R} is the repository's name, as in "/token?*{R}:*", {ZERO} a
# digest that nothing has, {OCI} the type of a manifest. The repositories begin
# as copies of LIKE, or "app".
run_cases() {
	local command=$1 code regex rows folder number=0 failed=0 copies=
	folder=$(mktemp -d "$BATS_TEST_TMPDIR/cases.XXXXXX")
	while IFS='|' read -r code regex rows; do
		[[ -n $code && $code != \#* ]] || continue
		number=$((number + 1))
		copies+="&to=c$number"
		printf '%s\n' "$code" "$regex" "$rows" >"$folder/$number"
		add_rows "c$number" "$rows" >>"$folder/script"
	done
	peer_control POST "/copy?from=${2-app}$copies" && peer_script <"$folder/script" || return
	run_side_by_side
	peer_done || failed=1
	for ((i = 1; i <= number; i++)); do
		check_case "$i" || failed=1
	done
	echo "# $number cases" >&3
	return $failed
}

# add_rows REPOSITORY ROWS
add_rows() {
	local method rest zero
	zero=sha256:$(printf %064d 0)
	while read -r method rest; do
		[[ $rest == /* || ${rest%% *} == *:/* ]] || rest=/v2/$1/$rest
		rest=${rest//\{ZERO\}/$zero}
		rest=${rest//\{OCI\}/application/vnd.oci.image.manifest.v1+json}
		echo "$method ${rest//\{R\}/$1}"
	done <<<"${2//;;/$'\n'}"
}

# Most of the time they wait for their next attempt. In a subshell, whose only
# children they are.
run_side_by_side() (
	running=0
	for ((i = 1; i <= number; i++)); do
		if ((running++ >= 12)); then
			wait -n || true
		fi
		run_case "$i" 3>&- &
	done
	wait
)

run_case() {
	local status=0
	"$command" "c$1" >"$folder/$1.output" 2>&1 </dev/null || status=$?
	echo "$status" >"$folder/$1.status"
}

check_case() {
	local status output
	status=$(<"$folder/$1.status")
	output=$(<"$folder/$1.output")
	{ read -r code && read -r regex && read -r rows; } <"$folder/$1"
	[ "$status" = "$code" ] && [[ $output =~ $regex ]] && return
	printf '%s\n' "case $1: $rows" "wanted: $code '$regex'" "got:    $status" "$output" ""
	return 1
}

# prepare_publication [ZEROS [NOISE]]: one image, under a name for each case.
prepare_publication() {
	git init -q repository && cd repository || return
	put Dockerfile <<<$'FROM scratch\nCOPY a /'
	put a <<<content
	truncate -s "+${1-0}" a
	head -c "${2-0}" /dev/urandom >>a
	put .gitimage <<<'[image "app"]'
	git config --global image.publish direct
	commit first
	tag=$(sha7)
	must git image build --repository "$PEER/app"
	for i in {1..110}; do
		tag_image "$PEER/app:$tag" "$PEER/c$i:$tag" || return
	done
}

# At the end :latest is what :<sha7> is, or not there.
publish() {
	local status=0 url=http://$PEER_CONTROL/v2/$1/manifests accept latest
	accept="Accept: application/vnd.oci.image.manifest.v1+json"
	timeout 60 env XDG_STATE_HOME="$HOME/$1" git image publish --untested \
		--repository "$PEER/$1" || status=$?
	latest=$(curl -sS -H "$accept" "$url/latest")
	case $latest in
	*schemaVersion*) [ "$(curl -sS -H "$accept" "$url/$tag")" = "$latest" ] || return 77 ;;
	*) [ "$status" != 0 ] || return 78 ;;
	esac
	return "$status"
}
