/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * The id of a folder that need not be stored: what `git hash-object -t tree`
 * says of its listing. Entries are added in git's byte order.
 */
#include "base/buf.h"
#include "git/tree.h"

/* Of a folder without entries. */
#define TREE_ID_EMPTY "4b825dc642cb6eb9a060e54bf8d69288fbee4904"

/* `oid` of 40 digits; the mode is the kind's. */
int tree_id_add(struct buf *listing, enum tree_kind kind, const char *name, const char *oid,
		struct error *err) CHECK;
int tree_id_of(const struct buf *listing, char ret_oid[41], struct error *err) CHECK;
