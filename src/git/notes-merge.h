/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * Notes that others made, joined with ours as `git notes merge -s cat_sort_uniq` does it: a
 * note that one side alone has changed, or taken away, is as that side has it, and one that
 * both have changed has the lines of both. So no line is lost that only we have. The cost
 * grows with what they have changed. Who pushes the result moves the other's ref forward.
 */
#include <stddef.h>

#include "base/str.h"
#include "git/repository.h"

struct notes_merged {
	size_t commits; /* that have lines which they had not */
	size_t refused; /* notes that are larger than a note of ours may be: left out */
};

/* Joins the notes of ref `from` into those of `ref`, which moves by compare-and-swap. What
 * was joined before changes nothing. No such ref `from`: nothing to do. */
int notes_merge(struct git_repo *repo, const char *ref, const char *from,
		struct notes_merged *ret_merged, struct error *err) CHECK;

/* The refs that a pattern with * names, in byte order. */
int notes_find_refs(struct git_repo *repo, const char *pattern, struct strv *ret_refs,
		    struct error *err) CHECK;
