/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "codec/base64.h"

static const struct {
	struct slice data;
	const char *standard;
	const char *url;
} pairs[] = {
	{ SLICE(""), "", "" },
	{ SLICE("f"), "Zg==", "Zg==" },
	{ SLICE("fo"), "Zm8=", "Zm8=" },
	{ SLICE("foo"), "Zm9v", "Zm9v" },
	{ SLICE("foobar"), "Zm9vYmFy", "Zm9vYmFy" },
	{ SLICE("\xfb\xff\xbf"), "+/+/", "-_-_" },
	{ SLICE("\0\0\0\0"), "AAAAAA==", "AAAAAA==" },
	{ SLICE("user:pass word"), "dXNlcjpwYXNzIHdvcmQ=", "dXNlcjpwYXNzIHdvcmQ=" },
};

static void check_pair(struct slice data, enum base64_alphabet alphabet, const char *text)
{
	AUTO(buf_release) struct buf out = BUF_INIT(100);
	AUTO(buf_release) struct buf back = BUF_INIT(100);
	struct error err = { 0 };

	base64_encode(data, alphabet, &out);
	assert_string_equal(out.data, text);
	assert_int_equal(base64_decode(slice_of(text), alphabet, &back, &err), 0);
	assert_true(slice_equal(buf_slice(&back), data));
}

static void test_both_alphabets_go_both_ways(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(pairs); i++) {
		check_pair(pairs[i].data, BASE64_STANDARD, pairs[i].standard);
		check_pair(pairs[i].data, BASE64_URL, pairs[i].url);
	}
}

static const struct {
	struct slice text;
	const char *message;
} refused[] = {
	{ SLICE("Zg"), "base64: 2 characters are no whole groups" },
	{ SLICE("Zm9vZ==="), "base64: not valid at byte 4" },
	{ SLICE("Zh=="), "base64: not valid at byte 0" },
	{ SLICE("Zm9="), "base64: not valid at byte 0" },
	{ SLICE("Zg==Zg=="), "base64: not valid at byte 0" },
	{ SLICE("Zm 9"), "base64: not valid at byte 0" },
	{ SLICE("Zm9v\n"), "base64: 5 characters are no whole groups" },
	{ SLICE("-_-_"), "base64: not valid at byte 0" },
	{ SLICE("===="), "base64: not valid at byte 0" },
	{ SLICE("Z==="), "base64: not valid at byte 0" },
	{ SLICE("Zg=v"), "base64: not valid at byte 0" },
	{ SLICE("AAA\0"), "base64: not valid at byte 0" },
};

static void test_what_is_not_strict_is_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(refused); i++) {
		AUTO(buf_release) struct buf out = BUF_INIT(100);
		struct error err = { 0 };

		assert_int_equal(base64_decode(refused[i].text, BASE64_STANDARD, &out, &err), -1);
		assert_string_equal(err.message, refused[i].message);
		assert_int_equal(err.kind, ERROR_INPUT);
	}
}

static void test_the_maximum_of_the_buffer_holds(void **state)
{
	AUTO(buf_release) struct buf out = BUF_INIT(4);
	struct error err = { 0 };

	(void)state;
	assert_int_equal(base64_decode(SLICE("Zm9vYmFy"), BASE64_URL, &out, &err), -1);
	assert_string_equal(err.message, "base64: longer than 4 bytes");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_both_alphabets_go_both_ways),
		cmocka_unit_test(test_what_is_not_strict_is_refused),
		cmocka_unit_test(test_the_maximum_of_the_buffer_holds),
	};

	return cmocka_run_group_tests_name("codec/base64", tests, NULL, NULL);
}
