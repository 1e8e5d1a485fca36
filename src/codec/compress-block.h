/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * Inside codec/compress*: a block on its way, and the libraries that pack one.
 * What they make of block after block, put together, is one stream: for gzip
 * raw deflate (RFC 1951) that ends at a byte and is not final, for zstd whole
 * frames (RFC 8878, section 3.1: a reader takes them as one content).
 */
#include "codec/compress.h"

struct block {
	char *raw; /* LIMIT_COMPRESS_BLOCK bytes; NULL until it is needed */
	size_t raw_len;
	char *packed; /* of packed_max bytes */
	size_t packed_len;
	uint32_t crc; /* of what is raw; gzip only */
	bool is_done;
	bool has_failed;
};

struct block_packer {
	/* What a block may take when packed. */
	size_t (*max)(size_t raw_len);
	/* State that a thread uses for block after block; NULL without memory. */
	void *(*open)(void);
	void (*close)(void *state);
	/* Fills `packed`, which holds `max` bytes, and the rest; false: the library has failed. */
	bool (*pack)(void *state, struct block *block, size_t max);
};

extern const struct block_packer block_packer_gzip;
extern const struct block_packer block_packer_zstd;

/* What stands round the blocks of gzip. */
#define GZIP_HEADER_LEN	 10
#define GZIP_TRAILER_LEN 10
extern const uint8_t gzip_header[GZIP_HEADER_LEN];
uint32_t gzip_crc_add(uint32_t crc, const struct block *block);
void gzip_trailer(uint32_t crc, uint64_t raw_total, uint8_t ret_trailer[GZIP_TRAILER_LEN]);
