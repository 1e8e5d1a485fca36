/* SPDX-License-Identifier: MIT */
/* Blocks of gzip by zlib, where ISA-L is not. */
#include <zlib.h>

#include "codec/compress-block.h"

/* zlib's own choice, 6, has half the speed of 3 and makes 5 % less. */
#define LEVEL 3
/* zlib's own, too: compressBound() holds for no other. */
#define MEMORY_LEVEL 8
/* More than the bytes of a sync flush. */
#define FLUSH_MAX 16

static size_t packed_max(size_t raw_len)
{
	return compressBound(raw_len) + FLUSH_MAX;
}

static void *open_deflate(void)
{
	z_stream *stream = calloc(1, sizeof(*stream));

	/* Negative: raw deflate. */
	if (!stream || deflateInit2(stream, LEVEL, Z_DEFLATED, -MAX_WBITS, MEMORY_LEVEL,
				    Z_DEFAULT_STRATEGY) != Z_OK) {
		free(stream);
		return NULL;
	}
	return stream;
}

static void close_deflate(void *state)
{
	if (state)
		deflateEnd(state);
	free(state);
}

static bool pack(void *state, struct block *block, size_t max)
{
	z_stream *stream = state;

	block->crc = (uint32_t)crc32(0, (const Bytef *)block->raw, (uInt)block->raw_len);
	if (deflateReset(stream) != Z_OK)
		return false;
	stream->next_in = (Bytef *)block->raw;
	stream->avail_in = (uInt)block->raw_len;
	stream->next_out = (Bytef *)block->packed;
	stream->avail_out = (uInt)max;
	if (deflate(stream, Z_SYNC_FLUSH) != Z_OK || stream->avail_in || !stream->avail_out)
		return false;
	block->packed_len = max - stream->avail_out;
	return true;
}

const struct block_packer block_packer_gzip = { packed_max, open_deflate, close_deflate, pack };
