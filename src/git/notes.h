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

/* What cannot be read of a note, such as one of a gigabyte that came with a fetch, is as if
 * it was none: empties it and the error, unless it is the machine's; then -1. */
int notes_forgive(struct buf *note, struct error *err) CHECK;

/*
 * Adds lines to the note; those that are there already change nothing. The ref moves by
 * compare-and-swap, in turns with other writers; killed at any instant it leaves the old
 * or the new note, and no lock.
 */
int notes_add_lines(struct git_repo *repo, const char *ref, const char *sha, struct slice lines,
		    struct error *err) CHECK;
