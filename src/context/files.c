/* SPDX-License-Identifier: MIT */
#include "context/files.h"

#include <assert.h>
#include <stdlib.h>

#include "base/path.h"
#include "context/follow.h"
#include "context/internal.h"
#include "context/mtime.h"

struct item {
	char *path;
	int64_t size;
	enum tree_kind kind;
	uint8_t id_len;
	uint8_t id[DIGEST_BYTES]; /* of the content, as the source gives it */
};

struct context_files {
	const struct context *context;
	struct item *items;
	size_t count, capacity;
	struct digest hash;
	struct buf target;
	struct source *source; /* NULL: the contents are texts of ours */
	struct buf texts[2];
	/* The content under way. */
	const struct item *item;
	int64_t left;
	struct slice text;
};

const char *context_files_dockerfile(const struct context *context)
{
	return path_base(context->recipe.path);
}

static void id_of_hex(const char *hex, struct item *item)
{
	size_t len = strlen(hex) / 2;

	assert(len <= sizeof(item->id));
	item->id_len = (uint8_t)len;
	for (size_t i = 0; i < len; i++) {
		char digits[] = { hex[2 * i], hex[2 * i + 1], '\0' };

		item->id[i] = (uint8_t)strtoul(digits, NULL, 16);
	}
}

static void hex_of_id(const struct item *item, char ret_hex[65])
{
	static const char digits[] = "0123456789abcdef";

	for (size_t i = 0; i < item->id_len; i++) {
		ret_hex[2 * i] = digits[item->id[i] >> 4];
		ret_hex[2 * i + 1] = digits[item->id[i] & 15];
	}
	ret_hex[2 * item->id_len] = '\0';
}

/* The source's name of an entry of the list. */
static struct source_entry entry_of(const struct item *item)
{
	struct source_entry entry = { .path = item->path, .kind = item->kind };

	hex_of_id(item, entry.id);
	return entry;
}

static int add_item(struct context_files *files, const struct source_entry *entry, int64_t size,
		    struct error *err)
{
	struct item item = { .size = size, .kind = entry->kind };

	if (files->count == files->capacity) {
		size_t capacity = files->capacity + files->capacity / 2 + 16;
		struct item *items = reallocarray(files->items, capacity, sizeof(*items));

		if (!items)
			return error_set_memory(err);
		files->items = items;
		files->capacity = capacity;
	}
	item.path = str_copy(entry->path, err);
	if (!item.path)
		return -1;
	if (entry->kind != TREE_FOLDER)
		id_of_hex(entry->id, &item);
	files->items[files->count++] = item;
	return 0;
}

/* "/" before all other bytes, the end of the text before that. */
static int rank(char c)
{
	if (!c)
		return 0;
	return c == '/' ? 1 : (unsigned char)c + 1;
}

static int compare_items(const void *a, const void *b)
{
	const char *x = ((const struct item *)a)->path, *y = ((const struct item *)b)->path;

	while (*x && *x == *y) {
		x++;
		y++;
	}
	return rank(*x) - rank(*y);
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
		    add_item(files, &entry, size, err))
			return -1;
	}
	if (files->count)
		qsort(files->items, files->count, sizeof(*files->items), compare_items);
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
				    .include = include,
				    .allow_submodules = context->allow_submodules,
				    .allow_lfs = context->allow_lfs,
			    },
			    err);
}

static int add_text(struct context_files *files, const char *name, struct error *err)
{
	struct buf *text = &files->texts[files->count];
	struct source_entry entry = { .path = name, .kind = TREE_FILE };
	struct digest_text hash;

	if (buf_check(text, name, err))
		return -1;
	digest_add(&files->hash, text->data, text->len);
	hash = digest_finish(&files->hash);
	memcpy(entry.id, strchr(hash.text, ':') + 1, sizeof(entry.id));
	return add_item(files, &entry, (int64_t)text->len, err);
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
	buf_init(&files->target, LIMIT_PATH);
	buf_init(&files->texts[0], LIMIT_DOCKERFILE + 1);
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
	for (size_t i = 0; i < files->count; i++)
		free(files->items[i].path);
	free(files->items);
	source_freep(&files->source);
	digest_release(&files->hash);
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
	return files->count;
}

bool context_files_has_content(const struct context_files *files, size_t index)
{
	enum tree_kind kind = files->items[index].kind;

	return kind == TREE_FILE || kind == TREE_EXECUTABLE;
}

int64_t context_files_size(const struct context_files *files, size_t index)
{
	return files->items[index].size;
}

/* The work tree only: what a commit has does not change. */
static int check_id(const struct item *item, const struct source_entry *entry, struct error *err)
{
	char id[65];

	hex_of_id(item, id);
	if (strcmp(id, entry->id))
		return error_set(err, ERROR_INPUT, "'%s' changed while it was read", item->path);
	return 0;
}

static int get_target(struct context_files *files, const struct item *item, struct error *err)
{
	struct source_entry entry = entry_of(item);

	buf_reset(&files->target);
	return context_read_link(files->source, &entry, &files->target, err) ||
			       check_id(item, &entry, err)
		       ? -1
		       : 0;
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
	const struct item *item = &files->items[index];
	char id[65];

	if (item->kind == TREE_SYMLINK && get_target(files, item, err))
		return -1;
	hex_of_id(item, id);
	*ret_file = (struct context_file){
		.path = item->path,
		.target = item->kind == TREE_SYMLINK ? files->target.data : NULL,
		.kind = item->kind,
		.mode = modes[item->kind],
		.size = item->size,
		.mtime.tv_sec = ENTRY_MTIME_BASE,
	};
	if (item->kind != TREE_FOLDER)
		ret_file->mtime = entry_mtime(&files->hash, item->path, id);
	return 0;
}

int context_files_start(struct context_files *files, size_t index, struct error *err)
{
	const struct item *item = &files->items[index];
	struct source_entry entry = entry_of(item);

	assert(context_files_has_content(files, index));
	if (!files->source)
		files->text = buf_slice(&files->texts[index]);
	else if (source_open(files->source, &entry, &files->left, err))
		return error_wrap(err, "'%s'", item->path);
	else if (check_id(item, &entry, err))
		return -1;
	files->item = item;
	files->left = item->size;
	return 0;
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
		if (count < 0)
			return error_wrap(err, "'%s'", files->item->path);
		if (!count)
			return error_set(err, ERROR_INPUT, "'%s' is shorter than it was",
					 files->item->path);
	}
	files->left -= count;
	return count;
}
