/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * The ledger along the history: commits in the order of `git log`, and for each image of
 * each the newest facts. A fact with our seal goes before any fetched one.
 */
#include "flow/ledger/record.h"
#include "flow/run.h"

struct ledger_line {
	const struct commit *commit;
	const char *image;	    /* NULL: nothing is on record */
	const char *id;		    /* of the image; NULL: not known */
	const char *key;	    /* of its content; NULL: not known */
	const struct record *build; /* NULL: none; so with the others */
	const struct record *trial; /* of that very image */
	const struct record *publication;
};

/* What it points to is borrowed for the call; -1 with err set ends the log. */
typedef int ledger_each(void *arg, const struct ledger_line *line, struct error *err);

struct ledger_log {
	const char *since; /* full SHA, left out with what it comes from; NULL: nothing */
	const char *image; /* only what is on record of it; NULL: all, and commits
			    * that have nothing */
	int64_t max_count; /* of commits that are shown; -1: all */
	ledger_each *each;
	void *arg;
};

/* From run->commit on. After run_read_seal(). */
int ledger_log(struct run *run, const struct ledger_log *log, struct error *err) CHECK;
