/* SPDX-License-Identifier: MIT */
#include "context/internal.h"

#include <stdlib.h>
#include <sys/stat.h>

#include "base/path.h"
#include "base/str.h"
#include "context/context-tree.h"

/* "." and "/x/" are "" and "x"; what leaves the tree is refused. */
static int clean_path(const char *path, char **ret_path, struct error *err)
{
	AUTOFREE char *relative = NULL;
	AUTOFREE char *clean = path_clean(path, err);

	if (!clean)
		return -1;
	if (clean[0] == '/' || !strcmp(clean, "..") || str_starts(clean, "../"))
		return error_set(err, ERROR_INPUT, "the path '%s' leaves the repository", path);
	if (!strcmp(clean, "."))
		clean[0] = '\0';
	*ret_path = TAKE(clean);
	return 0;
}

/* A Dockerfile that is missing in the commit may only have been forgotten. */
static int refuse_missing(const struct context_options *options, const char *path,
			  struct error *err)
{
	const char *work_folder = repo_work_folder(options->repo);
	struct error ignored = { 0 };
	AUTOFREE char *full = NULL;
	struct stat st;

	err->kind = ERROR_INPUT;
	if (options->from_worktree || !work_folder)
		return -1;
	full = path_join(work_folder, path, &ignored);
	if (full && !lstat(full, &st))
		error_hint(err, "the work tree has it: git add and commit it");
	return -1;
}

int context_open_source(const struct context *context, struct source **ret_source,
			struct error *err)
{
	const struct context_options *options = &context->options;
	const struct source_options source = {
		.repo = options->repo,
		.commit_sha = options->commit_sha,
		.tree_sha = options->tree_sha,
		.folder = options->folder,
	};

	return options->from_worktree ? source_of_worktree(&source, ret_source, err)
				      : source_of_tree(&source, ret_source, err);
}

/* Keeps a text that may be missing; takes it over. */
static int keep_text(struct context *context, char *text, const char **ret_text, struct error *err)
{
	*ret_text = text;
	return strv_add_taken(&context->texts, text, err);
}

/* What the options say outlives their owner. */
static int keep_options(struct context *context, const struct context_options *options,
			struct error *err)
{
	struct context_options *own = &context->options;
	AUTOFREE char *folder = NULL;
	AUTOFREE char *path = NULL;

	*own = *options;
	if (own->commit_sha &&
	    keep_text(context, str_copy(own->commit_sha, err), &own->commit_sha, err))
		return -1;
	if (own->tree_sha && keep_text(context, str_copy(own->tree_sha, err), &own->tree_sha, err))
		return -1;
	if (own->memo_folder &&
	    keep_text(context, str_copy(own->memo_folder, err), &own->memo_folder, err))
		return -1;
	if (own->files && selection_copy(own->files, &context->selection, err))
		return -1;
	own->files = context->selection.kind == SELECTION_ALL ? NULL : &context->selection;
	if (clean_path(own->folder ? own->folder : "", &folder, err))
		return -1;
	if (!own->dockerfile)
		path = path_join(folder, "Dockerfile", err);
	else if (clean_path(own->dockerfile, &path, err))
		return -1;
	return keep_text(context, TAKE(folder), &own->folder, err) ||
			       keep_text(context, TAKE(path), &own->dockerfile, err)
		       ? -1
		       : 0;
}

static int open_recipe(struct context *context, struct error *err)
{
	const struct context_options *options = &context->options;
	const struct recipe_options recipe = {
		.source = context->source,
		.folder = options->folder,
		.path = options->dockerfile,
		.selection = options->files,
		.base = options->base,
		.base_stage = options->base_stage,
	};

	if (!recipe_load(&context->recipe, &recipe, err))
		return 0;
	return error_is(err, ERROR_NOT_FOUND) ? refuse_missing(options, options->dockerfile, err)
					      : -1;
}

/* What is only wanted is a slip if it is not there; what is not wanted may be. */
static int check_selection(struct context *context, struct error *err)
{
	const struct context_options *options = &context->options;
	AUTOFREE char *path = NULL;

	if (entries_find_missing(context->source, &context->selection, &context->missing, err))
		return -1;
	if (context->selection.kind != SELECTION_ONLY || !context->missing.len)
		return 0;
	path = path_join(options->folder, context->missing.items[0], err);
	if (!path)
		return -1;
	error_set(err, ERROR_INPUT, "no '%s' in %s (image.files)", path, context->source->name);
	if (strpbrk(path, "*?["))
		return error_hint(err, "its paths have no wildcards: name the folder");
	return refuse_missing(options, path, err);
}

int context_open(const struct context_options *options, struct context **ret_context,
		 struct error *err)
{
	AUTO(context_freep) struct context *context = calloc(1, sizeof(*context));
	struct entries_options entries = {
		.allow_submodules = options->allow_submodules,
		.allow_lfs = options->allow_lfs,
	};

	if (!context)
		return error_set_memory(err);
	buf_init(&context->pending, SIZE_MAX / 2);
	if (keep_options(context, options, err) ||
	    context_open_source(context, &context->source, err) || open_recipe(context, err) ||
	    check_selection(context, err) || digest_init(&context->mtime_hash, err) ||
	    digest_init(&context->hash, err))
		return -1;
	entries.source = context->source;
	entries.ignore = context->recipe.ignore;
	entries.selection = context->options.files;
	if (entries_init(&context->entries, &entries, err) || context_rewind(context, err))
		return -1;
	*ret_context = TAKE(context);
	return 0;
}

void context_free(struct context *context)
{
	if (!context)
		return;
	entries_release(&context->entries);
	recipe_release(&context->recipe);
	source_freep(&context->source);
	digest_release(&context->mtime_hash);
	digest_release(&context->hash);
	buf_release(&context->pending);
	strv_release(&context->texts);
	selection_release(&context->selection);
	strv_release(&context->missing);
	free(context);
}

void context_freep(struct context **context)
{
	context_free(*context);
}

static int find_tree(const struct context *context, struct context_tree *ret_tree,
		     struct error *err)
{
	const struct context_options *options = &context->options;
	AUTO(tree_memo_freep) struct tree_memo *memo = NULL;

	if (options->memo_folder &&
	    (context->recipe.ignore || options->files || options->allow_submodules) &&
	    tree_memo_open(options->memo_folder, &memo, err))
		return -1;
	return context_tree_of(
		&(struct context_tree_options){ .repo = options->repo,
						.tree_sha = options->tree_sha,
						.folder = options->folder,
						.ignore = context->recipe.ignore,
						.selection = options->files,
						.empties_submodules = options->allow_submodules,
						.memo = memo,
						.rules = buf_slice(&context->recipe.rules) },
		ret_tree, err);
}

int context_add_to_key(struct context *context, struct content_key *key, struct error *err)
{
	struct context_tree tree;

	if (find_tree(context, &tree, err) ||
	    content_key_add(key, KEY_DOCKERFILE, "", context->recipe.digest.text, err))
		return -1;
	return content_key_add(key, KEY_FILES, "", tree.oid, err);
}

const char *context_dockerfile_name(const struct context *context)
{
	return context->recipe.name;
}

const char *context_dockerfile_path(const struct context *context)
{
	return context->recipe.path;
}

const struct dockerfile *context_dockerfile(const struct context *context)
{
	return &context->recipe.dockerfile;
}

int context_set_bases(struct context *context, const struct base_replacements *replacements,
		      struct error *err)
{
	if (recipe_replace_bases(&context->recipe, replacements, err))
		return -1;
	return context_rewind(context, err);
}

const struct strv *context_missing(const struct context *context)
{
	return &context->missing;
}
