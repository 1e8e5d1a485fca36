/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * The wire format of protocol buffers (protobuf.dev, "Encoding"), field by
 * field: who reads a message knows its numbers and skips those it does not
 * know. No schema, nothing is copied, nothing allocated by the reader.
 */
#include <stdint.h>

#include "base/buf.h"

enum protobuf_type {
	PROTOBUF_VARINT = 0,
	PROTOBUF_FIXED64 = 1,
	PROTOBUF_BYTES = 2, /* text, bytes, a message, packed numbers */
	PROTOBUF_FIXED32 = 5,
};

/* What does not go with the type is 0 or empty, so that a field of the wrong
 * type reads as the default value of the right one. */
struct protobuf_field {
	uint32_t number;
	enum protobuf_type type;
	uint64_t varint;    /* also the fixed ones; a negative int is its two's complement */
	struct slice bytes; /* a part of what is read; never NULL */
};

/* Cuts the next field off `*rest`. 1: there is one, 0: the message is at its
 * end, -1: malformed (ERROR_PROTOCOL), or a group; `*rest` is as it was. */
int protobuf_next(struct slice *rest, struct protobuf_field *ret_field, struct error *err) CHECK;

/* Add one field each, also for 0 and "", which may be left out by not calling.
 * A failure is sticky in `out`. */
void protobuf_put_varint(struct buf *out, uint32_t number, uint64_t value);
void protobuf_put_bytes(struct buf *out, uint32_t number, struct slice bytes);
void protobuf_put_text(struct buf *out, uint32_t number, const char *text);
/* A message that was put together apart; takes its failure over. */
void protobuf_put_message(struct buf *out, uint32_t number, const struct buf *message);
/* An entry of a map<string, string>. */
void protobuf_put_pair(struct buf *out, uint32_t number, const char *key, const char *value);
