/* SPDX-License-Identifier: MIT */
#include "context/mtime.h"

/* `len` bytes, big-endian. */
static uint64_t number_of(const uint8_t *bytes, size_t len)
{
	uint64_t number = 0;

	while (len--)
		number = number << 8 | *bytes++;
	return number;
}

struct timespec entry_mtime(struct digest *scratch, const char *path, const char *blob_id)
{
	uint8_t bytes[DIGEST_BYTES];

	digest_add(scratch, path, strlen(path) + 1);
	digest_add(scratch, blob_id, strlen(blob_id));
	digest_finish_bytes(scratch, bytes);
	return (struct timespec){
		.tv_sec = ENTRY_MTIME_BASE + (time_t)(number_of(bytes, 4) & ((1U << 25) - 1)),
		.tv_nsec = (long)(number_of(bytes + 4, 8) % 1000000000),
	};
}
