/* SPDX-License-Identifier: MIT */
#include "engine/build/fsutil.h"

#include "codec/protobuf.h"

enum { PACKET_TYPE = 1, PACKET_STAT = 2, PACKET_ID = 3, PACKET_DATA = 4 };
enum { STAT_PATH = 1, STAT_MODE = 2, STAT_SIZE = 5, STAT_MTIME = 6, STAT_TARGET = 7 };

static int decode_stat(struct slice rest, struct fsutil_stat *stat, struct error *err)
{
	struct protobuf_field field;
	int status;

	while ((status = protobuf_next(&rest, &field, err)) > 0) {
		switch (field.number) {
		case STAT_PATH:
			stat->path = field.bytes;
			break;
		case STAT_MODE:
			stat->mode = (uint32_t)field.varint;
			break;
		case STAT_SIZE:
			stat->size = (int64_t)field.varint;
			break;
		case STAT_MTIME:
			stat->mtime_ns = (int64_t)field.varint;
			break;
		case STAT_TARGET:
			stat->target = field.bytes;
			break;
		default:
			break;
		}
	}
	return status;
}

int fsutil_decode(struct slice message, struct fsutil_packet *ret_packet, struct error *err)
{
	struct fsutil_packet packet = { 0 };
	struct protobuf_field field;
	int status;

	while ((status = protobuf_next(&message, &field, err)) > 0) {
		switch (field.number) {
		case PACKET_TYPE:
			packet.type = field.varint;
			break;
		case PACKET_STAT:
			packet.has_stat = true;
			if (decode_stat(field.bytes, &packet.stat, err))
				return -1;
			break;
		case PACKET_ID:
			packet.id = (uint32_t)field.varint;
			break;
		case PACKET_DATA:
			packet.data = field.bytes;
			break;
		default:
			break;
		}
	}
	if (!status)
		*ret_packet = packet;
	return status;
}

/* What is 0 or empty is left out, as proto3 has it. */
static void put_number(struct buf *out, uint32_t number, uint64_t value)
{
	if (value)
		protobuf_put_varint(out, number, value);
}

static void put_bytes(struct buf *out, uint32_t number, struct slice bytes)
{
	if (bytes.len)
		protobuf_put_bytes(out, number, bytes);
}

static void encode_stat(struct buf *out, const struct fsutil_stat *stat)
{
	AUTO(buf_release) struct buf message = BUF_INIT(3 * LIMIT_PATH);

	put_bytes(&message, STAT_PATH, stat->path);
	put_number(&message, STAT_MODE, stat->mode);
	put_number(&message, STAT_SIZE, (uint64_t)stat->size);
	put_number(&message, STAT_MTIME, (uint64_t)stat->mtime_ns);
	put_bytes(&message, STAT_TARGET, stat->target);
	protobuf_put_message(out, PACKET_STAT, &message);
}

void fsutil_encode(struct buf *out, const struct fsutil_packet *packet)
{
	put_number(out, PACKET_TYPE, packet->type);
	if (packet->has_stat)
		encode_stat(out, &packet->stat);
	put_number(out, PACKET_ID, packet->id);
	put_bytes(out, PACKET_DATA, packet->data);
}
