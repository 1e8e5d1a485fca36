/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * The tree of a notes ref; private to this layer. A note is named by its
 * commit, cut into folders of two digits as deep as the number of notes asks
 * for ("fan-out"); git reads any mixture of depths, and so do we.
 */
#include "base/buf.h"
#include "git/internal.h"

/* The tree of a ref's commit; `ret_has` false if there is no such ref. */
int notes_tree_find(struct git_repo *repo, const char *ref, char ret_tree[GIT_OID_HEXSZ + 1],
		    bool *ret_has, struct error *err) CHECK;

/* Appends the content of one note, as whole lines. */
int notes_tree_append(struct git_repo *repo, const git_oid *note, const char *sha,
		      struct buf *ret_note, struct error *err) CHECK;

/* Appends what is noted for `sha`, at whatever depth. */
int notes_tree_read(struct git_repo *repo, const git_oid *tree, const char *sha,
		    struct buf *ret_note, struct error *err) CHECK;

struct notes_entry {
	const char *sha;
	git_oid blob;
};

/* Puts a note in where its commit's was, else at the depth that is there; a
 * folder grows when git's would. `tree` NULL: the first note. */
int notes_tree_write(struct git_repo *repo, const git_oid *tree, const struct notes_entry *entry,
		     git_oid *ret_tree, struct error *err) CHECK;
