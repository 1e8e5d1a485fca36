/* SPDX-License-Identifier: MIT */
/* zstd (RFC 8878): a frame a block, with a checksum; and its reader. */
#include <zstd.h>

#include "codec/compress-block.h"
#include "codec/compress-read.h"

#define LEVEL 3
/* A frame says how much memory its reader needs. Encoders of images ask for 8 MiB or less, and
 * for 32 at their slowest. */
#define WINDOW_LOG_MAX 25

static size_t packed_max(size_t raw_len)
{
	return ZSTD_compressBound(raw_len);
}

static void *open_compress(void)
{
	ZSTD_CCtx *state = ZSTD_createCCtx();

	if (!state || ZSTD_isError(ZSTD_CCtx_setParameter(state, ZSTD_c_compressionLevel, LEVEL)) ||
	    ZSTD_isError(ZSTD_CCtx_setParameter(state, ZSTD_c_checksumFlag, 1))) {
		ZSTD_freeCCtx(state);
		return NULL;
	}
	return state;
}

static void close_compress(void *state)
{
	ZSTD_freeCCtx(state);
}

static bool pack(void *state, struct block *block, size_t max)
{
	size_t len = ZSTD_compress2(state, block->packed, max, block->raw, block->raw_len);

	if (ZSTD_isError(len))
		return false;
	block->packed_len = len;
	return true;
}

static void *open_decompress(void)
{
	ZSTD_DCtx *state = ZSTD_createDCtx();

	if (!state ||
	    ZSTD_isError(ZSTD_DCtx_setParameter(state, ZSTD_d_windowLogMax, WINDOW_LOG_MAX))) {
		ZSTD_freeDCtx(state);
		return NULL;
	}
	return state;
}

static void close_decompress(void *state)
{
	ZSTD_freeDCtx(state);
}

static enum unpacked unpack(void *state, struct slice *in, char *out, size_t *out_len)
{
	ZSTD_inBuffer input = { in->data, in->len, 0 };
	ZSTD_outBuffer output = { out, *out_len, 0 };
	size_t outcome = ZSTD_decompressStream(state, &output, &input);

	*in = slice_skip(*in, input.pos);
	*out_len = output.pos;
	if (ZSTD_isError(outcome))
		return UNPACKED_BAD;
	return outcome ? UNPACKED_MORE : UNPACKED_END;
}

const struct block_packer block_packer_zstd = { packed_max, open_compress, close_compress, pack };
const struct unpacker unpacker_zstd = { open_decompress, close_decompress, unpack };
