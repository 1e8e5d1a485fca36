/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * The work tree as a source: what `git add --all` would commit, as it is on
 * disk now. Tracked files, and others that .gitignore does not name, in the
 * order that a commit's tree would have them (git/tree.h); folders only if
 * they hold something; nothing is followed that is a symlink. Needs a work
 * tree: with a bare repository all is ERROR_INPUT.
 */
#include <stdint.h>

#include "base/buf.h"
#include "git/tree.h"

struct worktree_file {
	const char *path; /* below the walk's root; the walk's until its next step */
	enum tree_kind kind;
	int64_t size; /* of a file, or a symlink's target; else 0 */
};

struct worktree_walk;

/* Walks the folder `prefix`; "" is all. No such folder: ERROR_NOT_FOUND; an
 * index that we cannot read (split or sparse): ERROR_UNSUPPORTED. */
int worktree_walk_open(struct git_repo *repo, const char *prefix, struct worktree_walk **ret_walk,
		       struct error *err) CHECK;
/* 1 with a file, 0 at the end, -1. */
int worktree_walk_next(struct worktree_walk *walk, struct worktree_file *ret_file,
		       struct error *err) CHECK;
/* Does not enter the folder that was just returned. */
void worktree_walk_skip(struct worktree_walk *walk);
void worktree_walk_free(struct worktree_walk *walk);
void worktree_walk_freep(struct worktree_walk **walk);

/* Opens a regular file for reading; no component of its path may be a symlink. */
int worktree_open(struct git_repo *repo, const char *path, int *ret_fd, struct error *err) CHECK;
/* Appends a symlink's target. */
int worktree_read_link(struct git_repo *repo, const char *path, struct buf *ret_target,
		       struct error *err) CHECK;

struct worktree_question {
	const char *tree;	    /* of the commit to compare with */
	const struct strv *folders; /* only what is in one of them; "" is all */
	int64_t budget_ms;
};

/* How many files differ from that tree; -1 if that is not known: no work tree, no
 * time left or far too many files for it, or an index we cannot read. Never an error
 * of its own. */
int64_t worktree_count_changes(struct git_repo *repo, const struct worktree_question *question);
