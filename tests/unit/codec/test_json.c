/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "codec/json.h"

static const struct {
	const char *text;
	const char *written; /* NULL: refused */
	const char *message;
} documents[] = {
	{ "{\"a\":1}", "{\"a\":1}", NULL },
	{ " [1, 2.5, -3, 30000000000, 9007199254740992] ",
	  "[1,2.5,-3,30000000000,9007199254740992]", NULL },
	{ "{\"a\":{\"b\":[null,true,false,\"x\\u00e9\\n\"]}}",
	  "{\"a\":{\"b\":[null,true,false,\"x\xc3\xa9\\n\"]}}", NULL },
	{ "{\"a\":1,\"b\":2,\"a\":3}", NULL, "JSON: the key 'a' stands twice" },
	{ "{\"a\":1,\"A\":2}", "{\"a\":1,\"A\":2}", NULL },
	{ "[9007199254740994]", "[9007199254740994]", NULL },
	{ "1e999", NULL, "JSON: a number that is too great" },
	{ "{} x", NULL, "JSON: text after the end, at byte 2" },
	{ "", NULL, "JSON: not valid at byte 0 of 0" },
	{ "{\"a\":", NULL, "JSON: not valid at byte 4 of 5" },
	{ "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]", NULL,
	  "JSON: nested deeper than 32 at byte 32" },
	{ "\"[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[\"", "\"[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[\"",
	  NULL },
};

static void test_documents(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(documents); i++) {
		AUTO(buf_release) struct buf out = BUF_INIT(4096);
		struct json_writer writer = JSON_WRITER(&out);
		struct error err = { 0 };
		AUTO(json_freep) struct json *json = json_parse(slice_of(documents[i].text), &err);

		if (!documents[i].written) {
			assert_null(json);
			assert_int_equal(err.kind, ERROR_PROTOCOL);
			assert_string_equal(err.message, documents[i].message);
			continue;
		}
		assert_non_null(json);
		json_add_value(&writer, NULL, json);
		assert_string_equal(out.data, documents[i].written);
	}
}

struct sample {
	char *name;
	int64_t size;
	bool is_set;
	struct strv words;
	struct strmap labels;
	const struct json *raw;
};

static const struct json_field sample_fields[] = {
	JSON_REQUIRED(struct sample, name, "name", JSON_FIELD_TEXT),
	JSON_FIELD(struct sample, size, "size", JSON_FIELD_INT),
	JSON_FIELD(struct sample, is_set, "set", JSON_FIELD_BOOL),
	JSON_FIELD(struct sample, words, "words", JSON_FIELD_TEXTS),
	JSON_FIELD(struct sample, labels, "labels", JSON_FIELD_MAP),
	JSON_FIELD(struct sample, raw, "raw", JSON_FIELD_RAW),
};
static const struct json_table sample_table = JSON_TABLE(sample_fields);

static const struct {
	const char *text;
	const char *message; /* NULL: comes out as it went in */
} tables[] = {
	{ "{\"name\":\"n\",\"size\":5,\"set\":true,\"words\":[\"a\",\"b\"],"
	  "\"labels\":{\"k\":\"v\"},\"raw\":[1,{}]}",
	  NULL },
	{ "{\"size\":5}", "sample.name: missing" },
	{ "{\"name\":null}", "sample.name: missing" },
	{ "{\"name\":5}", "sample.name: expected a string" },
	{ "{\"name\":\"n\",\"size\":1.5}", "sample.size: expected a whole number" },
	{ "{\"name\":\"n\",\"size\":9007199254740994}", "sample.size: expected a whole number" },
	{ "{\"name\":\"n\",\"set\":1}", "sample.set: expected true or false" },
	{ "{\"name\":\"n\",\"words\":[1]}", "sample.words: expected an array of strings" },
	{ "{\"name\":\"n\",\"labels\":[]}", "sample.labels: expected an object of strings" },
	{ "[]", "sample: expected an object" },
};

static void test_tables(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(tables); i++) {
		AUTO(buf_release) struct buf out = BUF_INIT(4096);
		struct json_writer writer = JSON_WRITER(&out);
		struct sample sample = { 0 };
		struct error err = { 0 };
		AUTO(json_freep) struct json *json = json_parse(slice_of(tables[i].text), &err);
		int status;

		assert_non_null(json);
		status = json_read(json, "sample", &sample_table, &sample, &err);
		assert_int_equal(status, tables[i].message ? -1 : 0);
		if (tables[i].message) {
			assert_string_equal(err.message, tables[i].message);
		} else {
			json_open_object(&writer, NULL);
			json_add_fields(&writer, &sample_table, &sample);
			json_close_object(&writer);
			assert_string_equal(out.data, tables[i].text);
		}
		free(sample.name);
		strv_release(&sample.words);
		strmap_release(&sample.labels);
	}
}

static void test_strings_are_escaped(void **state)
{
	AUTO(buf_release) struct buf out = BUF_INIT(4096);
	struct json_writer writer = JSON_WRITER(&out);

	(void)state;
	json_add_slice(&writer, NULL, SLICE("a\"\\\x01\x7f\xff\xc3\xa9\xed\xa0\x80"));
	assert_string_equal(out.data, "\"a\\\"\\\\\\u0001\\u007f\xef\xbf\xbd\xc3\xa9"
				      "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\"");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_documents),
		cmocka_unit_test(test_tables),
		cmocka_unit_test(test_strings_are_escaped),
	};

	return cmocka_run_group_tests_name("codec/json", tests, NULL, NULL);
}
