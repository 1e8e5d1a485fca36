/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * git's index, entry by entry in bounded memory (gitformat-index(5), versions
 * 2 to 4); private to this layer. libgit2 holds all of it, which is 20 MiB for
 * 100,000 files.
 */
#include <stdio.h>
#include <sys/stat.h>

#include "git/internal.h"

struct index_entry {
	char path[LIMIT_PATH + 1];
	size_t path_len;
	uint32_t mode;
	git_oid oid;
	uint32_t mtime, mtime_ns, ctime, ctime_ns, ino, size;
	bool is_merged;	 /* its oid is the content's */
	bool is_assumed; /* the user says that it is unchanged */
};

struct index_cursor {
	FILE *file; /* NULL: no index, no entry */
	struct timespec written;
	uint32_t version;
	uint32_t count;
	uint32_t left;	/* behind the current one */
	bool is_sparse; /* files are left out of the work tree on purpose */
	bool has_entry;
	struct index_entry entry; /* the current one, if has_entry */
};

/* Checks the whole file once and stands at the first entry. Damaged, split, or
 * with folders as entries: ERROR_UNSUPPORTED. */
int index_cursor_open(struct index_cursor *cursor, struct git_repo *repo, struct error *err) CHECK;
/* How many entries the index says it has, without reading them; 0: that is not known. */
uint32_t index_cursor_peek(struct git_repo *repo);
void index_cursor_release(struct index_cursor *cursor);
/* To the next path. */
void index_cursor_next(struct index_cursor *cursor);
/* A file of this state has the entry's content for sure; its mode is not looked at. */
bool index_cursor_is_clean(const struct index_cursor *cursor, const struct stat *st);
