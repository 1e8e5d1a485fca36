/* SPDX-License-Identifier: MIT */
#include "engine/build/status-message.h"

/* Later than any build, and fits into 64 bits of nanoseconds. */
#define SECONDS_MAX 9000000000

/* A number that means nothing is 0. */
static int64_t number_up_to(uint64_t value, int64_t max)
{
	return value <= (uint64_t)max ? (int64_t)value : 0;
}

/* A Timestamp; one that is there is no 0. */
static int read_time(struct slice rest, int64_t *ret_ns, struct error *err)
{
	struct protobuf_field field;
	int64_t seconds = 0, nanoseconds = 0;
	int more;

	while ((more = protobuf_next(&rest, &field, err)) > 0)
		if (field.number == 1)
			seconds = number_up_to(field.varint, SECONDS_MAX);
		else if (field.number == 2)
			nanoseconds = number_up_to(field.varint, 999999999);
	*ret_ns = seconds * 1000000000 + nanoseconds;
	if (!*ret_ns)
		*ret_ns = 1;
	return more;
}

static int take_vertex_field(struct vertex_message *message, const struct protobuf_field *field,
			     struct error *err)
{
	switch (field->number) {
	case 1:
		message->digest = field->bytes;
		return 0;
	case 3:
		message->name = field->bytes;
		return 0;
	case 4:
		message->is_cached = field->varint;
		return 0;
	case 5:
		return read_time(field->bytes, &message->started_ns, err);
	case 6:
		return read_time(field->bytes, &message->completed_ns, err);
	case 7:
		message->error = field->bytes;
		return 0;
	default:
		return 0;
	}
}

int vertex_message_read(struct slice bytes, struct vertex_message *ret_message, struct error *err)
{
	struct vertex_message message = { .digest = SLICE(""),
					  .name = SLICE(""),
					  .error = SLICE("") };
	struct protobuf_field field;
	int more;

	while ((more = protobuf_next(&bytes, &field, err)) > 0)
		if (take_vertex_field(&message, &field, err))
			return -1;
	*ret_message = message;
	return more;
}

int transfer_message_read(struct slice bytes, struct transfer_message *ret_message,
			  struct error *err)
{
	struct transfer_message message = { .id = SLICE("") };
	struct protobuf_field field;
	int more;

	while ((more = protobuf_next(&bytes, &field, err)) > 0)
		if (field.number == 1)
			message.id = field.bytes;
		else if (field.number == 4)
			message.bytes = number_up_to(field.varint, INT64_MAX);
		else if (field.number == 5)
			message.total = number_up_to(field.varint, INT64_MAX);
	*ret_message = message;
	return more;
}

int output_message_read(struct slice bytes, struct output_message *ret_message, struct error *err)
{
	struct output_message message = { SLICE(""), SLICE("") };
	struct protobuf_field field;
	int more;

	while ((more = protobuf_next(&bytes, &field, err)) > 0)
		if (field.number == 1)
			message.digest = field.bytes;
		else if (field.number == 4)
			message.text = field.bytes;
	*ret_message = message;
	return more;
}

/* Of a Position the line. */
static int read_position(struct slice bytes, int *ret_line, struct error *err)
{
	struct protobuf_field field;
	int more;

	while ((more = protobuf_next(&bytes, &field, err)) > 0)
		if (field.number == 1)
			*ret_line = (int)number_up_to(field.varint, INT32_MAX);
	return more;
}

/* Of a Range where it starts. */
static int read_range(struct slice bytes, int *ret_line, struct error *err)
{
	struct protobuf_field field;
	int more;

	while ((more = protobuf_next(&bytes, &field, err)) > 0)
		if (field.number == 1 && read_position(field.bytes, ret_line, err))
			return -1;
	return more;
}

int warning_message_read(struct slice bytes, struct warning_message *ret_message, struct error *err)
{
	struct warning_message message = { .text = SLICE("") };
	struct protobuf_field field;
	int more;

	while ((more = protobuf_next(&bytes, &field, err)) > 0) {
		if (field.number == 3)
			message.text = field.bytes;
		if (field.number == 7 && !message.line &&
		    read_range(field.bytes, &message.line, err))
			return -1;
	}
	*ret_message = message;
	return more;
}
