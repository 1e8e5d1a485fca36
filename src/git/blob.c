/* SPDX-License-Identifier: MIT */
#include "git/blob.h"

#include <stdio.h>

#include "git/cat-file.h"

struct blob_stream {
	struct git_repo *repo;
	git_odb_object *object; /* a small one, else NULL */
	struct cat_file *cat;	/* a large one */
	size_t at;
};

static int fail_to_read(struct git_repo *repo, const git_oid *oid, int status, struct error *err)
{
	char name[GIT_OID_HEXSZ + 1];

	if (status == GIT_ENOTFOUND)
		return repo_fail_missing(repo, oid, err);
	repo_fail(err, "cannot read the object %s", git_oid_tostr(name, sizeof(name), oid));
	return error_hint(err, "'git fsck' checks the repository");
}

static int measure(struct git_repo *repo, const git_oid *oid, int64_t *ret_size, struct error *err)
{
	git_object_t type;
	size_t size;
	int status = git_odb_read_header(&size, &type, repo->odb, oid);
	char name[GIT_OID_HEXSZ + 1];

	if (status)
		return fail_to_read(repo, oid, status, err);
	if (type != GIT_OBJECT_BLOB)
		return error_set(err, ERROR_INPUT, "object %s is a %s, not the content of a file",
				 git_oid_tostr(name, sizeof(name), oid),
				 git_object_type2string(type));
	*ret_size = (int64_t)size;
	return 0;
}

int blob_size(struct git_repo *repo, const char *oid, int64_t *ret_size, struct error *err)
{
	git_oid id;

	return repo_parse_oid(oid, &id, err) || measure(repo, &id, ret_size, err) ? -1 : 0;
}

/* The child of an earlier blob if it is free, else a new one. */
static int open_large(struct blob_stream *stream, const git_oid *oid, int64_t size,
		      struct error *err)
{
	stream->cat = TAKE(stream->repo->cat_file);
	if (!stream->cat && cat_file_start(stream->repo, &stream->cat, err))
		return -1;
	return cat_file_ask(stream->cat, oid, size, err);
}

static int open_small(struct blob_stream *stream, const git_oid *oid, struct error *err)
{
	int status = git_odb_read(&stream->object, stream->repo->odb, oid);

	return status ? fail_to_read(stream->repo, oid, status, err) : 0;
}

int blob_open(struct git_repo *repo, const char *oid, struct blob_stream **ret_stream,
	      int64_t *ret_size, struct error *err)
{
	AUTO(blob_stream_freep) struct blob_stream *stream = NULL;
	int64_t size;
	git_oid id;
	int status;

	if (repo_parse_oid(oid, &id, err) || measure(repo, &id, &size, err))
		return -1;
	stream = calloc(1, sizeof(*stream));
	if (!stream)
		return error_set_memory(err);
	stream->repo = repo;
	if (size <= (int64_t)LIMIT_BLOB_IN_MEMORY) {
		status = open_small(stream, &id, err);
	} else {
		status = open_large(stream, &id, size, err);
		/* Without git in PATH memory must do. */
		if (status && error_is(err, ERROR_NOT_FOUND)) {
			error_clear(err);
			status = open_small(stream, &id, err);
			if (status)
				error_hint(err, "with git in PATH large files are streamed");
		}
	}
	if (status)
		return -1;
	*ret_size = size;
	*ret_stream = TAKE(stream);
	return 0;
}

ssize_t blob_stream_read(struct blob_stream *stream, void *data, size_t len, struct error *err)
{
	size_t left;

	if (stream->cat)
		return cat_file_read(stream->cat, data, len, err);
	left = git_odb_object_size(stream->object) - stream->at;
	if (len > left)
		len = left;
	if (len)
		memcpy(data, (const char *)git_odb_object_data(stream->object) + stream->at, len);
	stream->at += len;
	return (ssize_t)len;
}

void blob_stream_free(struct blob_stream *stream)
{
	if (!stream)
		return;
	git_odb_object_free(stream->object);
	/* One that stands in the middle of a blob is of no more use. */
	if (stream->cat && cat_file_is_idle(stream->cat) && !stream->repo->cat_file)
		stream->repo->cat_file = TAKE(stream->cat);
	cat_file_free(stream->cat);
	free(stream);
}

void blob_stream_freep(struct blob_stream **stream)
{
	blob_stream_free(*stream);
}

int blob_read(struct git_repo *repo, const char *oid, struct buf *ret_content, struct error *err)
{
	AUTO(blob_stream_freep) struct blob_stream *stream = NULL;
	char chunk[16 * KIB];
	int64_t size;
	ssize_t len;

	if (blob_size(repo, oid, &size, err))
		return -1;
	if (size > (int64_t)(ret_content->max - ret_content->len))
		return error_set(err, ERROR_INPUT, "it has %lld bytes, %zu are allowed",
				 (long long)size, ret_content->max - ret_content->len);
	if (blob_open(repo, oid, &stream, &size, err))
		return -1;
	while ((len = blob_stream_read(stream, chunk, sizeof(chunk), err)) > 0)
		buf_add(ret_content, chunk, (size_t)len);
	return len < 0 ? -1 : buf_check(ret_content, "a file of the commit", err);
}
