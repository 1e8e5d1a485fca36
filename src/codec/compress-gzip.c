/* SPDX-License-Identifier: MIT */
/* RFC 1952 round the blocks, and its reader. */
#define ZLIB_CONST
#include <zlib.h>

#include "codec/compress-block.h"
#include "codec/compress-read.h"

/* Deflate; no flags, no time, no hint on the level; from an unknown system (2.3.1). */
const uint8_t gzip_header[GZIP_HEADER_LEN] = { 0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255 };

uint32_t gzip_crc_add(uint32_t crc, const struct block *block)
{
	return (uint32_t)crc32_combine(crc, block->crc, (z_off_t)block->raw_len);
}

static void put_le32(uint8_t *out, uint32_t value)
{
	for (int i = 0; i < 4; i++)
		out[i] = (uint8_t)(value >> (8 * i));
}

/* An empty block that is the final one, with fixed codes, then 2.3.1's trailer. */
void gzip_trailer(uint32_t crc, uint64_t raw_total, uint8_t ret_trailer[GZIP_TRAILER_LEN])
{
	ret_trailer[0] = 3;
	ret_trailer[1] = 0;
	put_le32(ret_trailer + 2, crc);
	put_le32(ret_trailer + 6, (uint32_t)raw_total);
}

static void *open_inflate(void)
{
	z_stream *stream = calloc(1, sizeof(*stream));

	/* 16: with gzip's header and trailer, and no other's. */
	if (!stream || inflateInit2(stream, MAX_WBITS + 16) != Z_OK) {
		free(stream);
		return NULL;
	}
	return stream;
}

static void close_inflate(void *state)
{
	if (state)
		inflateEnd(state);
	free(state);
}

static enum unpacked unpack(void *state, struct slice *in, char *out, size_t *out_len)
{
	z_stream *stream = state;
	size_t step = in->len < MIB ? in->len : MIB;
	int outcome;

	stream->next_in = (const Bytef *)in->data;
	stream->avail_in = (uInt)step;
	stream->next_out = (Bytef *)out;
	stream->avail_out = (uInt)*out_len;
	outcome = inflate(stream, Z_NO_FLUSH);
	*in = slice_skip(*in, step - stream->avail_in);
	*out_len -= stream->avail_out;
	if (outcome == Z_STREAM_END)
		return inflateReset(stream) == Z_OK ? UNPACKED_END : UNPACKED_BAD;
	if (outcome == Z_OK || outcome == Z_BUF_ERROR)
		return UNPACKED_MORE;
	return outcome == Z_MEM_ERROR ? UNPACKED_MEMORY : UNPACKED_BAD;
}

const struct unpacker unpacker_gzip = { open_inflate, close_inflate, unpack };
