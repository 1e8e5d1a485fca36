/* SPDX-License-Identifier: MIT */
#include "codec/protobuf.h"

#include <assert.h>
#include <stdio.h>

/* The number of a field has 29 bits, its tag 32. */
#define NUMBER_MAX ((1U << 29) - 1)
#define TAG_MAX	   UINT32_MAX

/* `at` is what is left of the message where it breaks the rules. */
PRINTF(3, 4)
static int malformed(struct error *err, struct slice at, const char *format, ...)
{
	char text[128];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	return error_set(err, ERROR_PROTOCOL, "protobuf: %s, %zu bytes before the end", text,
			 at.len);
}

/* Ten bytes hold 70 bits: the last one may be 1 at most. */
static int take_varint(struct slice *rest, uint64_t *ret_value, struct error *err)
{
	uint64_t value = 0;

	for (size_t i = 0; i < rest->len && i < 10; i++) {
		unsigned char byte = (unsigned char)rest->data[i];

		if (i == 9 && byte > 1)
			break;
		value |= (uint64_t)(byte & 0x7f) << (7 * i);
		if (byte & 0x80)
			continue;
		*rest = slice_skip(*rest, i + 1);
		*ret_value = value;
		return 0;
	}
	return malformed(err, *rest, rest->len < 10 ? "cut off in a number" : "number too long");
}

static int take_fixed(struct slice *rest, size_t size, uint64_t *ret_value, struct error *err)
{
	uint64_t value = 0;

	if (rest->len < size)
		return malformed(err, *rest, "cut off in a number of %zu bytes", size);
	for (size_t i = 0; i < size; i++)
		value |= (uint64_t)(unsigned char)rest->data[i] << (8 * i);
	*rest = slice_skip(*rest, size);
	*ret_value = value;
	return 0;
}

static int take_bytes(struct slice *rest, struct slice *ret_bytes, struct error *err)
{
	struct slice after = *rest;
	uint64_t len;

	if (take_varint(&after, &len, err))
		return -1;
	if (len > after.len)
		return malformed(err, *rest, "a length of %llu is more than there is",
				 (unsigned long long)len);
	*ret_bytes = (struct slice){ after.data, (size_t)len };
	*rest = slice_skip(after, (size_t)len);
	return 0;
}

static int take_value(struct slice *rest, struct protobuf_field *field, struct error *err)
{
	switch (field->type) {
	case PROTOBUF_VARINT:
		return take_varint(rest, &field->varint, err);
	case PROTOBUF_FIXED64:
		return take_fixed(rest, 8, &field->varint, err);
	case PROTOBUF_FIXED32:
		return take_fixed(rest, 4, &field->varint, err);
	case PROTOBUF_BYTES:
		return take_bytes(rest, &field->bytes, err);
	}
	return malformed(err, *rest, "field %u has the wire type %d", field->number,
			 (int)field->type);
}

int protobuf_next(struct slice *rest, struct protobuf_field *ret_field, struct error *err)
{
	struct protobuf_field field = { .bytes = SLICE("") };
	struct slice after = *rest;
	uint64_t tag;

	if (!rest->len)
		return 0;
	if (take_varint(&after, &tag, err))
		return -1;
	if (tag > TAG_MAX || !(tag >> 3))
		return malformed(err, *rest, "no field has the number %llu",
				 (unsigned long long)(tag >> 3));
	field.number = (uint32_t)(tag >> 3);
	field.type = (enum protobuf_type)(tag & 7);
	if (take_value(&after, &field, err))
		return -1;
	*rest = after;
	*ret_field = field;
	return 1;
}

static size_t varint_encode(uint64_t value, char ret_bytes[10])
{
	size_t len = 0;

	for (; value > 0x7f; value >>= 7)
		ret_bytes[len++] = (char)(value | 0x80);
	ret_bytes[len++] = (char)value;
	return len;
}

static void put_varint(struct buf *out, uint64_t value)
{
	char bytes[10];

	buf_add(out, bytes, varint_encode(value, bytes));
}

static void put_tag(struct buf *out, uint32_t number, enum protobuf_type type)
{
	assert(number && number <= NUMBER_MAX);
	put_varint(out, (uint64_t)number << 3 | type);
}

void protobuf_put_varint(struct buf *out, uint32_t number, uint64_t value)
{
	put_tag(out, number, PROTOBUF_VARINT);
	put_varint(out, value);
}

void protobuf_put_bytes(struct buf *out, uint32_t number, struct slice bytes)
{
	put_tag(out, number, PROTOBUF_BYTES);
	put_varint(out, bytes.len);
	buf_add_slice(out, bytes);
}

void protobuf_put_text(struct buf *out, uint32_t number, const char *text)
{
	protobuf_put_bytes(out, number, slice_of(text));
}

void protobuf_put_message(struct buf *out, uint32_t number, const struct buf *message)
{
	if (message->has_failed && !out->has_failed) {
		out->has_failed = true;
		out->is_too_long = message->is_too_long;
	}
	protobuf_put_bytes(out, number, buf_slice(message));
}

/* The size of text field 1 to 15 with its tag and length. */
static size_t text_size(const char *text)
{
	char bytes[10];
	size_t len = strlen(text);

	return 1 + varint_encode(len, bytes) + len;
}

void protobuf_put_pair(struct buf *out, uint32_t number, const char *key, const char *value)
{
	put_tag(out, number, PROTOBUF_BYTES);
	put_varint(out, text_size(key) + text_size(value));
	protobuf_put_text(out, 1, key);
	protobuf_put_text(out, 2, value);
}
