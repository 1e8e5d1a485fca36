/* SPDX-License-Identifier: MIT */
#include "context/internal.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/path.h"
#include "base/str.h"
#include "codec/tar.h"
#include "context/context-tree.h"
#include "context/mtime.h"

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

	if (!recipe_load(&context->recipe, context->source, options->folder, options->dockerfile,
			 err))
		return 0;
	return error_is(err, ERROR_NOT_FOUND) ? refuse_missing(options, options->dockerfile, err)
					      : -1;
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
	    digest_init(&context->mtime_hash, err) || digest_init(&context->hash, err))
		return -1;
	entries.source = context->source;
	entries.ignore = context->recipe.ignore;
	entries.replaced = context->recipe.has_ignore_text ? RECIPE_IGNORE_FILE : NULL;
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

	if (options->memo_folder && (context->recipe.ignore || options->files) &&
	    tree_memo_open(options->memo_folder, &memo, err))
		return -1;
	return context_tree_of(
		&(struct context_tree_options){ .repo = options->repo,
						.tree_sha = options->tree_sha,
						.folder = options->folder,
						.ignore = context->recipe.ignore,
						.selection = options->files,
						.memo = memo,
						.rules = buf_slice(&context->recipe.rules) },
		ret_tree, err);
}

int context_add_to_key(struct context *context, struct content_key *key, struct error *err)
{
	struct digest_text text;
	struct context_tree tree;

	if (digest_of(buf_slice(&context->recipe.text), &text, err) ||
	    find_tree(context, &tree, err) ||
	    content_key_add(key, KEY_DOCKERFILE, "", text.text, err))
		return -1;
	return content_key_add(key, KEY_FILES, "", tree.oid, err);
}

/* What of the context is not in its folder. */
static void add_own_file(struct context *context, const char *path, struct slice content)
{
	static const char zeros[TAR_BLOCK];
	struct tar_entry entry = {
		.type = TAR_FILE,
		.path = path,
		.mode = 0644,
		.size = (int64_t)content.len,
		.mtime.tv_sec = ENTRY_MTIME_BASE,
	};

	tar_write_header(&context->pending, &entry);
	buf_add_slice(&context->pending, content);
	buf_add(&context->pending, zeros, tar_padding(entry.size));
}

/* Text and number of its bytes, so that no two rows of them look alike. */
static void note(struct context *context, struct slice text)
{
	char len[24];

	snprintf(len, sizeof(len), "%zu:", text.len);
	digest_add(&context->hash, len, strlen(len));
	digest_add(&context->hash, text.data, text.len);
}

static void note_entry(struct context *context, const struct source_entry *entry,
		       struct slice content)
{
	char kind = (char)('0' + entry->kind);

	if (!context->options.from_worktree)
		return;
	note(context, (struct slice){ &kind, 1 });
	note(context, slice_of(entry->path));
	note(context, content);
}

/* The begin of the hash: what the recipe makes of the entries. */
static void start_hash(struct context *context)
{
	digest_finish(&context->hash);
	note(context, SLICE("git-image work tree 1"));
	note(context, slice_of(context->recipe.name));
	note(context, buf_slice(&context->recipe.text));
	note(context, buf_slice(&context->recipe.ignore_text));
}

int context_rewind(struct context *context, struct error *err)
{
	const struct recipe *recipe = &context->recipe;

	if (entries_rewind(&context->entries, err))
		return -1;
	buf_reset(&context->pending);
	context->pending_at = 0;
	context->content_left = 0;
	context->padding_left = 0;
	context->is_over = false;
	context->has_dockerfile = recipe->is_added;
	context->stats = (struct context_stats){ 0 };
	start_hash(context);
	if (recipe->has_ignore_text)
		add_own_file(context, RECIPE_IGNORE_FILE, buf_slice(&recipe->ignore_text));
	if (recipe->is_added)
		add_own_file(context, recipe->name, buf_slice(&recipe->text));
	return buf_check(&context->pending, "the context", err);
}

/* All has come; whoever reads the work tree twice finds the same. */
static int check_end(struct context *context, struct error *err)
{
	struct digest_text hash = digest_finish(&context->hash);

	if (!context->has_dockerfile)
		return error_set(err, ERROR_INPUT,
				 "'%s' is no part of the work tree: "
				 ".gitignore names it",
				 context->recipe.name);
	if (context->expected.text[0] && strcmp(hash.text, context->expected.text))
		return error_set(err, ERROR_INPUT, "the work tree changed while it was read");
	context->expected = hash;
	return 0;
}

int context_read_link(struct source *source, struct source_entry *entry, struct buf *ret_target,
		      struct error *err)
{
	if (source_read_link(source, entry, ret_target, err))
		return error_wrap(err, "'%s'", entry->path);
	if (!ret_target->len || memchr(ret_target->data, '\0', ret_target->len))
		return error_set(err, ERROR_INPUT, "'%s' is no valid symbolic link", entry->path);
	return 0;
}

static int start_link(struct context *context, struct source_entry *entry, struct tar_entry *tar,
		      struct buf *target, struct error *err)
{
	if (context_read_link(context->source, entry, target, err))
		return -1;
	tar->type = TAR_SYMLINK;
	tar->link = target->data;
	tar->mode = 0777;
	note_entry(context, entry, buf_slice(target));
	return 0;
}

static int start_file(struct context *context, struct source_entry *entry, struct tar_entry *tar,
		      struct error *err)
{
	if (entries_open(&context->entries, entry, &tar->size, err))
		return -1;
	tar->type = TAR_FILE;
	tar->mode = entry->kind == TREE_EXECUTABLE ? 0755 : 0644;
	context->content_left = tar->size;
	context->padding_left = tar_padding(tar->size);
	note_entry(context, entry, slice_of(entry->id));
	return 0;
}

/* The header of an entry becomes pending. */
static int start_entry(struct context *context, struct source_entry *entry, struct error *err)
{
	AUTO(buf_release) struct buf target = BUF_INIT(LIMIT_PATH);
	struct tar_entry tar = { .type = TAR_FOLDER, .path = entry->path, .mode = 0755 };
	int status = 0;

	if (!strcmp(entry->path, context->recipe.name)) {
		if (context->recipe.is_added)
			return error_set(err, ERROR_INPUT, "'%s' is a name that we need",
					 entry->path);
		context->has_dockerfile = true;
	}
	if (entry->kind == TREE_FOLDER)
		note_entry(context, entry, SLICE(""));
	else if (entry->kind == TREE_SYMLINK)
		status = start_link(context, entry, &tar, &target, err);
	else
		status = start_file(context, entry, &tar, err);
	if (status)
		return -1;
	tar.mtime.tv_sec = ENTRY_MTIME_BASE;
	if (entry->kind != TREE_FOLDER) {
		/* Whole seconds: all that layers keep, and half the stream of small files. */
		tar.mtime.tv_sec = entry_mtime(&context->mtime_hash, entry->path, entry->id).tv_sec;
		context->stats.files++;
	}
	tar_write_header(&context->pending, &tar);
	return 0;
}

/* Once all that was started is read. */
static int start_next(struct context *context, struct error *err)
{
	struct source_entry entry;
	int status;

	buf_reset(&context->pending);
	context->pending_at = 0;
	status = entries_next(&context->entries, &entry, err);
	if (status < 0)
		return -1;
	if (status) {
		if (start_entry(context, &entry, err))
			return -1;
	} else {
		context->is_over = true;
		if (check_end(context, err))
			return -1;
		tar_write_end(&context->pending);
	}
	return buf_check(&context->pending, "the context", err);
}

static ssize_t read_content(struct context *context, void *data, size_t len, struct error *err)
{
	ssize_t count;

	if ((uint64_t)context->content_left < len)
		len = (size_t)context->content_left;
	count = entries_read(&context->entries, data, len, err);
	if (count < 0)
		return error_wrap(err, "'%s'", context->entries.current.path);
	if (!count)
		return error_set(err, ERROR_INPUT, "'%s' is shorter than it was",
				 context->entries.current.path);
	context->content_left -= count;
	return count;
}

static size_t read_pending(struct context *context, void *data, size_t len)
{
	size_t left = context->pending.len - context->pending_at;

	if (len > left)
		len = left;
	memcpy(data, context->pending.data + context->pending_at, len);
	context->pending_at += len;
	return len;
}

static size_t read_padding(struct context *context, void *data, size_t len)
{
	if (len > context->padding_left)
		len = context->padding_left;
	memset(data, 0, len);
	context->padding_left -= len;
	return len;
}

ssize_t context_read(struct context *context, void *data, size_t len, struct error *err)
{
	char *out = data;
	size_t done = 0;

	while (done < len) {
		ssize_t count = 0;

		if (context->pending_at < context->pending.len)
			count = (ssize_t)read_pending(context, out + done, len - done);
		else if (context->content_left)
			count = read_content(context, out + done, len - done, err);
		else if (context->padding_left)
			count = (ssize_t)read_padding(context, out + done, len - done);
		else if (context->is_over)
			break;
		else if (start_next(context, err))
			count = -1;
		if (count < 0)
			return -1;
		done += (size_t)count;
	}
	context->stats.bytes += (int64_t)done;
	return (ssize_t)done;
}

const char *context_dockerfile_name(const struct context *context)
{
	return context->recipe.name;
}

const struct dockerfile *context_dockerfile(const struct context *context)
{
	return &context->recipe.dockerfile;
}

int context_set_bases(struct context *context, const struct strmap *build_args,
		      const struct strmap *replacements, struct error *err)
{
	(void)context;
	(void)build_args;
	return replacements->len ? error_set(err, ERROR_UNSUPPORTED, "not yet") : 0;
}

struct context_stats context_stats(const struct context *context)
{
	return context->stats;
}

/* Reads each entry without giving its content to anybody. */
static int pass_over(struct context *context, struct error *err)
{
	while (!context->is_over) {
		context->content_left = 0;
		if (start_next(context, err))
			return -1;
	}
	return 0;
}

int context_worktree_hash(struct context *context, struct digest_text *ret_hash, struct error *err)
{
	assert(context->options.from_worktree);
	context->expected.text[0] = '\0';
	if (context_rewind(context, err) || pass_over(context, err) || context_rewind(context, err))
		return -1;
	*ret_hash = context->expected;
	return 0;
}

int context_check_worktree(struct context *context, struct error *err)
{
	if (!context->options.from_worktree || !context->expected.text[0])
		return 0;
	if (context_rewind(context, err) || pass_over(context, err))
		return -1;
	return context_rewind(context, err);
}
