/* SPDX-License-Identifier: MIT */
#include "git/notes-changes.h"

#include "git/tree-differ.h"

/* A note that is at some place of one of the two trees, and not at that of the other. */
struct difference {
	char sha[GIT_OID_HEXSZ + 1];
	git_oid blob;
	bool is_after;
};

struct search {
	struct difference *items;
	size_t len, capacity;
};

static void search_release(struct search *search)
{
	free(search->items);
}

void notes_changes_release(struct notes_changes *changes)
{
	free(changes->entries);
	*changes = (struct notes_changes){ 0 };
}

static int add(struct search *search, const struct difference *item, struct error *err)
{
	if (search->len == search->capacity) {
		size_t capacity = search->capacity ? search->capacity * 2 : 256;
		struct difference *items = reallocarray(search->items, capacity, sizeof(*items));

		if (!items)
			return error_set_memory(err);
		search->items = items;
		search->capacity = capacity;
	}
	search->items[search->len++] = *item;
	return 0;
}

static bool enters(const char *path)
{
	char digits[GIT_OID_HEXSZ + 1];

	return notes_tree_name(path, digits);
}

static int take(void *arg, const char *path, const struct tree_file *before,
		const struct tree_file *after, struct error *err)
{
	const struct tree_file *files[2] = { before, after };
	struct difference item = { 0 };

	if (!notes_tree_name(path, item.sha) || strlen(item.sha) != GIT_OID_HEXSZ)
		return 0;
	for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
		item.is_after = i == 1;
		if (files[i]->oid[0] &&
		    (repo_parse_oid(files[i]->oid, &item.blob, err) || add(arg, &item, err)))
			return -1;
	}
	return 0;
}

static int compare_notes(const struct difference *a, const struct difference *b)
{
	int order = strcmp(a->sha, b->sha);

	return order ? order : git_oid_cmp(&a->blob, &b->blob);
}

/* The same note of before and after stand beside each other. */
static int compare(const void *a, const void *b)
{
	const struct difference *left = a, *right = b;
	int order = compare_notes(left, right);

	return order ? order : (int)left->is_after - (int)right->is_after;
}

/* Notes that have only moved are no differences. */
static void drop_moved(struct search *search)
{
	size_t len = 0;

	if (search->len)
		qsort(search->items, search->len, sizeof(*search->items), compare);
	for (size_t i = 0; i < search->len; i++) {
		const struct difference *item = &search->items[i];

		if (i + 1 < search->len && !item->is_after && item[1].is_after &&
		    !compare_notes(item, item + 1))
			i++;
		else
			search->items[len++] = *item;
	}
	search->len = len;
}

/* Of a note in several places, which git does not make, each counts by itself: nothing is
 * lost, and what is read is the lines of all. */
static int collect(const struct search *search, struct notes_changes *ret_changes,
		   struct error *err)
{
	struct notes_entry *entries = calloc(search->len + 1, sizeof(*entries));
	size_t len = 0;

	if (!entries)
		return error_set_memory(err);
	for (size_t i = 0; i < search->len; i++) {
		const struct difference *item = &search->items[i];
		struct notes_entry *last = len ? &entries[len - 1] : NULL;
		git_oid *side;

		side = !last ? NULL : item->is_after ? &last->blob : &last->before;
		if (!last || strcmp(last->sha, item->sha) != 0 || !git_oid_is_zero(side)) {
			last = &entries[len++];
			memcpy(last->sha, item->sha, sizeof(last->sha));
		}
		*(item->is_after ? &last->blob : &last->before) = item->blob;
	}
	*ret_changes = (struct notes_changes){ entries, len };
	return 0;
}

int notes_changes_find(struct git_repo *repo, const git_oid *before, const git_oid *after,
		       struct notes_changes *ret_changes, struct error *err)
{
	AUTO(search_release) struct search search = { 0 };
	char a[GIT_OID_HEXSZ + 1] = "", b[GIT_OID_HEXSZ + 1];
	struct tree_differ_options options = {
		.repo = repo,
		.a = before ? a : NULL,
		.b = b,
		.enters = enters,
		.each = take,
		.arg = &search,
	};

	if (before)
		git_oid_tostr(a, sizeof(a), before);
	git_oid_tostr(b, sizeof(b), after);
	if (tree_differ(&options, err))
		return -1;
	drop_moved(&search);
	return collect(&search, ret_changes, err);
}
