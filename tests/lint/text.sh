#!/usr/bin/env bash
# The form of the text: licence line, #pragma once, 100 columns, no blanks at
# the end of a line, no notes to self.
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

sources() {
	c_files "$1" src tests
	scripts "$1"
	(cd "$1" && find src tests ci hooks man -name '*.mk' -type f 2>/dev/null | sort)
	(cd "$1" && find tests -name '*.bats' -type f | sort)
}

texts() {
	sources "$1"
	(cd "$1" && find . -maxdepth 1 -type f \
		\( -name '*.md' -o -name Makefile.am -o -name configure.ac \) | sort)
}

check_form() {
	texts "$1" | (cd "$1" && xargs -r perl -CSD -ne '
	print "$ARGV:$.: blanks at the end of the line\n" if /[ \t\r]$/;
	print "$ARGV:$.: a note to self\n" if /\b(?:TO[D]O|FIX[M]E)\b/;
	close ARGV if eof;')
}

check_columns() {
	sources "$1" | (cd "$1" && xargs -r perl -CSD -ne '
	chomp;
	1 while s/\t/" " x (8 - $-[0] % 8)/e;
	print "$ARGV:$.: ", length, " columns, 100 are allowed\n" if length > 100;
	close ARGV if eof;')
}

check_headings() {
	c_files "$1" src tests | (cd "$1" && xargs -r awk '
	FNR == 1 && $0 != "/* SPDX-License-Identifier: MIT */" {
		print FILENAME ":1: the licence line is missing"
	}
	FILENAME != last { last = FILENAME; once = 0 }
	/^#pragma once$/ { once = 1 }
	/^[ \t]*#/ && !/^#pragma once$/ && FILENAME ~ /\.h$/ && !once {
		print FILENAME ":" FNR ": #pragma once comes first"
		once = 1
	}')
}

plan 9
clean "no blanks at line ends, no notes to self" check_form "$top_srcdir"
clean "no line is wider than 100 columns" check_columns "$top_srcdir"
clean "licence line and #pragma once" check_headings "$top_srcdir"

t=$(tree)
printf 'int a; \nint b;\t\nint c;\n' | put "$t" src/base/a.c
finds "blanks at the end of a line" 'src/base/a.c:1: blanks at the end of the line
src/base/a.c:2: blanks at the end of the line' check_form "$t"

t=$(tree)
printf '/* %s: later */\n' 'TO''DO' | put "$t" src/base/a.c
printf '#!/bin/sh\n# %s\n' 'FIX''ME' | put "$t" tests/e2e/run
finds "a note to self" 'src/base/a.c:1: a note to self
tests/e2e/run:2: a note to self' check_form "$t"

t=$(tree)
{
	printf '%0100d\n%0101d\n' 0 0
	printf '\t%093d\n' 0
	printf '%0*d\n' 98 0 | sed 's/^00/ää/'
} | put "$t" src/base/a.c
finds "a wide line, tabs being 8" 'src/base/a.c:2: 101 columns, 100 are allowed
src/base/a.c:3: 101 columns, 100 are allowed' check_columns "$t"

t=$(tree)
put "$t" src/base/a.c <<<'int a;'
finds "a missing licence line" 'src/base/a.c:1: the licence line is missing' check_headings "$t"

t=$(tree)
put "$t" src/base/a.h <<<'/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#pragma once'
finds "a missing #pragma once" 'src/base/a.h:2: #pragma once comes first' check_headings "$t"

t=$(tree)
put "$t" src/base/a.h <<<'/* SPDX-License-Identifier: MIT */
/* What it is for. */
#pragma once

#include <stdio.h>'
clean "a header in form passes" check_headings "$t"
