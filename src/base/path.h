/* SPDX-License-Identifier: MIT */
#pragma once
/* Paths of the host, and small files. Everything opened is O_CLOEXEC. */
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/buf.h"

/* "a/b" with one slash between; an absolute `name` stays. NULL without memory. */
char *path_join(const char *folder, const char *name, struct error *err) CHECK;
/* Cleans "a//b/./c/../d" to "a/b/d" like Go's filepath.Clean, without looking
 * at the disk; "" becomes ".". NULL without memory. */
char *path_clean(const char *path, struct error *err) CHECK;
/* The last component, inside `path`. */
const char *path_base(const char *path);
/* What stands before that, with its '/'; "." if there is none. */
char *path_folder(const char *path, struct error *err) CHECK;
bool path_exists(const char *path);
/* All folders of `path`; new ones get `mode`, less the umask. */
int path_make_folders(const char *path, mode_t mode, struct error *err) CHECK;
/* Opens a regular file; ENOENT is ERROR_NOT_FOUND, another kind of file ERROR_INPUT. */
int path_open(const char *path, int *ret_fd, int64_t *ret_size, struct error *err) CHECK;
/* Reads a regular file of at most the buffer's maximum. ENOENT is ERROR_NOT_FOUND. */
int path_read(const char *path, struct buf *ret_content, struct error *err) CHECK;
/* Replaces a file whole or not at all (temporary file and rename). */
int path_write(const char *path, struct slice content, mode_t mode, struct error *err) CHECK;
/* A file of ours alone in a folder, made if need be, that goes when it is closed and
 * leaves nothing behind if we are killed. */
int path_open_temporary(const char *folder, int *ret_fd, struct error *err) CHECK;
/* Some bytes of it. */
struct path_part {
	int fd;
	int64_t at, size;
};
typedef int path_sink(void *arg, const void *data, size_t len, struct error *err);
/* Reads them piece by piece, wherever the file stands: that some are missing is an
 * error. Ends early by interrupt_check(). */
int path_read_part(const struct path_part *part, path_sink *sink, void *arg,
		   struct error *err) CHECK;
/* -1 with errno set. */
int path_write_all(int fd, struct slice content) CHECK;
/* The first executable `program` of PATH; NULL (err untouched) if there is none. */
char *path_find_program(const char *program);
