/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "report/safe.h"

static const struct {
	struct slice text;
	const char *safe;
} rows[] = {
	{ { "", 0 }, "" },
	{ { "plain\n\ttext", 11 }, "plain\n\ttext" },
	{ { "\033[1;31mred\033[m", 13 }, "red" },
	{ { "\033[2J\033[H", 7 }, "" },
	{ { "\033]0;title\a", 10 }, "]0;title?" },
	{ { "\033[", 2 }, "" },
	{ { "a\rb\bc\177", 6 }, "a?b?c?" },
	{ { "nul\0x", 5 }, "nul?x" },
	{ { "\xc3\xa4 \xe2\x82\xac \xf0\x9f\x90\xb3", 11 },
	  "\xc3\xa4 \xe2\x82\xac \xf0\x9f\x90\xb3" },
	{ { "\xc2\x9b"
	    "31m",
	    5 },
	  "?31m" },
	{ { "\xff\xfe", 2 }, "??" },
	{ { "cut \xe2\x82", 6 }, "cut ??" },
	{ { "\xc0\xaf \xf5\x80\x80\x80", 7 }, "?? ????" },
	{ { "https://me:secret@host/x", 24 }, "https://***@host/x" },
};

static void test_safe_text(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		AUTO(buf_release) struct buf out = BUF_INIT(256);

		buf_add_text(&out, "> ");
		safe_add(&out, rows[i].text);
		assert_string_equal(out.data + 2, rows[i].safe);
		assert_int_equal(out.len, strlen(out.data));
	}
}

static void test_cut(void **state)
{
	(void)state;
	assert_int_equal(safe_cut(SLICE("abc"), 2).len, 2);
	assert_int_equal(safe_cut(SLICE("abc"), 3).len, 3);
	assert_int_equal(safe_cut(SLICE("abc"), 9).len, 3);
	assert_int_equal(safe_cut(SLICE("\xc3\xa4\xc3\xb6x"), 2).len, 4);
	assert_int_equal(safe_cut(SLICE("abc"), 0).len, 0);
	assert_int_equal(safe_cut(SLICE("\xe4\xb8\xad\xe5\x9b\xbdx"), 3).len, 3);
	assert_int_equal(safe_cut(SLICE("\xe4\xb8\xad\xe5\x9b\xbdx"), 5).len, 7);
	assert_int_equal(safe_cut(SLICE("e\xcc\x81y"), 1).len, 3);
	assert_int_equal(safe_cut(SLICE("\xff\xe4x"), 2).len, 2);
	assert_int_equal(safe_width(SLICE("\xf0\x9f\x9a\x80 a\xc3\xa4")), 5);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_safe_text),
		cmocka_unit_test(test_cut),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
