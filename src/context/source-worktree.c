/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/path.h"
#include "base/str.h"
#include "codec/digest.h"
#include "context/source.h"
#include "git/worktree.h"

struct worktree_source {
	struct source base;
	struct git_repo *repo;
	char *folder;
	struct worktree_walk *walk;
	struct digest digest;
	/* The open file: what is left to read, and what all of it was. */
	int fd;
	int64_t left;
	char id[65];
};

static struct worktree_source *worktree_of(struct source *source)
{
	return (struct worktree_source *)source;
}

static void close_file(struct worktree_source *worktree)
{
	if (worktree->fd >= 0)
		close(worktree->fd);
	worktree->fd = -1;
}

static int worktree_rewind(struct source *source, struct error *err)
{
	struct worktree_source *worktree = worktree_of(source);
	int status;

	close_file(worktree);
	worktree_walk_freep(&worktree->walk);
	worktree->walk = NULL;
	status = worktree_walk_open(worktree->repo, worktree->folder, &worktree->walk, err);
	if (status && error_is(err, ERROR_NOT_FOUND))
		return error_set(err, ERROR_INPUT, "no folder '%s' in %s", worktree->folder,
				 source->name);
	return status;
}

static int worktree_next(struct source *source, struct source_entry *ret_entry, struct error *err)
{
	struct worktree_file file;
	int status = worktree_walk_next(worktree_of(source)->walk, &file, err);

	if (status > 0)
		*ret_entry = (struct source_entry){ .path = file.path, .kind = file.kind };
	return status;
}

static void worktree_skip(struct source *source)
{
	worktree_walk_skip(worktree_of(source)->walk);
}

static ssize_t read_some(int fd, void *data, size_t len, struct error *err)
{
	for (;;) {
		ssize_t count = read(fd, data, len);

		if (count >= 0)
			return count;
		if (errno != EINTR)
			return error_set_errno(err, errno, "cannot read it");
	}
}

/* The SHA-256 of what was added, as the id of a content. */
static void finish_id(struct digest *digest, char id[65])
{
	struct digest_text text = digest_finish(digest);

	memcpy(id, strchr(text.text, ':') + 1, 65);
}

/* Reads all of it once, since the header that goes first tells its hash. */
static int measure(struct worktree_source *worktree, int64_t *ret_size, struct error *err)
{
	char chunk[16 * KIB];
	int64_t size = 0;
	ssize_t len;

	while ((len = read_some(worktree->fd, chunk, sizeof(chunk), err)) > 0) {
		digest_add(&worktree->digest, chunk, (size_t)len);
		size += len;
	}
	finish_id(&worktree->digest, worktree->id);
	if (len < 0)
		return -1;
	if (lseek(worktree->fd, 0, SEEK_SET) < 0)
		return error_set_errno(err, errno, "cannot read it");
	*ret_size = size;
	return 0;
}

static char *path_of(const struct worktree_source *worktree, const char *path, struct error *err)
{
	return path_join(worktree->folder, path, err);
}

static int worktree_open_entry(struct source *source, struct source_entry *entry, int64_t *ret_size,
			       struct error *err)
{
	struct worktree_source *worktree = worktree_of(source);
	AUTOFREE char *path = path_of(worktree, entry->path, err);

	close_file(worktree);
	digest_finish(&worktree->digest);
	if (!path || worktree_open(worktree->repo, path, &worktree->fd, err) ||
	    measure(worktree, &worktree->left, err))
		return -1;
	memcpy(entry->id, worktree->id, sizeof(entry->id));
	*ret_size = worktree->left;
	return 0;
}

static int worktree_measure(struct source *source, struct source_entry *entry, int64_t *ret_size,
			    struct error *err)
{
	int status = worktree_open_entry(source, entry, ret_size, err);

	close_file(worktree_of(source));
	return status;
}

static ssize_t worktree_read(struct source *source, void *data, size_t len, struct error *err)
{
	struct worktree_source *worktree = worktree_of(source);
	char id[65];
	ssize_t count;

	if ((uint64_t)worktree->left < len)
		len = (size_t)worktree->left;
	count = len ? read_some(worktree->fd, data, len, err) : 0;
	if (count <= 0)
		return count;
	digest_add(&worktree->digest, data, (size_t)count);
	worktree->left -= count;
	if (worktree->left)
		return count;
	finish_id(&worktree->digest, id);
	if (strcmp(id, worktree->id))
		return error_set(err, ERROR_INPUT, "it changed while it was read");
	return count;
}

static int worktree_read_target(struct source *source, struct source_entry *entry,
				struct buf *ret_target, struct error *err)
{
	struct worktree_source *worktree = worktree_of(source);
	AUTOFREE char *path = path_of(worktree, entry->path, err);

	if (!path || worktree_read_link(worktree->repo, path, ret_target, err))
		return -1;
	digest_finish(&worktree->digest);
	digest_add(&worktree->digest, ret_target->data, ret_target->len);
	finish_id(&worktree->digest, entry->id);
	return 0;
}

static int worktree_load(struct source *source, const char *path, struct buf *ret_content,
			 struct error *err)
{
	AUTOCLOSE int fd = -1;
	char chunk[16 * KIB];
	ssize_t len;

	if (worktree_open(worktree_of(source)->repo, path, &fd, err))
		return -1;
	while ((len = read_some(fd, chunk, sizeof(chunk), err)) > 0)
		buf_add(ret_content, chunk, (size_t)len);
	return len < 0 ? -1 : buf_check(ret_content, "its text", err);
}

static void worktree_free(struct source *source)
{
	struct worktree_source *worktree = worktree_of(source);

	close_file(worktree);
	worktree_walk_free(worktree->walk);
	digest_release(&worktree->digest);
	free(worktree->folder);
	free(source->name);
	free(worktree);
}

static const struct source_ops worktree_ops = {
	.rewind = worktree_rewind,
	.next = worktree_next,
	.skip = worktree_skip,
	.measure = worktree_measure,
	.open = worktree_open_entry,
	.read = worktree_read,
	.read_link = worktree_read_target,
	.load = worktree_load,
	.free = worktree_free,
};

int source_of_worktree(const struct source_options *options, struct source **ret_source,
		       struct error *err)
{
	struct worktree_source *worktree = calloc(1, sizeof(*worktree));
	AUTO(source_freep) struct source *source = worktree ? &worktree->base : NULL;

	if (!worktree)
		return error_set_memory(err);
	worktree->fd = -1;
	source->ops = &worktree_ops;
	source->name = str_copy("the work tree", err);
	worktree->repo = options->repo;
	worktree->folder = str_copy(options->folder, err);
	if (!source->name || !worktree->folder || digest_init(&worktree->digest, err) ||
	    source_rewind(source, err))
		return -1;
	*ret_source = TAKE(source);
	return 0;
}
