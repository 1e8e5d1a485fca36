/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "cli/commands.h"
#include "cli/options.h"

#define WORDS_MAX 8
#define ARGV(...)                                                                                  \
	{                                                                                          \
		"git-image", __VA_ARGS__, NULL                                                     \
	}

static int parse(const char *const *words, struct options *ret_options, struct error *err)
{
	char *argv[WORDS_MAX + 1] = { 0 };
	int argc = 0;

	for (; words[argc]; argc++) {
		argv[argc] = str_copy(words[argc], err);
		assert_non_null(argv[argc]);
	}
	/* Values are borrowed, so the words live until the end of the program. */
	for (int i = 0; i < argc; i++) {
		static struct strv kept;

		assert_int_equal(strv_add_taken(&kept, argv[i], err), 0);
	}
	return options_parse(argc, argv, ret_options, err);
}

static const struct {
	const char *words[WORDS_MAX + 1];
	const char *message;
	const char *hint;
} refused[] = {
	{ ARGV("mkae"), "no command 'mkae'", "did you mean 'make'?" },
	{ ARGV("web"), "no command 'web'", "'git image -h' lists commands and options" },
	{ ARGV("help", "mkae"), "no command 'mkae'", "did you mean 'make'?" },
	{ ARGV("make", "--commti", "x"), "'make' has no option '--commti'",
	  "did you mean '--commit'?" },
	{ ARGV("make", "--no-cahce"), "'make' has no option '--no-cahce'",
	  "did you mean '--no-cache'?" },
	{ ARGV("make", "--something"), "'make' has no option '--something'",
	  "'git image make -h' lists the options" },
	{ ARGV("--worktree"), "no option '--worktree' before the command",
	  "'git image -h' lists the options" },
	{ ARGV("release", "--worktree"), "'release' has no option '--worktree'",
	  "'git image release -h' lists the options" },
	{ ARGV("make", "-x"), "'make' has no option '-x'", NULL },
	{ ARGV("make", "--pr", "x"), "option '--pr' is ambiguous: '--prune' or '--progress'",
	  NULL },
	{ ARGV("make", "--=x"), "'make' has no option '--'", NULL },
	{ ARGV("make", "--introspec=x"), "'make' has no option '--introspec'",
	  "'git image make -h' lists the options" },
	{ ARGV("make", "--commit"), "'--commit' needs a value: REV", NULL },
	{ ARGV("make", "-C"), "'-C' needs a value: FOLDER", NULL },
	{ ARGV("make", "--json=yes"), "'--json' takes no value", NULL },
	{ ARGV("make", "--no-prune=never"), "'--no-prune' takes no value", NULL },
	{ ARGV("--progress=fast"), "'--progress' takes auto, tty or plain, not 'fast'", NULL },
	{ ARGV("resolve"), "'resolve' needs more: git image resolve REF...", NULL },
	{ ARGV("doctor", "me"), "'doctor' takes no argument 'me'", NULL },
	{ ARGV("hook", "remove"),
	  "'hook' cannot 'remove': git image hook install|uninstall|run [HOOK [WORD...]]", NULL },
};

static void test_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(refused); i++) {
		AUTO(options_release) struct options options;
		struct error err = { 0 };

		assert_int_equal(parse(refused[i].words, &options, &err), -1);
		assert_string_equal(err.message, refused[i].message);
		assert_int_equal(err.kind, ERROR_USAGE);
		assert_int_equal(error_exit_code(err.kind), 2);
		if (refused[i].hint)
			assert_string_equal(error_get_hint(&err), refused[i].hint);
	}
}

static void accept(const char *const *words, struct options *ret_options)
{
	struct error err = { 0 };

	if (parse(words, ret_options, &err))
		fail_msg("%s", err.message);
}

static void test_defaults(void **state)
{
	AUTO(options_release) struct options options;

	(void)state;
	accept((const char *[]){ "git-image", NULL }, &options);
	assert_int_equal(options.command->id, COMMAND_STATUS);
	assert_null(options.commit);
	assert_int_equal(options.progress, PROGRESS_AUTO);
	assert_int_equal(options.words.len, 0);
	assert_false(options.is_json);
}

static void test_forms(void **state)
{
	AUTO(options_release) struct options options;

	(void)state;
	accept((const char *[]){ "git-image", "-qC/a", "make", "-vvC", "b", "--comm=v1", "web",
				 NULL },
	       &options);
	assert_int_equal(options.command->id, COMMAND_MAKE);
	assert_true(options.is_quiet);
	assert_int_equal(options.verbosity, 2);
	assert_int_equal(options.folders.len, 2);
	assert_string_equal(options.folders.items[0], "/a");
	assert_string_equal(options.folders.items[1], "b");
	assert_string_equal(options.commit, "v1");
	assert_string_equal(options.words.items[0], "web");
}

static void test_values(void **state)
{
	AUTO(options_release) struct options options;

	(void)state;
	accept((const char *[]){ "git-image", "status", "--commit", "--odd", "--json", "-", "--",
				 "--json", NULL },
	       &options);
	assert_string_equal(options.commit, "--odd");
	assert_true(options.is_json);
	assert_int_equal(options.words.len, 2);
	assert_string_equal(options.words.items[0], "-");
	assert_string_equal(options.words.items[1], "--json");
}

static void test_negations(void **state)
{
	AUTO(options_release) struct options options;

	(void)state;
	accept((const char *[]){ "git-image", "make", "--pull", "--no-pull", "--no-cache",
				 "--cache", "--json", "--no-json", NULL },
	       &options);
	assert_false(options.pulls_bases);
	assert_false(options.ignores_cache);
	assert_false(options.is_json);
}

static void test_overrides(void **state)
{
	static const char *const expected[][2] = {
		{ "prune", "after" },
		{ "buildArg", "A=1" },
		{ "buildArg", "B=2" },
		{ "prune", "never" },
	};
	AUTO(options_release) struct options options;

	(void)state;
	accept((const char *[]){ "git-image", "make", "--prune=after", "--build-arg", "A=1",
				 "--build-a=B=2", "--no-prune", NULL },
	       &options);
	assert_int_equal(options.override_count, ARRAY_SIZE(expected));
	for (size_t i = 0; i < ARRAY_SIZE(expected); i++) {
		assert_string_equal(options.overrides[i].option->config_key, expected[i][0]);
		assert_string_equal(options.overrides[i].value, expected[i][1]);
	}
}

static void test_overrides_apply(void **state)
{
	AUTO(configuration_release) struct configuration configuration = { 0 };
	AUTO(settings_release) struct settings settings = { 0 };
	AUTO(options_release) struct options options = { 0 }, wrong = { 0 };
	struct error err = { 0 };

	(void)state;
	accept((const char *[]){ "git-image", "make", "--keep=4", "--build-arg=A=1", NULL },
	       &options);
	assert_int_equal(options_apply(&options, &configuration, NULL, &err), 0);
	assert_int_equal(settings_resolve(&configuration, NULL, &settings, &err), 0);
	assert_int_equal(settings.keep, 4);
	assert_string_equal(strmap_get(&settings.build_args, "A"), "1");
	accept((const char *[]){ "git-image", "make", "--keep=all", NULL }, &wrong);
	assert_int_equal(options_apply(&wrong, &configuration, NULL, &err), -1);
	assert_int_equal(err.kind, ERROR_USAGE);
	assert_string_equal(err.message, "'--keep': expected a number from 0 to 10000, not 'all'");
}

static const struct {
	const char *words[WORDS_MAX + 1];
	const char *command; /* NULL: the program */
} helps[] = {
	{ ARGV("-h"), NULL },
	{ ARGV("help"), NULL },
	{ ARGV("help", "-h"), NULL },
	{ ARGV("help", "make"), "make" },
	{ ARGV("help", "make", "--nonsense"), "make" },
};

static void test_help_ends_parsing(void **state)
{
	AUTO(options_release) struct options command = { 0 }, program = { 0 }, version = { 0 };

	(void)state;
	accept((const char *[]){ "git-image", "resolve", "-h", "--nonsense", NULL }, &command);
	assert_true(command.wants_help);
	assert_int_equal(command.command->id, COMMAND_RESOLVE);
	accept((const char *[]){ "git-image", "--help", "make", NULL }, &program);
	assert_true(program.wants_help);
	assert_null(program.command);
	for (size_t i = 0; i < ARRAY_SIZE(helps); i++) {
		AUTO(options_release) struct options help = { 0 };

		accept(helps[i].words, &help);
		assert_true(help.wants_help);
		assert_ptr_equal(help.command,
				 helps[i].command ? command_find(helps[i].command) : NULL);
	}
	accept((const char *[]){ "git-image", "--version", NULL }, &version);
	assert_true(version.wants_version);
}

static void test_environment(void **state)
{
	AUTO(options_release) struct options from_it = { 0 }, over_it = { 0 }, wrong = { 0 };
	const char *const none[] = { "git-image", NULL };
	struct error err = { 0 };

	(void)state;
	setenv("GIT_IMAGE_PROGRESS", "plain", 1);
	accept(none, &from_it);
	assert_int_equal(from_it.progress, PROGRESS_PLAIN);
	accept((const char *[]){ "git-image", "--progress", "tty", NULL }, &over_it);
	assert_int_equal(over_it.progress, PROGRESS_TTY);
	setenv("GIT_IMAGE_PROGRESS", "loud", 1);
	assert_int_equal(parse(none, &wrong, &err), -1);
	assert_string_equal(err.message, "environment variable GIT_IMAGE_PROGRESS: '--progress' "
					 "takes auto, tty or plain, not 'loud'");
	unsetenv("GIT_IMAGE_PROGRESS");
}

/* What the parser leans on, for every command. */
static void check_option(const struct command_spec *command, const struct option_spec *option)
{
	assert_non_null(option->help);
	assert_true(option->name || option->short_name);
	assert_false(str_ends(option->help, "."));
	assert_int_equal(option->type == OPTION_CHOICE, option->choices != NULL);
	assert_int_equal(option->type == OPTION_KEY, option->config_key != NULL);
	assert_true(!option->config_key || setting_find(option->config_key));
	if (option->type == OPTION_FLAG || option->type == OPTION_COUNT)
		assert_null(option->argument);
	else
		assert_non_null(option->argument);
	for (size_t i = 0;; i++) {
		const struct option_spec *other = option_at(command->groups, i);

		if (!other)
			break;
		if (other == option)
			continue;
		assert_false(option->name && str_equal(other->name, option->name));
		assert_false(option->short_name && other->short_name == option->short_name);
	}
}

static void test_tables(void **state)
{
	(void)state;
	for (size_t i = 0; i < COMMAND_COUNT; i++) {
		const struct option_spec *option;

		assert_int_equal(commands[i].id, i);
		assert_ptr_equal(command_find(commands[i].name), &commands[i]);
		assert_false(str_ends(commands[i].summary, "."));
		for (size_t j = 0; (option = option_at(commands[i].groups, j)); j++)
			check_option(&commands[i], option);
	}
	assert_null(command_find("mak"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_refused),		cmocka_unit_test(test_defaults),
		cmocka_unit_test(test_forms),		cmocka_unit_test(test_values),
		cmocka_unit_test(test_negations),	cmocka_unit_test(test_overrides),
		cmocka_unit_test(test_overrides_apply), cmocka_unit_test(test_help_ends_parsing),
		cmocka_unit_test(test_environment),	cmocka_unit_test(test_tables),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
