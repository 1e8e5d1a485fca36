/* SPDX-License-Identifier: MIT */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/path.h"
#include "engine/layout-index.h"

int layout_replace_file(const struct layout *layout, const char *name, struct slice bytes,
			struct error *err)
{
	AUTOFREE char *temporary = str_format(err, "%s/incoming/%s", layout->folder, name);
	AUTOFREE char *path = layout_path(layout, name, err);

	if (!temporary || !path)
		return -1;
	if (path_write(temporary, bytes, 0600, err))
		return err->os_errno ? layout_write_error(layout, err->os_errno, err) : -1;
	return rename(temporary, path) ? layout_write_error(layout, errno, err) : 0;
}

void layout_image_release(struct layout_image *image)
{
	buf_release(&image->bytes);
	buf_release(&image->config_bytes);
	manifest_release(&image->manifest);
	json_free(image->config);
	*image = (struct layout_image)LAYOUT_IMAGE_INIT;
}

int layout_image_read(const struct layout *layout, const char *digest, const char *media_type,
		      struct layout_image *ret_image, struct error *err)
{
	AUTO(layout_image_release) struct layout_image image = LAYOUT_IMAGE_INIT;

	if (layout_blob_read(layout, digest, &image.bytes, err) ||
	    manifest_parse(buf_slice(&image.bytes), media_type, &image.manifest, err))
		return -1;
	if (image.manifest.is_index)
		return error_set(err, ERROR_PROTOCOL, "%s is an index, no image", digest);
	if (layout_blob_read(layout, image.manifest.config.digest, &image.config_bytes, err))
		return -1;
	image.config = json_parse(buf_slice(&image.config_bytes), err);
	if (!image.config)
		return error_wrap(err, "the image's configuration");
	*ret_image = image;
	image = (struct layout_image)LAYOUT_IMAGE_INIT;
	return 0;
}

int layout_entry_read(const struct layout *layout, const struct layout_entry *entry,
		      struct layout_image *ret_image, struct error *err)
{
	if (!layout_image_read(layout, entry->digest, entry->media_type, ret_image, err))
		return 0;
	if (!error_is(err, ERROR_MEMORY))
		err->kind = ERROR_SYSTEM;
	error_wrap(err, "the image '%s'", entry->name ? entry->name : entry->digest);
	return error_hint(err, "remove the folder '%s': its images can be built again",
			  layout->folder);
}

static int open_guard(const struct layout *layout, struct error *err)
{
	AUTOFREE char *path = layout_path(layout, "importing", err);
	int fd = path ? open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600) : -1;

	return path && fd < 0 ? layout_write_error(layout, errno, err) : fd;
}

int layout_guard(const struct layout *layout, int *ret_fd, struct error *err)
{
	AUTOCLOSE int fd = open_guard(layout, err);

	if (fd < 0)
		return -1;
	while (flock(fd, LOCK_SH))
		if (errno != EINTR)
			return error_set_errno(err, errno, "cannot lock '%s'", layout->folder);
	*ret_fd = TAKE_FD(fd);
	return 0;
}

static int add_digests(const struct layout *layout, const struct layout_entry *entry,
		       struct strv *named, struct error *err)
{
	AUTO(layout_image_release) struct layout_image image = LAYOUT_IMAGE_INIT;
	const struct manifest *manifest = &image.manifest;

	if (layout_entry_read(layout, entry, &image, err) ||
	    strv_add(named, entry->digest + strlen("sha256:"), err) ||
	    strv_add(named, manifest->config.digest + strlen("sha256:"), err))
		return -1;
	for (size_t i = 0; i < manifest->item_count; i++)
		if (strv_add(named, manifest->items[i].digest + strlen("sha256:"), err))
			return -1;
	return 0;
}

static int compare_texts(const void *key, const void *item)
{
	return strcmp(key, *(char *const *)item);
}

/* All files of the folder, but those in the sorted list. */
static void remove_files(const struct layout *layout, const char *name, const struct strv *kept,
			 struct error *err)
{
	AUTOFREE char *path = layout_path(layout, name, err);
	DIR *folder = path ? opendir(path) : NULL;
	struct dirent *file;

	while (folder && (file = readdir(folder)))
		if (strcmp(file->d_name, ".") != 0 && strcmp(file->d_name, "..") != 0 &&
		    !(kept->len && bsearch(file->d_name, kept->items, kept->len,
					   sizeof(*kept->items), compare_texts)))
			unlinkat(dirfd(folder), file->d_name, 0);
	if (folder)
		closedir(folder);
}

void layout_collect(const struct layout *layout, const struct layout_index *index)
{
	AUTO(strv_release) struct strv named = { 0 }, none = { 0 };
	struct error ignored = { 0 };
	AUTOCLOSE int guard = open_guard(layout, &ignored);

	if (guard < 0 || flock(guard, LOCK_EX | LOCK_NB))
		return;
	/* Of an image that cannot be read, it is not known what it needs. */
	for (size_t i = 0; i < index->len; i++)
		if (add_digests(layout, &index->items[i], &named, &ignored))
			return;
	strv_sort(&named);
	remove_files(layout, "blobs/sha256", &named, &ignored);
	remove_files(layout, "incoming", &none, &ignored);
}
