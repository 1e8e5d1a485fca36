/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/str.h"
#include "base/time.h"
#include "context/dockerignore.h"

static const struct {
	const char *text;
	const char *dropped; /* space-separated paths */
	const char *kept;
} rules[] = {
	/* Names match the whole path, not the last component. */
	{ "*.md\n!README.md", "a.md", "README.md d/a.md" },
	{ "foo", "foo foo/a foo/a/b", "d/foo xfoo foox" },
	{ "/foo", "foo foo/a", "d/foo" },
	{ "foo/", "foo foo/x", "food" },
	{ "./a/../b", "b b/c", "a a/b" },
	{ "../x", "", "x a/x" },
	{ ".", "", "a a/b" },
	{ "/", "", "a a/b" },
	{ "a//b", "a/b", "a/c" },
	/* Exceptions: the last one that matches decides. */
	{ "d\n!d/keep", "d d/x d/keep2", "d/keep d/keep/y" },
	{ "**\n!src", "a a/src/b srcs", "src src/y/z" },
	{ "a*/b\n!a*/b/c", "ax/b ax/b/d", "ax/b/c ax/c" },
	{ "*\n!*/", "", "a a/b" },
	{ "d\n!d/keep\nd/keep/not", "d/x d/keep/not d/keep/not/y", "d/keep d/keep/yes" },
	{ "!a\na", "a a/b", "b" },
	{ "a\n!a", "", "a a/b" },
	{ "a\n!/a/b", "a a/c", "a/b" },
	{ "a\n! a/b ", "a a/c", "a/b" },
	{ "d\n!**/keep", "d d/x", "d/keep d/e/keep d/e/keep/x" },
	/* What could not change the verdict on a folder is not asked, also not on
	 * behalf of what it holds. */
	{ "a/b\n!a", "a/b a/b/c", "a a/c" },
	/* Stars. */
	{ "*", "a a/b .x", "" },
	{ "*/b", "a/b a/b/c", "b a/c/b" },
	{ "a*c", "ac abc a*c abc/d", "a/c ab" },
	{ "**", "a a/b .x", "" },
	{ "***", "a a/b", "" },
	{ "**/foo", "foo a/foo a/b/foo foo/b", "xfoo a/xfoo" },
	{ "**foo", "foo xfoo a/foo a/xfoo", "foox" },
	{ "foo**", "foo foobar foo/x", "xfoo" },
	{ "foo/**", "foo/x foo/x/y", "foo foobar" },
	{ "a/**/b", "a/b a/x/b a/x/y/b a/b/c", "a ab a/xb b" },
	{ "a**b", "ab a/b ax/b", "axb" },
	{ "**/*.c", "a.c d/a.c d/e/a.c", "a.h a.c.h" },
	{ "**/a?c", "abc d/adc", "ac d/a/c" },
	{ "**/node_modules/**", "node_modules/a x/node_modules/a/b",
	  "node_modules x/node_modules" },
	{ "d/*/e/**", "d/x/e/f", "d/e d/x/e d/x/y/e/f" },
	/* One character of UTF-8, or one byte that is none. */
	{ "a?c",
	  "abc a\xc3\xa9"
	  "c a\xff"
	  "c",
	  "ac a/c abbc" },
	{ "?", "a \xe2\x82\xac", "ab \xe2\x82" },
	/* Classes, as regular expressions of Go have them. */
	{ "[a-c]x", "ax bx cx ax/y", "dx x aax" },
	{ "d[^a]x", "dbx d/x", "dax" },
	{ "[!a]x", "!x ax", "bx" },
	{ "a[\\]]", "a]", "a" },
	{ "[a\\-c]", "a - c", "b" },
	{ "[[:alpha:]]", "a Z", "1 : [" },
	{ "[\\d]\\w", "1a 2_", "a1" },
	{ "a]*", "a] a]b", "a" },
	{ "[*]", "]", "* a" },
	{ "[?]", "[] ^]", "?" },
	/* Escapes, and what means something to Go only. */
	{ "\\*", "*", "a ab" },
	{ "\\!a", "!a", "a" },
	{ "a\\?", "a?", "ab" },
	{ "src\\bin", "", "src/bin src\\bin srcbin" },
	{ "v\\d", "v1", "vd v\\d" },
	{ "a.c", "a.c", "abc" },
	{ "a.?", "a.c", "abc" },
	{ "a+(b)$*", "a+(b)$ a+(b)$c", "aab" },
	{ "^a?", "ab", "^ab" },
	{ "a^?", "", "a^b ab" },
	{ "a|b", "a|b", "a b" },
	{ "a|b*", "a ax a/x b bx b/x", "c xc" },
	{ "a{2}?", "aab", "a{2}b ab aaab" },
	{ "?.{js,ts}", "a.{js,ts}", "a.js" },
	/* The file's own syntax. */
	{ "\xef\xbb\xbf"
	  "a",
	  "a", "b" },
	{ "# a\n#b\n #c", "#c", "a b #b" },
	{ "\n  \n\ta \r\nb\r\n", "a b", "c" },
	{ "\xc2\xa0"
	  "a\xe3\x80\x80",
	  "a", "b" },
	{ "a\nb", "a b", "c" },
	{ "", "", "a" },
	{ "/!a\nb", "b", "a" },
};

static void check_path(const char *text, const char *path, bool is_excluded)
{
	AUTO(dockerignore_freep) struct dockerignore *ignore = NULL;
	AUTO(dockerignore_walk_release) struct dockerignore_walk walk = { 0 };
	enum dockerignore_verdict verdict = DOCKERIGNORE_KEEP;
	struct error err = { 0 };
	char folder[100] = "";

	assert_int_equal(dockerignore_parse(slice_of(text), "f", &ignore, &err), 0);
	if (dockerignore_excludes(ignore, path) != is_excluded)
		fail_msg("%s: '%s' is%s excluded", text, path, is_excluded ? " not" : "");
	/* The walk says the same, and does not stop above what is kept. */
	walk.ignore = ignore;
	for (size_t i = 0; i <= strlen(path); i++) {
		if (i && (path[i] == '/' || !path[i])) {
			if (verdict == DOCKERIGNORE_DROP && !is_excluded)
				fail_msg("%s: '%s' is never reached", text, path);
			assert_int_equal(dockerignore_walk_next(&walk, folder, path[i] == '/',
								&verdict, &err),
					 0);
		}
		folder[i] = path[i];
	}
	assert_int_equal(verdict != DOCKERIGNORE_KEEP, is_excluded);
}

static void check_paths(const char *text, const char *paths, bool is_excluded)
{
	struct slice rest = slice_of(paths), part;

	while (slice_cut(&rest, ' ', &part)) {
		struct error err = { 0 };
		AUTOFREE char *path = str_copy_slice(part, &err);

		assert_non_null(path);
		check_path(text, path, is_excluded);
	}
}

static void test_rules_of_docker(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rules); i++) {
		check_paths(rules[i].text, rules[i].dropped, true);
		check_paths(rules[i].text, rules[i].kept, false);
	}
}

static const struct {
	struct slice text;
	const char *message;
} refused[] = {
	{ SLICE("a\n!"), "f:2: '!': '!' alone is no pattern" },
	{ SLICE("!/"), "f:1: '!': '!' alone is no pattern" },
	{ SLICE("[a-"), "f:1: '[a-': the pattern is not valid" },
	{ SLICE("[]a]"), "f:1: '[]a]': the pattern is not valid" },
	{ SLICE("[-a]"), "f:1: '[-a]': the pattern is not valid" },
	{ SLICE("[b-a]"), "f:1: '[b-a]': the pattern is not valid" },
	{ SLICE("a\\"), "f:1: 'a\\': the pattern is not valid" },
	{ SLICE("#\n\n\\y"), "f:3: '\\y': the pattern is not valid" },
	{ SLICE("[[:alpho:]]"), "f:1: '[[:alpho:]]': the pattern is not valid" },
	{ SLICE("*{2}"), "f:1: '*{2}': the pattern is not valid" },
	{ SLICE("?{1001}"), "f:1: '?{1001}': the pattern is not valid" },
	{ SLICE("\\pL"), "f:1: '\\pL': '\\p' is not supported" },
	{ SLICE("a\0b"), "f:1: a zero byte: is this UTF-16?" },
};

static void test_what_docker_refuses_is_an_error_with_its_line(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(refused); i++) {
		struct dockerignore *ignore = NULL;
		struct error err = { 0 };

		assert_int_equal(dockerignore_parse(refused[i].text, "f", &ignore, &err), -1);
		assert_string_equal(err.message, refused[i].message);
		assert_int_equal(err.kind, ERROR_INPUT);
	}
}

static const struct {
	const char *text;
	const char *folder;
	enum dockerignore_verdict verdict;
} folders[] = {
	{ "d", "d", DOCKERIGNORE_DROP },	 { "d", "e", DOCKERIGNORE_KEEP },
	{ "d\n!e", "d", DOCKERIGNORE_DROP },	 { "d\n!d/x", "d", DOCKERIGNORE_ENTER },
	{ "d\n!dx/x", "d", DOCKERIGNORE_DROP },	 { "!d/x\nd", "d", DOCKERIGNORE_DROP },
	{ "d\n!**/x", "d", DOCKERIGNORE_ENTER }, { "d\n!*/x", "d", DOCKERIGNORE_ENTER },
	{ "d\n!e*/x", "d", DOCKERIGNORE_DROP },	 { "d\n!d/e/**", "d", DOCKERIGNORE_ENTER },
	{ "d\n!?*", "d", DOCKERIGNORE_KEEP },	 { "*\n!a/b/c", "a", DOCKERIGNORE_ENTER },
	{ "*\n!a/b/c", "b", DOCKERIGNORE_DROP }, { "**\n!x*", "d", DOCKERIGNORE_DROP },
};

static void test_only_folders_that_may_keep_something_are_entered(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(folders); i++) {
		AUTO(dockerignore_freep) struct dockerignore *ignore = NULL;
		AUTO(dockerignore_walk_release) struct dockerignore_walk walk = { 0 };
		enum dockerignore_verdict verdict;
		struct error err = { 0 };

		assert_int_equal(dockerignore_parse(slice_of(folders[i].text), "f", &ignore, &err),
				 0);
		walk.ignore = ignore;
		assert_int_equal(
			dockerignore_walk_next(&walk, folders[i].folder, true, &verdict, &err), 0);
		assert_int_equal(verdict, folders[i].verdict);
	}
}

/* A backtracking matcher would take years for each of these. */
static void test_hostile_patterns_take_linear_time(void **state)
{
	static const char *const parts[] = { "*a", "**/a", "?*", "[^b]*", "**" };
	int64_t start = time_monotonic_ms();

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(parts); i++) {
		AUTO(dockerignore_freep) struct dockerignore *ignore = NULL;
		AUTO(buf_release) struct buf text = BUF_INIT(10000);
		AUTO(buf_release) struct buf path = BUF_INIT(10000);
		struct error err = { 0 };

		for (int n = 0; n < 200; n++)
			buf_add_text(&text, parts[i]);
		buf_add_text(&text, "[z]");
		for (int n = 0; n < 20; n++)
			buf_add_text(&path, "aaaaaaaaaaaaaaaaaaaaaaaaa/a");
		assert_int_equal(dockerignore_parse(buf_slice(&text), "f", &ignore, &err), 0);
		assert_false(dockerignore_excludes(ignore, path.data));
	}
	assert_true(time_monotonic_ms() - start < 60000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rules_of_docker),
		cmocka_unit_test(test_what_docker_refuses_is_an_error_with_its_line),
		cmocka_unit_test(test_only_folders_that_may_keep_something_are_entered),
		cmocka_unit_test(test_hostile_patterns_take_linear_time),
	};

	return cmocka_run_group_tests_name("context/dockerignore", tests, NULL, NULL);
}
