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

bool notes_tree_name(const char *path, char ret_digits[GIT_OID_HEXSZ + 1])
{
	size_t len = 0;

	for (; *path; path++) {
		if (*path == '/')
			continue;
		if (len == GIT_OID_HEXSZ)
			return false;
		ret_digits[len++] = *path;
	}
	ret_digits[len] = '\0';
	return str_is_hex(ret_digits, len);
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

	if (len <= 2)
		return false;
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

static int split(struct git_repo *repo, git_treebuilder *builder, size_t len, struct error *err);

/* Writes the notes from `*at` on that share two digits as a folder. */
static int split_off(struct git_repo *repo, const git_tree *flat, size_t *at,
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
	if (is_crowded(builder, len - 2) && split(repo, builder, len - 2, err))
		return -1;
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
		else if (split_off(repo, flat, &at, builder, err))
			return -1;
	}
	return 0;
}

/* The notes of a batch that go into one folder. */
struct part {
	struct git_repo *repo;
	struct notes_batch batch;
	size_t depth;
};

/* That folder. */
struct level {
	git_treebuilder *builder;
	size_t depth;
	bool has_folders, has_new, has_changed;
};

static void level_release(struct level *level)
{
	git_treebuilder_free(level->builder);
}

static int level_open(struct git_repo *repo, const git_oid *oid, struct level *level,
		      struct error *err)
{
	AUTO(repo_tree_freep) git_tree *tree = NULL;

	if (oid && look_up(repo, oid, &tree, err))
		return -1;
	if (git_treebuilder_new(&level->builder, repo->handle, tree))
		return fail(err);
	level->has_folders = has_folders(tree);
	return 0;
}

static const git_tree_entry *note_in(const struct level *level, const char *name)
{
	const git_tree_entry *entry = git_treebuilder_get(level->builder, name);

	return entry && !is_folder(entry) ? entry : NULL;
}

static const git_tree_entry *folder_in(const struct level *level, const char *name)
{
	char digits[3] = { name[0], name[1] };
	const git_tree_entry *entry = git_treebuilder_get(level->builder, digits);

	return entry && is_folder(entry) ? entry : NULL;
}

/* A zero `oid` takes it away. */
static int write_entry(const struct level *level, const char *name, const git_oid *oid,
		       git_filemode_t mode, struct error *err)
{
	int status;

	if (!git_oid_is_zero(oid))
		status = git_treebuilder_insert(NULL, level->builder, name, oid, mode);
	else if (git_treebuilder_get(level->builder, name))
		status = git_treebuilder_remove(level->builder, name);
	else
		status = 0;
	return status ? fail(err) : 0;
}

/* Does a note belong into a folder of this one? */
static bool goes_down(const struct level *level, const struct notes_entry *entry)
{
	const char *name = entry->sha + 2 * level->depth;

	return name[2] && !note_in(level, name) && (level->has_folders || folder_in(level, name));
}

static int put(const struct notes_batch *batch, struct level *level,
	       const struct notes_entry *entry, struct error *err)
{
	const char *name = entry->sha + 2 * level->depth;
	const git_tree_entry *old = note_in(level, name);
	git_oid blob = entry->blob;
	int status = 1;

	if (batch->combine)
		status = batch->combine(batch->arg, old ? git_tree_entry_id(old) : NULL, entry,
					&blob, err);
	if (status <= 0)
		return status;
	level->has_changed = true;
	level->has_new |= !old;
	return write_entry(level, name, &blob, GIT_FILEMODE_BLOB, err);
}

/* 1, with a zero id for a folder that has become empty; 0 if it stays as it is, -1. */
static int write_level(const struct part *part, const git_oid *tree, git_oid *ret_tree,
		       struct error *err);

/* Puts the first notes into the folder of their two digits; their number, -1. */
static ssize_t put_down(const struct part *part, struct level *level, struct error *err)
{
	const struct notes_entry *entries = part->batch.entries;
	const char *name = entries[0].sha + 2 * part->depth;
	const git_tree_entry *folder = folder_in(level, name);
	char digits[3] = { name[0], name[1] };
	struct part below = *part;
	size_t count = 1;
	git_oid written;
	int status;

	while (count < part->batch.len && goes_down(level, &entries[count]) &&
	       str_starts(entries[count].sha + 2 * part->depth, digits))
		count++;
	below.depth++;
	below.batch.len = count;
	status = write_level(&below, folder ? git_tree_entry_id(folder) : NULL, &written, err);
	if (status > 0 && write_entry(level, digits, &written, GIT_FILEMODE_TREE, err))
		return -1;
	level->has_changed |= status > 0;
	return status < 0 ? -1 : (ssize_t)count;
}

static int put_all(const struct part *part, struct level *level, struct error *err)
{
	struct part left = *part;

	while (left.batch.len) {
		ssize_t count = 1;

		if (goes_down(level, left.batch.entries))
			count = put_down(&left, level, err);
		else if (put(&part->batch, level, left.batch.entries, err))
			return -1;
		if (count < 0)
			return -1;
		left.batch.entries += count;
		left.batch.len -= (size_t)count;
	}
	return 0;
}

static int write_level(const struct part *part, const git_oid *tree, git_oid *ret_tree,
		       struct error *err)
{
	AUTO(level_release) struct level level = { .depth = part->depth };
	size_t len = GIT_OID_HEXSZ - 2 * part->depth;

	if (level_open(part->repo, tree, &level, err) || put_all(part, &level, err))
		return -1;
	if (!level.has_changed)
		return 0;
	if (part->depth && !git_treebuilder_entrycount(level.builder)) {
		*ret_tree = (git_oid){ 0 };
		return 1;
	}
	if (level.has_new && is_crowded(level.builder, len) &&
	    split(part->repo, level.builder, len, err))
		return -1;
	return git_treebuilder_write(ret_tree, level.builder) ? fail(err) : 1;
}

int notes_tree_write(struct git_repo *repo, const git_oid *tree, const struct notes_batch *batch,
		     git_oid *ret_tree, struct error *err)
{
	int status =
		write_level(&(struct part){ .repo = repo, .batch = *batch }, tree, ret_tree, err);

	if (!status && tree)
		*ret_tree = *tree;
	return status < 0 ? -1 : 0;
}
