/* SPDX-License-Identifier: MIT */
/* The user's configuration: its levels, and what git passes on of its command line. */
#include "fixture.h"

#include "base/buf.h"
#include "base/str.h"
#include "git/config.h"

static int list_line(void *arg, const struct config_entry *entry, struct error *err)
{
	buf_add_format(arg, "%s|%s|%s\n", entry->subsection ? entry->subsection : "-", entry->name,
		       entry->value ? entry->value : "(true)");
	(void)err;
	return 0;
}

static const char *user_settings(const char *section)
{
	static struct buf list = BUF_INIT(MIB);
	AUTO(repo_freep) struct git_repo *repo = fixture_open("r");
	struct error err = { 0 };

	buf_release(&list);
	assert_int_equal(config_read_user(repo, section, list_line, &list, &err), 0);
	return list.data;
}

static void test_later_levels_come_later(void **state)
{
	(void)state;
	fixture_run("git init -q r; cd r; git config core.repositoryFormatVersion 1;"
		    "git config extensions.worktreeConfig true;"
		    "printf '[image]\\n registry = system\\n' >../system;"
		    "printf '[image \"Web.a\"]\\n\\ttestTimeout = included\\n' >../included;"
		    "git config --global image.registry global;"
		    "git config --global include.path included;"
		    "git config image.registry local; git config image.web.buildArg A=1;"
		    "git config --add image.web.buildArg B=2; git config imageSecret.x.env X;"
		    "git config images.other 1; printf '[image]\\n\\tpush\\n' >>.git/config;"
		    "git config --worktree image.registry worktree");
	unsetenv("GIT_CONFIG_NOSYSTEM");
	setenv("GIT_CONFIG_SYSTEM", fixture_text("ROOT/system"), 1);
	assert_string_equal(user_settings("image"), "-|registry|system\n"
						    "-|registry|global\n"
						    "Web.a|testtimeout|included\n"
						    "-|registry|local\n"
						    "web|buildarg|A=1\nweb|buildarg|B=2\n"
						    "-|push|(true)\n"
						    "-|registry|worktree\n");
	assert_string_equal(user_settings("imagesecret"), "x|env|X\n");
	setenv("GIT_CONFIG_NOSYSTEM", "1", 1);
	setenv("GIT_CONFIG_GLOBAL", "/dev/null", 1);
	assert_string_equal(user_settings("image"), "-|registry|local\n"
						    "web|buildarg|A=1\nweb|buildarg|B=2\n"
						    "-|push|(true)\n"
						    "-|registry|worktree\n");
	unsetenv("GIT_CONFIG_SYSTEM");
	unsetenv("GIT_CONFIG_GLOBAL");
	fixture_run("git config --global --unset-all image.registry; rm included");
}

/* What git passes on is read back by our own means. */
static void test_the_command_line_comes_last(void **state)
{
	(void)state;
	fixture_run("rm -rf r; git init -q r; git -C r config alias.passed"
		    " '!printf %%s \"$GIT_CONFIG_PARAMETERS\"'");
	setenv("GIT_CONFIG_PARAMETERS",
	       fixture_output("cd r; git -c image.Registry=x -c image.Web.It='it'\\''s! \"=\" ' "
			      "-c image.push -c image.none= passed"),
	       1);
	assert_string_equal(user_settings("image"), "-|registry|x\nWeb|it|it's! \"=\" \n"
						    "-|push|true\n-|none|\n");
	setenv("GIT_CONFIG_PARAMETERS", "'image.old=a=b' 'image.bool'", 1);
	setenv("GIT_CONFIG_COUNT", "2", 1);
	setenv("GIT_CONFIG_KEY_0", "image.first", 1);
	setenv("GIT_CONFIG_VALUE_0", "1", 1);
	setenv("GIT_CONFIG_KEY_1", "other.first", 1);
	setenv("GIT_CONFIG_VALUE_1", "2", 1);
	assert_string_equal(user_settings("image"), "-|first|1\n-|old|a=b\n-|bool|true\n");
	unsetenv("GIT_CONFIG_COUNT");
	unsetenv("GIT_CONFIG_PARAMETERS");
}

static void test_a_malformed_command_line_is_refused(void **state)
{
	static const struct {
		const char *variable, *value, *error;
	} rows[] = {
		{ "GIT_CONFIG_PARAMETERS", "'a.b", "input: GIT_CONFIG_PARAMETERS is malformed" },
		{ "GIT_CONFIG_PARAMETERS", "a.b=c", "input: GIT_CONFIG_PARAMETERS is malformed" },
		{ "GIT_CONFIG_PARAMETERS", "'a'='b'", "input: 'a' is no configuration key" },
		{ "GIT_CONFIG_COUNT", "x", "input: GIT_CONFIG_COUNT is no number: 'x'" },
		{ "GIT_CONFIG_COUNT", "3",
		  "input: GIT_CONFIG_KEY_2 and GIT_CONFIG_VALUE_2 belong together" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct git_repo *repo = NULL;
		struct error err = { 0 };

		setenv(rows[i].variable, rows[i].value, 1);
		assert_int_equal(repo_open(fixture_text("ROOT/r"), &repo, &err), -1);
		unsetenv(rows[i].variable);
		assert_string_equal(fixture_error(&err), rows[i].error);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_later_levels_come_later),
		cmocka_unit_test(test_the_command_line_comes_last),
		cmocka_unit_test(test_a_malformed_command_line_is_refused),
	};

	return cmocka_run_group_tests(tests, fixture_start, fixture_end);
}
