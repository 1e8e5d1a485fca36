# Sourced by the lints: TAP, and small trees of fixtures for the self-tests.
# A check is a command that prints one violation a line ("file:line: what")
# and nothing when all is well. Every check is run twice: on the project
# (`clean`), and on trees that break the rule (`finds`), because a lint that
# cannot fail is a defect.
# shellcheck shell=bash

set -u
export LC_ALL=C.UTF-8

: "${top_srcdir:=$(cd "$(dirname "$0")/../.." && pwd)}"
# shellcheck disable=SC2034 # used by the lints
lint_dir=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
lint_tmp=$(mktemp -d "${TMPDIR:-/tmp}/git-image-lint.XXXXXX")
lint_count=0
trap 'rm -rf "$lint_tmp"' EXIT
trap 'exit 1' INT TERM HUP

# plan N: how many results will follow.
plan() {
	echo "1..$1"
}

# comment: stdin as TAP diagnostics.
comment() {
	sed "s/^/# /"
}

result() {
	local ok=$1 name=$2
	lint_count=$((lint_count + 1))
	if [ "$ok" = 0 ]; then
		echo "ok $lint_count - $name"
	else
		echo "not ok $lint_count - $name"
	fi
}

# clean NAME COMMAND...: the command finds nothing in the project.
clean() {
	local name=$1 out rc=0
	shift
	out=$("$@" 2>&1) || rc=$?
	[ -z "$out" ] || comment <<<"$out"
	[ -z "$out" ] && [ "$rc" = 0 ]
	result $? "$name"
}

# finds NAME EXPECTED COMMAND...: the output is exactly the expected lines.
finds() {
	local name=$1 expected=$2 out
	shift 2
	out=$("$@" 2>&1)
	if [ "$out" = "$expected" ]; then
		result 0 "it finds $name"
		return
	fi
	printf '%s\n' "expected:" "$expected" "found:" "$out" | comment
	result 1 "it finds $name"
}

# tree: an empty fixture tree; prints its path.
tree() {
	rm -rf "$lint_tmp/tree"
	mkdir -p "$lint_tmp/tree/src" "$lint_tmp/tree/tests"
	echo "$lint_tmp/tree"
}

# put TREE PATH: writes stdin as a file of the tree.
put() {
	mkdir -p "$(dirname "$1/$2")"
	cat >"$1/$2"
}

# c_files TREE FOLDER...: the C files under the folders, relative, sorted.
c_files() {
	local root=$1
	shift
	(cd "$root" && find "$@" -name '*.[ch]' -type f | sort)
}

# scripts TREE: every shell script, whatever its name, relative, sorted.
scripts() {
	(cd "$1" && {
		find bootstrap ci .ci hooks tests -type f -name '*.*sh' -print
		find bootstrap ci .ci hooks tests -type f ! -name '*.*' \
			-exec grep -lE '^#!.*[/ ](ba)?sh$' {} +
	} 2>/dev/null | sort -u)
}
