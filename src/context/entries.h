/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * What of a source is in the context: selection and .dockerignore applied, submodules and
 * Git LFS pointers refused or kept as the options say. A folder that is
 * dropped, or not included, though not all of what it holds, comes right
 * before the first thing that is kept in it.
 */
#include <time.h>

#include "context/dockerignore.h"
#include "context/selection.h"
#include "context/source.h"

struct entries_options {
	struct source *source;		   /* borrowed */
	struct dockerignore *ignore;	   /* borrowed; NULL: nothing is dropped */
	const struct selection *selection; /* borrowed; NULL: all */
	/* Borrowed: only what it would exclude is kept; NULL: all. */
	struct dockerignore *include;
	const char *replaced;  /* borrowed; a path that never comes, NULL: none */
	bool allow_submodules; /* as an empty folder */
	bool allow_lfs;	       /* the pointer as it is */
};

/* A pointer is a small file (git-lfs, docs/spec.md). */
#define LFS_POINTER_MAX 1024

struct entries {
	struct entries_options options;
	struct dockerignore_walk walk, include_walk;
	struct source_entry current; /* of the source */
	bool is_held;		     /* it comes once its folders have come */
	struct buf came;	     /* a flag for each folder that `current` stands in */
	struct buf folder;	     /* path of a folder that comes late */
	char head[LFS_POINTER_MAX];  /* of the open file, if it is a small one */
	size_t head_len;
	size_t head_at;
};

int entries_init(struct entries *entries, const struct entries_options *options,
		 struct error *err) CHECK;
void entries_release(struct entries *entries);
int entries_rewind(struct entries *entries, struct error *err) CHECK;

/* 1 with an entry (files, symlinks, folders), 0 at the end, -1. Its path
 * lives until the next step. */
int entries_next(struct entries *entries, struct source_entry *ret_entry, struct error *err) CHECK;
/* Size and id of the file that was just returned, without its content; a Git
 * LFS pointer is found all the same. */
int entries_measure(struct entries *entries, struct source_entry *entry, int64_t *ret_size,
		    struct error *err) CHECK;
/* Opens the file that was just returned; sets the entry's id. */
int entries_open(struct entries *entries, struct source_entry *entry, int64_t *ret_size,
		 struct error *err) CHECK;
/* Adds the paths of the selection that the source has not. Rewinds the source. */
int entries_find_missing(struct source *source, const struct selection *selection,
			 struct strv *ret_paths, struct error *err) CHECK;
ssize_t entries_read(struct entries *entries, void *data, size_t len, struct error *err) CHECK;
