/* SPDX-License-Identifier: MIT */
#include "registry/archive-out.h"

#include <errno.h>
#include <unistd.h>

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

static int compress(void *arg, const void *data, size_t len, struct error *err)
{
	return compressor_write(arg, data, len, err);
}

int archive_copy(struct archive_copy *copy, struct error *err)
{
	AUTO(compressor_freep) struct compressor *compressor = NULL;

	if (compressor_new(copy->compression, write_out, copy, &compressor, err))
		return -1;
	for (size_t i = 0; i < copy->count; i++) {
		const struct archive_range *range = &copy->ranges[i];

		if (path_read_part(&(struct path_part){ copy->from_fd, range->at, range->len },
				   compress, compressor, err))
			return -1;
	}
	return compressor_finish(compressor, err);
}
