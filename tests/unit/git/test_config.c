/* SPDX-License-Identifier: MIT */
/* Our reader of git's configuration syntax against git itself. */
#include "fixture.h"

#include <stdio.h>

#include "base/path.h"
#include "base/process.h"
#include "git/config.h"

/* As `git config --list -z` prints: "section.sub.name\nvalue\0". */
static int add_entry(void *arg, const struct config_entry *entry, struct error *err)
{
	struct buf *out = arg;

	(void)err;
	if (!*entry->name)
		return 0;
	buf_add_text(out, entry->section);
	if (entry->subsection)
		buf_add_format(out, ".%s", entry->subsection);
	buf_add_format(out, ".%s", entry->name);
	if (entry->value)
		buf_add_format(out, "\n%s", entry->value);
	buf_add_char(out, '\0');
	return 0;
}

static const struct {
	const char *text;
	const char *list; /* ';' for NUL, "=" for the line feed; NULL: refused */
	const char *message;
} samples[] = {
	{ "", "", NULL },
	{ "[image]\n\tregistry = r.example/team\n", "image.registry=r.example/team;", NULL },
	{ "[image \"We.b\"]\ncontext = a b  c # note\n", "image.We.b.context=a b  c;", NULL },
	{ "[image]a=1\n[image \"x\"]b\n", "image.a=1;image.x.b;", NULL },
	{ "[image]\na = \"x # y\" \\\n z\n", "image.a=x # y  z;", NULL },
	{ "\xef\xbb\xbf[image]\r\na = b\r\n", "image.a=b;", NULL },
	{ "a = 1\n", NULL, "line 1: a key before the first section" },
	{ "[image\n", NULL, "line 1: a section's name does not end in ']'" },
	{ "[image]\n\n1a = 1\n", NULL, "line 3: a key begins with a letter" },
	{ "[image]\na 1\n", NULL, "line 2: a '=' is missing behind the key" },
	{ "[image]\na = \"1\n", NULL, "line 2: a quote does not end" },
	{ "[image]\na = \\x\n", NULL,
	  "line 2: an escape that git does not know (\\\\ is a backslash)" },
	{ "[include]\npath = /etc/passwd\n", NULL,
	  "line 1: an include is not followed out of the tree; remove it" },
	{ "[image]\n[includeIf \"gitdir:/\"]\n", NULL,
	  "line 2: an include is not followed out of the tree; remove it" },
};

static void test_samples(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(samples); i++) {
		AUTO(buf_release) struct buf out = BUF_INIT(65536);
		struct error err = { 0 };
		int status = config_parse(slice_of(samples[i].text), add_entry, &out, &err);

		assert_int_equal(status, samples[i].list ? 0 : -1);
		if (!samples[i].list) {
			assert_string_equal(err.message, samples[i].message);
			assert_int_equal(err.kind, ERROR_INPUT);
			continue;
		}
		for (size_t at = 0; at < out.len; at++)
			if (!out.data[at])
				out.data[at] = ';';
			else if (out.data[at] == '\n')
				out.data[at] = '=';
		assert_string_equal(out.data, samples[i].list);
	}
}

static int list_section(void *arg, const struct config_entry *entry, struct error *err)
{
	(void)err;
	if (!*entry->name)
		buf_add_format(arg, "%d %s '%s' ", entry->line, entry->section,
			       entry->subsection ? entry->subsection : "");
	return 0;
}

static void test_a_section_without_keys_is_told(void **state)
{
	AUTO(buf_release) struct buf out = BUF_INIT(200);
	struct error err = { 0 };

	(void)state;
	assert_int_equal(config_parse(SLICE("[Image \"a.B\"]\n\n[x.Y][z]\nk = v\n"), list_section,
				      &out, &err),
			 0);
	assert_string_equal(out.data, "1 image 'a.B' 3 x 'y' 3 z '' ");
}

static int note_comment(void *arg, const struct config_entry *entry, struct error *err)
{
	(void)err;
	*(bool *)arg = entry->has_unquoted_comment;
	return 0;
}

static void test_a_comment_that_cuts_a_value_is_told(void **state)
{
	struct error err = { 0 };
	bool is_cut = false;

	(void)state;
	assert_int_equal(config_parse(SLICE("[image]\ntest = a; b\n"), note_comment, &is_cut, &err),
			 0);
	assert_true(is_cut);
	assert_int_equal(
		config_parse(SLICE("[image]\ntest = \"a; b\"\n"), note_comment, &is_cut, &err), 0);
	assert_false(is_cut);
}

static void test_size_and_nul_are_refused(void **state)
{
	static char big[LIMIT_CONFIG_FILE + 1];
	struct error err = { 0 };

	(void)state;
	memset(big, '\n', sizeof(big));
	assert_int_equal(config_parse((struct slice){ big, sizeof(big) }, add_entry, NULL, &err),
			 -1);
	assert_string_equal(err.message, "larger than 65536 bytes");
	assert_int_equal(config_parse(SLICE("[a]\nb = \0\n"), add_entry, NULL, &err), -1);
	assert_string_equal(err.message, "a NUL is in it");
}

/* Pieces that make the grammar's corners likely. */
static const char *const pieces[] = {
	"[image]",     "[image \"a b\"]",
	"[Image.Web]", "[",
	"]",	       "\n",
	"\n",	       "\n",
	"key = ",      "Key2=",
	"k",	       " ",
	"#",	       ";",
	"\"",	       "\\\n",
	"\\n",	       "\\t",
	"\\\\",	       "\\\"",
	"\\q",	       "v",
	"=",	       "[x \"\\\"y\\z\"]",
	"\r\n",	       "-",
	".",	       "\v",
	"\f",	       "\r",
	"\xc3\xa9",    "[.a]",
	"[ \"x\"]",    "[a.]",
};

static unsigned random_next(unsigned *seed)
{
	*seed = *seed * 1103515245 + 12345;
	return *seed >> 16 & 0x7fff;
}

static void test_random_files_are_read_as_git_reads_them(void **state)
{
	AUTOFREE char *path = NULL;
	unsigned seed = 7;
	struct error err = { 0 };
	int good = 0;

	(void)state;
	path = path_join(fixture_root(), "random", &err);
	for (int round = 0; round < 400; round++) {
		const char *argv[] = { "git", "config", "-f", path, "--list", "-z", NULL };
		AUTO(buf_release) struct buf text = BUF_INIT(65536), ours = BUF_INIT(65536);
		AUTO(buf_release) struct buf theirs = BUF_INIT(65536);
		int code = -1, status;

		buf_add_text(&text, "[image]\n"); /* git lists a key of no section, we refuse it */
		for (unsigned i = random_next(&seed) % 8; i; i--)
			buf_add_text(&text, pieces[random_next(&seed) % ARRAY_SIZE(pieces)]);
		assert_int_equal(path_write(path, buf_slice(&text), 0600, &err), 0);
		assert_int_equal(process_run(&(struct process_options){ .argv = argv }, &theirs,
					     &code, &err),
				 0);
		status = config_parse(buf_slice(&text), add_entry, &ours, &err);
		good += !status;
		if (status != (code ? -1 : 0) ||
		    (!status && !slice_equal(buf_slice(&ours), buf_slice(&theirs))))
			fail_msg("round %d: git says %d '%s', we say %d '%s' (%s) of:\n%s", round,
				 code, theirs.data, status, ours.data, err.message, text.data);
	}
	assert_true(good > 100);
}

static void test_later_levels_come_later(void **state)
{
	AUTO(buf_release) struct buf out = BUF_INIT(65536);
	AUTO(repo_freep) struct git_repo *repo = NULL;
	struct error err = { 0 };

	(void)state;
	fixture_run("git init -q levels; git config --global image.web.Test one; "
		    "git -C levels config image.web.test two; git -C levels config other.x y; "
		    "git -C levels config image.Web.test three");
	setenv("GIT_CONFIG_COUNT", "1", 1);
	setenv("GIT_CONFIG_KEY_0", "image.test", 1);
	setenv("GIT_CONFIG_VALUE_0", "four", 1);
	repo = fixture_open("levels");
	unsetenv("GIT_CONFIG_COUNT");
	assert_int_equal(config_read_user(repo, "image", add_entry, &out, &err), 0);
	for (size_t at = 0; at < out.len; at++)
		if (!out.data[at])
			out.data[at] = ';';
	assert_string_equal(out.data, "image.web.test\none;image.web.test\ntwo;"
				      "image.Web.test\nthree;image.test\nfour;");
	fixture_run("git config --global --unset image.web.test");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_samples),
		cmocka_unit_test(test_a_section_without_keys_is_told),
		cmocka_unit_test(test_a_comment_that_cuts_a_value_is_told),
		cmocka_unit_test(test_size_and_nul_are_refused),
		cmocka_unit_test(test_random_files_are_read_as_git_reads_them),
		cmocka_unit_test(test_later_levels_come_later),
	};

	return cmocka_run_group_tests_name("git/config", tests, fixture_start, fixture_end);
}
