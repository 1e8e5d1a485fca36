/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * The packets in which BuildKit moves files (github.com/tonistiigi/fsutil,
 * types/wire.proto and stat.proto). The sender gives a STAT for each entry and
 * an empty one at the end; the number of an entry in that row is its ID. The
 * receiver sends a REQ for each content that it wants, DATA answers it, an
 * empty one at its end. FIN of the receiver, then of the sender, ends all.
 */
#include <stdint.h>

#include "base/buf.h"

enum fsutil_type {
	FSUTIL_STAT = 0,
	FSUTIL_REQ = 1,
	FSUTIL_DATA = 2,
	FSUTIL_FIN = 3,
	FSUTIL_ERR = 4, /* data: why it ends */
};

/* Go's os.FileMode, not st_mode. */
#define FSUTIL_MODE_FOLDER  (1U << 31)
#define FSUTIL_MODE_SYMLINK (1U << 27)

/* Owner 0:0, no devices, no extended attributes. */
struct fsutil_stat {
	struct slice path; /* relative, clean */
	uint32_t mode;
	int64_t size;
	int64_t mtime_ns; /* since 1970 */
	struct slice target;
};

struct fsutil_packet {
	uint64_t type; /* enum fsutil_type; others may come one day */
	uint32_t id;
	struct slice data;
	bool has_stat;
	struct fsutil_stat stat;
};

/* Texts are parts of the message. Malformed: ERROR_PROTOCOL. */
int fsutil_decode(struct slice message, struct fsutil_packet *ret_packet, struct error *err) CHECK;
/* Appends the message; a failure is sticky in `out`. */
void fsutil_encode(struct buf *out, const struct fsutil_packet *packet);
