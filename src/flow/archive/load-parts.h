/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * The files of what is loaded: of an archive, plain or compressed, all of them, of a
 * folder those that are asked for. They are anybody's: each passes once, within limits
 * and hashed, into a temporary file of ours, and is read from there alone. Names are
 * compared; of a folder only those that we ask for become paths, and links are no files.
 */
#include <stdint.h>

#include "base/buf.h"
#include "codec/compress.h"
#include "codec/digest.h"
#include "image/manifest.h"

struct load_part {
	char *path; /* without a "./" before it; the collection's */
	int64_t at, size;
	struct digest_text digest;
};

struct load_parts {
	char *source; /* the folder; NULL: an archive */
	char *folder; /* where the temporary file is */
	int fd;
	int64_t end;
	struct load_part *items;
	size_t len;
};

#define LOAD_PARTS_INIT                                                                            \
	{                                                                                          \
		.fd = -1                                                                           \
	}

/* `path` is an archive, "-" standard input, or a folder. */
int load_parts_open(struct load_parts *parts, const char *path, struct error *err) CHECK;
void load_parts_release(struct load_parts *parts);

/* 1, 0: there is none, -1. */
int load_parts_find(struct load_parts *parts, const char *path, struct load_part *ret_part,
		    struct error *err) CHECK;
/* A blob of a layout, which is what the descriptor says. 1, 0, -1. */
int load_parts_find_blob(struct load_parts *parts, const struct descriptor *blob,
			 struct load_part *ret_part, struct error *err) CHECK;
/* All of a document, as much as the buffer takes. 1, 0, -1. */
int load_parts_read(struct load_parts *parts, const char *path, struct buf *ret,
		    struct error *err) CHECK;
int load_parts_read_blob(struct load_parts *parts, const struct descriptor *blob, struct buf *ret,
			 struct error *err) CHECK;
/* That it lacks that file or blob; always -1. */
int load_parts_lack(const char *name, struct error *err);
/* How it is compressed, by its first bytes, and the digest of what that makes of it. */
int load_parts_unpack(const struct load_parts *parts, const struct load_part *part,
		      enum compression *ret_compression, struct digest_text *ret_digest,
		      struct error *err) CHECK;
/* A file of its own, at the beginning of one of that content; ERROR_NOT_FOUND. */
int load_parts_open_blob(const struct load_parts *parts, const char *digest, int *ret_fd,
			 struct error *err) CHECK;
