#!/usr/bin/env bash
# base/banned.h, which the build puts before every source, makes the use of
# each of these functions an error; and only main may end the process.
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

banned='strcpy   char b[4]; strcpy(b, "x")
strcat   char b[4] = ""; strcat(b, "x")
sprintf  char b[4]; sprintf(b, "x")
vsprintf char b[4]; va_list a; vsprintf(b, "x", a)
strtok   char b[4] = ""; strtok(b, "x")
atoi     (void)atoi("1")
strtol   (void)strtol("1", NULL, 10)
gmtime   time_t t = 0; (void)gmtime(&t)
system   (void)!system("x")
popen    (void)popen("x", "r")'

headers=(stdarg.h stdio.h stdlib.h string.h time.h)

# compiles STATEMENT [FLAG...]
compiles() {
	local statement=$1
	shift
	printf '#include <%s>\n' "${headers[@]}" >"$lint_tmp/a.c"
	printf 'void f(void);\nvoid f(void)\n{\n\t%s;\n}\n' "$statement" >>"$lint_tmp/a.c"
	# shellcheck disable=SC2086
	${CC:-cc} -fsyntax-only -std=gnu17 -w "$@" "$lint_tmp/a.c" 2>/dev/null
}

check_banned() {
	local name statement flags
	flags=(-I"${top_builddir:-.}" -I"$1/src" -include "$1/src/base/banned.h")
	compiles "" "${flags[@]}" ||
		echo "src/base/banned.h does not compile"
	while read -r name statement; do
		compiles "$statement" || echo "$name: the example does not compile by itself"
		! compiles "$statement" "${flags[@]}" ||
			echo "$name: base/banned.h lets it pass"
	done <<<"$banned"
}

check_exits() {
	c_files "$1" src | (cd "$1" && grep -v '^src/cli/main\.c$' |
		xargs -r grep -nE '(^|[^_[:alnum:]>.])(exit|abort|quick_exit)[ ]?\(' /dev/null |
		sed 's/^\([^:]*:[0-9]*\):.*/\1: only main ends the process/')
}

plan 5
clean "banned functions do not compile" check_banned "$top_srcdir"
clean "only main ends the process" check_exits "$top_srcdir"

t=$(tree)
{
	# The system's headers declare what is poisoned, so they come first.
	printf '#include <%s>\n' "${headers[@]}"
	awk '$1 != "popen" { print "#pragma GCC poison", $1 }' <<<"$banned"
} | put "$t" src/base/banned.h
finds "a function that banned.h forgets" 'popen: base/banned.h lets it pass' check_banned "$t"

t=$(tree)
put "$t" src/flow/a.c <<<'	if (x)
		exit(1);
	stage->exit(1); /* a member is no exit */
	_exit(1);'
put "$t" src/cli/main.c <<<'	exit(1);'
finds "an exit below main" 'src/flow/a.c:2: only main ends the process' check_exits "$t"
put "$t" src/flow/a.c <<<'	return -1;'
clean "an exit in main passes" check_exits "$t"
