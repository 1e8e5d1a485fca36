/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "image/platform.h"

static struct platform parse(const char *text)
{
	struct platform platform = { 0 };
	struct error err = { 0 };

	if (platform_parse(text, &platform, &err))
		fail_msg("%s", err.message);
	return platform;
}

static const struct {
	const char *have;
	const char *wanted;
	bool matches;
	int order; /* of the two in an index */
} pairs[] = {
	{ "linux/amd64", "linux/amd64", true, 0 },
	{ "linux/amd64", "linux/amd64/v2", true, -1 },
	{ "linux/amd64", "linux/arm64", false, -1 },
	{ "linux/amd64/v3", "linux/arm64/v8", false, -1 },
	{ "linux/amd64/v9", "linux/arm64", false, -1 },
	{ "linux/amd64", "windows/amd64", false, -1 },
	{ "windows/amd64", "linux/s390x", false, 1 },
	{ "linux/arm/v6", "linux/arm/v7", false, -1 },
	{ "linux/arm/v7", "linux/arm", true, 1 },
	{ "linux/arm64", "linux/arm64/v8", true, 0 },
	{ "linux/arm64", "linux/arm64/v9", false, -1 },
	{ "linux/arm64/v8", "linux/arm64", true, 0 },
};

static int sign(int value)
{
	return (value > 0) - (value < 0);
}

static void test_pairs(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(pairs); i++) {
		AUTO(platform_release) struct platform have = parse(pairs[i].have);
		AUTO(platform_release) struct platform wanted = parse(pairs[i].wanted);

		if (platform_matches(&have, &wanted) != pairs[i].matches ||
		    sign(platform_compare(&have, &wanted)) != pairs[i].order ||
		    sign(platform_compare(&wanted, &have)) != -pairs[i].order)
			fail_msg("%s, %s", pairs[i].have, pairs[i].wanted);
	}
}

static void test_as_it_was(void **state)
{
	static const char *const texts[] = { "linux/amd64", "linux/arm/v7", "windows/amd64" };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		AUTO(platform_release) struct platform platform = parse(texts[i]);
		AUTO(buf_release) struct buf text = BUF_INIT(100);

		platform_add(&platform, &text);
		assert_string_equal(text.data, texts[i]);
	}
}

/* As dockerd has it of images that have none. */
static void test_an_empty_variant_is_none(void **state)
{
	char os[] = "linux", architecture[] = "amd64", none[] = "", v2[] = "v2";
	const struct platform have = { os, architecture, none };
	const struct platform wanted = { os, architecture, v2 };
	AUTO(buf_release) struct buf text = BUF_INIT(100);

	(void)state;
	assert_true(platform_matches(&have, &wanted));
	platform_add(&have, &text);
	assert_string_equal(text.data, "linux/amd64");
}

static void test_find(void **state)
{
	AUTO(platform_release) struct platform wanted = parse("linux/arm64");
	AUTO(strv_release) struct strv names = { 0 };
	struct error err = { 0 };

	(void)state;
	assert_int_equal(platform_find(&names, 0, &wanted), -1);
	assert_int_equal(strv_add(&names, "linux/arm64/v8", &err), 0);
	assert_int_equal(strv_add(&names, "no platform", &err), 0);
	assert_int_equal(strv_add(&names, "linux/arm64", &err), 0);
	assert_int_equal(platform_find(&names, 0, &wanted), 0);
	assert_int_equal(platform_find(&names, 1, &wanted), 2);
	assert_int_equal(platform_find(&names, 3, &wanted), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_pairs),
		cmocka_unit_test(test_as_it_was),
		cmocka_unit_test(test_an_empty_variant_is_none),
		cmocka_unit_test(test_find),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
