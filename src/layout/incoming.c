/* SPDX-License-Identifier: MIT */
#include "layout/incoming.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "base/host.h"
#include "base/str.h"

int incoming_fail(const char *folder, int os_errno, struct error *err)
{
	error_set_errno(err, os_errno, "cannot write to '%s'", folder);
	/* The place was named wrongly. */
	if (os_errno == ENOENT || os_errno == ENOTDIR || os_errno == EISDIR)
		err->kind = ERROR_INPUT;
	return os_errno == ENOSPC || os_errno == EDQUOT ? error_hint(err, "free some space there")
							: -1;
}

static int open_named(const char *folder, mode_t mode, struct incoming *incoming, struct error *err)
{
	incoming->path = str_format(err, "%s/" INCOMING_PREFIX "%s", folder, host_random_id().text);
	if (!incoming->path)
		return -1;
	incoming->fd =
		open(incoming->path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, mode);
	if (incoming->fd >= 0)
		return 0;
	free(TAKE(incoming->path));
	return incoming_fail(folder, errno, err);
}

int incoming_open(const char *folder, mode_t mode, struct incoming *ret_incoming, struct error *err)
{
	*ret_incoming = (struct incoming){
		.fd = open(folder, O_TMPFILE | O_RDWR | O_CLOEXEC, mode),
	};
	if (ret_incoming->fd >= 0)
		return 0;
	if (errno == EOPNOTSUPP || errno == EISDIR)
		return open_named(folder, mode, ret_incoming, err);
	return incoming_fail(folder, errno, err);
}

/* A name is given to what has none, but no name is taken from another one. */
static int give_name(const struct incoming *incoming, const char *path)
{
	char self[64];

	snprintf(self, sizeof(self), "/proc/self/fd/%d", incoming->fd);
	return linkat(AT_FDCWD, self, AT_FDCWD, path, AT_SYMLINK_FOLLOW);
}

int incoming_place(struct incoming *incoming, const char *path, struct error *err)
{
	if (!incoming->path) {
		if (!give_name(incoming, path))
			return 0;
		if (errno != EEXIST)
			return incoming_fail(path, errno, err);
		incoming->path = str_format(err, "%s.%s", path, host_random_id().text);
		if (!incoming->path)
			return -1;
		if (give_name(incoming, incoming->path)) {
			free(TAKE(incoming->path));
			return incoming_fail(path, errno, err);
		}
	}
	if (rename(incoming->path, path))
		return incoming_fail(path, errno, err);
	free(TAKE(incoming->path));
	return 0;
}

void incoming_release(struct incoming *incoming)
{
	if (incoming->path)
		unlink(incoming->path);
	free(incoming->path);
	cleanup_close(&incoming->fd);
	*incoming = (struct incoming)INCOMING_INIT;
}
