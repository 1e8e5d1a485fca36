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

/* The digits of a path, its slashes apart; false if it has others, too many, or none. */
bool notes_tree_name(const char *path, char ret_digits[GIT_OID_HEXSZ + 1]);

/* Appends the content of one note, as whole lines. */
int notes_tree_append(struct git_repo *repo, const git_oid *note, const char *sha,
		      struct buf *ret_note, struct error *err) CHECK;

/* Appends what is noted for `sha`, at whatever depth. */
int notes_tree_read(struct git_repo *repo, const git_oid *tree, const char *sha,
		    struct buf *ret_note, struct error *err) CHECK;

/* What others made of the note of a commit. */
struct notes_entry {
	char sha[GIT_OID_HEXSZ + 1];
	git_oid before, blob; /* zero: there is none */
};

/* What `entry` makes of the note that is there (NULL: none): 1 with the blob to put in (zero:
 * it goes), 0 if all stays as it is, -1. */
typedef int notes_combine(void *arg, const git_oid *old, const struct notes_entry *entry,
			  git_oid *ret_blob, struct error *err);

struct notes_batch {
	const struct notes_entry *entries; /* by commit */
	size_t len;
	notes_combine *combine; /* NULL: a new note replaces the old one */
	void *arg;
};

/* Puts notes in where their commits' were, else at the depth that is there; a
 * folder grows when git's would. Each folder is written once. `tree` NULL: the
 * first notes, which replace nothing. */
int notes_tree_write(struct git_repo *repo, const git_oid *tree, const struct notes_batch *batch,
		     git_oid *ret_tree, struct error *err) CHECK;
