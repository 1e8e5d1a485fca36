/* SPDX-License-Identifier: MIT */
/* Templates of tags and versions, without a repository. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "flow/publish/tag-template.h"
#include "flow/publish/version.h"

static void test_which_texts_are_versions(void **state)
{
	static const char *const good[] = {
		"v1.2.3",      "1.2.3",		  "v0.0.0",	    "1.0.0-alpha",
		"1.0.0-0.3.7", "1.0.0-x-y-z.--1", "1.0.0+001.sha5", "v1.0.0-rc.1+b-1",
	};
	static const char *const bad[] = {
		"",
		"v",
		"1",
		"1.2",
		"1.2.3.4",
		"v1.2.x",
		"01.2.3",
		"1.02.3",
		"1.2.3-",
		"1.2.3-01",
		"1.2.3+",
		"1..3",
		"1.2.3.",
		"V1.2.3",
		"vv1.2.3",
		"-1.2.3",
		"1.2.3-a..b",
		"1.2.3-a.",
		"1.2.3 ",
		"release-1.2.3",
		"1.2.1234567890123456",
	};
	struct version version;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(good); i++)
		assert_true(version_parse(good[i], &version));
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		if (version_parse(bad[i], &version))
			fail_msg("'%s' is taken for a version", bad[i]);
}

static void test_versions_have_the_order_of_semver(void **state)
{
	static const char *const rising[] = {
		"0.9.9",      "1.0.0-alpha",  "1.0.0-alpha.1", "1.0.0-alpha.beta",
		"1.0.0-beta", "1.0.0-beta.2", "1.0.0-beta.11", "1.0.0-rc.1",
		"1.0.0",      "1.0.1",	      "1.2.0",	       "1.10.0",
		"2.0.0",
	};
	struct version a, b;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rising); i++) {
		for (size_t j = 0; j < ARRAY_SIZE(rising); j++) {
			int order;

			assert_true(version_parse(rising[i], &a) && version_parse(rising[j], &b));
			order = version_compare(&a, &b);
			assert_int_equal((order > 0) - (order < 0), (i > j) - (i < j));
		}
	}
	assert_true(version_parse("1.0.0+a", &a) && version_parse("v1.0.0+b", &b));
	assert_int_equal(version_compare(&a, &b), 0);
}

static void test_what_a_template_makes_of_values(void **state)
{
	static const struct tag_values values = {
		.texts = { [TAG_FIELD_SHA] = "1f2e3d4c5b6a79880123456789abcdef01234567",
			   [TAG_FIELD_SHORT] = "1f2e3d4",
			   [TAG_FIELD_BRANCH] = "feature/a b\xc3\xa9",
			   [TAG_FIELD_TAG] = ".web/v1.2.3",
			   [TAG_FIELD_VERSION] = "1.2.3+x",
			   [TAG_FIELD_MAJOR] = "1",
			   [TAG_FIELD_MINOR] = "2",
			   [TAG_FIELD_PATCH] = "3" },
		.time = 1795267845, /* 2026-11-21T13:30:45Z */
	};
	static const struct {
		const char *template, *name;
	} cases[] = {
		{ "stable", "stable" },
		{ "{sha}", "1f2e3d4c5b6a79880123456789abcdef01234567" },
		{ "{sha7}-{short}", "1f2e3d4-1f2e3d4" },
		{ "{branch}", "feature-a-b--" },
		{ "{tag}", "web-v1.2.3" },
		{ "x{tag}", "x.web-v1.2.3" },
		{ "{version}", "1.2.3_x" },
		{ "v{major}.{minor}.{patch}-alpine", "v1.2.3-alpine" },
		{ "{date}", "20261121" },
		{ "{date:%Y.%m.%d-%H%M%S_%y-%j}", "2026.11.21-133045_26-325" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		AUTO(buf_release) struct buf name = BUF_INIT(1024);
		struct error err = { 0 };

		assert_int_equal(tag_template_check(cases[i].template, &err), 0);
		assert_int_equal(tag_template_expand(cases[i].template, &values, &name, &err), 0);
		assert_string_equal(name.data, cases[i].name);
	}
}

static void test_which_templates_are_refused(void **state)
{
	static const struct {
		const char *template, *message;
	} cases[] = {
		{ "latest", ":latest has rules of its own: see image.deploy" },
		{ "{brnach}", "there is no placeholder {brnach}, did you mean {branch}?" },
		{ "{}", "there is no placeholder {}" },
		{ "{keys}", "there is no placeholder {keys}, did you mean {key}?" },
		{ "{branch", "'{' without '}' in '{branch'" },
		{ "branch}", "a tag has letters, digits, '_', '.' and '-', not '}'" },
		{ "a/{branch}", "a tag has letters, digits, '_', '.' and '-', not '/'" },
		{ "-{branch}", "no tag begins with '-'" },
		{ "{branch:%Y}", "only {date} takes a format" },
		{ "{date:%H:%M}", "a tag has letters, digits, '_', '.' and '-', not ':'" },
		{ "{date:%c}", "a date has %Y %y %m %d %j %H %M %S, not '%c'" },
		{ "{date:%Y%}", "a date has %Y %y %m %d %j %H %M %S, not '%'" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct error err = { 0 };

		assert_int_equal(tag_template_check(cases[i].template, &err), -1);
		assert_string_equal(err.message, cases[i].message);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_which_texts_are_versions),
		cmocka_unit_test(test_versions_have_the_order_of_semver),
		cmocka_unit_test(test_what_a_template_makes_of_values),
		cmocka_unit_test(test_which_templates_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
