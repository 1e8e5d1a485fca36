/* SPDX-License-Identifier: MIT */
#include "context/selection.h"

#include <string.h>

#include "base/path.h"

void selection_release(struct selection *selection)
{
	strv_release(&selection->paths);
	*selection = (struct selection){ 0 };
}

int selection_copy(const struct selection *selection, struct selection *ret_copy, struct error *err)
{
	AUTO(selection_release) struct selection copy = { .kind = selection->kind };

	if (strv_copy(&copy.paths, &selection->paths, err))
		return -1;
	*ret_copy = copy;
	copy = (struct selection){ 0 };
	return 0;
}

/* The next path, as it is meant; false at the end. */
static bool cut_path(struct slice *rest, struct buf *out)
{
	size_t i = 0;

	while (rest->len && slice_is_space(rest->data[0]))
		*rest = slice_skip(*rest, 1);
	for (; i < rest->len && !slice_is_space(rest->data[i]); i++) {
		if (rest->data[i] == '\\' && i + 1 < rest->len)
			i++;
		buf_add_char(out, rest->data[i]);
	}
	*rest = slice_skip(*rest, i);
	return i > 0;
}

static int add_path(struct strv *paths, const char *path, struct error *err)
{
	AUTOFREE char *clean = path_clean(path, err);

	if (!clean)
		return -1;
	if (path[0] == '/' || !strcmp(clean, "..") || str_starts(clean, "../"))
		return error_set(err, ERROR_INPUT,
				 "expected paths below the context's folder, not '%s'", path);
	if (!strcmp(clean, ".")) {
		error_set(err, ERROR_INPUT, "'%s' is the whole context", path);
		return error_hint(err, "that is 'all' or 'nothing'");
	}
	return strv_add_taken(paths, TAKE(clean), err);
}

static int read_paths(struct selection *selection, struct slice rest, struct error *err)
{
	AUTO(buf_release) struct buf path = BUF_INIT(LIMIT_PATH);

	for (; cut_path(&rest, &path); buf_reset(&path))
		if (buf_check(&path, "a path", err) || add_path(&selection->paths, path.data, err))
			return -1;
	if (selection->paths.len)
		return 0;
	error_set(err, ERROR_INPUT, "there is no path behind the colon");
	return error_hint(err, "'nothing' leaves the Dockerfile alone, 'all' takes everything");
}

static int parse(const char *text, struct selection *selection, struct error *err)
{
	struct slice rest = slice_of(text), word;

	if (!strcmp(text, "all"))
		return 0;
	if (!strcmp(text, "nothing")) {
		selection->kind = SELECTION_NOTHING;
		return 0;
	}
	slice_cut(&rest, ':', &word);
	if (str_starts(text, "only:"))
		selection->kind = SELECTION_ONLY;
	else if (str_starts(text, "allbut:"))
		selection->kind = SELECTION_ALL_BUT;
	else
		return error_set(err, ERROR_INPUT,
				 "expected all, nothing, only:PATH... or allbut:PATH..., not '%s'",
				 text);
	return read_paths(selection, rest, err);
}

/* Index of the first path that does not sort before `text` and `next` behind it. */
static size_t find(const struct strv *paths, struct slice text, char next)
{
	size_t from = 0, to = paths->len;

	while (from < to) {
		size_t middle = from + (to - from) / 2;
		const char *path = paths->items[middle];
		int order = strncmp(path, text.data, text.len);

		if (order < 0 || (!order && (unsigned char)path[text.len] < (unsigned char)next))
			from = middle + 1;
		else
			to = middle;
	}
	return from;
}

static bool is_named(const struct strv *paths, struct slice path)
{
	size_t i = find(paths, path, '\0');

	return i < paths->len && slice_is(path, paths->items[i]);
}

/* Does the selection name the path, or a folder that it stands in? */
static bool is_covered(const struct strv *paths, struct slice path)
{
	for (size_t len = 0; len <= path.len; len++)
		if ((len == path.len || path.data[len] == '/') &&
		    is_named(paths, (struct slice){ path.data, len }))
			return true;
	return false;
}

/* Leaves none that stands twice, or below another. */
static void reduce(struct strv *paths)
{
	strv_sort(paths);
	for (size_t i = paths->len; i--;) {
		const char *path = paths->items[i], *slash = strrchr(path, '/');

		if ((i && !strcmp(paths->items[i - 1], path)) ||
		    (slash && is_covered(paths, (struct slice){ path, (size_t)(slash - path) })))
			strv_remove(paths, i);
	}
}

int selection_add(struct selection *selection, const char *text, struct error *err)
{
	AUTO(selection_release) struct selection next = { 0 };

	if (parse(text, &next, err) ||
	    (next.kind == selection->kind && strv_copy(&next.paths, &selection->paths, err)))
		return -1;
	reduce(&next.paths);
	selection_release(selection);
	*selection = next;
	next = (struct selection){ 0 };
	return 0;
}

/* Does it name something below the path? */
static bool is_entered(const struct strv *paths, const char *path)
{
	size_t len = strlen(path);
	size_t i = find(paths, (struct slice){ path, len }, '/');

	if (!len)
		return paths->len;
	return i < paths->len && !strncmp(paths->items[i], path, len) &&
	       paths->items[i][len] == '/';
}

enum selection_verdict selection_judge(const struct selection *selection, const char *path)
{
	bool is_only;

	if (!selection || selection->kind == SELECTION_ALL)
		return SELECTION_WHOLE;
	if (selection->kind == SELECTION_NOTHING)
		return SELECTION_NONE;
	is_only = selection->kind == SELECTION_ONLY;
	if (is_covered(&selection->paths, slice_of(path)))
		return is_only ? SELECTION_WHOLE : SELECTION_NONE;
	if (is_entered(&selection->paths, path))
		return is_only ? SELECTION_ENTER : SELECTION_PART;
	return is_only ? SELECTION_NONE : SELECTION_WHOLE;
}

bool selection_has(const struct selection *selection, const char *path)
{
	enum selection_verdict verdict = selection_judge(selection, path);

	return verdict == SELECTION_WHOLE || verdict == SELECTION_PART;
}
