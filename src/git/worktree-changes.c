/* SPDX-License-Identifier: MIT */
#include <fcntl.h>

#include "base/path.h"
#include "base/str.h"
#include "base/time.h"
#include "git/worktree-walk.h"

/* Reading and hashing more takes longer than a notice is worth. */
#define CONTENT_MAX (4 * MIB)
/* More than a quick machine looks at in a millisecond. */
#define FILES_PER_MS 1000

enum answer { SAME, CHANGED, UNKNOWN };

/* Both sides of the comparison, each at its next file. */
struct comparison {
	struct git_repo *repo;
	const struct strv *folders;
	struct worktree_walk *disk;
	struct tree_walk *tree; /* NULL: the commit has no such folder */
	struct tree_entry entry;
	int has_item, has_entry; /* as the walks return it */
	bool has_attributes;	 /* content may be filtered */
};

static void comparison_release(struct comparison *comparison)
{
	worktree_walk_free(comparison->disk);
	tree_walk_free(comparison->tree);
}

static bool is_set(struct git_repo *repo, const char *key)
{
	AUTOFREE char *value = NULL;
	struct error ignored = { 0 };

	return repo_get_setting(repo, key, &value, &ignored) || value;
}

static bool is_there(const char *folder, const char *name)
{
	struct error ignored = { 0 };
	AUTOFREE char *path = path_join(folder, name, &ignored);

	return !path || path_exists(path);
}

static bool has_attributes(struct git_repo *repo)
{
	return is_there(repo->work_folder, ".gitattributes") ||
	       is_there(repo->common_folder, "info/attributes") ||
	       is_set(repo, "core.attributesfile") || is_set(repo, "core.autocrlf");
}

static int read_content(struct comparison *comparison, struct buf *content, struct error *err)
{
	const char *path = comparison->disk->path.data;
	AUTOCLOSE int fd = -1;
	char chunk[16 * KIB];
	ssize_t len;

	if (comparison->disk->item.kind == TREE_SYMLINK)
		return worktree_read_link(comparison->repo, path, content, err);
	if (worktree_open(comparison->repo, path, &fd, err))
		return -1;
	while ((len = read(fd, chunk, sizeof(chunk))) > 0)
		buf_add(content, chunk, (size_t)len);
	return len < 0 ? -1 : buf_check(content, path, err);
}

/* What git would commit for it: line ends converted. What a program would
 * make of it is not known. */
static enum answer compare_filtered(struct comparison *comparison, const git_oid *wanted)
{
	const char *path = comparison->disk->path.data, *filter = NULL;
	git_repository *handle = comparison->repo->handle;
	git_oid oid;

	if (git_attr_get(&filter, handle, 0, path, "filter") ||
	    git_attr_value(filter) == GIT_ATTR_VALUE_STRING ||
	    git_repository_hashfile(&oid, handle, path, GIT_OBJECT_BLOB, NULL))
		return UNKNOWN;
	return git_oid_equal(&oid, wanted) ? SAME : CHANGED;
}

static enum answer compare_content(struct comparison *comparison, const git_oid *wanted)
{
	AUTO(buf_release) struct buf content = BUF_INIT(CONTENT_MAX);
	const struct worktree_item *item = &comparison->disk->item;
	struct error ignored = { 0 };
	git_oid oid;

	if (item->size > (int64_t)CONTENT_MAX || read_content(comparison, &content, &ignored) ||
	    git_odb_hash(&oid, content.data, content.len, GIT_OBJECT_BLOB))
		return UNKNOWN;
	if (git_oid_equal(&oid, wanted))
		return SAME;
	if (item->kind == TREE_SYMLINK || !comparison->has_attributes)
		return CHANGED;
	return compare_filtered(comparison, wanted);
}

static enum answer compare_file(struct comparison *comparison)
{
	const struct worktree_item *item = &comparison->disk->item;
	git_oid wanted;

	if (git_oid_fromstr(&wanted, comparison->entry.oid))
		return UNKNOWN;
	if (item->is_assumed)
		return git_oid_equal(&item->oid, &wanted) ? SAME : CHANGED;
	if (item->is_deleted || item->kind != comparison->entry.kind)
		return CHANGED;
	/* A submodule's own state is its own business. */
	if (item->is_clean || item->kind == TREE_SUBMODULE)
		return git_oid_equal(&item->oid, &wanted) ? SAME : CHANGED;
	return compare_content(comparison, &wanted);
}

static int next_item(struct comparison *comparison)
{
	struct error ignored = { 0 };

	return comparison->has_item = worktree_walk_step(comparison->disk, &ignored);
}

static int next_entry(struct comparison *comparison)
{
	struct error ignored = { 0 };

	comparison->has_entry = 0;
	if (!comparison->tree)
		return 0;
	do
		comparison->has_entry =
			tree_walk_next(comparison->tree, &comparison->entry, &ignored);
	while (comparison->has_entry > 0 && comparison->entry.kind == TREE_FOLDER);
	return comparison->has_entry;
}

/* Of a path below the walk's own folder, which may hold more than was asked for. */
static bool is_asked(const struct comparison *comparison, const char *path)
{
	for (size_t i = 0; i < comparison->folders->len; i++) {
		const char *folder = comparison->folders->items[i];
		size_t len = strlen(folder);

		if (!len || len < comparison->disk->prefix_len)
			return true;
		folder += comparison->disk->prefix_len;
		len -= comparison->disk->prefix_len;
		if (!strncmp(path, folder, len) && path[len] == '/')
			return true;
	}
	return false;
}

/* The next path of either side, and past it. */
static enum answer compare_next(struct comparison *comparison)
{
	const struct worktree_walk *disk = comparison->disk;
	const char *path = disk->path.data + disk->prefix_len;
	enum answer answer;
	int order;

	if (!comparison->has_item || !comparison->has_entry)
		order = comparison->has_item ? -1 : 1;
	else
		order = strcmp(path, comparison->entry.path);
	if (order < 0)
		answer = disk->item.is_deleted ? SAME : CHANGED;
	else
		answer = order > 0 ? CHANGED : compare_file(comparison);
	if (answer != SAME && !is_asked(comparison, order > 0 ? comparison->entry.path : path))
		answer = SAME;
	if ((order <= 0 && next_item(comparison) < 0) || (order >= 0 && next_entry(comparison) < 0))
		return UNKNOWN;
	return answer;
}

/* Shortens a folder to the part of it that the other is in too. */
static void cut_to_common(char *folder, const char *other)
{
	size_t common = 0, i = 0;

	for (; folder[i] && folder[i] == other[i]; i++)
		if (folder[i] == '/')
			common = i;
	if ((!folder[i] || folder[i] == '/') && (!other[i] || other[i] == '/'))
		common = i;
	folder[common] = '\0';
}

/* The folder that all of them are in. */
static char *find_common(const struct strv *folders, struct error *err)
{
	char *common = str_copy(folders->len ? folders->items[0] : "", err);

	for (size_t i = 1; common && i < folders->len; i++)
		cut_to_common(common, folders->items[i]);
	return common;
}

/* The walks over both, -1 if one is not possible. */
static int start(struct comparison *comparison, const struct worktree_question *question)
{
	struct error err = { 0 };
	AUTOFREE char *folder = find_common(question->folders, &err);

	if (!folder || !comparison->repo->work_folder)
		return -1;
	if (!*folder &&
	    index_cursor_peek(comparison->repo) > question->budget_ms * FILES_PER_MS)
		return -1;
	if (worktree_walk_open(comparison->repo, folder, &comparison->disk, &err) ||
	    comparison->disk->cursor.is_sparse)
		return -1;
	if (tree_walk_open(comparison->repo, question->tree, folder, &comparison->tree, &err) &&
	    !error_is(&err, ERROR_NOT_FOUND))
		return -1;
	comparison->has_attributes = has_attributes(comparison->repo);
	return next_item(comparison) < 0 || next_entry(comparison) < 0 ? -1 : 0;
}

int64_t worktree_count_changes(struct git_repo *repo, const struct worktree_question *question)
{
	AUTO(comparison_release)
	struct comparison comparison = { .repo = repo, .folders = question->folders };
	int64_t deadline = time_monotonic_ms() + question->budget_ms, changes = 0;

	if (start(&comparison, question))
		return -1;
	while (comparison.has_item || comparison.has_entry) {
		enum answer answer = compare_next(&comparison);

		if (answer == UNKNOWN || time_monotonic_ms() > deadline)
			return -1;
		changes += answer == CHANGED;
	}
	return changes;
}
