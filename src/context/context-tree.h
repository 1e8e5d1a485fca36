/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * The context tree: the git tree of a context after .dockerignore. What is
 * dropped has no entry, a folder in which nothing is dropped keeps its own id
 * and is not entered where no line could drop anything in it. So it names all
 * that a build may read without a blob being opened, and a line that drops
 * nothing leaves it as it is.
 */
#include "context/dockerignore.h"
#include "git/tree.h"

struct context_tree {
	char oid[41];
};

struct context_tree_options {
	struct git_repo *repo;
	const char *tree_sha;
	const char *folder;	     /* "": all of the tree */
	struct dockerignore *ignore; /* NULL: nothing is dropped */
};

/* No such folder: ERROR_NOT_FOUND. A context without an entry is git's empty tree. */
int context_tree_of(const struct context_tree_options *options, struct context_tree *ret_tree,
		    struct error *err) CHECK;
