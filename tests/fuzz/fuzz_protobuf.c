/* SPDX-License-Identifier: MIT */
#include "fuzz.h"

#include <stdlib.h>

#include "base/limits.h"
#include "codec/protobuf.h"

const char *const fuzz_seeds[] = {
	"\x08\x96\x01\x12\x04name\x1a\x06\x0a\x01k\x12\x01v",
	"\x10\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01\x25\x01\x02\x03\x04",
	"\x29\x01\x02\x03\x04\x05\x06\x07\x08\x82\x01\x02xx\xf8\xff\xff\xff\x0f\x07",
	NULL,
};

static void require(bool holds)
{
	if (!holds)
		abort();
}

static void put(struct buf *out, const struct protobuf_field *field)
{
	if (field->type == PROTOBUF_BYTES)
		protobuf_put_bytes(out, field->number, field->bytes);
	else
		protobuf_put_varint(out, field->number, field->varint);
}

/* What was read and is put again reads the same. */
static void check_field(const struct protobuf_field *field)
{
	AUTO(buf_release) struct buf out = BUF_INIT(64 * KIB);
	struct error err = { 0 };
	struct protobuf_field again;
	struct slice rest;

	put(&out, field);
	rest = buf_slice(&out);
	require(protobuf_next(&rest, &again, &err) == 1 && !rest.len);
	require(again.number == field->number && again.varint == field->varint);
	require(slice_equal(again.bytes, field->bytes));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice rest = { (const char *)data, size };
	struct protobuf_field field;
	struct error err = { 0 };
	size_t before = size;
	int status;

	while ((status = protobuf_next(&rest, &field, &err)) > 0) {
		require(rest.len < before && rest.data + rest.len == (const char *)data + size);
		before = rest.len;
		check_field(&field);
	}
	require(status ? err.kind == ERROR_PROTOCOL && rest.len == before : !rest.len);
	return 0;
}
