/* SPDX-License-Identifier: MIT */
#pragma once
/* Inside codec/compress*: the libraries that unpack a stream. */
#include "codec/compress.h"

/* A step's outcome. */
enum unpacked {
	UNPACKED_MORE, /* amid a member or frame */
	UNPACKED_END,  /* at the end of one */
	UNPACKED_BAD,
	UNPACKED_MEMORY,
};

struct unpacker {
	/* NULL without memory. */
	void *(*open)(void);
	void (*close)(void *state);
	/* Takes from `in`, which may hold more than the member, and fills `out`: its length
	 * goes in and out. One that neither takes nor gives anything wants more input. */
	enum unpacked (*unpack)(void *state, struct slice *in, char *out, size_t *out_len);
};

extern const struct unpacker unpacker_gzip;
extern const struct unpacker unpacker_zstd;
