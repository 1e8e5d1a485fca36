/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "base/path.h"
#include "base/str.h"
#include "layout/incoming.h"
#include "layout/layout.h"

void layout_release(struct layout *layout)
{
	free(layout->folder);
	*layout = (struct layout){ 0 };
}

char *layout_path(const struct layout *layout, const char *name, struct error *err)
{
	return path_join(layout->folder, name, err);
}

char *layout_blob_path(const struct layout *layout, const char *digest, struct error *err)
{
	return str_format(err, "%s/blobs/sha256/%s", layout->folder, digest + strlen("sha256:"));
}

static int missing(const char *digest, struct error *err)
{
	return error_set(err, ERROR_NOT_FOUND, "the blob %s is not there", digest);
}

int layout_blob_exists(const struct layout *layout, const char *digest, int64_t size,
		       struct error *err)
{
	AUTOFREE char *path = layout_blob_path(layout, digest, err);
	struct stat st;

	if (!path)
		return -1;
	if (!lstat(path, &st))
		return S_ISREG(st.st_mode) && st.st_size == size;
	return errno == ENOENT ? 0 : error_set_errno(err, errno, "cannot look at '%s'", path);
}

int layout_blob_read(const struct layout *layout, const char *digest, struct buf *ret_bytes,
		     struct error *err)
{
	AUTOFREE char *path = layout_blob_path(layout, digest, err);
	struct digest_text found;

	if (!path)
		return -1;
	if (path_read(path, ret_bytes, err))
		return error_is(err, ERROR_NOT_FOUND) ? missing(digest, err) : -1;
	if (digest_of(buf_slice(ret_bytes), &found, err))
		return -1;
	return strcmp(found.text, digest)
		       ? error_set(err, ERROR_SYSTEM, "'%s' is damaged: it holds %s", path,
				   found.text)
		       : 0;
}

static int write_new(const struct layout *layout, struct slice bytes, const char *path,
		     struct error *err)
{
	AUTO(incoming_release) struct incoming incoming = INCOMING_INIT;
	AUTOFREE char *folder = layout_path(layout, "blobs/sha256", err);

	if (!folder || incoming_open(folder, layout->mode, &incoming, err))
		return -1;
	if (path_write_all(incoming.fd, bytes))
		return incoming_fail(layout->folder, errno, err);
	return incoming_place(&incoming, path, err);
}

int layout_blob_write(const struct layout *layout, struct slice bytes,
		      struct digest_text *ret_digest, struct error *err)
{
	AUTOFREE char *path = NULL;
	struct digest_text digest;
	int is_there;

	if (digest_of(bytes, &digest, err))
		return -1;
	is_there = layout_blob_exists(layout, digest.text, (int64_t)bytes.len, err);
	path = is_there < 0 ? NULL : layout_blob_path(layout, digest.text, err);
	if (!path || (!is_there && write_new(layout, bytes, path, err)))
		return -1;
	*ret_digest = digest;
	return 0;
}

int layout_open_blob(const struct layout *layout, const char *digest, int *ret_fd,
		     struct error *err)
{
	AUTOFREE char *path = NULL;
	int fd;

	if (!digest_is_valid(digest))
		return error_set(err, ERROR_INPUT, "'%s' is no digest", digest);
	path = layout_blob_path(layout, digest, err);
	if (!path)
		return -1;
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0)
		return errno == ENOENT ? missing(digest, err)
				       : error_set_errno(err, errno, "cannot read '%s'", path);
	*ret_fd = fd;
	return 0;
}
