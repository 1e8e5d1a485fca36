/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * The content of files, in bounded memory: up to LIMIT_BLOB_IN_MEMORY it is
 * read at once, larger ones are streamed by a `git cat-file` that is started
 * when the first one comes and kept with the repository. A blob that is not
 * in the repository is ERROR_INPUT with the mend as the hint; nothing is ever
 * fetched.
 */
#include <stdint.h>
#include <sys/types.h>

#include "base/buf.h"
#include "git/repository.h"

int blob_size(struct git_repo *repo, const char *oid, int64_t *ret_size, struct error *err) CHECK;
/* Appends all of a small blob; larger than the buffer's maximum: ERROR_INPUT. */
int blob_read(struct git_repo *repo, const char *oid, struct buf *ret_content,
	      struct error *err) CHECK;

struct blob_stream;

/* The stream ends before its repository does. */
int blob_open(struct git_repo *repo, const char *oid, struct blob_stream **ret_stream,
	      int64_t *ret_size, struct error *err) CHECK;
/* The next bytes, at most `len`; 0 once all `ret_size` bytes are read, -1. */
ssize_t blob_stream_read(struct blob_stream *stream, void *data, size_t len,
			 struct error *err) CHECK;
void blob_stream_free(struct blob_stream *stream);
void blob_stream_freep(struct blob_stream **stream);
