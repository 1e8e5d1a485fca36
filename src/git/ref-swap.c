/* SPDX-License-Identifier: MIT */
#include "git/ref-swap.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "base/host.h"
#include "base/path.h"

#define TURN_MS 60000

int ref_turn(struct git_repo *repo, int *ret_fd, struct error *err)
{
	AUTOFREE char *path = path_join(repo->common_folder, "git-image.turn", err);
	struct stat folder;
	int fd;

	if (!path)
		return -1;
	/* Whoever may write the repository may lock it. */
	fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd >= 0 && !stat(repo->common_folder, &folder))
		(void)!fchmod(fd, folder.st_mode & 0666);
	cleanup_close(&fd);
	return host_lock(path, TURN_MS, ret_fd, err);
}

int ref_read(struct git_repo *repo, const char *ref, git_oid *ret_oid, bool *ret_has,
	     struct error *err)
{
	int status = git_reference_name_to_id(ret_oid, repo->handle, ref);

	if (status && status != GIT_ENOTFOUND)
		return repo_fail(err, "cannot read '%s'", ref);
	*ret_has = !status;
	return 0;
}

/* The lock appears as a second link to a file that only the one in turn has:
 * if both are one file, its maker is dead. */
static void sweep(const char *ours, const char *lock)
{
	struct stat a, b;

	if (lstat(ours, &a))
		return;
	if (!lstat(lock, &b) && a.st_dev == b.st_dev && a.st_ino == b.st_ino)
		unlink(lock);
	unlink(ours);
}

static int write_oid(const char *path, const git_oid *oid)
{
	AUTOCLOSE int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0666);
	char text[GIT_OID_HEXSZ + 1];

	if (fd < 0)
		return -1;
	git_oid_fmt(text, oid);
	text[GIT_OID_HEXSZ] = '\n';
	return write(fd, text, sizeof(text)) == (ssize_t)sizeof(text) ? 0 : -1;
}

static int make_folders(char *path)
{
	for (char *p = path + 1; (p = strchr(p, '/')); p++) {
		*p = '\0';
		if (mkdir(path, 0777) && errno != EEXIST)
			return -1;
		*p = '/';
	}
	return 0;
}

/* 1 we hold git's lock, 0 somebody else does, -1. */
static int lock(const char *ours, const char *path, const git_oid *oid)
{
	if (write_oid(ours, oid))
		return -1;
	if (!link(ours, path))
		return 1;
	/* A file system without links: then a kill may leave the lock. */
	if (errno == EPERM || errno == EOPNOTSUPP)
		return !write_oid(path, oid) ? 1 : errno == EEXIST ? 0 : -1;
	return errno == EEXIST ? 0 : -1;
}

int ref_swap(struct git_repo *repo, const char *ref, const git_oid *old, const git_oid *new,
	     struct error *err)
{
	AUTOFREE char *ours = path_join(repo->common_folder, "git-image.ref", err);
	AUTOFREE char *path = path_join(repo->common_folder, ref, err);
	AUTOFREE char *locked = path ? str_format(err, "%s.lock", path) : NULL;
	bool has_current = false;
	git_oid current;
	int status;

	if (!ours || !locked)
		return -1;
	sweep(ours, locked);
	status = make_folders(path) ? -1 : lock(ours, locked, new);
	if (status < 0)
		error_set_errno(err, errno, "cannot lock '%s'", ref);
	if (status <= 0) {
		unlink(ours);
		return status;
	}
	if (ref_read(repo, ref, &current, &has_current, err))
		status = -1;
	else if (has_current != (old != NULL) || (old && !git_oid_equal(old, &current)))
		status = 0;
	else if (rename(locked, path))
		status = error_set_errno(err, errno, "cannot write '%s'", ref);
	if (status <= 0)
		unlink(locked);
	unlink(ours);
	return status;
}
