/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "codec/json-edit.h"
#include "codec/json.h"

#define VALUE "{\n\t\"auth\": \"x\"\n}"
#define DOCKER                                                                                     \
	"{\n\t\"auths\": {\n\t\t\"r.io\": {\n\t\t\t\"auth\": \"x\"\n\t\t}\n\t},\n"                 \
	"\t\"credsStore\": \"pass\"\n}\n"

static const struct {
	const char *before;
	const char *parent, *key;
	const char *after;
} sets[] = {
	{ "", "auths", "r.io",
	  "{\n\t\"auths\": {\n\t\t\"r.io\": {\n\t\t\t\"auth\": \"x\"\n\t\t}\n\t}\n}\n" },
	{ " \n", NULL, "r.io", "{\n\t\"r.io\": {\n\t\t\"auth\": \"x\"\n\t}\n}\n" },
	{ "{}", "auths", "r.io",
	  "{\n\t\"auths\": {\n\t\t\"r.io\": {\n\t\t\t\"auth\": \"x\"\n\t\t}\n\t}\n}" },
	{ "{\n\t\"credsStore\": \"pass\"\n}\n", "auths", "r.io",
	  "{\n\t\"credsStore\": \"pass\",\n\t\"auths\": {\n\t\t\"r.io\": {\n\t\t\t\"auth\": "
	  "\"x\"\n\t\t}\n\t}\n}\n" },
	{ DOCKER, "auths", "r.io", DOCKER },
	{ DOCKER, "auths", "s.io",
	  "{\n\t\"auths\": {\n\t\t\"r.io\": {\n\t\t\t\"auth\": \"x\"\n\t\t},\n\t\t\"s.io\": "
	  "{\n\t\t\t\"auth\": \"x\"\n\t\t}\n\t},\n\t\"credsStore\": \"pass\"\n}\n" },
	{ "{\"auths\":{\"a\":{}}}", "auths", "r.io",
	  "{\"auths\":{\"a\":{},\"r.io\":{\"auth\": \"x\"}}}" },
	{ "{\"auths\":{}}", "auths", "r.io", "{\"auths\":{\"r.io\":{\"auth\": \"x\"}}}" },
	{ "{ \"auths\": {} }", "auths", "r.io", "{ \"auths\": { \"r.io\": {\"auth\": \"x\"} } }" },
	{ "{\n    \"auths\": {\n    }\n}", "auths", "r",
	  "{\n    \"auths\": {\n        \"r\": {\n        \t\"auth\": \"x\"\n        }\n    }\n}" },
	/* Whatever else is there stays, byte for byte. */
	{ "{\"n\" :1.50, \"auths\":{\"r.io\":[ ] , \"z\":null},\"\\u0061\":\"\\/\"} ", "auths",
	  "r.io",
	  "{\"n\" :1.50, \"auths\":{\"r.io\":{\"auth\": \"x\"} , "
	  "\"z\":null},\"\\u0061\":\"\\/\"} " },
	{ "{\"auths\":{\"https:\\/\\/r.io\":{\"}\":\"\\\"}\"}}}", "auths", "https://r.io",
	  "{\"auths\":{\"https:\\/\\/r.io\":{\"auth\": \"x\"}}}" },
	{ "{\"a\":{\"auths\":{}},\"auths\":{\"a\":{\"r.io\":1}}}", "auths", "r.io",
	  "{\"a\":{\"auths\":{}},\"auths\":{\"a\":{\"r.io\":1},\"r.io\":{\"auth\": \"x\"}}}" },
	{ "{\"a\":1}", NULL, "q\"\n", "{\"a\":1,\"q\\\"\\n\":{\"auth\": \"x\"}}" },
};

static void test_set(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(sets); i++) {
		AUTO(buf_release) struct buf text = BUF_INIT(1000);
		AUTO(json_freep) struct json *json = NULL;
		struct error err = { 0 };

		buf_add_text(&text, sets[i].before);
		if (json_edit_set(&text, sets[i].parent, sets[i].key, slice_of(VALUE), &err))
			fail_msg("row %zu: %s", i, err.message);
		assert_string_equal(text.data, sets[i].after);
		json = json_parse(buf_slice(&text), &err);
		assert_non_null(json);
	}
}

static const struct {
	const char *before;
	const char *parent, *key;
	int status;
	const char *after;
} removals[] = {
	{ "", "auths", "r.io", 0, "" },
	{ "{}", "auths", "r.io", 0, "{}" },
	{ "{\"r.io\":{}}", "auths", "r.io", 0, "{\"r.io\":{}}" },
	{ DOCKER, "auths", "s.io", 0, DOCKER },
	{ DOCKER, "auths", "r.io", 1, "{\n\t\"auths\": {},\n\t\"credsStore\": \"pass\"\n}\n" },
	{ DOCKER, NULL, "auths", 1, "{\n\t\"credsStore\": \"pass\"\n}\n" },
	{ DOCKER, NULL, "credsStore", 1,
	  "{\n\t\"auths\": {\n\t\t\"r.io\": {\n\t\t\t\"auth\": \"x\"\n\t\t}\n\t}\n}\n" },
	{ "{\"auths\":{\"a\":1, \"b\":2 , \"c\":3}}", "auths", "b", 1,
	  "{\"auths\":{\"a\":1 , \"c\":3}}" },
	{ "{\"auths\":{\"\\u0072.io\":1}}", "auths", "r.io", 1, "{\"auths\":{}}" },
};

static void test_remove(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(removals); i++) {
		AUTO(buf_release) struct buf text = BUF_INIT(1000);
		struct error err = { 0 };

		buf_add_text(&text, removals[i].before);
		assert_int_equal(json_edit_remove(&text, removals[i].parent, removals[i].key, &err),
				 removals[i].status);
		assert_string_equal(text.data, removals[i].after);
	}
}

static const struct {
	const char *text;
	enum error_kind kind;
	const char *message;
} refused[] = {
	{ "[]", ERROR_INPUT, "JSON: expected an object" },
	{ "{\"auths\":1}", ERROR_INPUT, "JSON: 'auths' is no object" },
	{ "{", ERROR_PROTOCOL, "JSON: not valid at byte 0 of 1" },
	{ "{\"auths\":{},\"auths\":{}}", ERROR_PROTOCOL, "JSON: the key 'auths' stands twice" },
};

static void test_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(refused); i++) {
		AUTO(buf_release) struct buf text = BUF_INIT(1000);
		struct error err = { 0 };

		buf_add_text(&text, refused[i].text);
		assert_int_equal(json_edit_set(&text, "auths", "r.io", SLICE("{}"), &err), -1);
		assert_string_equal(err.message, refused[i].message);
		assert_int_equal(err.kind, refused[i].kind);
		assert_int_equal(json_edit_remove(&text, "auths", "r.io", &err), -1);
		assert_string_equal(text.data, refused[i].text);
	}
}

static void test_no_room(void **state)
{
	AUTO(buf_release) struct buf text = BUF_INIT(20);
	struct error err = { 0 };

	(void)state;
	buf_add_text(&text, "{\"auths\":{}}");
	assert_int_equal(json_edit_set(&text, "auths", "r.io", slice_of(VALUE), &err), -1);
	assert_string_equal(text.data, "{\"auths\":{}}");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_set),
		cmocka_unit_test(test_remove),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_no_room),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
