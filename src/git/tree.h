/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * The entries of a commit's tree, one after the other, each folder before
 * what it holds, in git's byte order (a folder sorts as "name/"). One folder
 * a level is in memory. A tree that a work tree could not hold (a name "..",
 * ".git" or with a slash, names twice or out of order) is ERROR_INPUT, a tree
 * that is missing too.
 */
#include <stdint.h>

#include "git/repository.h"

enum tree_kind { TREE_FILE, TREE_EXECUTABLE, TREE_SYMLINK, TREE_FOLDER, TREE_SUBMODULE };

struct tree_entry {
	const char *path; /* below the walk's root; the walk's until its next step */
	enum tree_kind kind;
	char oid[41];
	int64_t size; /* -1: not asked, see blob_size() */
};

struct tree_walk;

/* Walks the folder `prefix` of a tree; "" is all of it. No such folder:
 * ERROR_NOT_FOUND. */
int tree_walk_open(struct git_repo *repo, const char *tree_sha, const char *prefix,
		   struct tree_walk **ret_walk, struct error *err) CHECK;
/* 1 with an entry, 0 at the end, -1. */
int tree_walk_next(struct tree_walk *walk, struct tree_entry *ret_entry, struct error *err) CHECK;
/* Does not enter the folder that was just returned. */
void tree_walk_skip(struct tree_walk *walk);
void tree_walk_free(struct tree_walk *walk);
void tree_walk_freep(struct tree_walk **walk);

/* The entry at `path`, its own path left NULL; "" is the tree itself. Not
 * there: ERROR_NOT_FOUND. Symlinks are not followed. */
int tree_find(struct git_repo *repo, const char *tree_sha, const char *path,
	      struct tree_entry *ret_entry, struct error *err) CHECK;
