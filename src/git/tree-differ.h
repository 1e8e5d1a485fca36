/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * The files in which two folders differ, in git's byte order. A folder whose id is the
 * same in both is not entered: the cost grows with what changed. A file and a folder of
 * one name are two things.
 */
#include "git/tree.h"

struct tree_file {
	enum tree_kind kind; /* a submodule counts as a file */
	char oid[41];	     /* "": it is not there */
};

/* `path` is below the folders and borrowed for the call; -1 with err set ends it. */
typedef int tree_each_difference(void *arg, const char *path, const struct tree_file *a,
				 const struct tree_file *b, struct error *err);

struct tree_differ_options {
	struct git_repo *repo;
	const char *a, *b;		  /* ids of the folders; `a` NULL: an empty one */
	bool shows_equal;		  /* and all files that are the same in both */
	bool (*enters)(const char *path); /* a folder that differs; NULL: each */
	tree_each_difference *each;
	void *arg;
};

int tree_differ(const struct tree_differ_options *options, struct error *err) CHECK;
