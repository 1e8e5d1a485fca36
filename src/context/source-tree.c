/* SPDX-License-Identifier: MIT */
#include <stdlib.h>

#include "base/str.h"
#include "context/source.h"
#include "git/blob.h"

struct tree_source {
	struct source base;
	struct git_repo *repo;
	char *tree_sha;
	char *folder;
	struct tree_walk *walk;
	struct blob_stream *stream;
};

static struct tree_source *tree_of(struct source *source)
{
	return (struct tree_source *)source;
}

static void close_stream(struct tree_source *tree)
{
	blob_stream_freep(&tree->stream);
	tree->stream = NULL;
}

static int tree_rewind(struct source *source, struct error *err)
{
	struct tree_source *tree = tree_of(source);
	int status;

	close_stream(tree);
	tree_walk_freep(&tree->walk);
	tree->walk = NULL;
	status = tree_walk_open(tree->repo, tree->tree_sha, tree->folder, &tree->walk, err);
	if (status && error_is(err, ERROR_NOT_FOUND))
		return error_set(err, ERROR_INPUT, "no folder '%s' in %s", tree->folder,
				 source->name);
	return status;
}

static int tree_next(struct source *source, struct source_entry *ret_entry, struct error *err)
{
	struct tree_entry entry;
	int status = tree_walk_next(tree_of(source)->walk, &entry, err);

	if (status <= 0)
		return status;
	ret_entry->path = entry.path;
	ret_entry->kind = entry.kind;
	memcpy(ret_entry->id, entry.oid, sizeof(entry.oid));
	return 1;
}

static void tree_skip(struct source *source)
{
	tree_walk_skip(tree_of(source)->walk);
}

static int tree_measure(struct source *source, struct source_entry *entry, int64_t *ret_size,
			struct error *err)
{
	close_stream(tree_of(source));
	return blob_size(tree_of(source)->repo, entry->id, ret_size, err);
}

static int tree_open(struct source *source, struct source_entry *entry, int64_t *ret_size,
		     struct error *err)
{
	struct tree_source *tree = tree_of(source);

	close_stream(tree);
	return blob_open(tree->repo, entry->id, &tree->stream, ret_size, err);
}

static ssize_t tree_read(struct source *source, void *data, size_t len, struct error *err)
{
	return blob_stream_read(tree_of(source)->stream, data, len, err);
}

static int tree_read_link(struct source *source, struct source_entry *entry, struct buf *ret_target,
			  struct error *err)
{
	return blob_read(tree_of(source)->repo, entry->id, ret_target, err);
}

static int tree_load(struct source *source, const char *path, struct buf *ret_content,
		     struct error *err)
{
	struct tree_source *tree = tree_of(source);
	struct tree_entry entry;

	if (tree_find(tree->repo, tree->tree_sha, path, &entry, err))
		return -1;
	if (entry.kind == TREE_SYMLINK)
		return error_set(err, ERROR_INPUT, "it is a symbolic link, which is not followed");
	if (entry.kind != TREE_FILE && entry.kind != TREE_EXECUTABLE)
		return error_set(err, ERROR_INPUT, "it is no file");
	return blob_read(tree->repo, entry.oid, ret_content, err);
}

static void tree_free(struct source *source)
{
	struct tree_source *tree = tree_of(source);

	blob_stream_free(tree->stream);
	tree_walk_free(tree->walk);
	free(tree->tree_sha);
	free(tree->folder);
	free(source->name);
	free(tree);
}

static const struct source_ops tree_ops = {
	.rewind = tree_rewind,
	.next = tree_next,
	.skip = tree_skip,
	.measure = tree_measure,
	.open = tree_open,
	.read = tree_read,
	.read_link = tree_read_link,
	.load = tree_load,
	.free = tree_free,
};

int source_of_tree(const struct source_options *options, struct source **ret_source,
		   struct error *err)
{
	struct tree_source *tree = calloc(1, sizeof(*tree));
	AUTO(source_freep) struct source *source = tree ? &tree->base : NULL;
	const char *commit_sha = options->commit_sha;

	if (!tree)
		return error_set_memory(err);
	source->ops = &tree_ops;
	source->name = str_format(err, "%s %.7s", commit_sha ? "commit" : "tree",
				  commit_sha ? commit_sha : options->tree_sha);
	tree->repo = options->repo;
	tree->tree_sha = str_copy(options->tree_sha, err);
	tree->folder = str_copy(options->folder, err);
	if (!source->name || !tree->tree_sha || !tree->folder || source_rewind(source, err))
		return -1;
	*ret_source = TAKE(source);
	return 0;
}

void source_freep(struct source **source)
{
	if (*source)
		(*source)->ops->free(*source);
}
