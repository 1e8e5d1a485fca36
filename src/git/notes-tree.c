/* SPDX-License-Identifier: MIT */
#include "git/notes-tree.h"

#include "git/blob.h"

static void builder_freep(git_treebuilder **builder)
{
	git_treebuilder_free(*builder);
}

static int fail(struct error *err)
{
	return repo_fail(err, "cannot write the tree of the notes");
}

static int look_up(struct git_repo *repo, const git_oid *oid, git_tree **ret_tree,
		   struct error *err)
{
	int status = git_tree_lookup(ret_tree, repo->handle, oid);

	if (status == GIT_ENOTFOUND)
		return repo_fail_missing(repo, oid, err);
	return status ? repo_fail(err, "cannot read the tree of the notes") : 0;
}

static bool is_folder(const git_tree_entry *entry)
{
	return git_tree_entry_type(entry) == GIT_OBJECT_TREE;
}

/* The folder of the first two digits, NULL if there is none. */
static const git_tree_entry *folder_of(const git_tree *tree, const char *name)
{
	const git_tree_entry *entry;
	char digits[3] = { name[0], name[1] };

	entry = name[0] ? git_tree_entry_byname(tree, digits) : NULL;
	return entry && is_folder(entry) ? entry : NULL;
}

int notes_tree_append(struct git_repo *repo, const git_oid *note, const char *sha,
		      struct buf *ret_note, struct error *err)
{
	char blob[GIT_OID_HEXSZ + 1];

	git_oid_tostr(blob, sizeof(blob), note);
	if (blob_read(repo, blob, ret_note, err))
		return error_wrap(err, "the note of %s", sha);
	if (ret_note->len && ret_note->data[ret_note->len - 1] != '\n')
		buf_add_char(ret_note, '\n');
	return 0;
}

int notes_tree_read(struct git_repo *repo, const git_oid *tree, const char *sha,
		    struct buf *ret_note, struct error *err)
{
	AUTO(repo_tree_freep) git_tree *current = NULL;

	if (look_up(repo, tree, &current, err))
		return -1;
	for (const char *name = sha; *name; name += 2) {
		const git_tree_entry *note = git_tree_entry_byname(current, name);
		const git_tree_entry *folder = folder_of(current, name);
		git_tree *child;

		if (note && !is_folder(note) &&
		    notes_tree_append(repo, git_tree_entry_id(note), sha, ret_note, err))
			return -1;
		if (!folder)
			break;
		if (look_up(repo, git_tree_entry_id(folder), &child, err))
			return -1;
		git_tree_free(current);
		current = child;
	}
	return buf_check(ret_note, "a note", err);
}

/* A note's name in a tree where `len` digits are left. */
static bool is_note(const git_tree_entry *entry, size_t len)
{
	return !is_folder(entry) && str_is_hex(git_tree_entry_name(entry), len);
}

static bool has_folders(const git_tree *tree)
{
	for (size_t i = 0; tree && i < git_tree_entrycount(tree); i++) {
		const git_tree_entry *entry = git_tree_entry_byindex(tree, i);

		if (is_folder(entry) && str_is_hex(git_tree_entry_name(entry), 2))
			return true;
	}
	return false;
}

struct crowd {
	unsigned counts[16]; /* notes by first digit */
	size_t len;	     /* of their names */
};

static int count_note(const git_tree_entry *entry, void *arg)
{
	const char *name = git_tree_entry_name(entry);
	struct crowd *crowd = arg;

	if (is_note(entry, crowd->len))
		crowd->counts[name[0] <= '9' ? name[0] - '0' : name[0] - 'a' + 10]++;
	return 0;
}

/* git's rule: two notes or more under each of the 16 first digits. */
static bool is_crowded(git_treebuilder *builder, size_t len)
{
	struct crowd crowd = { .len = len };

	git_treebuilder_filter(builder, count_note, &crowd);
	for (size_t i = 0; i < ARRAY_SIZE(crowd.counts); i++)
		if (crowd.counts[i] < 2)
			return false;
	return true;
}

static int is_note_of(const git_tree_entry *entry, void *arg)
{
	return is_note(entry, *(size_t *)arg);
}

/* Writes the notes from `*at` on that share two digits as a folder. */
static int write_folder(struct git_repo *repo, const git_tree *flat, size_t *at,
			git_treebuilder *parent, struct error *err)
{
	AUTO(builder_freep) git_treebuilder *builder = NULL;
	const git_tree_entry *entry = git_tree_entry_byindex(flat, *at);
	size_t len = strlen(git_tree_entry_name(entry));
	char digits[3] = { 0 };
	git_oid folder;

	memcpy(digits, git_tree_entry_name(entry), 2);
	if (git_treebuilder_new(&builder, repo->handle, NULL))
		return fail(err);
	while (entry && is_note(entry, len) && str_starts(git_tree_entry_name(entry), digits)) {
		if (git_treebuilder_insert(NULL, builder, git_tree_entry_name(entry) + 2,
					   git_tree_entry_id(entry), GIT_FILEMODE_BLOB))
			return fail(err);
		entry = git_tree_entry_byindex(flat, ++*at);
	}
	if (git_treebuilder_write(&folder, builder) ||
	    git_treebuilder_insert(NULL, parent, digits, &folder, GIT_FILEMODE_TREE))
		return fail(err);
	return 0;
}

/* Moves the notes of a flat tree into folders; what is no note stays. */
static int split(struct git_repo *repo, git_treebuilder *builder, size_t len, struct error *err)
{
	AUTO(repo_tree_freep) git_tree *flat = NULL;
	git_oid oid;

	if (git_treebuilder_write(&oid, builder) || git_tree_lookup(&flat, repo->handle, &oid))
		return fail(err);
	git_treebuilder_filter(builder, is_note_of, &len);
	for (size_t at = 0; at < git_tree_entrycount(flat);) {
		if (!is_note(git_tree_entry_byindex(flat, at), len))
			at++;
		else if (write_folder(repo, flat, &at, builder, err))
			return -1;
	}
	return 0;
}

/* Builders of the folders on the way to a note, the root's first. */
struct path {
	git_treebuilder *builders[GIT_OID_HEXSZ / 2];
	size_t depth;
	const char *name; /* what is left of the commit's in the last one */
	bool is_new;
};

static void path_release(struct path *path)
{
	for (size_t i = 0; i < ARRAY_SIZE(path->builders); i++)
		git_treebuilder_free(path->builders[i]);
}

/* To where the note is, else to where it belongs. */
static int find_place(struct git_repo *repo, const git_oid *root, struct path *path,
		      struct error *err)
{
	AUTO(repo_tree_freep) git_tree *tree = NULL;

	if (root && look_up(repo, root, &tree, err))
		return -1;
	for (;;) {
		const git_tree_entry *note, *folder;
		git_tree *child = NULL;

		if (git_treebuilder_new(&path->builders[path->depth], repo->handle, tree))
			return fail(err);
		note = tree ? git_tree_entry_byname(tree, path->name) : NULL;
		folder = tree ? folder_of(tree, path->name) : NULL;
		path->is_new = !note || is_folder(note);
		if (!path->is_new || !path->name[2] || (!folder && !has_folders(tree)))
			return 0;
		if (folder && look_up(repo, git_tree_entry_id(folder), &child, err))
			return -1;
		git_tree_free(tree);
		tree = child;
		path->depth++;
		path->name += 2;
	}
}

int notes_tree_write(struct git_repo *repo, const git_oid *tree, const struct notes_entry *entry,
		     git_oid *ret_tree, struct error *err)
{
	AUTO(path_release) struct path path = { .name = entry->sha };
	git_treebuilder *builder;
	git_oid written;

	if (find_place(repo, tree, &path, err))
		return -1;
	builder = path.builders[path.depth];
	if (git_treebuilder_insert(NULL, builder, path.name, &entry->blob, GIT_FILEMODE_BLOB))
		return fail(err);
	if (path.is_new && is_crowded(builder, strlen(path.name)) &&
	    split(repo, builder, strlen(path.name), err))
		return -1;
	for (;;) {
		char digits[3] = { 0 };

		if (git_treebuilder_write(&written, path.builders[path.depth]))
			return fail(err);
		if (!path.depth)
			break;
		path.depth--;
		memcpy(digits, entry->sha + 2 * path.depth, 2);
		if (git_treebuilder_insert(NULL, path.builders[path.depth], digits, &written,
					   GIT_FILEMODE_TREE))
			return fail(err);
	}
	*ret_tree = written;
	return 0;
}
