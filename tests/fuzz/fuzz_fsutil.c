/* SPDX-License-Identifier: MIT */
#include "fuzz.h"

#include <stdlib.h>

#include "engine/build/fsutil.h"

const char *const fuzz_seeds[] = {
	"\x08\x01\x18\xac\x02",
	"\x08\x02\x18\x01\x22\x02"
	"ab",
	"\x12\x0d\x0a\x03"
	"a/b\x10\xa4\x03\x28\x05\x30\xe8\x07",
	"\x12\x0d\x0a\x01l\x10\xff\x83\x80\x40\x28\x01\x3a\x01x\x52\x06\x0a\x01k\x12\x01v",
	"\x08\x04\x22\x02no\x08\x03",
	NULL,
};

static void require(bool holds)
{
	if (!holds)
		abort();
}

static bool is_part(struct slice part, struct slice whole)
{
	return !part.len || (part.data >= whole.data && part.len <= whole.len &&
			     part.data + part.len <= whole.data + whole.len);
}

static bool is_same(const struct fsutil_packet *a, const struct fsutil_packet *b)
{
	return a->type == b->type && a->id == b->id && slice_equal(a->data, b->data) &&
	       a->has_stat == b->has_stat && slice_equal(a->stat.path, b->stat.path) &&
	       a->stat.mode == b->stat.mode && a->stat.size == b->stat.size &&
	       a->stat.mtime_ns == b->stat.mtime_ns && slice_equal(a->stat.target, b->stat.target);
}

/* What was read and is written again reads the same. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice message = { (const char *)data, size };
	AUTO(buf_release) struct buf out = BUF_INIT(4 * LIMIT_PATH);
	struct fsutil_packet packet, again;
	struct error err = { 0 };

	if (fsutil_decode(message, &packet, &err)) {
		require(err.kind == ERROR_PROTOCOL);
		return 0;
	}
	require(is_part(packet.data, message) && is_part(packet.stat.path, message) &&
		is_part(packet.stat.target, message));
	fsutil_encode(&out, &packet);
	if (out.is_too_long)
		return 0;
	require(!fsutil_decode(buf_slice(&out), &again, &err) && is_same(&packet, &again));
	return 0;
}
