/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * Notes on commits, one fact a line, in git's own form: `git notes --ref`
 * reads them, `git notes merge -s cat_sort_uniq` merges them. Lines are sorted
 * and unique, so that the order of writers does not matter.
 */
#include "base/buf.h"
#include "git/repository.h"

/* Appends the note of a commit on a ref ("refs/notes/image"); nothing if there
 * is none. */
int notes_read(struct git_repo *repo, const char *ref, const char *sha, struct buf *ret_note,
	       struct error *err) CHECK;

/* The commit that the ref is at, "" if there is none: as long as it stays, so do the
 * notes. */
int notes_tip(struct git_repo *repo, const char *ref, char ret_sha[41], struct error *err) CHECK;

/*
 * Adds a line (no line feed in it) to the note; one that is there already
 * changes nothing. The ref moves by compare-and-swap, in turns with other
 * writers; killed at any instant it leaves the old or the new note, and no lock.
 */
int notes_add_line(struct git_repo *repo, const char *ref, const char *sha, struct slice line,
		   struct error *err) CHECK;
