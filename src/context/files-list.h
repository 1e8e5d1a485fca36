/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * The entries of context/files.h in little memory: a file's name, object id
 * and 24 bytes, since a context may have 100,000 of them. Entries come as
 * context/entries.h gives them, a folder before what it holds, and are put into
 * fsutil's order once all are there. Private to context/files.
 */
#include "base/buf.h"
#include "context/source.h"

struct files_item {
	const char *folder; /* its path; "" at the root */
	const char *name;   /* the id stands behind its end */
	uint64_t size : 52;
	uint64_t kind : 4; /* enum tree_kind */
	uint64_t id_len : 8;
};

struct files_block;

struct files_list {
	struct files_item *items;
	size_t count, capacity;
	struct files_block *blocks; /* of the texts */
	/* The folders that the next entry may stand in, by their depth. */
	const char *folders[LIMIT_TREE_DEPTH + 1];
};

void files_list_release(struct files_list *list);
int files_list_add(struct files_list *list, const struct source_entry *entry, int64_t size,
		   struct error *err) CHECK;
void files_list_sort(struct files_list *list);

/* An item as its source knows it; its path is put into `path`. */
struct source_entry files_item_entry(const struct files_item *item, struct buf *path);
