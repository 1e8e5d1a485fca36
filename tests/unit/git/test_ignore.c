/* SPDX-License-Identifier: MIT */
#include "fixture.h"

#include <stdio.h>

#include "base/buf.h"
#include "base/path.h"
#include "git/ignore.h"
#include "git/worktree.h"

static const struct {
	const char *pattern, *path;
	bool matches;
} globs[] = {
	{ "", "", true },
	{ "a", "a", true },
	{ "a", "b", false },
	{ "a", "", false },
	{ "*", "abc", true },
	{ "*", "a/b", false },
	{ "*.c", "a.b.c", true },
	{ "a*b*c", "aXbYbZc", true },
	{ "a*b", "ac", false },
	{ "?", "a", true },
	{ "?", "/", false },
	{ "a/*/c", "a/b/c", true },
	{ "a/*/c", "a/b/b/c", false },
	{ "**/a", "a", true },
	{ "**/a", "x/y/a", true },
	{ "**/a", "x/ya", false },
	{ "a/**", "a/b/c", true },
	{ "a/**", "a", false },
	{ "a/**/b", "a/b", true },
	{ "a/**/b", "a/x/y/b", true },
	{ "a**b", "axb", true },
	{ "a**b", "a/b", false },
	{ "**/b/**/d", "a/b/x/b/c/d", true },
	{ "[abc]", "b", true },
	{ "[!abc]", "b", false },
	{ "[^a-c]", "d", true },
	{ "[]a]", "]", true },
	{ "[a-]", "-", true },
	{ "[\\]]", "]", true },
	{ "[[:digit:]x]", "7", true },
	{ "[[:digit:]]", "x", false },
	{ "[!a]b", "/b", false },
	{ "[ab", "a", false },
	{ "\\*", "*", true },
	{ "\\*", "a", false },
	{ "\\?", "?", true },
	{ "a\\", "a", false },
};

static void test_globs_match_as_wildmatch_does(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(globs); i++)
		if (ignore_glob(globs[i].pattern, globs[i].path) != globs[i].matches)
			fail_msg("'%s' and '%s'", globs[i].pattern, globs[i].path);
}

/* Would take years by trying all ways. */
static void test_a_hostile_pattern_is_answered_at_once(void **state)
{
	AUTO(buf_release) struct buf pattern = BUF_INIT(MIB), path = BUF_INIT(MIB);

	(void)state;
	for (int i = 0; i < 500; i++) {
		buf_add_text(&pattern, i % 5 ? "a*" : "**/*a*");
		buf_add_text(&path, i % 7 ? "aaaa" : "a/a");
	}
	buf_add_char(&pattern, 'b');
	assert_false(ignore_glob(pattern.data, path.data));
}

/* Files, ignore files in some folders, and some files added by force. */
static const char random_tree[] =
	"srand shift; sub pick { $_[rand @_] }"
	"my @names = ('a', 'b', 'ab', 'a.b', 'b.c', '[x]', 'c d', 'x');"
	"my @pieces = ('a', 'b', '*', '?', '/', '**', '.', '[a-c]', '[!a]', '\\\\*', 'x', ' ');"
	"sub fill { my ($path, $depth) = @_;"
	" for my $name (@names) { next if rand() < 0.5; my $to = $path . $name;"
	"  if ($depth < 3 && rand() < 0.5) { mkdir $to; fill(qq($to/), $depth + 1) }"
	"  else { open my $out, '>', $to } }"
	" return if rand() < 0.6; open my $out, '>', $path . '.gitignore';"
	" for (1 .. 1 + rand 4) { print $out pick('', '', '', '!', '#');"
	"  print $out pick('', '', '/', '**/'); print $out pick(@pieces) for 1 .. 1 + rand 4;"
	"  print $out pick('', '', '/', '/**', ' ', qq(\\r)), qq(\\n) } }"
	"fill('', 0);";

static void list_walk(struct buf *list)
{
	AUTO(repo_freep) struct git_repo *repo = fixture_open("random");
	AUTO(worktree_walk_freep) struct worktree_walk *walk = NULL;
	struct worktree_file file;
	struct error err = { 0 };

	assert_int_equal(worktree_walk_open(repo, "", &walk, &err), 0);
	while (worktree_walk_next(walk, &file, &err) > 0)
		if (file.kind != TREE_FOLDER)
			buf_add_format(list, "%s\n", file.path);
}

static void test_random_rules_ignore_what_git_ignores(void **state)
{
	struct error err = { 0 };

	(void)state;
	assert_int_equal(path_write(fixture_text("ROOT/tree"), slice_of(random_tree), 0600, &err),
			 0);
	fixture_run("git init -q random; printf 'b.c\\n!/ab\\n' >random/.git/info/exclude;"
		    "printf 'x\\n' >rules; ln -s rules linked; git config --global"
		    " core.excludesFile ~/linked");
	for (int i = 0; i < 40; i++) {
		AUTO(buf_release) struct buf list = BUF_INIT(MIB);
		const char *expected;

		fixture_run("cd random; rm -rf -- * .gitignore; git read-tree --empty;"
			    "perl ../tree %d; git ls-files -z -o | perl -0ne 'BEGIN { srand %d }"
			    " print if rand() < 0.1' | xargs -0 -r git add -f --",
			    i, i);
		expected = fixture_output("cd random; git -c core.quotePath=false ls-files -c -o"
					  " --exclude-standard | tr -d '\"' | LC_ALL=C sort; echo");
		list_walk(&list);
		assert_int_equal(
			path_write(fixture_text("ROOT/ours"), buf_slice(&list), 0600, &err), 0);
		if (strcmp(list.data, *expected == '\n' ? "" : expected) != 0)
			fail_msg("tree %d: %s\n%s", i,
				 fixture_output("cd random; grep -r --include=.gitignore . || :"),
				 fixture_output("cd random; git -c core.quotePath=false ls-files -c"
						" -o --exclude-standard | tr -d '\"' |"
						" LC_ALL=C sort | diff ../ours - || :"));
	}
	fixture_run("git config --global --unset core.excludesFile");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_globs_match_as_wildmatch_does),
		cmocka_unit_test(test_a_hostile_pattern_is_answered_at_once),
		cmocka_unit_test(test_random_rules_ignore_what_git_ignores),
	};

	return cmocka_run_group_tests(tests, fixture_start, fixture_end);
}
