/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * Where a context's files come from: the tree of a commit, or the work tree
 * as it is on disk. Both walk one folder of the repository, folders before
 * what they hold, in git's byte order, and give the raw content of files:
 * attributes and filters of git are never applied, symlinks never followed.
 */
#include <stdint.h>
#include <sys/types.h>

#include "base/buf.h"
#include "git/tree.h"

struct source_entry {
	const char *path; /* below the folder; the source's until its next step */
	enum tree_kind kind;
	/* What names the content: the blob, or (work tree, known once the file
	 * is open) its SHA-256; empty for folders. */
	char id[65];
};

struct source;

struct source_ops {
	int (*rewind)(struct source *source, struct error *err);
	int (*next)(struct source *source, struct source_entry *ret_entry, struct error *err);
	void (*skip)(struct source *source);
	int (*measure)(struct source *source, struct source_entry *entry, int64_t *ret_size,
		       struct error *err);
	int (*open)(struct source *source, struct source_entry *entry, int64_t *ret_size,
		    struct error *err);
	ssize_t (*read)(struct source *source, void *data, size_t len, struct error *err);
	int (*read_link)(struct source *source, struct source_entry *entry, struct buf *ret_target,
			 struct error *err);
	int (*load)(struct source *source, const char *path, struct buf *ret_content,
		    struct error *err);
	void (*free)(struct source *source);
};

struct source {
	const struct source_ops *ops;
	/* "commit 1f2e3d4" or "the work tree", for messages. */
	char *name;
};

struct source_options {
	struct git_repo *repo;	/* outlives the source */
	const char *commit_sha; /* for messages; NULL: they name the tree */
	const char *tree_sha;
	const char *folder; /* "" or a clean path */
};

/* What the options name stays the caller's. No such folder: ERROR_INPUT. */
int source_of_tree(const struct source_options *options, struct source **ret_source,
		   struct error *err) CHECK;
int source_of_worktree(const struct source_options *options, struct source **ret_source,
		       struct error *err) CHECK;
void source_freep(struct source **source);

/* Back to the first entry. */
static inline int source_rewind(struct source *source, struct error *err)
{
	return source->ops->rewind(source, err);
}

/* 1 with an entry, 0 at the end, -1. */
static inline int source_next(struct source *source, struct source_entry *ret_entry,
			      struct error *err)
{
	return source->ops->next(source, ret_entry, err);
}

/* Does not enter the folder that was just returned. */
static inline void source_skip(struct source *source)
{
	source->ops->skip(source);
}

/* The size of a file; sets the entry's id. Closes the open file. */
static inline int source_measure(struct source *source, struct source_entry *entry,
				 int64_t *ret_size, struct error *err)
{
	return source->ops->measure(source, entry, ret_size, err);
}

/* The content of a file, the only one open at a time; sets the entry's id. */
static inline int source_open(struct source *source, struct source_entry *entry, int64_t *ret_size,
			      struct error *err)
{
	return source->ops->open(source, entry, ret_size, err);
}

/* Up to `len` bytes of the open file; 0 at its end, -1. */
static inline ssize_t source_read(struct source *source, void *data, size_t len, struct error *err)
{
	return source->ops->read(source, data, len, err);
}

/* Appends the target of a symlink, as it is stored; sets the entry's id. */
static inline int source_read_link(struct source *source, struct source_entry *entry,
				   struct buf *ret_target, struct error *err)
{
	return source->ops->read_link(source, entry, ret_target, err);
}

/* Appends the content of a file by its path from the repository's root, also
 * outside of the folder. Not there: ERROR_NOT_FOUND; no file: ERROR_INPUT. */
static inline int source_load(struct source *source, const char *path, struct buf *ret_content,
			      struct error *err)
{
	return source->ops->load(source, path, ret_content, err);
}
