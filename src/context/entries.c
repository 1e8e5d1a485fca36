/* SPDX-License-Identifier: MIT */
#include "context/entries.h"

#include <stdlib.h>

#include "base/str.h"

int entries_init(struct entries *entries, const struct entries_options *options, struct error *err)
{
	*entries = (struct entries){
		.options = *options,
		.walk = { .ignore = options->ignore },
		.include_walk = { .ignore = options->include },
	};
	buf_init(&entries->came, SIZE_MAX / 2);
	buf_init(&entries->folder, SIZE_MAX / 2);
	return entries_rewind(entries, err);
}

void entries_release(struct entries *entries)
{
	dockerignore_walk_release(&entries->walk);
	dockerignore_walk_release(&entries->include_walk);
	buf_release(&entries->came);
	buf_release(&entries->folder);
}

int entries_rewind(struct entries *entries, struct error *err)
{
	entries->is_held = false;
	buf_reset(&entries->came);
	return source_rewind(entries->options.source, err);
}

static size_t depth_of(const char *path)
{
	size_t depth = 0;

	for (; *path; path++)
		depth += *path == '/';
	return depth;
}

/* The outermost folder of the held entry that has not come yet; false if all
 * have. */
static bool next_folder(struct entries *entries, struct source_entry *ret_entry)
{
	const char *end = entries->current.path;
	size_t depth = 0;

	while (depth < entries->came.len && entries->came.data[depth])
		depth++;
	if (depth == entries->came.len)
		return false;
	entries->came.data[depth] = true;
	for (size_t i = 0; i <= depth; i++)
		end = strchr(end, '/') + 1;
	buf_reset(&entries->folder);
	buf_add(&entries->folder, entries->current.path, (size_t)(end - 1 - entries->current.path));
	*ret_entry = (struct source_entry){ .path = entries->folder.data, .kind = TREE_FOLDER };
	return true;
}

/* Whether the source's entry is in the context; notes a folder as one that
 * what follows may stand in. */
static int admit(struct entries *entries, bool *ret_is_kept, struct error *err)
{
	const struct entries_options *options = &entries->options;
	const struct source_entry *entry = &entries->current;
	enum selection_verdict selected = selection_judge(options->selection, entry->path);
	bool is_folder = entry->kind == TREE_FOLDER || entry->kind == TREE_SUBMODULE;
	enum dockerignore_verdict verdict, included;
	bool is_included, may_hold;

	if (dockerignore_walk_next(&entries->walk, entry->path, is_folder, &verdict, err) ||
	    dockerignore_walk_next(&entries->include_walk, entry->path, is_folder, &included, err))
		return -1;
	is_included = !options->include || included != DOCKERIGNORE_KEEP;
	may_hold = is_included || dockerignore_may_exclude_below(options->include, entry->path);
	buf_truncate(&entries->came, depth_of(entry->path));
	if (entry->kind == TREE_FOLDER &&
	    (verdict == DOCKERIGNORE_DROP || selected == SELECTION_NONE || !may_hold))
		source_skip(options->source);
	*ret_is_kept = verdict == DOCKERIGNORE_KEEP && is_included &&
		       (selected == SELECTION_WHOLE || selected == SELECTION_PART) &&
		       !str_equal(entry->path, options->replaced);
	return 0;
}

static int refuse_submodule(const char *path, struct error *err)
{
	error_set(err, ERROR_INPUT, "'%s' is a submodule, its files are not in the repository",
		  path);
	return error_hint(err, "'image.submodules = empty' makes it an empty folder; "
			       "else name it in .dockerignore");
}

int entries_next(struct entries *entries, struct source_entry *ret_entry, struct error *err)
{
	struct source_entry *current = &entries->current;

	for (bool is_kept = entries->is_held; !is_kept;) {
		int status = source_next(entries->options.source, current, err);

		if (status <= 0)
			return status;
		if (admit(entries, &is_kept, err))
			return -1;
		if (!is_kept && current->kind == TREE_FOLDER)
			buf_add_char(&entries->came, false);
	}
	entries->is_held = next_folder(entries, ret_entry);
	if (buf_check(&entries->came, "a path", err) || buf_check(&entries->folder, "a path", err))
		return -1;
	if (entries->is_held)
		return 1;
	if (current->kind == TREE_SUBMODULE && !entries->options.allow_submodules)
		return refuse_submodule(current->path, err);
	if (current->kind == TREE_FOLDER)
		buf_add_char(&entries->came, true);
	*ret_entry = *current;
	if (current->kind == TREE_SUBMODULE)
		ret_entry->kind = TREE_FOLDER;
	return 1;
}

static bool is_lfs_pointer(struct slice head)
{
	return slice_starts(head, "version https://git-lfs.github.com/spec/v1\n") &&
	       memmem(head.data, head.len, "\noid sha256:", strlen("\noid sha256:"));
}

/* All of a small file into `head`. */
static int read_head(struct entries *entries, size_t size, struct error *err)
{
	while (entries->head_len < size) {
		ssize_t len =
			source_read(entries->options.source, entries->head + entries->head_len,
				    size - entries->head_len, err);

		if (len <= 0)
			return (int)len;
		entries->head_len += (size_t)len;
	}
	return 0;
}

int entries_open(struct entries *entries, struct source_entry *entry, int64_t *ret_size,
		 struct error *err)
{
	int64_t size;

	entries->head_len = 0;
	entries->head_at = 0;
	if (source_open(entries->options.source, entry, &size, err))
		return error_wrap(err, "'%s'", entry->path);
	if (size < LFS_POINTER_MAX && !entries->options.allow_lfs) {
		if (read_head(entries, (size_t)size, err))
			return error_wrap(err, "'%s'", entry->path);
		if (is_lfs_pointer((struct slice){ entries->head, entries->head_len })) {
			error_set(err, ERROR_INPUT,
				  "'%s' is a pointer of Git LFS, the file itself is not in the "
				  "repository",
				  entry->path);
			return error_hint(err, "'image.lfs = keep' takes the pointer; else name "
					       "the file in .dockerignore");
		}
	}
	*ret_size = size;
	return 0;
}

int entries_measure(struct entries *entries, struct source_entry *entry, int64_t *ret_size,
		    struct error *err)
{
	int64_t size;

	if (source_measure(entries->options.source, entry, &size, err))
		return error_wrap(err, "'%s'", entry->path);
	if (size < LFS_POINTER_MAX && !entries->options.allow_lfs)
		return entries_open(entries, entry, ret_size, err);
	*ret_size = size;
	return 0;
}

ssize_t entries_read(struct entries *entries, void *data, size_t len, struct error *err)
{
	size_t left = entries->head_len - entries->head_at;

	if (!left)
		return source_read(entries->options.source, data, len, err);
	if (len > left)
		len = left;
	memcpy(data, entries->head + entries->head_at, len);
	entries->head_at += len;
	return (ssize_t)len;
}

static void forget(struct strv *list, const char *text)
{
	for (size_t i = list->len; i--;)
		if (!strcmp(list->items[i], text))
			strv_remove(list, i);
}

/* Only folders that hold something named are entered, and no named one: what comes
 * and is covered is named itself. */
int entries_find_missing(struct source *source, const struct selection *selection,
			 struct strv *ret_paths, struct error *err)
{
	AUTO(strv_release) struct strv missing = { 0 };
	struct source_entry entry;
	int status;

	if (strv_copy(&missing, &selection->paths, err) || source_rewind(source, err))
		return -1;
	while ((status = source_next(source, &entry, err)) > 0) {
		enum selection_verdict verdict = selection_judge(selection, entry.path);
		bool is_entered = verdict == SELECTION_ENTER || verdict == SELECTION_PART;

		if (entry.kind == TREE_FOLDER && !is_entered)
			source_skip(source);
		if (!is_entered)
			forget(&missing, entry.path);
	}
	return status || strv_copy(ret_paths, &missing, err) ? -1 : source_rewind(source, err);
}
