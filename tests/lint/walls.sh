#!/usr/bin/env bash
# Each third-party library stands behind one wall: its headers are included
# by the files named here and by no other.
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

# header (regex) | files that may include it (regex)
wall_table='^git2(\.h|/)|^src/git/
^curl/|^src/net/http[a-z0-9_-]*\.[ch]$
^(cjson/)?cJSON|^src/codec/json[a-z0-9_-]*\.[ch]$
^sodium(\.h|/)|^src/(trust/|base/secret\.c$)
^nghttp2/|^src/net/h2[a-z0-9_-]*\.[ch]$
^openssl/|^src/(codec/digest|net/tls)\.c$
^zlib\.h$|^src/codec/compress-(gzip|zlib)\.c$
^zstd[a-z_]*\.h$|^src/codec/compress-zstd\.c$
^(isa-l(\.h|/)|igzip_lib\.h)|^src/codec/compress-isal\.c$'

check_walls() {
	local root=$1
	c_files "$root" src | (cd "$root" && xargs -r awk -v table="${wall_table//\\/\\\\}" '
	BEGIN {
		count = split(table, rows, "\n")
		for (i = 1; i <= count; i++) {
			at = index(rows[i], "|^src")
			header[i] = substr(rows[i], 1, at - 1)
			inside[i] = substr(rows[i], at + 1)
		}
	}
	/^[ \t]*#[ \t]*include[ \t]*[<"]/ {
		name = $0
		sub(/^[^<"]*[<"]/, "", name)
		sub(/[>"].*/, "", name)
		for (i = 1; i <= count; i++)
			if (name ~ header[i] && FILENAME !~ inside[i])
				printf "%s:%d: <%s> is behind a wall\n", FILENAME, FNR, name
	}')
}

plan 4
clean "each library is included behind its wall only" check_walls "$top_srcdir"

t=$(tree)
for header in git2.h git2/oid.h curl/curl.h cjson/cJSON.h cJSON.h sodium.h \
	nghttp2/nghttp2.h openssl/ssl.h zlib.h zstd.h isa-l.h isa-l/crc.h; do
	echo "#include <$header>"
done | put "$t" src/flow/plan.c
finds "each library in a file that has no business with it" \
	"$(sed 's/.*<\(.*\)>/\1/; =' "$t/src/flow/plan.c" | paste -d' ' - - |
		awk '{ printf "src/flow/plan.c:%d: <%s> is behind a wall\n", $1, $2 }')" \
	check_walls "$t"

t=$(tree)
put "$t" src/base/buf.c <<<'#include "sodium.h"'
finds "a wall file's neighbour" 'src/base/buf.c:1: <sodium.h> is behind a wall' \
	check_walls "$t"

t=$(tree)
put "$t" src/git/commit.c <<<'#include <git2.h>'
put "$t" src/net/http_unix.c <<<'#include <curl/curl.h>'
put "$t" src/codec/json.c <<<'#include <cjson/cJSON.h>'
put "$t" src/base/secret.c <<<'#include <sodium.h>'
put "$t" src/codec/digest.c <<<'#include <openssl/evp.h>'
put "$t" src/net/tls.c <<<'#include <openssl/ssl.h>'
put "$t" src/net/h2.c <<<'#include <nghttp2/nghttp2.h>'
put "$t" src/codec/compress-isal.c <<<'#include <isa-l/igzip_lib.h>'
put "$t" src/codec/compress-zlib.c <<<'#include <zlib.h>'
put "$t" src/codec/compress-zstd.c <<<'#include <zstd.h>'
clean "the wall files pass" check_walls "$t"
