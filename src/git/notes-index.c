/* SPDX-License-Identifier: MIT */
#include "git/notes-index.h"

#include "git/blob.h"
#include "git/internal.h"
#include "git/notes-tree.h"
#include "git/ref-swap.h"
#include "git/tree.h"

struct note_place {
	git_oid commit, blob;
};

struct notes_index {
	struct git_repo *repo;
	struct note_place *places; /* by commit */
	size_t len, capacity;
};

void notes_index_free(struct notes_index *index)
{
	if (!index)
		return;
	free(index->places);
	free(index);
}

void notes_index_freep(struct notes_index **index)
{
	notes_index_free(*index);
}

static int add(struct notes_index *index, const git_oid *commit, const char *blob,
	       struct error *err)
{
	struct note_place place = { .commit = *commit };

	if (repo_parse_oid(blob, &place.blob, err))
		return -1;
	if (index->len == index->capacity) {
		size_t capacity = index->capacity ? index->capacity * 2 : 256;
		struct note_place *places = reallocarray(index->places, capacity, sizeof(*places));

		if (!places)
			return error_set_memory(err);
		index->places = places;
		index->capacity = capacity;
	}
	index->places[index->len++] = place;
	return 0;
}

static int take(struct notes_index *index, struct tree_walk *walk, const struct tree_entry *entry,
		struct error *err)
{
	char digits[GIT_OID_HEXSZ + 1];
	bool is_name = notes_tree_name(entry->path, digits);
	git_oid commit;

	if (entry->kind == TREE_FOLDER && !is_name)
		tree_walk_skip(walk);
	if (entry->kind == TREE_FOLDER || !is_name || git_oid_fromstr(&commit, digits))
		return 0;
	return add(index, &commit, entry->oid, err);
}

static int compare(const void *a, const void *b)
{
	return git_oid_cmp(&((const struct note_place *)a)->commit,
			   &((const struct note_place *)b)->commit);
}

static int read_tree(struct notes_index *index, const char *tree, struct error *err)
{
	AUTO(tree_walk_freep) struct tree_walk *walk = NULL;
	struct tree_entry entry;
	int status;

	if (tree_walk_open(index->repo, tree, "", &walk, err))
		return -1;
	while ((status = tree_walk_next(walk, &entry, err)) > 0)
		if (take(index, walk, &entry, err))
			return -1;
	if (index->len)
		qsort(index->places, index->len, sizeof(*index->places), compare);
	return status;
}

int notes_index_open(struct git_repo *repo, const char *ref, struct notes_index **ret_index,
		     struct error *err)
{
	AUTO(notes_index_freep) struct notes_index *index = calloc(1, sizeof(*index));
	char tree[GIT_OID_HEXSZ + 1];
	bool has_tree;

	if (!index)
		return error_set_memory(err);
	index->repo = repo;
	if (notes_tree_find(repo, ref, tree, &has_tree, err) ||
	    (has_tree && read_tree(index, tree, err)))
		return error_wrap(err, "'%s'", ref);
	*ret_index = TAKE(index);
	return 0;
}

/* The first of the commit: a note may stand in several places. */
static size_t find(const struct notes_index *index, const git_oid *commit)
{
	size_t from = 0, to = index->len;

	while (from < to) {
		size_t middle = from + (to - from) / 2;

		if (git_oid_cmp(&index->places[middle].commit, commit) < 0)
			from = middle + 1;
		else
			to = middle;
	}
	return from;
}

int notes_index_read(const struct notes_index *index, const char *sha, struct buf *ret_note,
		     struct error *err)
{
	git_oid commit;

	if (repo_parse_oid(sha, &commit, err))
		return -1;
	for (size_t i = find(index, &commit);
	     i < index->len && git_oid_equal(&index->places[i].commit, &commit); i++)
		if (notes_tree_append(index->repo, &index->places[i].blob, sha, ret_note, err))
			return -1;
	return buf_check(ret_note, "a note", err);
}
