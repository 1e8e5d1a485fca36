/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * The tar format: POSIX.1-2001 (pax) written one header at a time, and read
 * from a stream in pieces of any size (ustar, pax and GNU long names).
 * Written bytes depend on the entry alone: owner 0:0 without names, and what
 * ustar cannot hold (longer names, sizes from 8 GiB, fractions of a second)
 * in pax records of a fixed order. Text is raw bytes.
 */
#include <stdint.h>
#include <time.h>

#include "base/buf.h"

#define TAR_BLOCK 512

enum tar_type {
	TAR_FILE,
	TAR_FOLDER,
	TAR_SYMLINK,
	TAR_HARDLINK,
	TAR_OTHER, /* a device or a fifo; only read */
};

struct tar_entry {
	enum tar_type type;
	const char *path; /* a folder's without or with the slash at its end */
	const char *link; /* NULL if it is none */
	unsigned mode;	  /* permissions alone */
	int64_t size;	  /* of the content that follows; 0 if it is no file */
	struct timespec mtime; /* written: not before 1970 */
};

/* The entry's header with its pax records, in whole blocks; the content and
 * tar_padding() zero bytes follow. A failure is sticky in `out`. */
void tar_write_header(struct buf *out, const struct tar_entry *entry);
/* How many zero bytes follow a content of that size. */
size_t tar_padding(int64_t size);
/* The two zero blocks that end an archive. */
void tar_write_end(struct buf *out);

/*
 * Where a reader's findings go. A call that fails (-1, err set) ends the
 * reading with that error. Paths are as the archive has them, not judged.
 */
struct tar_handler {
	/* The entry and its texts are borrowed for the call. */
	int (*entry)(void *arg, const struct tar_entry *entry, struct error *err);
	/* Content of the last entry, in pieces; NULL: not wanted. */
	int (*data)(void *arg, struct slice data, struct error *err);
	void *arg;
};

struct tar_reader;

/* A path or link target beyond LIMIT_PATH, pax records beyond what such an
 * entry needs, and all that is malformed are ERROR_PROTOCOL. */
struct tar_reader *tar_reader_new(const struct tar_handler *handler, struct error *err) CHECK;
void tar_reader_free(struct tar_reader *reader);
void tar_reader_freep(struct tar_reader **reader);
/* The next piece of the archive. After an error: the reader is only to be freed. */
int tar_reader_feed(struct tar_reader *reader, struct slice piece, struct error *err) CHECK;
/* Its two zero blocks have come: what may follow is no part of it. */
bool tar_reader_has_ended(const struct tar_reader *reader);
/* There is no more: an archive that ends amid an entry is ERROR_PROTOCOL; one
 * without its zero blocks is taken. */
int tar_reader_finish(struct tar_reader *reader, struct error *err) CHECK;

/* Relative, without "..", and naming something: safe to join to a folder as
 * long as no symbolic link is followed. */
bool tar_path_is_inside(const char *path);
