/* SPDX-License-Identifier: MIT */
#include "git/worktree.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sys/stat.h>

#include "git/internal.h"
#include "git/worktree-walk.h"

static int fail(const char *path, int os_errno, struct error *err)
{
	if (os_errno == ENOENT || os_errno == ENOTDIR)
		return error_set(err, ERROR_NOT_FOUND, "'%s' is not in the work tree", path);
	if (os_errno == ELOOP)
		return error_set(err, ERROR_INPUT, "'%s' is or goes through a symlink", path);
	return error_set_errno(err, os_errno, "cannot read '%s'", path);
}

/* Component by component: none may be a symlink, and none leads upward. */
int worktree_open_folder(struct git_repo *repo, struct slice path, const char *wanted, int *ret_fd,
			 struct error *err)
{
	struct slice rest = path, name;
	AUTOCLOSE int fd = -1;

	if (!repo->work_folder) {
		error_set(err, ERROR_INPUT, "'%s' has no work tree", repo->git_folder);
		return error_hint(err, "it is a bare repository: name a commit");
	}
	fd = open(repo->work_folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return fail(repo->work_folder, errno, err);
	while (slice_cut(&rest, '/', &name)) {
		AUTOFREE char *text = str_copy_slice(name, err);
		int child;

		if (!text)
			return -1;
		errno = ENOENT;
		child = !repo_is_safe_name(text)
				? -1
				: openat(fd, text, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
		if (child < 0)
			return fail(wanted, errno, err);
		close(fd);
		fd = child;
	}
	*ret_fd = TAKE_FD(fd);
	return 0;
}

/* The folder that holds `path`, and the name in it. */
static int open_parent(struct git_repo *repo, const char *path, const char **ret_name, int *ret_fd,
		       struct error *err)
{
	const char *slash = strrchr(path, '/');
	struct slice folder = { path, slash ? (size_t)(slash - path) : 0 };

	*ret_name = slash ? slash + 1 : path;
	if (!repo_is_safe_name(*ret_name))
		return fail(path, ENOENT, err);
	return worktree_open_folder(repo, folder, path, ret_fd, err);
}

int worktree_open(struct git_repo *repo, const char *path, int *ret_fd, struct error *err)
{
	AUTOCLOSE int folder = -1, fd = -1;
	const char *name;
	struct stat st;

	if (open_parent(repo, path, &name, &folder, err))
		return -1;
	/* Non-blocking: a pipe that took the file's place must not hang us. */
	fd = openat(folder, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);
	if (fd < 0 || fstat(fd, &st))
		return fail(path, errno, err);
	if (!S_ISREG(st.st_mode))
		return error_set(err, ERROR_INPUT, "'%s' is not a regular file", path);
	*ret_fd = TAKE_FD(fd);
	return 0;
}

int worktree_read_link(struct git_repo *repo, const char *path, struct buf *ret_target,
		       struct error *err)
{
	AUTOCLOSE int folder = -1;
	char target[PATH_MAX];
	const char *name;
	ssize_t len;

	if (open_parent(repo, path, &name, &folder, err))
		return -1;
	len = readlinkat(folder, name, target, sizeof(target));
	if (len < 0 && errno == EINVAL)
		return error_set(err, ERROR_INPUT, "'%s' is not a symlink", path);
	if (len < 0)
		return fail(path, errno, err);
	buf_add(ret_target, target, (size_t)len);
	return buf_check(ret_target, path, err);
}
