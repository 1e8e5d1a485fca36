#!/usr/bin/env bash
# Nothing stays behind when the sandbox with its engines ends: as it should,
# by SIGTERM, by kill -9.
set -u

here=$(dirname "$(readlink -f "$0")")
sandbox=$here/../../ci/lib/sandbox
if [ "$(id -u)" != 0 ]; then
	sudo -n true 2>/dev/null && exec sudo -n "CI=${CI-}" bash "$(readlink -f "$0")"
fi
if ! why=$("$sandbox" true 2>&1); then
	[ "${CI-}" != true ] || { echo "1..1"; echo "not ok 1 - no sandbox: $why"; exit 1; }
	echo "1..0 # SKIP no sandbox: $why"
	exit 0
fi

work=$(mktemp -d "${TMPDIR:-/tmp}/git-image-test.XXXXXX")
trap 'rm -rf "$work"' EXIT

# Runs inside: an engine with a running container; then says where it lives.
cat >"$work/inside" <<'END'
. "$1/../../ci/lib/engines.sh"
api() {
	curl -sS --fail --unix-socket "$2" -X POST "http://engine/v1.41$3" "${@:4}" >/dev/null
}
mkdir "$SANDBOX_DIR/context" && cd "$SANDBOX_DIR/context" || exit
cp "$(command -v busybox)" busybox
printf 'FROM scratch\nCOPY busybox /busybox\nCMD ["/busybox", "sleep", "600"]\n' >Dockerfile
tar -cf ../context.tar .
run() {
	api POST "$1" "/build?t=a" -H 'Content-Type: application/x-tar' \
		--data-binary @"$SANDBOX_DIR/context.tar" &&
		api POST "$1" "/containers/create?name=box" -H 'Content-Type: application/json' \
			-d '{"Image": "a"}' &&
		api POST "$1" "/containers/box/start"
}
docker=$(start_dockerd "$SANDBOX_DIR/docker" "$SANDBOX_CGROUP") && run "${docker#unix://}"
podman=$(start_podman "$SANDBOX_DIR/podman") && run "${podman#unix://}"
start_registry "$SANDBOX_DIR/registry" >/dev/null
# What enters a container must not see the machine.
for pid in $(pgrep -f 'busybox sleep 600'); do
	[ "$(nsenter --target "$pid" --mount /busybox ls /)" = "$(ls "/proc/$pid/root")" ] || exit
done
pgrep -f 'busybox sleep 600' >/dev/null && echo "$SANDBOX_DIR" >"$2"
[ -z "$3" ] || sleep 600
END

# remains DIR: what is left of the sandbox that lived there.
remains() {
	local name cgroup
	name=$(basename "$1")
	ls -d "$1" 2>/dev/null
	grep -lsaF "$name" /proc/[0-9]*/cmdline /proc/[0-9]*/cgroup
	grep -F "$name" /proc/mounts
	for cgroup in /sys/fs/cgroup/"$name" /sys/fs/cgroup/*/"$name"; do
		[ ! -d "$cgroup" ] || echo "$cgroup"
	done
	diff "$work/links" <(links)
}

links() {
	sed 's/:.*//' /proc/net/dev
	ls /run/netns 2>/dev/null
}

count=0
# leaves_nothing NAME [SIGNAL]
leaves_nothing() {
	local name=$1 signal=${2-} pid dir i seen=9
	count=$((count + 1))
	rm -f "$work/dir"
	links >"$work/links"
	"$sandbox" bash "$work/inside" "$here" "$work/dir" "$signal" >"$work/log" 2>&1 &
	pid=$!
	for ((i = 0; i < 600; i++)); do
		[ -s "$work/dir" ] || ! kill -0 "$pid" 2>/dev/null || { sleep 0.1; continue; }
		break
	done
	if [ -n "$signal" ]; then
		seen=$(remains "$(cat "$work/dir")" | wc -l)
		kill -"$signal" "$pid"
	fi
	wait "$pid" 2>/dev/null
	if ! dir=$(cat "$work/dir" 2>/dev/null); then
		sed 's/^/# /' "$work/log"
		echo "not ok $count - $name: it did not start"
		return
	fi
	# After kill -9 nobody waits for the janitor but we.
	for ((i = 0; i < 100; i++)); do
		[ -n "$(remains "$dir")" ] && [ "$signal" = KILL ] || break
		sleep 0.1
	done
	if [ -n "$dir" ] && [ "$seen" -gt 2 ] && [ -z "$(remains "$dir")" ]; then
		echo "ok $count - $name"
	else
		cat "$work/log" <(remains "$dir") | sed 's/^/# /'
		echo "not ok $count - $name"
	fi
}

echo 1..3
leaves_nothing "nothing is left at the end"
leaves_nothing "nothing is left after SIGTERM" TERM
leaves_nothing "nothing is left after kill -9" KILL
