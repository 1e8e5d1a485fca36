#!/usr/bin/env bash
# A file has at most 500 lines; a function at most 60 lines, 12 branches and
# 5 parameters (functions.pl says how they are counted). There is no list of
# exceptions: split instead.
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

check_files() {
	c_files "$1" src tests | (cd "$1" && xargs -r awk '
	FNR == 501 { printf "%s:501: more than 500 lines\n", FILENAME }')
}

functions() {
	c_files "$1" src tests | (cd "$1" && xargs -r perl "$lint_dir/functions.pl")
}

check_functions() {
	functions "$1" | awk '
	$2 == "(braces)" { print $1 ": braces do not match (an #if that splits a block?)"; next }
	$3 > 60 { printf "%s: %s has %d lines, 60 are allowed\n", $1, $2, $3 }
	$4 > 12 { printf "%s: %s has %d branches, 12 are allowed\n", $1, $2, $4 }
	$5 > 5 { printf "%s: %s has %d parameters, 5 are allowed\n", $1, $2, $5 }'
}

summary() {
	functions "$1" | sort -k3,3n | awk '
	{ lines[NR] = $3 }
	END {
		if (NR)
			printf "# %d functions, median %d lines, longest %d\n",
				NR, lines[int((NR + 1) / 2)], lines[NR]
	}'
}

# function NAME LINES [STATEMENT]: a function of that many lines.
function_text() {
	echo "int $1(int a)"
	echo "{"
	for ((i = 4; i < $2; i++)); do
		echo "	${3:-a++;}"
	done
	echo "	return a;"
	echo "}"
}

plan 10
summary "$top_srcdir"
clean "no file has more than 500 lines" check_files "$top_srcdir"
clean "no function is too long, branched or wide" check_functions "$top_srcdir"

t=$(tree)
yes 'int x;' | head -500 | put "$t" src/base/a.c
yes 'int x;' | head -501 | put "$t" tests/unit/b.c
finds "a file of 501 lines" 'tests/unit/b.c:501: more than 500 lines' check_files "$t"

t=$(tree)
{
	function_text sixty 60
	function_text longer 61
} | put "$t" src/base/a.c
finds "a function of 61 lines" \
	'src/base/a.c:61: longer has 61 lines, 60 are allowed' check_functions "$t"

t=$(tree)
{
	function_text twelve 16 'if (a) a = 1;'
	function_text thirteen 17 'a = a ? 1 : 2;'
} | put "$t" src/base/a.c
finds "a function of 13 branches" \
	'src/base/a.c:17: thirteen has 13 branches, 12 are allowed' check_functions "$t"

t=$(tree)
put "$t" src/base/a.c <<'END'
static int five(int a, int (*b)(int, int), char c[2], long d,
	struct e *f)
{
	return 0;
}
/* int seven(int a, int b, int c, int d, int e, int f, int g) { } */
int six(int a, int b, int c, int d, int e, int f)
{
	return 0;
}
static int on_x(nghttp2_session *a, int b, int c, int d, int e, void *f)
{
	return 0;
}
END
finds "a function of 6 parameters" \
	'src/base/a.c:7: six has 6 parameters, 5 are allowed' check_functions "$t"

t=$(tree)
put "$t" src/base/a.c <<'END'
int f(int a)
{
#if A
	if (a) {
#else
	if (!a) {
#endif
	}
	return 0;
}
END
finds "an #if that splits a block" \
	'src/base/a.c:1: braces do not match (an #if that splits a block?)' check_functions "$t"

t=$(tree)
put "$t" src/base/a.c <<'END'
#define LOOP(x) \
	if (x) { \
	for (;;)
static const struct row rows[] = {
	{ "if (while", '{', F(a, b, c, d, e, f) },
};
struct s {
	int (*f)(int a, int b, int c, int d, int e, int g);
};
CHECK static int tail(const char *text, int count) __attribute__((noinline))
{
	/* if { */
	const char *open = "{ \" if (";	// for while {
	return text[0] == '{' || text[0] == '\'' ? count : 1;
}
END
finds_list() { functions "$t"; }
finds "functions, not types, tables, macros, comments or strings" \
	'src/base/a.c:10 tail 6 1 2' finds_list

t=$(tree)
function_text one 60 | put "$t" src/base/a.c
function_text two 10 | put "$t" src/base/b.c
function_text three 5 | put "$t" src/base/c.c
finds "the median" '# 3 functions, median 10 lines, longest 60' summary "$t"
clean "small functions pass" check_functions "$t"
