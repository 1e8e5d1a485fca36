/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "flow/ledger/why.h"

/* Inputs as "INPUT=VALUE;INPUT=VALUE". */
static void fill(struct strmap *map, const char *text)
{
	struct slice rest = slice_of(text), part, name;
	struct error err = { 0 };

	while (slice_cut(&rest, ';', &part)) {
		AUTOFREE char *key = NULL, *value = NULL;

		assert_true(slice_cut(&part, '=', &name));
		key = str_copy_slice(name, &err);
		value = str_copy_slice(part, &err);
		assert_int_equal(strmap_set(map, key, value, &err), 0);
	}
}

static const struct {
	const char *before, *after;
	bool has_other_seal;
	const char *expected;
} rows[] = {
	{ "", "", false, "" },
	{ "files/=a;platform/=p", "platform/=p;files/=a", false, "" },
	{ "files/=a", "files/=b", false, "its files differ" },
	{ "Dockerfile/=a", "Dockerfile/=b", false, "web/Dockerfile changed" },
	/* The one that a person wants to hear of first, whatever the order. */
	{ "platform/=a;Dockerfile/=a;files/=a", "files/=b;Dockerfile/=b;platform/=b", false,
	  "web/Dockerfile changed" },
	{ "base/x:1=a;base/b:2=a", "base/x:1=b;base/b:2=b", false, "base b:2 is now b, and was a" },
	{ "frontend/a/b:1=x", "frontend/a/b:1=y", false, "frontend a/b:1 is now y, and was x" },
	{ "platform/=linux/amd64", "platform/=linux/arm64", false,
	  "platform is now linux/arm64, and was linux/amd64" },
	{ "", "target/=test", false, "target was added: test" },
	{ "target/=test", "", false, "target was removed" },
	{ "base/x:1=sha256:1", "base/x:2=sha256:2", false, "base x:1 was removed" },
	{ "interval/=from 1", "interval/=from 2", false, "interval is now from 2, and was from 1" },
	{ "parent/base=k1", "parent/base=k2", false, "parent base is now k2, and was k1" },
	{ "parent/base=k1", "", false, "parent base was removed" },
	/* What may be private is named, never shown. */
	{ "build arg/TOKEN=hash1", "build arg/TOKEN=hash2", false, "build arg TOKEN changed" },
	{ "", "build arg/TOKEN=hash", false, "build arg TOKEN was added" },
	{ "label/a=hash", "", false, "label a was removed" },
	{ "extra input/x=1", "extra input/x=2", false, "extra input x changed" },
	/* Hashes of another seal, or of none, can only come and go. */
	{ "build arg/A=hash1", "build arg/A=hash2", true, "" },
	{ "build arg/A=", "build arg/A=hash2", false, "" },
	{ "build arg/A=hash1", "build arg/B=hash2", true, "build arg A was removed" },
	/* Of a later version of ours. */
	{ "weather/here=rain", "weather/here=sun", false, "input weather/here changed" },
	{ "weather/here=rain;files/=a", "weather/here=sun;files/=b", false, "its files differ" },
};

static void test_the_first_difference_is_named(void **state)
{
	static char context[] = "web";
	struct settings settings = { .context = context };
	struct job job = { .settings = &settings };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		AUTO(strmap_release) struct strmap before = { 0 };
		AUTO(strmap_release) struct strmap after = { 0 };
		AUTO(buf_release) struct buf text = BUF_INIT(MIB);
		AUTO(why_release) struct why why = { 0 };
		struct why_side then = { .inputs = &before,
					 .has_other_seal = rows[i].has_other_seal };
		struct why_side now = { .job = &job, .inputs = &after };
		struct error err = { 0 };

		fill(&before, rows[i].before);
		fill(&after, rows[i].after);
		assert_int_equal(why_find(&then, &now, &why, &err), 0);
		why_add_text(&why, &text);
		assert_string_equal(text.data, rows[i].expected);
		assert_int_equal(why.has_difference, rows[i].expected[0] != '\0');
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_the_first_difference_is_named),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
