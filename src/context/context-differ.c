/* SPDX-License-Identifier: MIT */
#include "context/context-differ.h"

#include "context/internal.h"
#include "git/tree-differ.h"

struct change_walk {
	const struct context *contexts[2];
	context_each_change *each;
	void *arg;
};

static bool counts(const struct context *context, const char *path, const struct tree_file *file)
{
	struct dockerignore *ignore = context->recipe.ignore;

	return file->oid[0] && selection_has(context->options.files, path) &&
	       !(ignore && dockerignore_excludes(ignore, path));
}

/* Of one that is an empty folder its commit says nothing. */
static bool is_emptied(const struct context *context, const struct tree_file *file)
{
	return file->kind == TREE_SUBMODULE && context->options.allow_submodules;
}

static int judge(void *arg, const char *path, const struct tree_file *a, const struct tree_file *b,
		 struct error *err)
{
	const struct change_walk *walk = arg;
	bool was_there = counts(walk->contexts[0], path, a);
	bool is_there = counts(walk->contexts[1], path, b);

	if (was_there != is_there)
		return walk->each(walk->arg, path, is_there ? FILE_ADDED : FILE_REMOVED, err);
	if (!is_there || (is_emptied(walk->contexts[0], a) && is_emptied(walk->contexts[1], b)))
		return 0;
	if (strcmp(a->oid, b->oid) != 0)
		return walk->each(walk->arg, path, FILE_CHANGED, err);
	return a->kind != b->kind ? walk->each(walk->arg, path, FILE_MODE, err) : 0;
}

static bool is_same_selection(const struct selection *a, const struct selection *b)
{
	static const struct selection all = { .kind = SELECTION_ALL };

	a = a ? a : &all;
	b = b ? b : &all;
	if (a->kind != b->kind || a->paths.len != b->paths.len)
		return false;
	for (size_t i = 0; i < a->paths.len; i++)
		if (strcmp(a->paths.items[i], b->paths.items[i]) != 0)
			return false;
	return true;
}

/* Else a file may come or go that is the same in both commits. */
static bool has_same_rules(const struct context *a, const struct context *b)
{
	return slice_equal(buf_slice(&a->recipe.rules), buf_slice(&b->recipe.rules)) &&
	       is_same_selection(a->options.files, b->options.files);
}

int context_differ(const struct context *before, const struct context *after,
		   context_each_change *each, void *arg, struct error *err)
{
	const struct context_options *a = &before->options, *b = &after->options;
	struct change_walk walk = { { before, after }, each, arg };
	struct tree_entry folders[2];

	if (tree_find(a->repo, a->tree_sha, a->folder, &folders[0], err) ||
	    tree_find(b->repo, b->tree_sha, b->folder, &folders[1], err))
		return -1;
	return tree_differ(
		&(struct tree_differ_options){ .repo = b->repo,
					       .a = folders[0].oid,
					       .b = folders[1].oid,
					       .shows_equal = !has_same_rules(before, after),
					       .each = judge,
					       .arg = &walk },
		err);
}
