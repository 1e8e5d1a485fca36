/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * The context of a build as a stream of tar bytes, straight from a commit's
 * tree (or the work tree): no checkout, no temporary file, bounded memory. The
 * bytes depend on the tree and the options alone: entries in git's byte order
 * (what we add of our own first, see context/recipe.h), modes 0644, 0755 and
 * 0777 for symlinks, owner 0:0, entry_mtime(). Contents are the blobs' own
 * bytes: .gitattributes is never applied; symlinks are stored, never followed.
 */
#include <stdint.h>
#include <sys/types.h>

#include "codec/digest.h"
#include "context/bases.h"
#include "context/content-key.h"
#include "context/dockerfile.h"
#include "context/selection.h"
#include "git/repository.h"

struct context_options {
	struct git_repo *repo;	/* outlives the context */
	const char *commit_sha; /* for messages; NULL: they name the tree */
	const char *tree_sha;	/* the commit's; not read for a work tree */
	const char *folder;	/* in the tree; "" or NULL: all of it */
	const char *dockerfile; /* from the tree's root, may be outside of the
				 * folder; NULL: "Dockerfile" in the folder */
	/* Replaces the image that a stage stands on (image.base), in all that this
	 * context says of its Dockerfile; NULL: none. */
	const char *base;
	const char *base_stage;	       /* its name or number; NULL: the first */
	const struct selection *files; /* which files count; NULL: all */
	const char *memo_folder;       /* of context/tree-memo.h; NULL: nothing is remembered */
	bool allow_submodules;	       /* as empty folders, else ERROR_INPUT */
	bool allow_lfs;		       /* pointers as they are, else ERROR_INPUT */
	bool from_worktree;	       /* tracked and untracked, but not ignored files */
};

struct context;

/* Reads Dockerfile and .dockerignore; files come with context_read(). No such
 * folder or Dockerfile, a path of SELECTION_ONLY that is not there, a stage whose base
 * cannot be replaced, and what is malformed, is ERROR_INPUT. */
int context_open(const struct context_options *options, struct context **ret_context,
		 struct error *err) CHECK;
void context_free(struct context *context);
void context_freep(struct context **context);

/* The next bytes of the tar, `len` of them unless it ends; 0 at the end, -1. A
 * submodule, a Git LFS pointer and a work tree that changes meanwhile are
 * ERROR_INPUT. Once failed, only context_rewind() or context_free(). */
ssize_t context_read(struct context *context, void *data, size_t len, struct error *err);
/* The same stream again from its first byte. */
int context_rewind(struct context *context, struct error *err) CHECK;

/* The Dockerfile's name in the tar: the engine's parameter `dockerfile`. */
const char *context_dockerfile_name(const struct context *context);
/* Its name for people: from the repository's root. */
const char *context_dockerfile_path(const struct context *context);
const struct dockerfile *context_dockerfile(const struct context *context);

/* The paths of SELECTION_ALL_BUT that are not there. */
const struct strv *context_missing(const struct context *context);

/* What the builder reads instead of some bases: images that this run has made. Neither
 * the key nor context_dockerfile() changes. Before the first context_read() and
 * context_files_open(). */
int context_set_bases(struct context *context, const struct base_replacements *replacements,
		      struct error *err) CHECK;

/* Files and symlinks, and tar bytes, that context_read() has given so far. */
struct context_stats {
	int64_t files;
	int64_t bytes;
};
struct context_stats context_stats(const struct context *context);

/* Adds what the build reads of a commit: the Dockerfile and the context tree. No
 * other file is opened. */
int context_add_to_key(struct context *context, struct content_key *key, struct error *err) CHECK;

/*
 * What a work-tree context holds: a hash over path, kind and content of each
 * entry, and the Dockerfile. Rewinds the context; when context_read() finds
 * something else later, it fails.
 */
int context_worktree_hash(struct context *context, struct digest_text *ret_hash,
			  struct error *err) CHECK;
/* Whether the work tree still is what context_worktree_hash() found; ERROR_INPUT
 * if not. Of a commit nothing is to be checked. For who read it file by file
 * (context/files.h); rewinds the context. */
int context_check_worktree(struct context *context, struct error *err) CHECK;
