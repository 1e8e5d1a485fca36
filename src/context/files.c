/* SPDX-License-Identifier: MIT */
#include "context/files.h"

#include <assert.h>
#include <stdlib.h>

#include "base/path.h"
#include "context/files-list.h"
#include "context/follow.h"
#include "context/internal.h"
#include "context/mtime.h"

struct context_files {
	const struct context *context;
	struct files_list list;
	struct digest hash;
	struct buf path, target;
	struct source *source; /* NULL: the contents are texts of ours */
	struct buf texts[2];
	/* The content under way. */
	size_t index;
	int64_t left;
	struct slice text;
};

const char *context_files_dockerfile(const struct context *context)
{
	return path_base(context->recipe.path);
}

static int measure(struct context_files *files, struct entries *entries, struct source_entry *entry,
		   int64_t *ret_size, struct error *err)
{
	*ret_size = 0;
	if (entry->kind == TREE_FOLDER)
		return 0;
	if (entry->kind != TREE_SYMLINK)
		return entries_measure(entries, entry, ret_size, err);
	buf_reset(&files->target);
	if (context_read_link(files->source, entry, &files->target, err))
		return -1;
	*ret_size = (int64_t)files->target.len;
	return 0;
}

static int list_entries(struct context_files *files, const struct entries_options *options,
			struct error *err)
{
	AUTO(entries_release) struct entries entries = { 0 };
	struct source_entry entry;
	int status;

	if (entries_init(&entries, options, err))
		return -1;
	while ((status = entries_next(&entries, &entry, err)) > 0) {
		int64_t size;

		if (measure(files, &entries, &entry, &size, err) ||
		    files_list_add(&files->list, &entry, size, err))
			return -1;
	}
	files_list_sort(&files->list);
	return status;
}

/* What `include` and `follow` say together; NULL: no restriction. */
static int open_include(struct context_files *files, const struct context_files_options *options,
			struct dockerignore **ret_include, struct error *err)
{
	AUTO(strv_release) struct strv patterns = { 0 };
	AUTO(strv_release) struct strv followed = { 0 };
	bool is_all = true;

	if (options->include && strv_copy(&patterns, options->include, err))
		return -1;
	if (options->follow && options->follow->len &&
	    follow_paths(files->source, options->follow, &followed, &is_all, err))
		return -1;
	if (!is_all && strv_copy(&patterns, &followed, err))
		return -1;
	if (!patterns.len)
		return 0;
	return dockerignore_of_patterns(&patterns, "include-patterns", ret_include, err);
}

static int list_context(struct context_files *files, const struct context_files_options *options,
			struct error *err)
{
	const struct context_options *context = &files->context->options;
	AUTO(dockerignore_freep) struct dockerignore *include = NULL;
	AUTO(dockerignore_freep) struct dockerignore *exclude = NULL;

	if (context_open_source(files->context, &files->source, err) ||
	    open_include(files, options, &include, err))
		return -1;
	if (options->exclude && options->exclude->len &&
	    dockerignore_of_patterns(options->exclude, "exclude-patterns", &exclude, err))
		return -1;
	return list_entries(files,
			    &(struct entries_options){
				    .source = files->source,
				    .ignore = exclude,
				    .selection = context->files,
				    .include = include,
				    .allow_submodules = context->allow_submodules,
				    .allow_lfs = context->allow_lfs,
			    },
			    err);
}

static int add_text(struct context_files *files, const char *name, struct error *err)
{
	struct buf *text = &files->texts[files->list.count];
	struct source_entry entry = { .path = name, .kind = TREE_FILE };
	struct digest_text hash;

	if (buf_check(text, name, err))
		return -1;
	digest_add(&files->hash, text->data, text->len);
	hash = digest_finish(&files->hash);
	memcpy(entry.id, strchr(hash.text, ':') + 1, sizeof(entry.id));
	return files_list_add(&files->list, &entry, (int64_t)text->len, err);
}

/* Frontends that get an empty text take it for none, and look further. */
static void copy_rules(const struct recipe *recipe, struct buf *out)
{
	buf_add_slice(out, buf_slice(&recipe->rules));
	if (!out->len)
		buf_add_char(out, '\n');
}

static int list_recipe(struct context_files *files, const struct context_files_options *options,
		       struct error *err)
{
	const struct recipe *recipe = &files->context->recipe;
	const char *name = context_files_dockerfile(files->context);
	AUTOFREE char *rules_name = str_format(err, "%s" RECIPE_IGNORE_FILE, name);

	if (!rules_name)
		return -1;
	if (options->uses_builtin_frontend)
		dockerfile_disarm_syntax(buf_slice(&recipe->text), &files->texts[0]);
	else
		buf_add_slice(&files->texts[0], buf_slice(&recipe->text));
	if (add_text(files, name, err))
		return -1;
	if (!recipe->ignore)
		return 0;
	copy_rules(recipe, &files->texts[1]);
	return add_text(files, rules_name, err);
}

int context_files_open(const struct context *context, const struct context_files_options *options,
		       struct context_files **ret_files, struct error *err)
{
	AUTO(context_files_freep) struct context_files *files = calloc(1, sizeof(*files));
	int status;

	if (!files)
		return error_set_memory(err);
	files->context = context;
	buf_init(&files->path, SIZE_MAX / 2);
	buf_init(&files->target, LIMIT_PATH);
	buf_init(&files->texts[0], 2 * LIMIT_DOCKERFILE + 1);
	buf_init(&files->texts[1], LIMIT_DOCKERIGNORE);
	if (digest_init(&files->hash, err))
		return -1;
	if (str_equal(options->folder, CONTEXT_FILES_CONTEXT))
		status = list_context(files, options, err);
	else if (str_equal(options->folder, CONTEXT_FILES_DOCKERFILE))
		status = list_recipe(files, options, err);
	else
		status =
			error_set(err, ERROR_NOT_FOUND, "there is no folder '%s'", options->folder);
	if (status)
		return -1;
	*ret_files = TAKE(files);
	return 0;
}

void context_files_free(struct context_files *files)
{
	if (!files)
		return;
	files_list_release(&files->list);
	source_freep(&files->source);
	digest_release(&files->hash);
	buf_release(&files->path);
	buf_release(&files->target);
	buf_release(&files->texts[0]);
	buf_release(&files->texts[1]);
	free(files);
}

void context_files_freep(struct context_files **files)
{
	context_files_free(*files);
}

size_t context_files_count(const struct context_files *files)
{
	return files->list.count;
}

bool context_files_has_content(const struct context_files *files, size_t index)
{
	unsigned kind = files->list.items[index].kind;

	return kind == TREE_FILE || kind == TREE_EXECUTABLE;
}

int64_t context_files_size(const struct context_files *files, size_t index)
{
	return (int64_t)files->list.items[index].size;
}

/* An entry of the list; its path lives until the next one. */
static int find_entry(struct context_files *files, size_t index, struct source_entry *ret_entry,
		      struct error *err)
{
	*ret_entry = files_item_entry(&files->list.items[index], &files->path);
	return buf_check(&files->path, "a path", err);
}

/* What a commit has does not change, but the work tree may. */
static int check_id(const struct source_entry *entry, const struct source_entry *listed,
		    struct error *err)
{
	if (strcmp(entry->id, listed->id))
		return error_set(err, ERROR_INPUT, "'%s' changed while it was read", entry->path);
	return 0;
}

static int get_target(struct context_files *files, const struct source_entry *listed,
		      struct error *err)
{
	struct source_entry entry = *listed;

	buf_reset(&files->target);
	if (context_read_link(files->source, &entry, &files->target, err))
		return -1;
	return check_id(&entry, listed, err);
}

int context_files_get(struct context_files *files, size_t index, struct context_file *ret_file,
		      struct error *err)
{
	static const unsigned modes[] = {
		[TREE_FILE] = 0644,
		[TREE_EXECUTABLE] = 0755,
		[TREE_SYMLINK] = 0777,
		[TREE_FOLDER] = 0755,
	};
	struct source_entry entry;

	if (find_entry(files, index, &entry, err) ||
	    (entry.kind == TREE_SYMLINK && get_target(files, &entry, err)))
		return -1;
	*ret_file = (struct context_file){
		.path = entry.path,
		.target = entry.kind == TREE_SYMLINK ? files->target.data : NULL,
		.kind = entry.kind,
		.mode = modes[entry.kind],
		.size = context_files_size(files, index),
		.mtime.tv_sec = ENTRY_MTIME_BASE,
	};
	if (entry.kind != TREE_FOLDER)
		ret_file->mtime = entry_mtime(&files->hash, entry.path, entry.id);
	return 0;
}

int context_files_start(struct context_files *files, size_t index, struct error *err)
{
	struct source_entry listed, entry;

	assert(context_files_has_content(files, index));
	if (find_entry(files, index, &listed, err))
		return -1;
	entry = listed;
	if (!files->source)
		files->text = buf_slice(&files->texts[index]);
	else if (source_open(files->source, &entry, &files->left, err))
		return error_wrap(err, "'%s'", entry.path);
	else if (check_id(&entry, &listed, err))
		return -1;
	files->index = index;
	files->left = context_files_size(files, index);
	return 0;
}

/* Says of which file an error is. */
static int fail_to_read(struct context_files *files, struct error *err)
{
	files_item_entry(&files->list.items[files->index], &files->path);
	return error_wrap(err, "'%s'", files->path.data);
}

ssize_t context_files_read(struct context_files *files, void *data, size_t len, struct error *err)
{
	ssize_t count = (ssize_t)len;

	if ((uint64_t)files->left < len)
		count = (ssize_t)files->left;
	if (!files->source) {
		memcpy(data, files->text.data, (size_t)count);
		files->text = slice_skip(files->text, (size_t)count);
	} else if (count) {
		count = source_read(files->source, data, (size_t)count, err);
		if (!count)
			count = error_set(err, ERROR_INPUT, "it is shorter than it was");
		if (count < 0)
			return fail_to_read(files, err);
	}
	files->left -= count;
	return count;
}
