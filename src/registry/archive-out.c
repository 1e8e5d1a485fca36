/* SPDX-License-Identifier: MIT */
#include "registry/archive-out.h"

#include <errno.h>
#include <unistd.h>

#include "base/interrupt.h"
#include "base/limits.h"
#include "base/path.h"
#include "base/str.h"

enum compression archive_compression(const char *path)
{
	if (str_ends(path, ".gz") || str_ends(path, ".tgz"))
		return COMPRESSION_GZIP;
	return str_ends(path, ".zst") ? COMPRESSION_ZSTD : COMPRESSION_NONE;
}

bool archive_is_in_order(const struct archive_copy *copy)
{
	int64_t at = 0;

	for (size_t i = 0; i < copy->count; at += copy->ranges[i++].len)
		if (copy->ranges[i].at != at)
			return false;
	return true;
}

static int write_out(void *arg, const void *data, size_t len, struct error *err)
{
	const struct archive_copy *copy = arg;

	if (!path_write_all(copy->to_fd, (struct slice){ data, len }))
		return 0;
	error_set_errno(err, errno, "cannot write to '%s'", copy->name);
	return errno == ENOSPC || errno == EDQUOT ? error_hint(err, "free some space there") : -1;
}

static int copy_range(const struct archive_copy *copy, const struct archive_range *range,
		      struct compressor *compressor, char *chunk, struct error *err)
{
	for (int64_t at = 0; at < range->len;) {
		int64_t left = range->len - at;
		size_t len = left < (int64_t)LIMIT_CHUNK ? (size_t)left : LIMIT_CHUNK;
		ssize_t count = pread(copy->from_fd, chunk, len, range->at + at);

		if (interrupt_check(err))
			return -1;
		if (count < 0 && errno == EINTR)
			continue;
		if (count <= 0)
			return error_set_errno(err, count ? errno : EIO,
					       "cannot read what is to be written to '%s'",
					       copy->name);
		if (compressor_write(compressor, chunk, (size_t)count, err))
			return -1;
		at += count;
	}
	return 0;
}

int archive_copy(struct archive_copy *copy, struct error *err)
{
	AUTO(compressor_freep) struct compressor *compressor = NULL;
	AUTOFREE char *chunk = malloc(LIMIT_CHUNK);

	if (!chunk)
		return error_set_memory(err);
	if (compressor_new(copy->compression, write_out, copy, &compressor, err))
		return -1;
	for (size_t i = 0; i < copy->count; i++)
		if (copy_range(copy, &copy->ranges[i], compressor, chunk, err))
			return -1;
	return compressor_finish(compressor, err);
}
