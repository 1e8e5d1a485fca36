/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "codec/digest.h"

#define EMPTY "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
#define ABC   "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"

static void test_known_digests(void **state)
{
	struct digest_text text;
	struct error err = { 0 };

	(void)state;
	assert_int_equal(digest_of(SLICE(""), &text, &err), 0);
	assert_string_equal(text.text, EMPTY);
	assert_int_equal(digest_of(SLICE("abc"), &text, &err), 0);
	assert_string_equal(text.text, ABC);
}

static void test_pieces_give_the_digest_of_the_whole(void **state)
{
	AUTO(digest_release) struct digest digest = { 0 };
	struct error err = { 0 };
	uint8_t bytes[DIGEST_BYTES];

	(void)state;
	assert_int_equal(digest_init(&digest, &err), 0);
	digest_add(&digest, "a", 1);
	digest_add(&digest, NULL, 0);
	digest_add(&digest, "bc", 2);
	assert_string_equal(digest_finish(&digest).text, ABC);
	/* And starts over. */
	assert_string_equal(digest_finish(&digest).text, EMPTY);
	digest_add(&digest, "abc", 3);
	digest_finish_bytes(&digest, bytes);
	assert_int_equal(bytes[0], 0xba);
	assert_int_equal(bytes[31], 0xad);
}

static const struct {
	const char *text;
	bool is_valid;
} validity[] = {
	{ EMPTY, true },
	{ NULL, false },
	{ "", false },
	{ "sha256:", false },
	{ EMPTY "0", false },
	{ "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b85", false },
	{ "sha256:E3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855", false },
	{ "sha256:g3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855", false },
	{ "sha512:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855", false },
	{ " " EMPTY, false },
};

static void test_a_digest_has_exactly_one_form(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(validity); i++)
		assert_int_equal(digest_is_valid(validity[i].text), validity[i].is_valid);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_known_digests),
		cmocka_unit_test(test_pieces_give_the_digest_of_the_whole),
		cmocka_unit_test(test_a_digest_has_exactly_one_form),
	};

	return cmocka_run_group_tests_name("codec/digest", tests, NULL, NULL);
}
