/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * What .dockerignore has left of folders, remembered between runs, so that only
 * folders that are new are walked again. It is a file of fixed size, a table of
 * slots in each of which one fact stands with a check of its own: a damaged or
 * half-written one is none, a full table forgets, and whoever writes at the same time
 * costs a fact, never gives a wrong one. A fact holds for the name of a place: its
 * rules, its path below the context's folder and its tree.
 *
 * Not for two threads at once.
 */
#include <stdbool.h>

#include "base/slice.h"
#include "codec/digest.h"

struct tree_memo;

/* The file is "trees" in a folder that is made if need be; where it cannot be, nothing
 * is remembered. */
int tree_memo_open(const char *folder, struct tree_memo **ret_memo, struct error *err) CHECK;
void tree_memo_free(struct tree_memo *memo);
void tree_memo_freep(struct tree_memo **memo);

/* From here on, places are those of these rules. */
void tree_memo_start(struct tree_memo *memo, struct slice rules);

struct tree_memo_place {
	const char *path; /* "": the context's folder, remembered apart from those below */
	const char *oid;  /* of the whole tree there, 40 digits */
};

/* The id of what is left of it; false if that is not known. */
bool tree_memo_find(struct tree_memo *memo, const struct tree_memo_place *place, char ret_oid[41]);
void tree_memo_keep(struct tree_memo *memo, const struct tree_memo_place *place, const char *oid);
