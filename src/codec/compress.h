/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * Layers, compressed and back, as streams. gzip is one member (RFC 1952)
 * whose header says nothing: no time, no name. Compression is spread over
 * threads of its own, a block of a fixed size each, so that the bytes depend
 * on the content, the library and the kind of processor, not on how many
 * threads there are or in which pieces the content comes. What it holds in
 * memory is bounded (LIMIT_COMPRESS_BLOCKS).
 */
#include <stdint.h>

#include "base/error.h"
#include "base/slice.h"

enum compression { COMPRESSION_NONE, COMPRESSION_GZIP, COMPRESSION_ZSTD };

/* Takes the bytes that come out, never none at once; -1 and err set ends all. */
typedef int compressor_sink(void *arg, const void *data, size_t len, struct error *err);

struct compressor;

/* ERROR_UNSUPPORTED: built without it. The sink is called on the caller's thread, in
 * compressor_write() and compressor_finish() alone. */
int compressor_new(enum compression compression, compressor_sink *sink, void *sink_arg,
		   struct compressor **ret_compressor, struct error *err) CHECK;
/* At any time; waits for the blocks under way, a few milliseconds. */
void compressor_free(struct compressor *compressor);
void compressor_freep(struct compressor **compressor);
/* At most so many threads; before the first write. Else as many as there are cores, up to
 * LIMIT_COMPRESS_THREADS. */
void compressor_limit_threads(struct compressor *compressor, int count);
/* After an error of either, also of a sink: the compressor is only to be freed. */
int compressor_write(struct compressor *compressor, const void *data, size_t len,
		     struct error *err) CHECK;
/* There is no more; once. */
int compressor_finish(struct compressor *compressor, struct error *err) CHECK;

/* Of a layer in a tar so compressed; NULL for zstd in Docker's own types, which have none. */
const char *compression_media_type(enum compression compression, bool is_docker);
/* By its first four bytes, or fewer if there are no more. */
enum compression compression_detect(struct slice head);

/* What comes compressed from somebody else. */
struct decompression {
	enum compression compression;
	bool is_detected;  /* by its first bytes, instead of the above */
	int64_t max_bytes; /* that may come out */
	compressor_sink *sink;
	void *sink_arg;
};

struct decompressor;

/* ERROR_UNSUPPORTED as above; also later, if it is detected. */
int decompressor_new(const struct decompression *decompression,
		     struct decompressor **ret_decompressor, struct error *err) CHECK;
void decompressor_free(struct decompressor *decompressor);
void decompressor_freep(struct decompressor **decompressor);
/* Several members or frames after each other are one content. Malformed, larger than allowed,
 * or above LIMIT_DECOMPRESS_RATIO: ERROR_PROTOCOL. After an error: only to be freed. */
int decompressor_write(struct decompressor *decompressor, const void *data, size_t len,
		       struct error *err) CHECK;
/* There is no more; a stream that ends too early is ERROR_PROTOCOL. */
int decompressor_finish(struct decompressor *decompressor, struct error *err) CHECK;
