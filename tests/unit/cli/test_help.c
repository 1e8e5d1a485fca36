/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "cli/help.h"
#include "cli/introspect.h"

struct text {
	char *data;
	size_t len;
};

static void text_release(struct text *text)
{
	free(text->data);
}

static struct text help_of(const struct command_spec *command)
{
	struct text text = { 0 };
	FILE *file = open_memstream(&text.data, &text.len);

	help_print(command, file);
	fclose(file);
	return text;
}

static struct text table_of(const char *what)
{
	struct text text = { 0 };
	FILE *file = open_memstream(&text.data, &text.len);
	struct error err = { 0 };

	if (introspect_print(what, file, &err))
		fail_msg("%s", err.message);
	fclose(file);
	return text;
}

static void check_width(const char *text)
{
	struct slice rest = slice_of(text), line;

	while (slice_cut(&rest, '\n', &line))
		if (line.len > 80)
			fail_msg("wider than 80 columns: %.*s", (int)line.len, line.data);
}

static void test_help_of_commands(void **state)
{
	(void)state;
	for (size_t i = 0; i < COMMAND_COUNT; i++) {
		AUTO(text_release) struct text text = help_of(&commands[i]);
		const struct option_spec *option;
		char usage[64];

		snprintf(usage, sizeof(usage), "usage: git image %s [OPTION...]", commands[i].name);
		assert_true(str_starts(text.data, usage));
		for (size_t j = 0; (option = option_at(commands[i].groups, j)); j++) {
			AUTO(buf_release) struct buf buf = BUF_INIT(64);
			const char *found = strstr(text.data, option_display(option, &buf));

			assert_int_equal(!found, option->is_hidden);
		}
		check_width(text.data);
	}
}

static void test_help_of_the_program(void **state)
{
	AUTO(text_release) struct text text = help_of(NULL);

	(void)state;
	for (size_t i = 0; i < COMMAND_COUNT; i++)
		assert_non_null(strstr(text.data, commands[i].summary));
	assert_non_null(strstr(text.data, "  -h, --help"));
	assert_null(strstr(text.data, "introspect"));
	check_width(text.data);
}

static void test_exits(void **state)
{
	size_t count;
	const struct help_exit *exits = help_exits(&count);

	(void)state;
	for (int kind = ERROR_NONE; kind <= ERROR_INTERRUPTED; kind++) {
		int code = error_exit_code((enum error_kind)kind);
		size_t i = 0;

		while (i < count && exits[i].code != code)
			i++;
		assert_true(i < count);
	}
}

/* A man page must not break on what stands in a table. */
static void check_roff(const char *what)
{
	static const char *const requests[] = { ".SH ", ".SS ", ".TP" };
	AUTO(text_release) struct text text = table_of(what);
	struct slice rest = { text.data, text.len }, line;

	while (slice_cut(&rest, '\n', &line)) {
		bool is_known = !line.len || !strchr(".'", line.data[0]);

		for (size_t i = 0; i < ARRAY_SIZE(requests); i++)
			is_known |= slice_starts(line, requests[i]);
		if (!is_known || !line.len)
			fail_msg("%s: '%.*s'", what, (int)line.len, line.data);
	}
}

static void test_pages(void **state)
{
	AUTO(text_release) struct text options = table_of("man-1"), keys = table_of("man-5");
	size_t count;
	const struct setting_spec *specs = setting_specs(&count);

	(void)state;
	check_roff("man-1");
	check_roff("man-5");
	for (size_t i = 0; i < count; i++) {
		char key[64];

		snprintf(key, sizeof(key), ".TP\n\\fBimage.%s\\fP", specs[i].name);
		assert_non_null(strstr(keys.data, key));
	}
	assert_non_null(strstr(options.data, "\\fB\\-\\-prune\\fP \\fIWHEN\\fP, "
					     "\\fB\\-\\-no\\-prune\\fP\n"));
	assert_null(strstr(options.data, "introspect"));
}

static void test_who_may_set_a_key(void **state)
{
	AUTO(text_release) struct text keys = table_of("keys"), page = table_of("man-5");

	(void)state;
	assert_non_null(strstr(keys.data, "engine\tuser\tall\t\tGIT_IMAGE_ENGINE\n"));
	assert_non_null(strstr(keys.data, "keep\ttree\teach\t0\tGIT_IMAGE_KEEP\n"));
	assert_non_null(strstr(page.data, "Only the user may set it, not the repository.\n"));
}

static void test_unknown_table(void **state)
{
	struct error err = { 0 };

	(void)state;
	assert_int_equal(introspect_print("secrets", stdout, &err), -1);
	assert_string_equal(err.message, "no table 'secrets'");
	assert_int_equal(err.kind, ERROR_USAGE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_help_of_commands),
		cmocka_unit_test(test_help_of_the_program),
		cmocka_unit_test(test_exits),
		cmocka_unit_test(test_pages),
		cmocka_unit_test(test_who_may_set_a_key),
		cmocka_unit_test(test_unknown_table),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
