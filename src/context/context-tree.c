/* SPDX-License-Identifier: MIT */
#include "context/context-tree.h"

#include "base/limits.h"
#include "git/tree-id.h"

/* A folder that had to be entered. */
struct folder {
	struct buf listing; /* what is kept in it so far */
	char *name;
	char oid[41];
	bool is_kept;	 /* also if nothing is kept in it */
	bool is_changed; /* something in it was dropped */
};

struct walk {
	struct tree_walk *tree;
	struct dockerignore_walk ignore;
	struct folder folders[LIMIT_TREE_DEPTH]; /* the context's own first */
	size_t depth;
};

static void walk_release(struct walk *walk)
{
	tree_walk_free(walk->tree);
	dockerignore_walk_release(&walk->ignore);
	while (walk->depth) {
		struct folder *folder = &walk->folders[--walk->depth];

		buf_release(&folder->listing);
		free(folder->name);
	}
}

static int enter(struct walk *walk, const char *name, const char *oid, bool is_kept,
		 struct error *err)
{
	struct folder *folder;

	/* The walk refuses it too, but only when it goes on. */
	if (walk->depth == LIMIT_TREE_DEPTH)
		return error_set(err, ERROR_INPUT, "the tree has more than %d levels of folders",
				 LIMIT_TREE_DEPTH);
	folder = &walk->folders[walk->depth];
	*folder = (struct folder){ .is_kept = is_kept, .name = str_copy(name, err) };
	if (!folder->name)
		return -1;
	buf_init(&folder->listing, SIZE_MAX / 2);
	memcpy(folder->oid, oid, sizeof(folder->oid));
	walk->depth++;
	return 0;
}

/* Its id, which is its own if nothing was dropped. */
static int find_id(const struct folder *folder, char ret_oid[41], struct error *err)
{
	if (folder->is_changed)
		return tree_id_of(&folder->listing, ret_oid, err);
	memcpy(ret_oid, folder->oid, sizeof(folder->oid));
	return 0;
}

static int leave(struct walk *walk, struct error *err)
{
	struct folder *folder = &walk->folders[walk->depth - 1], *above = folder - 1;
	bool is_there = folder->is_kept || folder->listing.len;
	char oid[41];
	int status = find_id(folder, oid, err);

	above->is_changed |= folder->is_changed || !is_there;
	if (!status && is_there)
		status = tree_id_add(&above->listing, TREE_FOLDER, folder->name, oid, err);
	buf_release(&folder->listing);
	free(folder->name);
	walk->depth--;
	return status;
}

static size_t depth_of(const char *path)
{
	size_t depth = 1;

	for (; *path; path++)
		depth += *path == '/';
	return depth;
}

/* May some of it be dropped, though it is kept itself? */
static bool may_lose(const struct walk *walk, const struct tree_entry *entry)
{
	return entry->kind == TREE_FOLDER && walk->ignore.ignore &&
	       dockerignore_may_exclude_below(walk->ignore.ignore, entry->path);
}

static int take(struct walk *walk, const struct tree_entry *entry, struct error *err)
{
	bool is_folder = entry->kind == TREE_FOLDER;
	const char *slash = strrchr(entry->path, '/');
	const char *name = slash ? slash + 1 : entry->path;
	struct folder *above = &walk->folders[walk->depth - 1];
	enum dockerignore_verdict verdict;

	if (dockerignore_walk_next(&walk->ignore, entry->path,
				   is_folder || entry->kind == TREE_SUBMODULE, &verdict, err))
		return -1;
	if (is_folder && (verdict == DOCKERIGNORE_ENTER ||
			  (verdict == DOCKERIGNORE_KEEP && may_lose(walk, entry))))
		return enter(walk, name, entry->oid, verdict == DOCKERIGNORE_KEEP, err);
	if (is_folder)
		tree_walk_skip(walk->tree);
	if (verdict == DOCKERIGNORE_KEEP)
		return tree_id_add(&above->listing, entry->kind, name, entry->oid, err);
	above->is_changed = true;
	return 0;
}

/* Leaves the folders that the entry does not stand in. */
static int leave_for(struct walk *walk, const struct tree_entry *entry, struct error *err)
{
	while (walk->depth > depth_of(entry->path))
		if (leave(walk, err))
			return -1;
	return 0;
}

int context_tree_of(const struct context_tree_options *options, struct context_tree *ret_tree,
		    struct error *err)
{
	AUTO(walk_release) struct walk walk = { .ignore = { .ignore = options->ignore } };
	struct tree_entry entry;
	int status;

	if (tree_find(options->repo, options->tree_sha, options->folder, &entry, err) ||
	    tree_walk_open(options->repo, options->tree_sha, options->folder, &walk.tree, err) ||
	    enter(&walk, "", entry.oid, true, err))
		return -1;
	while ((status = tree_walk_next(walk.tree, &entry, err)) > 0)
		if (leave_for(&walk, &entry, err) || take(&walk, &entry, err))
			return -1;
	while (!status && walk.depth > 1)
		status = leave(&walk, err);
	return status ? -1 : find_id(&walk.folders[0], ret_tree->oid, err);
}
