/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * Publications of sets that were broken off, by the rule of promise 3: the same
 * commit finishes one, a later one goes beyond it; an older one or one of another
 * history leaves it, and says how it is finished.
 */
#include "base/str.h"
#include "flow/publish/journal.h"

/* Says what there is, and what becomes of it when the images of these
 * repositories are published. The run has its state folder. */
int unfinished_find(struct run *run, const struct strv *repositories, struct journal_list *ret_left,
		    struct error *err) CHECK;
/* They are published, or our own journal tells of them: what was found no longer speaks of
 * those that we finish or go beyond, and what nobody can finish here is forgotten. */
int unfinished_settle(struct run *run, const struct strv *repositories, struct journal_list *left,
		      struct error *err) CHECK;
