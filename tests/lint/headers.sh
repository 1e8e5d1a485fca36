#!/usr/bin/env bash
# Each header compiles alone, with the flags of the build.
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

# check_headers TREE [FLAG...]
check_headers() {
	local root=$1
	shift
	# shellcheck disable=SC2086
	(cd "$root" && find src -name '*.h' -type f | sort |
		xargs -r -P 2 -I '{}' bash -c '"$@" -include "$0" -x c /dev/null 2>&1 |
			grep -E "(error|warning):" | head -1' '{}' \
			${CC:-cc} -fsyntax-only -std=gnu17 -Wall -Werror \
			-I"${top_builddir:-.}" -Isrc "$@" | sort)
}

plan 3
libraries=(libgit2 libcurl libsodium libcrypto libcjson)
# shellcheck disable=SC2046
clean "each header compiles alone" check_headers "$top_srcdir" \
	-include src/base/banned.h $(pkg-config --cflags "${libraries[@]}")

t=$(tree)
put "$t" src/base/a.h <<<'#pragma once
size_t a(void);'
finds_first() { check_headers "$t" | sed "s/['‘].*//; s/^\\.\///"; }
finds "a header that leans on its includer" \
	'src/base/a.h:2:1: error: unknown type name ' finds_first

t=$(tree)
put "$t" src/base/a.h <<<'#pragma once
#include <stddef.h>
size_t a(void);'
clean "a complete header passes" check_headers "$t"
