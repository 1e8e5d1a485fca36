/* SPDX-License-Identifier: MIT */
#pragma once
/* What store-archive.c has collected, on its way out: in its order, maybe compressed. */
#include <stdbool.h>
#include <stdint.h>

#include "codec/compress.h"

/* Some bytes of a file. */
struct archive_range {
	int64_t at, len;
};

struct archive_copy {
	int from_fd;
	const struct archive_range *ranges;
	size_t count;
	enum compression compression;
	int to_fd;
	const char *name; /* of `to_fd`, for errors */
};

/* Would a plain copy be what is there? */
bool archive_is_in_order(const struct archive_copy *copy);
int archive_copy(struct archive_copy *copy, struct error *err) CHECK;
/* By the end of a file's name: ".gz", ".tgz", ".zst". */
enum compression archive_compression(const char *path);
