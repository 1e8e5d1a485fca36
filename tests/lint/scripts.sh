#!/usr/bin/env bash
# The project's own shell scripts: their syntax, and shellcheck's opinion
# where it is installed.
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

check_syntax() {
	scripts "$1" | (cd "$1" && while read -r file; do
		bash -n "$file" 2>&1
	done)
}

check_shellcheck() {
	scripts "$1" | (cd "$1" && xargs -r shellcheck --format=gcc)
}

plan 4
clean "every script parses" check_syntax "$top_srcdir"
t=$(tree)
printf '#!/bin/sh\nif true; then\n' | put "$t" ci/broken
finds "a syntax error" 'ci/broken: line 3: syntax error: unexpected end of file' check_syntax "$t"

if ! command -v shellcheck >/dev/null; then
	echo "ok 3 # SKIP shellcheck is not installed"
	echo "ok 4 # SKIP shellcheck is not installed"
	exit 0
fi
clean "shellcheck has no complaint" check_shellcheck "$top_srcdir"
t=$(tree)
printf '#!/bin/sh\nrm $1\n' | put "$t" ci/unquoted
finds_code() { check_shellcheck "$t" | grep -o 'ci/unquoted:2.*SC[0-9]*' | sed 's/: .*\[/ /'; }
finds "an unquoted variable" 'ci/unquoted:2:4 SC2086' finds_code
