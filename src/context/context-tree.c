/* SPDX-License-Identifier: MIT */
#include "context/context-tree.h"

#include "base/limits.h"
#include "base/path.h"
#include "git/tree-id.h"

/* A folder that had to be entered. */
struct folder {
	struct buf listing; /* what is kept in it so far */
	char *path;
	char oid[41];
	bool is_kept;	 /* also if nothing is kept in it */
	bool is_changed; /* something in it was dropped */
};

struct walk {
	struct tree_walk *tree;
	struct dockerignore_walk ignore;
	const struct selection *selection;
	bool empties_submodules;
	struct tree_memo *memo;
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
		free(folder->path);
	}
}

static int enter(struct walk *walk, const char *path, const char *oid, bool is_kept,
		 struct error *err)
{
	struct folder *folder;

	/* The walk refuses it too, but only when it goes on. */
	if (walk->depth == LIMIT_TREE_DEPTH)
		return error_set(err, ERROR_INPUT, "the tree has more than %d levels of folders",
				 LIMIT_TREE_DEPTH);
	folder = &walk->folders[walk->depth];
	*folder = (struct folder){ .is_kept = is_kept, .path = str_copy(path, err) };
	if (!folder->path)
		return -1;
	buf_init(&folder->listing, SIZE_MAX / 2);
	memcpy(folder->oid, oid, sizeof(folder->oid));
	walk->depth++;
	return 0;
}

/* Its id, which is its own if nothing was dropped. */
static int find_id(struct walk *walk, const struct folder *folder, char ret_oid[41],
		   struct error *err)
{
	if (!folder->is_changed)
		memcpy(ret_oid, folder->oid, sizeof(folder->oid));
	else if (tree_id_of(&folder->listing, ret_oid, err))
		return -1;
	if (walk->memo)
		tree_memo_keep(walk->memo, &(struct tree_memo_place){ folder->path, folder->oid },
			       ret_oid);
	return 0;
}

/* Puts what is left of a folder into the one above. */
static int add_left(struct folder *above, const struct tree_entry *entry, bool is_kept,
		    const char *oid, struct error *err)
{
	bool is_there = is_kept || strcmp(oid, TREE_ID_EMPTY) != 0;

	above->is_changed |= !is_there || strcmp(oid, entry->oid) != 0;
	return is_there
		       ? tree_id_add(&above->listing, TREE_FOLDER, path_base(entry->path), oid, err)
		       : 0;
}

static int leave(struct walk *walk, struct error *err)
{
	struct folder *folder = &walk->folders[walk->depth - 1];
	struct tree_entry entry = { .path = folder->path };
	char oid[41];
	int status = find_id(walk, folder, oid, err);

	memcpy(entry.oid, folder->oid, sizeof(entry.oid));
	if (!status)
		status = add_left(folder - 1, &entry, folder->is_kept, oid, err);
	buf_release(&folder->listing);
	free(folder->path);
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

struct verdict {
	bool is_kept;	 /* also if nothing is kept in it */
	bool is_entered; /* not all in it has the same verdict */
};

static int judge(struct walk *walk, const struct tree_entry *entry, struct verdict *ret_verdict,
		 struct error *err)
{
	bool is_folder = entry->kind == TREE_FOLDER, may_lose, may_hold;
	enum selection_verdict selected = selection_judge(walk->selection, entry->path);
	enum dockerignore_verdict ignored;

	if (dockerignore_walk_next(&walk->ignore, entry->path,
				   is_folder || entry->kind == TREE_SUBMODULE, &ignored, err))
		return -1;
	may_hold = is_folder && ignored != DOCKERIGNORE_DROP && selected != SELECTION_NONE;
	may_lose = ignored == DOCKERIGNORE_ENTER || selected != SELECTION_WHOLE ||
		   walk->empties_submodules ||
		   (walk->ignore.ignore &&
		    dockerignore_may_exclude_below(walk->ignore.ignore, entry->path));
	ret_verdict->is_kept = ignored == DOCKERIGNORE_KEEP &&
			       (selected == SELECTION_WHOLE || selected == SELECTION_PART);
	ret_verdict->is_entered = may_hold && may_lose;
	return 0;
}

/* What has to be looked into, unless that was done before. */
static int look_into(struct walk *walk, const struct tree_entry *entry, bool is_kept,
		     struct error *err)
{
	char oid[41];

	if (!walk->memo ||
	    !tree_memo_find(walk->memo, &(struct tree_memo_place){ entry->path, entry->oid }, oid))
		return enter(walk, entry->path, entry->oid, is_kept, err);
	tree_walk_skip(walk->tree);
	return add_left(&walk->folders[walk->depth - 1], entry, is_kept, oid, err);
}

static int take(struct walk *walk, const struct tree_entry *entry, struct error *err)
{
	struct folder *above = &walk->folders[walk->depth - 1];
	struct verdict verdict;

	if (judge(walk, entry, &verdict, err))
		return -1;
	if (verdict.is_entered)
		return look_into(walk, entry, verdict.is_kept, err);
	if (entry->kind == TREE_FOLDER)
		tree_walk_skip(walk->tree);
	if (verdict.is_kept && entry->kind == TREE_SUBMODULE && walk->empties_submodules)
		return add_left(above, entry, true, TREE_ID_EMPTY, err);
	if (verdict.is_kept)
		return tree_id_add(&above->listing, entry->kind, path_base(entry->path), entry->oid,
				   err);
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

/* All of the context's folder, whose id is `root`. */
static int walk_all(struct walk *walk, const char *root, char ret_oid[41], struct error *err)
{
	struct tree_entry entry;
	int status;

	if (enter(walk, "", root, true, err))
		return -1;
	while ((status = tree_walk_next(walk->tree, &entry, err)) > 0)
		if (leave_for(walk, &entry, err) || take(walk, &entry, err))
			return -1;
	while (!status && walk->depth > 1)
		status = leave(walk, err);
	return status ? -1 : find_id(walk, &walk->folders[0], ret_oid, err);
}

/* All that decides what is dropped, by which the memo knows it. */
static int start_memo(struct tree_memo *memo, const struct context_tree_options *options,
		      struct error *err)
{
	const struct selection *selection = options->selection;
	AUTO(buf_release) struct buf text = BUF_INIT(SIZE_MAX / 2);

	buf_add_format(&text, "%s%d ", options->empties_submodules ? "no submodules " : "",
		       selection ? (int)selection->kind : SELECTION_ALL);
	for (size_t i = 0; selection && i < selection->paths.len; i++)
		buf_add(&text, selection->paths.items[i], strlen(selection->paths.items[i]) + 1);
	buf_add_char(&text, '\0');
	buf_add_slice(&text, options->rules);
	if (buf_check(&text, "the rules of a context", err))
		return -1;
	tree_memo_start(memo, buf_slice(&text));
	return 0;
}

int context_tree_of(const struct context_tree_options *options, struct context_tree *ret_tree,
		    struct error *err)
{
	AUTO(walk_release)
	struct walk walk = { .ignore = { .ignore = options->ignore },
			     .selection = options->selection,
			     .empties_submodules = options->empties_submodules,
			     .memo = options->memo };
	struct tree_entry root;

	if (tree_find(options->repo, options->tree_sha, options->folder, &root, err) ||
	    (walk.memo && start_memo(walk.memo, options, err)))
		return -1;
	if (walk.memo &&
	    tree_memo_find(walk.memo, &(struct tree_memo_place){ "", root.oid }, ret_tree->oid))
		return 0;
	if (tree_walk_open(options->repo, options->tree_sha, options->folder, &walk.tree, err))
		return -1;
	return walk_all(&walk, root.oid, ret_tree->oid, err);
}
