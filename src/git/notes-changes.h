/* SPDX-License-Identifier: MIT */
#pragma once
/* What became of the notes of an earlier tree in a later one; private to this layer. A folder
 * that is the same in both is not entered, and no note is read. */
#include "git/notes-tree.h"

struct notes_changes {
	struct notes_entry *entries; /* by commit */
	size_t len;
};

/* A note that only stands at another depth has not changed. `before` NULL: an empty tree. */
int notes_changes_find(struct git_repo *repo, const git_oid *before, const git_oid *after,
		       struct notes_changes *ret_changes, struct error *err) CHECK;
void notes_changes_release(struct notes_changes *changes);
