/* SPDX-License-Identifier: MIT */
#include "git/tree.h"

#include "base/buf.h"
#include "git/internal.h"

struct level {
	git_tree *tree;
	size_t next;
	size_t path_len; /* of the folder's own path, with its slash */
};

struct tree_walk {
	struct git_repo *repo;
	struct level levels[LIMIT_TREE_DEPTH];
	size_t depth;
	struct buf path;
	git_oid folder; /* to enter with the next step */
	bool has_folder;
};

enum tree_kind tree_kind_of(const git_tree_entry *entry)
{
	switch (git_tree_entry_filemode(entry)) {
	case GIT_FILEMODE_TREE:
		return TREE_FOLDER;
	case GIT_FILEMODE_LINK:
		return TREE_SYMLINK;
	case GIT_FILEMODE_COMMIT:
		return TREE_SUBMODULE;
	case GIT_FILEMODE_BLOB_EXECUTABLE:
		return TREE_EXECUTABLE;
	default:
		return TREE_FILE;
	}
}

static int look_up(struct git_repo *repo, const git_oid *oid, git_tree **ret_tree,
		   struct error *err)
{
	char name[GIT_OID_HEXSZ + 1];
	int status = git_tree_lookup(ret_tree, repo->handle, oid);

	if (status == GIT_ENOTFOUND)
		return repo_fail_missing(repo, oid, err);
	if (status)
		return repo_fail(err, "cannot read the tree %s",
				 git_oid_tostr(name, sizeof(name), oid));
	return 0;
}

/* The tree below `tree` at one name; takes `tree` over. */
static int descend(struct git_repo *repo, git_tree **tree, struct slice name,
		   const git_tree_entry **ret_entry, struct error *err)
{
	AUTOFREE char *text = str_copy_slice(name, err);
	git_tree *child;

	if (!text)
		return -1;
	if (*ret_entry) {
		if (look_up(repo, git_tree_entry_id(*ret_entry), &child, err))
			return -1;
		git_tree_free(*tree);
		*tree = child;
	}
	*ret_entry = git_tree_entry_byname(*tree, text);
	return 0;
}

int tree_find(struct git_repo *repo, const char *tree_sha, const char *path,
	      struct tree_entry *ret_entry, struct error *err)
{
	AUTO(repo_tree_freep) git_tree *tree = NULL;
	const git_tree_entry *entry = NULL;
	struct slice rest = slice_of(path), name;
	git_oid root;

	if (repo_parse_oid(tree_sha, &root, err) || look_up(repo, &root, &tree, err))
		return -1;
	while (slice_cut(&rest, '/', &name)) {
		bool is_below_file = entry && tree_kind_of(entry) != TREE_FOLDER;

		if (!is_below_file && descend(repo, &tree, name, &entry, err))
			return -1;
		if (is_below_file || !entry)
			return error_set(err, ERROR_NOT_FOUND, "'%s' is not in the commit", path);
	}
	*ret_entry = (struct tree_entry){ .kind = entry ? tree_kind_of(entry) : TREE_FOLDER,
					  .size = -1 };
	git_oid_tostr(ret_entry->oid, sizeof(ret_entry->oid),
		      entry ? git_tree_entry_id(entry) : &root);
	return 0;
}

static int enter(struct tree_walk *walk, const git_oid *oid, struct error *err)
{
	git_tree *tree;

	if (walk->depth == LIMIT_TREE_DEPTH)
		return error_set(err, ERROR_INPUT, "the tree has more than %d levels of folders",
				 LIMIT_TREE_DEPTH);
	if (look_up(walk->repo, oid, &tree, err))
		return walk->path.len ? error_wrap(err, "'%s'", walk->path.data) : -1;
	if (walk->depth)
		buf_add_char(&walk->path, '/');
	walk->levels[walk->depth++] = (struct level){ .tree = tree, .path_len = walk->path.len };
	return 0;
}

int tree_walk_open(struct git_repo *repo, const char *tree_sha, const char *prefix,
		   struct tree_walk **ret_walk, struct error *err)
{
	AUTO(tree_walk_freep) struct tree_walk *walk = NULL;
	struct tree_entry root;
	git_oid oid;

	if (tree_find(repo, tree_sha, prefix, &root, err))
		return -1;
	if (root.kind != TREE_FOLDER)
		return error_set(err, ERROR_INPUT, "'%s' is not a folder of the commit", prefix);
	walk = calloc(1, sizeof(*walk));
	if (!walk)
		return error_set_memory(err);
	walk->repo = repo;
	buf_init(&walk->path, LIMIT_PATH);
	if (repo_parse_oid(root.oid, &oid, err) || enter(walk, &oid, err))
		return -1;
	*ret_walk = TAKE(walk);
	return 0;
}

/* A file "a" and a folder "a" are in order, with "a-b" between them. */
static bool is_file_too(const struct level *level, const char *folder)
{
	for (size_t i = level->next; i; i--) {
		const char *name = git_tree_entry_name(git_tree_entry_byindex(level->tree, i - 1));

		if (!str_starts(name, folder))
			return false;
		if (!strcmp(name, folder))
			return true;
	}
	return false;
}

/* Unsafe names, names twice and wrong order: trees that git itself refuses. */
static int check_entry(const struct level *level, const git_tree_entry *entry, struct error *err)
{
	const char *name = git_tree_entry_name(entry), *problem = NULL;
	char tree[GIT_OID_HEXSZ + 1];

	if (!repo_is_safe_name(name))
		problem = "holds the name";
	else if (level->next &&
		 git_tree_entry_cmp(git_tree_entry_byindex(level->tree, level->next - 1), entry) >=
			 0)
		problem = "is not in order at";
	else if (tree_kind_of(entry) == TREE_FOLDER && is_file_too(level, name))
		problem = "holds twice the name";
	if (!problem)
		return 0;
	return error_set(err, ERROR_INPUT, "the tree %s %s '%s'",
			 git_oid_tostr(tree, sizeof(tree), git_tree_id(level->tree)), problem,
			 name);
}

/* The level to go on with, its next entry; NULL at the end. */
static struct level *current_level(struct tree_walk *walk, const git_tree_entry **ret_entry)
{
	while (walk->depth) {
		struct level *level = &walk->levels[walk->depth - 1];

		*ret_entry = git_tree_entry_byindex(level->tree, level->next);
		if (*ret_entry)
			return level;
		git_tree_free(level->tree);
		walk->depth--;
	}
	return NULL;
}

int tree_walk_next(struct tree_walk *walk, struct tree_entry *ret_entry, struct error *err)
{
	const git_tree_entry *entry;
	struct level *level;

	if (walk->has_folder && enter(walk, &walk->folder, err))
		return -1;
	walk->has_folder = false;
	level = current_level(walk, &entry);
	if (!level)
		return 0;
	if (check_entry(level, entry, err))
		return -1;
	level->next++;
	buf_truncate(&walk->path, level->path_len);
	buf_add_text(&walk->path, git_tree_entry_name(entry));
	if (buf_check(&walk->path, "a path in the tree", err))
		return -1;
	*ret_entry = (struct tree_entry){ .path = walk->path.data,
					  .kind = tree_kind_of(entry),
					  .size = -1 };
	git_oid_tostr(ret_entry->oid, sizeof(ret_entry->oid), git_tree_entry_id(entry));
	walk->has_folder = ret_entry->kind == TREE_FOLDER;
	if (walk->has_folder)
		walk->folder = *git_tree_entry_id(entry);
	return 1;
}

void tree_walk_skip(struct tree_walk *walk)
{
	walk->has_folder = false;
}

void tree_walk_free(struct tree_walk *walk)
{
	if (!walk)
		return;
	while (walk->depth)
		git_tree_free(walk->levels[--walk->depth].tree);
	buf_release(&walk->path);
	free(walk);
}

void tree_walk_freep(struct tree_walk **walk)
{
	tree_walk_free(*walk);
}
