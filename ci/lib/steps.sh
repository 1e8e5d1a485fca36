# shellcheck shell=bash
# Sourced by what a person starts: steps with one line each, their output in
# a log that is shown when one fails, and a work directory that goes when the
# script ends, in whatever way.

if [ ! -e /proc/self ]; then
	echo "$(basename "$0"): /proc is missing here: mount -t proc proc /proc" >&2
	exit 1
fi

# ask_for_password: once, before a step in the background would.
ask_for_password() {
	[ "$(id -u)" != 0 ] || return 0
	if ! command -v sudo >/dev/null; then
		echo "$(basename "$0"): needs root, or sudo" >&2
		exit 1
	fi
	sudo -n true 2>/dev/null || sudo -v || exit 1
}

# begin NAME: sets $work and $log. A janitor in a session of its own waits for
# the end of a pipe that this script alone holds, then ends the step that may
# still run (the last number it was told) and removes the directory.
begin() {
	work=$(mktemp -d "${TMPDIR:-/tmp}/git-image-$1.XXXXXX") || exit 1
	log=$work/log
	: >"$log"
	exec {alive}> >(exec setsid bash -c '
		trap "" INT TERM HUP
		while read -r line; do group=$line; done
		[ "${group:-0}" = 0 ] || kill -TERM -- "-$group"
		for i in $(seq 100); do
			[ "${group:-0}" != 0 ] && kill -0 -- "-$group" || break
			sleep 0.1
		done
		chmod -R u+w "$0"
		rm -rf "$0"' "$work" >/dev/null 2>&1)
	janitor=$!
	trap 'finish' EXIT
	trap 'exit 130' INT
	trap 'exit 143' TERM
	trap 'exit 129' HUP
}

finish() {
	exec {alive}>&-
	wait "$janitor"
}

# run COMMAND...: in a process group of its own, known to the janitor.
run() {
	local pid status
	set -m
	"$@" {alive}>&- &
	pid=$!
	set +m
	echo "$pid" >&"$alive"
	wait "$pid"
	status=$?
	echo 0 >&"$alive"
	return "$status"
}

# tick TITLE START: how long it has taken so far, a line that is written anew.
tick() {
	while sleep 1 && kill -0 "$$" 2>/dev/null; do
		printf '\r%-36s%d s' "$1" $((SECONDS - $2))
	done
}

# step TITLE COMMAND...: quiet if it succeeds; a terminal sees the seconds go by.
step() {
	local title=$1 start=$SECONDS ticker='' status=0
	shift
	printf '%-36s' "$title"
	printf '\n== %s\n' "$title" >>"$log"
	if [ -t 1 ]; then
		tick "$title" "$start" {alive}>&- &
		ticker=$!
	fi
	run "$@" >>"$log" 2>&1 </dev/null || status=$?
	if [ "$ticker" ]; then
		kill "$ticker" && wait "$ticker" 2>/dev/null
		printf '\r%-36s' "$title"
	fi
	if [ "$status" = 0 ]; then
		echo "$((SECONDS - start)) s"
	else
		echo "failed"
		[ "${log_lines:-40}" = 0 ] || tail -n "${log_lines:-40}" "$log" | sed 's/^/    /'
		return 1
	fi
}
