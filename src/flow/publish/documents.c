/* SPDX-License-Identifier: MIT */
#include "flow/publish/documents.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/limits.h"
#include "base/path.h"
#include "base/str.h"
#include "codec/digest.h"

#define FOLDER "documents"
/* Some kilobytes each: of the last so many stamps. */
#define KEPT_MAX 200

static char *folder_of(const char *state_folder)
{
	struct error ignored = { 0 };

	return state_folder ? path_join(state_folder, FOLDER, &ignored) : NULL;
}

/* The oldest of too many files; how many there are. */
static size_t find_oldest(DIR *dir, char name[NAME_MAX + 1])
{
	struct timespec oldest = { 0 };
	struct dirent *entry;
	size_t count = 0;

	rewinddir(dir);
	while ((entry = readdir(dir))) {
		struct stat st;

		if (entry->d_name[0] == '.' || fstatat(dirfd(dir), entry->d_name, &st, 0))
			continue;
		if (!count++ || st.st_mtim.tv_sec < oldest.tv_sec ||
		    (st.st_mtim.tv_sec == oldest.tv_sec && st.st_mtim.tv_nsec < oldest.tv_nsec)) {
			oldest = st.st_mtim;
			snprintf(name, NAME_MAX + 1, "%s", entry->d_name);
		}
	}
	return count;
}

static void make_room(const char *folder)
{
	char oldest[NAME_MAX + 1];
	DIR *dir = opendir(folder);

	if (!dir)
		return;
	while (find_oldest(dir, oldest) >= KEPT_MAX && !unlinkat(dirfd(dir), oldest, 0))
		;
	closedir(dir);
}

/* No name before it is whole, so that a run that is killed leaves none. */
static void write_file(const char *folder, const char *path, struct slice document)
{
	AUTOCLOSE int fd = open(folder, O_TMPFILE | O_WRONLY | O_CLOEXEC, 0600);
	char link[40];

	if (fd < 0 || path_write_all(fd, document))
		return;
	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	if (linkat(AT_FDCWD, link, AT_FDCWD, path, AT_SYMLINK_FOLLOW))
		return; /* it is there, or will be missing */
}

void documents_keep(const char *state_folder, struct slice document)
{
	AUTOFREE char *folder = folder_of(state_folder);
	AUTOFREE char *path = NULL;
	struct digest_text digest;
	struct error ignored = { 0 };

	if (!folder || !document.len || digest_of(document, &digest, &ignored))
		return;
	path = path_join(folder, digest.text + strlen("sha256:"), &ignored);
	if (!path || path_exists(path) || path_make_folders(folder, 0700, &ignored))
		return;
	make_room(folder);
	write_file(folder, path, document);
}

bool documents_find(const char *state_folder, const char *digest, struct buf *ret_document)
{
	AUTO(buf_release) struct buf document = BUF_INIT(LIMIT_JSON_DOCUMENT);
	AUTOFREE char *folder = folder_of(state_folder);
	AUTOFREE char *path = NULL;
	struct error ignored = { 0 };
	struct digest_text found;

	if (!folder || !digest_is_valid(digest))
		return false;
	path = path_join(folder, digest + strlen("sha256:"), &ignored);
	if (!path || path_read(path, &document, &ignored))
		return false;
	if (digest_of(buf_slice(&document), &found, &ignored) || strcmp(found.text, digest)) {
		unlink(path);
		return false;
	}
	buf_add_slice(ret_document, buf_slice(&document));
	return true;
}
