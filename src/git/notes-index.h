/* SPDX-License-Identifier: MIT */
#pragma once
/* All notes of a ref by their commits, for who wants many of them: the tree of the
 * notes is read once, as it is now, and 40 bytes a note are kept. */
#include "base/buf.h"
#include "git/repository.h"

struct notes_index;

/* No such ref is an index without notes. `repo` outlives it. */
int notes_index_open(struct git_repo *repo, const char *ref, struct notes_index **ret_index,
		     struct error *err) CHECK;
/* Appends the note of a commit; nothing if there is none. */
int notes_index_read(const struct notes_index *index, const char *sha, struct buf *ret_note,
		     struct error *err) CHECK;
void notes_index_free(struct notes_index *index);
void notes_index_freep(struct notes_index **index);
