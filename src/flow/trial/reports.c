/* SPDX-License-Identifier: MIT */
#include "flow/trial/reports.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/path.h"
#include "base/str.h"
#include "codec/tar.h"

#define DEFAULT_FOLDER "build/image-reports"

struct copy {
	struct job *job;
	int folder_fd;
	int file_fd; /* of the entry whose content comes now, -1 */
	int64_t files;
	int64_t bytes;
	int64_t skipped;
};

static int open_beneath(int folder_fd, const char *path, uint64_t flags, uint64_t mode)
{
	struct open_how how = { .flags = flags | O_CLOEXEC,
				.mode = mode,
				.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS |
					   RESOLVE_NO_MAGICLINKS };

	return (int)syscall(SYS_openat2, folder_fd, path, &how, sizeof(how));
}

/* ELOOP is how openat2() says that there is a symbolic link. */
static int cannot_enter(const char *path, struct error *err)
{
	if (errno != ELOOP)
		return error_set_errno(err, errno, "cannot enter the folder '%s'", path);
	return error_set(err, ERROR_INPUT, "'%s' leads through a symbolic link", path);
}

/* Makes the folders of `path` one by one beneath the folder; no link is followed. */
static int make_beneath(int folder_fd, const char *path, struct error *err)
{
	AUTO(buf_release) struct buf at = BUF_INIT(LIMIT_PATH);
	AUTOCLOSE int fd = dup(folder_fd);
	struct slice rest = slice_of(path), part;

	while (fd >= 0 && slice_cut(&rest, '/', &part)) {
		int next;

		if (!part.len)
			continue;
		buf_reset(&at);
		buf_add_slice(&at, part);
		if (mkdirat(fd, at.data, 0777) && errno != EEXIST)
			return error_set_errno(err, errno, "cannot make the folder '%s'", path);
		next = open_beneath(fd, at.data, O_DIRECTORY | O_PATH, 0);
		if (next < 0)
			return cannot_enter(path, err);
		close(fd);
		fd = next;
	}
	return fd < 0 ? error_set_errno(err, errno, "cannot enter the folder '%s'", path) : 0;
}

/* ".git" in any case, and what file systems take for it. */
static bool names_git(const char *path)
{
	struct slice rest = slice_of(path), part;

	while (slice_cut(&rest, '/', &part))
		if (part.len >= 4 && !strncasecmp(part.data, ".git", 4) &&
		    (part.len == 4 || strchr(".: ", part.data[4])))
			return true;
	return false;
}

static int open_file(struct copy *copy, const char *path, struct error *err)
{
	const char *name = path_base(path);
	AUTOFREE char *folder = str_copy_slice((struct slice){ path, (size_t)(name - path) }, err);

	if (!folder || make_beneath(copy->folder_fd, folder, err))
		return -1;
	copy->file_fd = open_beneath(copy->folder_fd, path,
				     O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_NONBLOCK, 0666);
	if (copy->file_fd < 0)
		return error_set_errno(err, errno, "cannot write the report '%s'", path);
	return 0;
}

/* The archive's paths begin with the base name of the copied folder. */
static int on_entry(void *arg, const struct tar_entry *entry, struct error *err)
{
	const char *path = strchr(entry->path, '/');
	struct copy *copy = arg;

	cleanup_close(&copy->file_fd);
	copy->file_fd = -1;
	if (entry->type == TAR_FOLDER)
		return 0;
	path = path && path[1] ? path + 1 : path_base(entry->path);
	if (entry->type != TAR_FILE || !tar_path_is_inside(path) || names_git(path)) {
		copy->skipped++;
		return 0;
	}
	copy->files++;
	copy->bytes += entry->size;
	if (copy->files > LIMIT_REPORT_FILES || copy->bytes > (int64_t)LIMIT_REPORT_BYTES)
		return error_set(err, ERROR_INPUT,
				 "the reports are over %d files or %s; the rest is not copied",
				 LIMIT_REPORT_FILES, str_size(LIMIT_REPORT_BYTES).text);
	return open_file(copy, path, err);
}

static int on_data(void *arg, struct slice data, struct error *err)
{
	struct copy *copy = arg;

	while (copy->file_fd >= 0 && data.len) {
		ssize_t len = write(copy->file_fd, data.data, data.len);

		if (len < 0 && errno == EINTR)
			continue;
		if (len < 0)
			return error_set_errno(err, errno, "cannot write a report");
		data = slice_skip(data, (size_t)len);
	}
	return 0;
}

static int feed(void *arg, const void *data, size_t len, struct error *err)
{
	return tar_reader_feed(arg, (struct slice){ data, len }, err);
}

/* The user's folder is the user's; the default one lies beneath the work tree. */
static int open_folder(struct job *job, char **ret_shown, int *ret_fd, struct error *err)
{
	const char *own = job->settings->report_folder, *work = repo_work_folder(job->run->repo);
	AUTOFREE char *path =
		own ? str_copy(own, err) : str_format(err, DEFAULT_FOLDER "/%s", job->name);
	AUTOCLOSE int top = -1, fd = -1;

	if (!path || (own && path_make_folders(path, 0777, err)))
		return -1;
	if (own) {
		fd = open(path, O_DIRECTORY | O_PATH | O_CLOEXEC);
	} else {
		top = open(work ? work : ".", O_DIRECTORY | O_PATH | O_CLOEXEC);
		if (top < 0 || make_beneath(top, path, err))
			return top < 0 ? error_set_errno(err, errno, "cannot enter '%s'",
							 work ? work : ".")
				       : -1;
		fd = open_beneath(top, path, O_DIRECTORY | O_PATH, 0);
	}
	if (fd < 0)
		return error_set_errno(err, errno, "cannot enter the report folder '%s'", path);
	*ret_shown = TAKE(path);
	*ret_fd = TAKE_FD(fd);
	return 0;
}

static int copy_reports(struct job *job, struct copy *copy, struct error *err)
{
	struct engine *engine = job->trial_engine;
	AUTO(tar_reader_freep)
	struct tar_reader *reader = tar_reader_new(
		&(struct tar_handler){ .entry = on_entry, .data = on_data, .arg = copy }, err);
	int status;

	if (!reader)
		return -1;
	status = engine->ops->copy_out(engine, job->trial_id,
				       &(struct engine_copy){ .path = job->settings->report,
							      .sink = feed,
							      .sink_arg = reader },
				       err);
	if (!status)
		status = tar_reader_finish(reader, err);
	cleanup_close(&copy->file_fd);
	return status;
}

int reports_copy(struct job *job, struct error *err)
{
	struct copy copy = { .job = job, .folder_fd = -1, .file_fd = -1 };
	AUTOFREE char *folder = NULL;
	int status = open_folder(job, &folder, &copy.folder_fd, err);

	if (!status)
		status = copy_reports(job, &copy, err);
	cleanup_close(&copy.folder_fd);
	if (status)
		return error_wrap(err, "cannot copy the reports from '%s'", job->settings->report);
	if (copy.skipped)
		event_warning(job->run->sink, "%d entries of '%s' are no regular files: not copied",
			      (int)copy.skipped, job->settings->report);
	event_notice(job->run->sink, "%d reports are in '%s'", (int)copy.files, folder);
	return 0;
}
