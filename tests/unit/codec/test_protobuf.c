/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/limits.h"
#include "codec/protobuf.h"

static const struct {
	struct slice message;
	struct protobuf_field field;
} fields[] = {
	{ SLICE("\x08\x01"), { 1, PROTOBUF_VARINT, 1, SLICE("") } },
	{ SLICE("\x08\xac\x02"), { 1, PROTOBUF_VARINT, 300, SLICE("") } },
	{ SLICE("\x10\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"),
	  { 2, PROTOBUF_VARINT, UINT64_MAX, SLICE("") } },
	{ SLICE("\x08\x80\x00"), { 1, PROTOBUF_VARINT, 0, SLICE("") } },
	{ SLICE("\x12\x03"
		"abc"),
	  { 2, PROTOBUF_BYTES, 0, SLICE("abc") } },
	{ SLICE("\x1a\x00"), { 3, PROTOBUF_BYTES, 0, SLICE("") } },
	{ SLICE("\x25\x01\x02\x03\xff"), { 4, PROTOBUF_FIXED32, 0xff030201, SLICE("") } },
	{ SLICE("\x29\x01\0\0\0\0\0\0\x80"),
	  { 5, PROTOBUF_FIXED64, 0x8000000000000001, SLICE("") } },
	{ SLICE("\xf8\xff\xff\xff\x0f\x07"), { (1U << 29) - 1, PROTOBUF_VARINT, 7, SLICE("") } },
};

static void test_each_type_is_read(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(fields); i++) {
		struct slice rest = fields[i].message;
		struct protobuf_field field;
		struct error err = { 0 };

		assert_int_equal(protobuf_next(&rest, &field, &err), 1);
		assert_int_equal(field.number, fields[i].field.number);
		assert_int_equal(field.type, fields[i].field.type);
		assert_true(field.varint == fields[i].field.varint);
		assert_true(slice_equal(field.bytes, fields[i].field.bytes));
		assert_non_null(field.bytes.data);
		assert_int_equal(protobuf_next(&rest, &field, &err), 0);
	}
}

static const struct {
	struct slice message;
	const char *text;
} refused[] = {
	{ SLICE("\x80"), "protobuf: cut off in a number, 1 bytes before the end" },
	{ SLICE("\x08"), "protobuf: cut off in a number, 0 bytes before the end" },
	{ SLICE("\x08\xff"), "protobuf: cut off in a number, 1 bytes before the end" },
	{ SLICE("\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02"),
	  "protobuf: number too long, 10 bytes before the end" },
	{ SLICE("\x08\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x01"),
	  "protobuf: number too long, 11 bytes before the end" },
	{ SLICE("\x02\x00"), "protobuf: no field has the number 0, 2 bytes before the end" },
	{ SLICE("\x80\x80\x80\x80\x10\x00"),
	  "protobuf: no field has the number 536870912, 6 bytes before the end" },
	{ SLICE("\x0a\x04"
		"abc"),
	  "protobuf: a length of 4 is more than there is, 4 bytes before the end" },
	{ SLICE("\x0a\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01z"),
	  "protobuf: a length of 18446744073709551615 is more than there is, "
	  "11 bytes before the end" },
	{ SLICE("\x0d\x01\x02\x03"),
	  "protobuf: cut off in a number of 4 bytes, 3 bytes before the end" },
	{ SLICE("\x09\x01\x02\x03"),
	  "protobuf: cut off in a number of 8 bytes, 3 bytes before the end" },
	{ SLICE("\x0b\x0c"), "protobuf: field 1 has the wire type 3, 1 bytes before the end" },
	{ SLICE("\x0e\x01"), "protobuf: field 1 has the wire type 6, 1 bytes before the end" },
};

static void test_malformed_fields_are_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(refused); i++) {
		struct slice rest = refused[i].message;
		struct protobuf_field field;
		struct error err = { 0 };

		assert_int_equal(protobuf_next(&rest, &field, &err), -1);
		assert_string_equal(err.message, refused[i].text);
		assert_int_equal(err.kind, ERROR_PROTOCOL);
		assert_true(slice_equal(rest, refused[i].message));
	}
}

static void test_what_is_put_is_on_the_wire(void **state)
{
	AUTO(buf_release) struct buf inner = BUF_INIT(KIB);
	AUTO(buf_release) struct buf out = BUF_INIT(KIB);
	const struct slice expected = SLICE("\x08\x96\x01"
					    "\x12\x01x"
					    "\x1a\x02\0\1"
					    "\x22\x02\x08\0"
					    "\x82\x01\x07\x0a\x01k\x12\x02vv"
					    "\x28\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01");

	(void)state;
	protobuf_put_varint(&inner, 1, 0);
	protobuf_put_varint(&out, 1, 150);
	protobuf_put_text(&out, 2, "x");
	protobuf_put_bytes(&out, 3, SLICE("\0\1"));
	protobuf_put_message(&out, 4, &inner);
	protobuf_put_pair(&out, 16, "k", "vv");
	protobuf_put_varint(&out, 5, (uint64_t)-1);
	assert_true(slice_equal(buf_slice(&out), expected));
}

static void test_a_long_pair_is_read_back(void **state)
{
	AUTO(buf_release) struct buf out = BUF_INIT(KIB);
	struct protobuf_field pair, key, value;
	struct error err = { 0 };
	struct slice rest;
	char text[301];

	(void)state;
	memset(text, 'a', 300);
	text[300] = '\0';
	protobuf_put_pair(&out, 7, "key", text);
	rest = buf_slice(&out);
	assert_int_equal(protobuf_next(&rest, &pair, &err), 1);
	assert_int_equal(rest.len, 0);
	assert_int_equal(protobuf_next(&pair.bytes, &key, &err), 1);
	assert_int_equal(protobuf_next(&pair.bytes, &value, &err), 1);
	assert_int_equal(pair.bytes.len, 0);
	assert_true(slice_is(key.bytes, "key"));
	assert_true(slice_is(value.bytes, text));
}

static void test_failures_stick(void **state)
{
	AUTO(buf_release) struct buf inner = BUF_INIT(4);
	AUTO(buf_release) struct buf out = BUF_INIT(KIB);
	struct error err = { 0 };

	(void)state;
	protobuf_put_text(&inner, 1, "abc");
	protobuf_put_message(&out, 1, &inner);
	assert_int_equal(buf_check(&out, "the message", &err), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_each_type_is_read),
		cmocka_unit_test(test_malformed_fields_are_refused),
		cmocka_unit_test(test_what_is_put_is_on_the_wire),
		cmocka_unit_test(test_a_long_pair_is_read_back),
		cmocka_unit_test(test_failures_stick),
	};

	return cmocka_run_group_tests_name("codec/protobuf", tests, NULL, NULL);
}
