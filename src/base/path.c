/* SPDX-License-Identifier: MIT */
#include "base/path.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/interrupt.h"
#include "base/limits.h"
#include "base/str.h"

char *path_join(const char *folder, const char *name, struct error *err)
{
	if (name[0] == '/' || !folder[0])
		return str_copy(name, err);
	return str_format(err, "%s%s%s", folder, str_ends(folder, "/") ? "" : "/", name);
}

/* Drops the last component of a clean path that is being built. */
static void drop_last(struct buf *out, size_t floor)
{
	size_t len = out->len;

	while (len > floor && out->data[len - 1] != '/')
		len--;
	if (len > floor)
		len--;
	buf_truncate(out, len);
}

char *path_clean(const char *path, struct error *err)
{
	AUTO(buf_release) struct buf out = BUF_INIT(SIZE_MAX / 2);
	struct slice rest = slice_of(path), part;
	bool is_absolute = path[0] == '/';
	size_t floor = is_absolute; /* what ".." cannot take away */
	char *clean;

	if (is_absolute)
		buf_add_char(&out, '/');
	while (slice_cut(&rest, '/', &part)) {
		if (!part.len || slice_is(part, "."))
			continue;
		if (slice_is(part, "..") && out.len > floor) {
			drop_last(&out, floor);
			continue;
		}
		if (slice_is(part, "..") && is_absolute)
			continue;
		if (out.len > is_absolute)
			buf_add_char(&out, '/');
		buf_add_slice(&out, part);
		if (slice_is(part, ".."))
			floor = out.len;
	}
	if (!out.len)
		buf_add_char(&out, '.');
	clean = buf_take(&out);
	if (!clean)
		error_set_memory(err);
	return clean;
}

const char *path_base(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

char *path_folder(const char *path, struct error *err)
{
	size_t len = (size_t)(path_base(path) - path);

	return len ? str_copy_slice((struct slice){ path, len }, err) : str_copy(".", err);
}

bool path_exists(const char *path)
{
	struct stat st;

	return !stat(path, &st);
}

int path_make_folders(const char *path, mode_t mode, struct error *err)
{
	AUTOFREE char *copy = str_copy(path, err);

	if (!copy)
		return -1;
	for (char *p = copy + 1;; p++) {
		char c = *p;

		if (c != '/' && c)
			continue;
		*p = '\0';
		if (mkdir(copy, mode) && errno != EEXIST)
			return error_set_errno(err, errno, "cannot make the folder '%s'", copy);
		*p = c;
		if (!c)
			return 0;
	}
}

int path_open(const char *path, int *ret_fd, int64_t *ret_size, struct error *err)
{
	AUTOCLOSE int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	struct stat st;

	if (fd < 0 && (errno == ENOENT || errno == ENOTDIR))
		return error_set(err, ERROR_NOT_FOUND, "'%s' does not exist", path);
	if (fd < 0 || fstat(fd, &st))
		return error_set_errno(err, errno, "cannot read '%s'", path);
	if (!S_ISREG(st.st_mode))
		return error_set(err, ERROR_INPUT, "'%s' is not a regular file", path);
	*ret_size = st.st_size;
	*ret_fd = fd;
	fd = -1;
	return 0;
}

int path_read(const char *path, struct buf *ret_content, struct error *err)
{
	AUTOCLOSE int fd = -1;
	char chunk[4096];
	int64_t size;

	if (path_open(path, &fd, &size, err))
		return -1;
	for (;;) {
		ssize_t len = read(fd, chunk, sizeof(chunk));

		if (len < 0 && errno == EINTR)
			continue;
		if (len < 0)
			return error_set_errno(err, errno, "cannot read '%s'", path);
		if (!len)
			return buf_check(ret_content, path, err);
		buf_add(ret_content, chunk, (size_t)len);
	}
}

/* Where there is no O_TMPFILE (overlayfs, NFS): a kill between the two calls leaves
 * an empty file. */
static int open_unlinked(const char *folder)
{
	AUTOFREE char *path = NULL;
	int fd;

	if (asprintf(&path, "%s/temporary-XXXXXX", folder) < 0) {
		path = NULL;
		errno = ENOMEM;
		return -1;
	}
	fd = mkostemp(path, O_CLOEXEC);
	if (fd >= 0)
		unlink(path);
	return fd;
}

int path_open_temporary(const char *folder, int *ret_fd, struct error *err)
{
	int fd;

	if (path_make_folders(folder, 0700, err))
		return -1;
	fd = open(folder, O_TMPFILE | O_RDWR | O_CLOEXEC | O_EXCL, 0600);
	if (fd < 0 && (errno == EOPNOTSUPP || errno == EISDIR || errno == ENOENT))
		fd = open_unlinked(folder);
	if (fd < 0)
		return error_set_errno(err, errno, "cannot make a temporary file in '%s'", folder);
	*ret_fd = fd;
	return 0;
}

int path_read_part(const struct path_part *part, path_sink *sink, void *arg, struct error *err)
{
	AUTOFREE char *chunk = malloc(LIMIT_CHUNK);

	if (!chunk)
		return error_set_memory(err);
	for (int64_t at = 0; at < part->size;) {
		int64_t left = part->size - at;
		size_t len = left < (int64_t)LIMIT_CHUNK ? (size_t)left : LIMIT_CHUNK;
		ssize_t count = pread(part->fd, chunk, len, part->at + at);

		if (interrupt_check(err))
			return -1;
		if (count < 0 && errno == EINTR)
			continue;
		if (count <= 0)
			return error_set_errno(err, count ? errno : EIO,
					       "cannot read a temporary file");
		if (sink(arg, chunk, (size_t)count, err))
			return -1;
		at += count;
	}
	return 0;
}

int path_write_all(int fd, struct slice content)
{
	while (content.len) {
		ssize_t len = write(fd, content.data, content.len);

		if (len < 0 && errno == EINTR)
			continue;
		if (len < 0)
			return -1;
		content = slice_skip(content, (size_t)len);
	}
	return 0;
}

int path_write(const char *path, struct slice content, mode_t mode, struct error *err)
{
	/* No other thread on this machine has the number now. */
	AUTOFREE char *temporary = str_format(err, "%s.%ld.new", path, (long)gettid());
	AUTOCLOSE int fd = -1;

	if (!temporary)
		return -1;
	fd = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, mode);
	if (fd < 0)
		return error_set_errno(err, errno, "cannot write '%s'", path);
	if (path_write_all(fd, content) || fsync(fd) || rename(temporary, path)) {
		error_set_errno(err, errno, "cannot write '%s'", path);
		unlink(temporary);
		return -1;
	}
	return 0;
}

char *path_find_program(const char *program)
{
	struct slice rest = slice_of(getenv("PATH")), folder;

	if (!rest.data)
		rest = SLICE("/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin");
	while (slice_cut(&rest, ':', &folder)) {
		struct stat st;
		char *path = NULL;

		if (!folder.len ||
		    asprintf(&path, "%.*s/%s", (int)folder.len, folder.data, program) < 0)
			continue;
		if (!stat(path, &st) && S_ISREG(st.st_mode) && !access(path, X_OK))
			return path;
		free(path);
	}
	return NULL;
}
