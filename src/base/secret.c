/* SPDX-License-Identifier: MIT */
#include "base/secret.h"

#include <errno.h>
#include <sodium.h>
#include <unistd.h>

#include "base/path.h"

static int allocate(size_t len, struct secret *ret_secret, struct error *err)
{
	char *data;

	if (sodium_init() < 0)
		return error_set(err, ERROR_SYSTEM, "libsodium does not start");
	data = sodium_malloc(len + 1);
	if (!data)
		return error_set_memory(err);
	data[len] = '\0';
	*ret_secret = (struct secret){ data, len };
	return 0;
}

int secret_set(struct secret *secret, struct slice text, struct error *err)
{
	struct secret next;

	if (allocate(text.len, &next, err))
		return -1;
	if (text.len)
		memcpy(next.data, text.data, text.len);
	secret_release(secret);
	*secret = next;
	return 0;
}

/* The length is known before: a file that changes meanwhile is cut, or shorter. */
static int fill(int fd, struct secret *secret)
{
	size_t at = 0;

	while (at < secret->len) {
		ssize_t len = read(fd, secret->data + at, secret->len - at);

		if (len < 0 && errno == EINTR)
			continue;
		if (len < 0)
			return -1;
		if (!len)
			break;
		at += (size_t)len;
	}
	secret->len = at;
	secret->data[at] = '\0';
	return 0;
}

int secret_read(struct secret *secret, const char *path, size_t max_bytes, struct error *err)
{
	AUTOCLOSE int fd = -1;
	AUTO(secret_release) struct secret next = { 0 };
	int64_t size;

	if (path_open(path, &fd, &size, err))
		return -1;
	if ((uint64_t)size > max_bytes)
		return error_set(err, ERROR_INPUT, "'%s' is larger than %zu KiB", path,
				 max_bytes / KIB);
	if (allocate((size_t)size, &next, err))
		return -1;
	if (fill(fd, &next))
		return error_set_errno(err, errno, "cannot read '%s'", path);
	secret_release(secret);
	*secret = next;
	next = (struct secret){ 0 };
	return 0;
}

void secret_release(struct secret *secret)
{
	sodium_free(secret->data);
	*secret = (struct secret){ 0 };
}

void secret_wipe(void *data, size_t len)
{
	sodium_memzero(data, len);
}

void secret_buf_release(struct buf *buf)
{
	secret_wipe(buf->data, buf->capacity);
	buf_release(buf);
}
