/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * The walk below git/worktree.h: disk and index side by side, files only;
 * private to this layer.
 */
#include "git/ignore.h"
#include "git/index-cursor.h"
#include "git/worktree.h"

/* The folder at a path without symlinks; "" is the work tree. Errors name what
 * is `wanted`. */
int worktree_open_folder(struct git_repo *repo, struct slice path, const char *wanted, int *ret_fd,
			 struct error *err) CHECK;

struct worktree_item {
	enum tree_kind kind; /* no TREE_FOLDER */
	int64_t size;
	bool is_deleted; /* in the index only */
	bool is_tracked;
	bool is_clean;	 /* its content is `oid` for sure */
	bool is_assumed; /* told to be unchanged, whatever it is */
	git_oid oid;
};

struct worktree_level {
	int fd;
	struct strv names; /* in git's order, those of folders with a slash */
	size_t next;
	size_t path_len; /* of its own path, with the slash */
	struct ignore_rules rules;
	bool is_excluded; /* an ignored one, entered for its tracked files */
	bool is_returned;
};

struct worktree_walk {
	struct git_repo *repo;
	struct index_cursor cursor;
	bool has_modes;			   /* core.fileMode: the disk knows what is executable */
	struct ignore_rules everywhere[2]; /* core.excludesFile, info/exclude */
	size_t prefix_len;
	struct worktree_level levels[LIMIT_TREE_DEPTH];
	size_t depth;
	struct buf path; /* from the work tree's root */
	struct worktree_item item;
	bool has_item;	   /* waits until its folders are returned */
	struct buf folder; /* the one that was returned */
	size_t folder_depth;
};

/* 1 with walk->path and walk->item, 0 at the end, -1. */
int worktree_walk_step(struct worktree_walk *walk, struct error *err) CHECK;
