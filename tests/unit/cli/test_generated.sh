#!/usr/bin/env bash
# What the build makes from the tables: the completion works in a shell, the
# pages are whole, and what the README says in a table is what the program says.
# shellcheck source=../../lint/lib.sh
. "$top_srcdir/tests/lint/lib.sh"
tables=${top_builddir:?}/man/tables

# complete WORD...: what completion offers for the last word of "git image ...".
# The script is made by the build; it reads words, cword, cur and prev.
complete_words() {
	bash --norc -c '
		. "$0" 2>/dev/null
		COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
		__git_image_main
		echo "${COMPREPLY[*]}"' "$top_builddir/man/git-image" "$@"
}

# A page that the renderer complains about is not whole.
render() {
	local page
	for page in git-image.1 git-image-config.5; do
		grep -n '@[A-Z]*@' "$top_builddir/man/$page"
		grep -q '^\.SH SEE ALSO' "$top_builddir/man/$page" || echo "$page ends early"
		command -v man >/dev/null || continue
		man --warnings -E UTF-8 -l -Tutf8 -Z "$top_builddir/man/$page" \
			2>"$lint_tmp/complaints" >/dev/null
		cat "$lint_tmp/complaints"
	done
}

# The rows of the README's table of exit codes, as the program prints them.
readme_exits() {
	sed -n 's/^| \([0-9]*\) | \(.*\) |$/\1\t\2/p' "$top_srcdir/README.md" |
		diff - <("$tables" exits)
}

plan 7
finds "the commands" "prune publish" complete_words git-image p
finds "an option of a command" "--prune --progress" complete_words git-image make --pr
finds "what an option takes" "auto after before never" complete_words git-image make --prune ''
finds "nothing where a file may stand" "" complete_words git-image make --dockerfile ''
finds "the actions of a command" "install" complete_words git-image hook in
clean "the manual pages render" render
clean "the README lists the exit codes of the program" readme_exits
