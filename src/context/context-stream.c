/* SPDX-License-Identifier: MIT */
#include "context/internal.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "codec/tar.h"
#include "context/mtime.h"

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

	if (!context->options.from_worktree || !strcmp(entry->path, RECIPE_IGNORE_FILE))
		return;
	note(context, (struct slice){ &kind, 1 });
	note(context, slice_of(entry->path));
	note(context, content);
}

/* The begin of the hash: what decides how the builder reads the entries. Another text
 * may travel as the Dockerfile or .dockerignore, so these count here. */
static void start_hash(struct context *context)
{
	digest_finish(&context->hash);
	note(context, SLICE("git-image work tree 2"));
	note(context, slice_of(context->recipe.path));
	note(context, slice_of(context->recipe.digest.text));
	note(context, buf_slice(&context->recipe.rules));
	note(context, buf_slice(&context->recipe.own));
}

int context_rewind(struct context *context, struct error *err)
{
	const struct recipe *recipe = &context->recipe;

	context->entries.options.replaced = recipe->has_ignore_text ? RECIPE_IGNORE_FILE : NULL;
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
