/* SPDX-License-Identifier: MIT */
#include "context/follow.h"

#include <fnmatch.h>
#include <stdlib.h>

#include "base/path.h"

/* As many links as Linux follows on the way to a file (path_resolution(7)). */
#define LINKS_IN_A_ROW 40

struct follow {
	struct source *source;
	struct strv folders;	    /* those whose links are known */
	struct strv links, targets; /* paths and where they lead, row by row */
	struct strv met;	    /* paths that were followed */
	struct strv *patterns;
	bool is_all;
};

static void follow_release(struct follow *follow)
{
	strv_release(&follow->folders);
	strv_release(&follow->links);
	strv_release(&follow->targets);
	strv_release(&follow->met);
}

/* The length of the folder's part; 0 at the root. */
static size_t folder_len(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? (size_t)(slash - path) : 0;
}

static bool is_in(const char *path, struct slice folder)
{
	return slice_equal((struct slice){ path, folder_len(path) }, folder) &&
	       (folder.len || !strchr(path, '/'));
}

/* Whether the way to `folder` goes through `path`, or ends there. */
static bool is_on_the_way(const char *path, struct slice folder)
{
	size_t len = strlen(path);

	return len <= folder.len && !memcmp(path, folder.data, len) &&
	       (len == folder.len || folder.data[len] == '/');
}

static int add_link(struct follow *follow, struct source_entry *entry, struct error *err)
{
	AUTO(buf_release) struct buf target = BUF_INIT(LIMIT_PATH);

	if (source_read_link(follow->source, entry, &target, err))
		return error_wrap(err, "'%s'", entry->path);
	if (strv_add(&follow->links, entry->path, err) ||
	    strv_add(&follow->targets, target.data, err))
		return -1;
	return 0;
}

/* Gets to know the links of one folder. */
static int read_folder(struct follow *follow, struct slice folder, struct error *err)
{
	struct source_entry entry;
	int status;

	for (size_t i = 0; i < follow->folders.len; i++)
		if (slice_is(folder, follow->folders.items[i]))
			return 0;
	if (strv_add_slice(&follow->folders, folder, err) || source_rewind(follow->source, err))
		return -1;
	while ((status = source_next(follow->source, &entry, err)) > 0) {
		if (entry.kind == TREE_FOLDER && !is_on_the_way(entry.path, folder))
			source_skip(follow->source);
		if (entry.kind == TREE_SYMLINK && is_in(entry.path, folder) &&
		    add_link(follow, &entry, err))
			return -1;
	}
	return status;
}

static bool has_wildcards(const char *name)
{
	for (; *name; name++) {
		if (*name == '\\' && name[1])
			name++;
		else if (strchr("*?[", *name))
			return true;
	}
	return false;
}

/* Whether `path`, whose last part may have wildcards, stands for that link. */
static bool is_link(const char *path, bool is_pattern, const char *link)
{
	size_t len = folder_len(path);

	if (!is_pattern)
		return !strcmp(path, link);
	return is_in(link, (struct slice){ path, len }) &&
	       !fnmatch(path_base(path), path_base(link), 0);
}

static int follow_path(struct follow *follow, const char *path, int depth, struct error *err);

/* Goes on where a link leads, with what stood behind it. */
static int follow_link(struct follow *follow, size_t index, const char *rest, int depth,
		       struct error *err)
{
	const char *link = follow->links.items[index], *target = follow->targets.items[index];
	AUTOFREE char *path = NULL;

	if (target[0] == '/')
		path = str_format(err, "%s/%s", target, rest);
	else
		path = str_format(err, "/%.*s/%s/%s", (int)folder_len(link), link, target, rest);
	return path ? follow_path(follow, path, depth + 1, err) : -1;
}

/* Follows the links that the first `len` bytes of the path stand for; whether
 * there were any. */
static int follow_part(struct follow *follow, const char *path, size_t len, int depth,
		       struct error *err)
{
	AUTOFREE char *part = str_format(err, "%.*s", (int)len, path);
	const char *rest = path[len] ? path + len + 1 : "";
	size_t count;
	bool is_pattern;
	int found = 0;

	if (!part || read_folder(follow, (struct slice){ part, folder_len(part) }, err))
		return -1;
	is_pattern = has_wildcards(path_base(part));
	count = follow->links.len;
	for (size_t i = 0; i < count; i++) {
		if (!is_link(part, is_pattern, follow->links.items[i]))
			continue;
		found = 1;
		if (follow_link(follow, i, rest, depth, err))
			return -1;
	}
	return found && strv_add(follow->patterns, part, err) ? -1 : found;
}

/* "/a/../b/" as "b"; the root is "". */
static int clean_below_root(const char *path, char **ret_path, struct error *err)
{
	AUTOFREE char *rooted = str_format(err, "/%s", path);
	AUTOFREE char *clean = rooted ? path_clean(rooted, err) : NULL;

	if (!clean)
		return -1;
	*ret_path = str_copy(clean + 1, err);
	return *ret_path ? 0 : -1;
}

/* Part by part; what stands behind a link is looked for where that leads. */
static int follow_path(struct follow *follow, const char *path, int depth, struct error *err)
{
	AUTOFREE char *clean = NULL;

	if (clean_below_root(path, &clean, err))
		return -1;
	if (!clean[0] || follow->met.len == LIMIT_FOLLOWED_PATHS)
		follow->is_all = true;
	if (follow->is_all || depth > LINKS_IN_A_ROW || strv_has(&follow->met, clean))
		return 0;
	if (strv_add(&follow->met, clean, err))
		return -1;
	for (size_t len = 0;; len++) {
		int status;

		if (clean[len] && clean[len] != '/')
			continue;
		status = follow_part(follow, clean, len, depth, err);
		if (status < 0)
			return -1;
		if (status)
			return 0;
		if (!clean[len])
			return strv_add(follow->patterns, clean, err);
	}
}

int follow_paths(struct source *source, const struct strv *paths, struct strv *ret_patterns,
		 bool *ret_is_all, struct error *err)
{
	AUTO(follow_release)
	struct follow follow = { .source = source, .patterns = ret_patterns };

	for (size_t i = 0; i < paths->len; i++)
		if (follow_path(&follow, paths->items[i], 0, err))
			return -1;
	*ret_is_all = follow.is_all;
	return 0;
}
