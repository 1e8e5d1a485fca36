/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * A context file by file, as BuildKit's FileSync wants it: a list in fsutil's
 * order (paths compared byte by byte with "/" before all others, so that what
 * a folder holds comes right behind it), then any content by its number. Paths,
 * modes, times, submodules, Git LFS pointers and symlinks are those of the tar
 * (context/context.h). In memory: name, size and object id of each entry.
 *
 * There are two folders: the context itself, as the asking side filters it, and
 * one that holds the Dockerfile and, as "NAME.dockerignore", the text that
 * decides about the context, be it from there or from the context's own
 * .dockerignore: every BuildKit asks for that name first.
 *
 * BuildKit takes a file of the same path, mode, size and time for one that it
 * has. Two contents of a path share their time (context/mtime.h) in one of 2^25
 * * 10^9 cases: a file that changed but kept its size is taken for the old one
 * with odds of 1 in 3.4e16.
 */
#include <time.h>

#include "base/str.h"
#include "context/context.h"
#include "git/tree.h"

#define CONTEXT_FILES_CONTEXT	 "context"
#define CONTEXT_FILES_DOCKERFILE "dockerfile"

struct context_files_options {
	const char *folder; /* CONTEXT_FILES_... */
	/* Of the context alone; each may be NULL or empty: no restriction. */
	const struct strv *follow;  /* context/follow.h; adds to `include` */
	const struct strv *include; /* patterns: these, what they hold, the folders above */
	const struct strv *exclude; /* lines of a .dockerignore as BuildKit reads it */
	bool uses_builtin_frontend; /* dockerfile_disarm_syntax() */
};

struct context_files;

struct context_file {
	const char *path;    /* the list's until the next call */
	const char *target;  /* of a symlink, else NULL; likewise */
	enum tree_kind kind; /* no submodule */
	unsigned mode;	     /* 0644, 0755, 0777 */
	int64_t size;	     /* of a symlink its target's, of a folder 0 */
	struct timespec mtime;
};

/* The name under which the Dockerfile stands in its folder. */
const char *context_files_dockerfile(const struct context *context);

/* Several at once are independent of each other and of context_read(). Another
 * folder is ERROR_NOT_FOUND, a malformed pattern ERROR_INPUT. The context
 * outlives it. */
int context_files_open(const struct context *context, const struct context_files_options *options,
		       struct context_files **ret_files, struct error *err) CHECK;
void context_files_free(struct context_files *files);
void context_files_freep(struct context_files **files);

size_t context_files_count(const struct context_files *files);
bool context_files_has_content(const struct context_files *files, size_t index);
int64_t context_files_size(const struct context_files *files, size_t index);
int context_files_get(struct context_files *files, size_t index, struct context_file *ret_file,
		      struct error *err) CHECK;

/* Begins with the content of a file; one at a time. */
int context_files_start(struct context_files *files, size_t index, struct error *err) CHECK;
/* The next bytes of it, up to `len`; 0 once all `size` bytes have come, -1. A
 * work tree that changed since the list was made is ERROR_INPUT. */
ssize_t context_files_read(struct context_files *files, void *data, size_t len,
			   struct error *err) CHECK;
