#!/usr/bin/env bash
# Each folder of src/ is a layer that may use the layers named here and no
# other: the table of HACKING.md. Siblings never meet.
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

layer_table='
base:
codec: base
net: base codec
image: base codec
layout: base codec
auth: base codec net image
git: base codec
context: base codec git image
trust: base codec image
engine: base codec net image layout auth context
registry: base codec net image layout auth
flow: base codec net image layout auth git context trust engine registry
report: base codec image
cli: base codec net image layout auth git context trust engine registry flow report
'

check_layers() {
	local root=$1
	c_files "$root" src | (cd "$root" && xargs -r awk -v table="$layer_table" '
	function complain(what) {
		printf "%s:%d: %s\n", FILENAME, FNR, what
	}
	BEGIN {
		count = split(table, rows, "\n")
		for (i = 1; i <= count; i++) {
			fields = split(rows[i], words, /:? +|:$/)
			if (rows[i] == "")
				continue
			known[words[1]] = 1
			may[words[1], words[1]] = 1
			for (j = 2; j <= fields; j++)
				may[words[1], words[j]] = 1
		}
	}
	FNR == 1 {
		split(FILENAME, parts, "/")
		layer = parts[2]
		if (!(layer in known))
			complain("src/" layer " is no layer of the table")
	}
	/^[ \t]*#[ \t]*include[ \t]*"/ {
		name = $0
		sub(/^[^"]*"/, "", name)
		sub(/".*/, "", name)
		if (name == "config.h")
			next
		split(name, target, "/")
		if (name !~ /^[a-z]+\/[a-z0-9_\/-]+\.h$/)
			complain("an include names its path: \"layer/file.h\", not \"" name "\"")
		else if (!((layer, target[1]) in may))
			complain(layer " may not use " target[1] " (\"" name "\")")
	}')
}

plan 7
clean "every include keeps to its layer" check_layers "$top_srcdir"

t=$(tree)
put "$t" src/base/error.h <<<'#include "codec/json.h"'
finds "a lower layer that includes a higher one" \
	'src/base/error.h:1: base may not use codec ("codec/json.h")' check_layers "$t"

t=$(tree)
printf '\n#  include "registry/blob.h"\n' | put "$t" src/engine/image.c
finds "siblings that meet" \
	'src/engine/image.c:2: engine may not use registry ("registry/blob.h")' \
	check_layers "$t"

t=$(tree)
put "$t" src/net/http.c <<<'#include "http.h"'
finds "an include without its path" \
	'src/net/http.c:1: an include names its path: "layer/file.h", not "http.h"' \
	check_layers "$t"

t=$(tree)
put "$t" src/net/http.c <<<'#include "net/../flow/plan.h"'
finds "a path with dots" 'src/net/http.c:1: an include names its path: '\
'"layer/file.h", not "net/../flow/plan.h"' check_layers "$t"

t=$(tree)
put "$t" src/util/x.c <<<'int x;'
finds "a folder outside the table" 'src/util/x.c:1: src/util is no layer of the table' \
	check_layers "$t"

t=$(tree)
put "$t" src/engine/build/classic.c <<<'#include "engine/connect.h"
#include "base/error.h"
#include "config.h"
#include <string.h>'
put "$t" src/cli/main.c <<<'#include "report/tty.h"
#include "flow/plan.h"'
clean "what the table allows passes" check_layers "$t"
