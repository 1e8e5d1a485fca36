/* SPDX-License-Identifier: MIT */
#include "context/files-list.h"

#include <stdlib.h>

#include "base/str.h"

struct files_block {
	struct files_block *next;
	size_t used;
	char bytes[64 * KIB - 32];
};

void files_list_release(struct files_list *list)
{
	while (list->blocks) {
		struct files_block *block = list->blocks;

		list->blocks = block->next;
		free(block);
	}
	free(list->items);
	*list = (struct files_list){ 0 };
}

/* Room that stays where it is. */
static char *reserve(struct files_list *list, size_t len, struct error *err)
{
	struct files_block *block = list->blocks;
	char *room;

	if (len > sizeof(block->bytes)) {
		error_set(err, ERROR_INPUT, "a path has %zu bytes", len);
		return NULL;
	}
	if (!block || len > sizeof(block->bytes) - block->used) {
		block = malloc(sizeof(*block));
		if (!block) {
			error_set_memory(err);
			return NULL;
		}
		block->next = list->blocks;
		block->used = 0;
		list->blocks = block;
	}
	room = block->bytes + block->used;
	block->used += len;
	return room;
}

static int digit(char c)
{
	return c <= '9' ? c - '0' : c - 'a' + 10;
}

/* The name, and its id as bytes. */
static const char *keep_name(struct files_list *list, const char *name, const char *id,
			     struct error *err)
{
	size_t name_len = strlen(name), id_len = strlen(id) / 2;
	char *room = reserve(list, name_len + 1 + id_len, err);

	if (!room)
		return NULL;
	memcpy(room, name, name_len + 1);
	for (size_t i = 0; i < id_len; i++)
		room[name_len + 1 + i] = (char)(digit(id[2 * i]) << 4 | digit(id[2 * i + 1]));
	return room;
}

static int grow(struct files_list *list, struct error *err)
{
	size_t capacity = list->capacity + list->capacity / 2 + 16;
	struct files_item *items;

	if (list->count < list->capacity)
		return 0;
	items = reallocarray(list->items, capacity, sizeof(*items));
	if (!items)
		return error_set_memory(err);
	list->items = items;
	list->capacity = capacity;
	return 0;
}

int files_list_add(struct files_list *list, const struct source_entry *entry, int64_t size,
		   struct error *err)
{
	const char *name = entry->path;
	struct files_item item = { .size = (uint64_t)size, .kind = entry->kind };
	size_t depth = 0;

	for (const char *slash; (slash = strchr(name, '/')); name = slash + 1)
		depth++;
	if (depth >= ARRAY_SIZE(list->folders))
		return error_set(err, ERROR_INPUT, "'%s' is too deep", entry->path);
	if (grow(list, err))
		return -1;
	item.folder = depth ? list->folders[depth - 1] : "";
	if (entry->kind == TREE_FOLDER) {
		list->folders[depth] = keep_name(list, entry->path, "", err);
		item.name =
			list->folders[depth] ? list->folders[depth] + (name - entry->path) : NULL;
	} else {
		item.name = keep_name(list, name, entry->id, err);
		item.id_len = (uint8_t)(strlen(entry->id) / 2);
	}
	if (!item.name)
		return -1;
	list->items[list->count++] = item;
	return 0;
}

/* A path in its two parts, byte by byte. */
struct cursor {
	const char *at, *rest;
};

static struct cursor cursor_of(const struct files_item *item)
{
	return item->folder[0] ? (struct cursor){ item->folder, item->name }
			       : (struct cursor){ item->name, NULL };
}

static int cursor_next(struct cursor *cursor)
{
	if (*cursor->at)
		return (unsigned char)*cursor->at++;
	if (!cursor->rest)
		return 0;
	cursor->at = TAKE(cursor->rest);
	return '/';
}

/* "/" before all other bytes, the end of a path before that. */
static int rank(int c)
{
	if (!c)
		return 0;
	return c == '/' ? 1 : c + 1;
}

static int compare_items(const void *a, const void *b)
{
	struct cursor x = cursor_of(a), y = cursor_of(b);
	int p, q;

	do {
		p = cursor_next(&x);
		q = cursor_next(&y);
	} while (p && p == q);
	return rank(p) - rank(q);
}

void files_list_sort(struct files_list *list)
{
	if (list->count)
		qsort(list->items, list->count, sizeof(*list->items), compare_items);
}

struct source_entry files_item_entry(const struct files_item *item, struct buf *path)
{
	struct source_entry entry = { .kind = (enum tree_kind)item->kind };
	const char *id = item->name + strlen(item->name) + 1;

	buf_reset(path);
	buf_add_text(path, item->folder);
	if (item->folder[0])
		buf_add_char(path, '/');
	buf_add_text(path, item->name);
	entry.path = path->data;
	for (size_t i = 0; i < item->id_len; i++) {
		static const char digits[] = "0123456789abcdef";

		entry.id[2 * i] = digits[(unsigned char)id[i] >> 4];
		entry.id[2 * i + 1] = digits[id[i] & 15];
	}
	return entry;
}
