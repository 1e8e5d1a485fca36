/* SPDX-License-Identifier: MIT */
#pragma once
/* How a notes ref moves on; private to this layer. */
#include "base/buf.h"
#include "git/internal.h"

/* Makes the commit that follows `head` (NULL: the ref is not there); `head` itself if
 * nothing is to be done. Called again if somebody else was faster. */
typedef int notes_make(struct git_repo *repo, void *arg, git_commit *head, git_oid *ret_commit,
		       struct error *err);

/* By compare-and-swap, in turns with other writers of ours. */
int notes_update(struct git_repo *repo, const char *ref, notes_make *make, void *arg,
		 struct error *err) CHECK;

struct notes_commit {
	const git_oid *tree;
	git_commit *parents[2]; /* NULL: fewer */
	const char *message;
};

int notes_commit(struct git_repo *repo, const struct notes_commit *commit, git_oid *ret_commit,
		 struct error *err) CHECK;

/* Adds lines as git's cat_sort_uniq: in byte order, each once, none empty. */
int notes_unite(struct buf *note, struct slice lines, struct error *err) CHECK;
