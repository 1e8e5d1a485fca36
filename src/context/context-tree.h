/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * The context tree: the git tree of a context after .dockerignore and the
 * selection of its files. What is dropped has no entry, a folder in which
 * nothing is dropped keeps its own id and is not entered where no line could
 * drop anything in it; where submodules are emptied, each folder has to be. So it names all that a
 * build may read without a blob being opened, and a line that drops nothing leaves it as it is.
 */
#include "context/dockerignore.h"
#include "context/selection.h"
#include "context/tree-memo.h"
#include "git/tree.h"

struct context_tree {
	char oid[41];
};

struct context_tree_options {
	struct git_repo *repo;
	const char *tree_sha;
	const char *folder;		   /* "": all of the tree */
	struct dockerignore *ignore;	   /* NULL: nothing is dropped */
	const struct selection *selection; /* NULL: all */
	bool empties_submodules;	   /* each is an empty folder, whatever its commit */
	struct tree_memo *memo;		   /* of folders that were entered; NULL: none */
	struct slice rules;		   /* the text of `ignore`, by which the memo knows it */
};

/* No such folder: ERROR_NOT_FOUND. A context without an entry is git's empty tree. */
int context_tree_of(const struct context_tree_options *options, struct context_tree *ret_tree,
		    struct error *err) CHECK;
