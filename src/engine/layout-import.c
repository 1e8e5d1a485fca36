/* SPDX-License-Identifier: MIT */
#include "engine/layout-import.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/host.h"
#include "base/limits.h"
#include "base/path.h"
#include "codec/tar.h"
#include "engine/layout-index.h"
#include "image/config.h"

#define BLOBS "blobs/sha256/"

/* What the content of the archive's entry is. */
enum part { PART_IGNORED, PART_INDEX, PART_BLOB };

struct layout_import {
	const struct layout *layout;
	struct tar_reader *reader;
	int guard_fd;
	enum part part;
	size_t entry_count;
	struct buf index;
	bool has_index;
	/* The blob under way. */
	char blob[72]; /* its digest; "": none */
	struct digest digest;
	int64_t left;
	char *temporary;
	int fd; /* -1: it is there, so that its bytes are only looked at */
};

static void drop_blob(struct layout_import *import)
{
	cleanup_close(&import->fd);
	import->fd = -1;
	if (import->temporary)
		unlink(import->temporary);
	free(TAKE(import->temporary));
	import->blob[0] = '\0';
}

void layout_import_free(struct layout_import *import)
{
	if (!import)
		return;
	drop_blob(import);
	cleanup_close(&import->guard_fd);
	tar_reader_free(import->reader);
	digest_release(&import->digest);
	buf_release(&import->index);
	free(import);
}

void layout_import_freep(struct layout_import **import)
{
	layout_import_free(*import);
}

static int nonsense(struct error *err, const char *what, const char *name)
{
	return error_set(err, ERROR_PROTOCOL, "the image that was built: %s '%.80s'", what, name);
}

/* From its temporary name to its own, once every byte is on the disk. */
static int keep_blob(struct layout_import *import, struct error *err)
{
	AUTOFREE char *path = layout_blob_path(import->layout, import->blob, err);

	if (!path)
		return -1;
	if (fdatasync(import->fd) || rename(import->temporary, path))
		return layout_write_error(import->layout, errno, err);
	free(TAKE(import->temporary));
	return 0;
}

static int finish_blob(struct layout_import *import, struct error *err)
{
	struct digest_text found = digest_finish(&import->digest);

	if (strcmp(found.text, import->blob) != 0)
		return nonsense(err, "the bytes do not match the digest", import->blob);
	if (import->fd >= 0 && keep_blob(import, err))
		return -1;
	drop_blob(import);
	return 0;
}

static int begin_blob(struct layout_import *import, const struct tar_entry *entry,
		      struct error *err)
{
	int is_there;

	snprintf(import->blob, sizeof(import->blob), "sha256:%s", entry->path + strlen(BLOBS));
	import->part = PART_BLOB;
	import->left = entry->size;
	is_there = layout_blob_exists(import->layout, import->blob, entry->size, err);
	if (is_there < 0)
		return -1;
	if (!is_there) {
		import->temporary = str_format(err, "%s/incoming/%s", import->layout->folder,
					       host_random_id().text);
		if (!import->temporary)
			return -1;
		import->fd = open(import->temporary,
				  O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
		if (import->fd < 0)
			return layout_write_error(import->layout, errno, err);
	}
	return import->left ? 0 : finish_blob(import, err);
}

static bool is_blob(const char *path)
{
	return str_starts(path, BLOBS) && str_is_hex(path + strlen(BLOBS), 64);
}

/* Only these two kinds of names count; whatever else there is stays outside. */
static int take_entry(void *arg, const struct tar_entry *entry, struct error *err)
{
	struct layout_import *import = arg;
	bool is_index = !strcmp(entry->path, "index.json");

	import->part = PART_IGNORED;
	if (++import->entry_count > LIMIT_LAYOUT_ENTRIES)
		return nonsense(err, "more entries than an image has, at", entry->path);
	if (!is_index && !is_blob(entry->path))
		return 0;
	if (entry->type != TAR_FILE)
		return nonsense(err, "no regular file", entry->path);
	if (!is_index)
		return begin_blob(import, entry, err);
	if (import->has_index)
		return nonsense(err, "there twice", entry->path);
	import->has_index = true;
	import->part = PART_INDEX;
	return 0;
}

static int add_to_blob(struct layout_import *import, struct slice data, struct error *err)
{
	digest_add(&import->digest, data.data, data.len);
	if (import->fd >= 0 && path_write_all(import->fd, data))
		return layout_write_error(import->layout, errno, err);
	import->left -= (int64_t)data.len;
	return import->left ? 0 : finish_blob(import, err);
}

static int take_data(void *arg, struct slice data, struct error *err)
{
	struct layout_import *import = arg;

	if (import->part == PART_BLOB)
		return add_to_blob(import, data, err);
	if (import->part == PART_IGNORED)
		return 0;
	buf_add_slice(&import->index, data);
	return buf_check(&import->index, "the index of the image", err);
}

static int open_import(struct layout_import *import, struct error *err)
{
	struct tar_handler handler = { .entry = take_entry, .data = take_data, .arg = import };
	AUTOCLOSE int lock_fd = -1;

	import->reader = tar_reader_new(&handler, err);
	if (!import->reader || digest_init(&import->digest, err) ||
	    layout_lock(import->layout, &lock_fd, err))
		return -1;
	return layout_guard(import->layout, &import->guard_fd, err);
}

int layout_import_new(const struct layout *layout, struct layout_import **ret_import,
		      struct error *err)
{
	AUTO(layout_import_freep) struct layout_import *import = calloc(1, sizeof(*import));

	if (!import)
		return error_set_memory(err);
	*import = (struct layout_import){
		.layout = layout, .guard_fd = -1, .fd = -1, .index = BUF_INIT(LIMIT_JSON_DOCUMENT)
	};
	if (open_import(import, err))
		return -1;
	*ret_import = TAKE(import);
	return 0;
}

int layout_import_feed(void *arg, const void *data, size_t len, struct error *err)
{
	struct layout_import *import = arg;

	return tar_reader_feed(import->reader, (struct slice){ data, len }, err);
}

static bool is_attestation(const struct descriptor *item)
{
	return str_equal(item->platform.os, "unknown") ||
	       strmap_get(&item->annotations, "vnd.docker.reference.type");
}

/* The one image of an index. */
static int pick(const struct manifest *index, const struct descriptor **ret_item, struct error *err)
{
	const struct descriptor *found = NULL;

	for (size_t i = 0; i < index->item_count; i++) {
		const struct descriptor *item = &index->items[i];

		if (is_attestation(item) || (found && str_equal(found->digest, item->digest)))
			continue;
		if (found)
			return error_set(err, ERROR_UNSUPPORTED,
					 "the build gave several images, only one can be kept");
		found = item;
	}
	if (!found)
		return nonsense(err, "no manifest in", "index.json");
	*ret_item = found;
	return 0;
}

static int check_blob(const struct layout *layout, const struct descriptor *blob, struct error *err)
{
	int is_there = layout_blob_exists(layout, blob->digest, blob->size, err);

	if (is_there < 0)
		return -1;
	return is_there ? 0 : nonsense(err, "it lacks the blob", blob->digest);
}

/* All that the manifest names is there, and fits together. */
static int check_image(const struct layout *layout, const struct descriptor *item, char **ret_id,
		       struct error *err)
{
	AUTO(layout_image_release) struct layout_image image = LAYOUT_IMAGE_INIT;
	AUTO(image_config_release) struct image_config config = { 0 };
	const struct manifest *manifest = &image.manifest;

	if (check_blob(layout, item, err) ||
	    layout_image_read(layout, item->digest, item->media_type, &image, err) ||
	    check_blob(layout, &manifest->config, err))
		return -1;
	for (size_t i = 0; i < manifest->item_count; i++)
		if (check_blob(layout, &manifest->items[i], err))
			return -1;
	if (image_config_parse(buf_slice(&image.config_bytes), &config, err))
		return -1;
	if (config.diff_ids.len != manifest->item_count)
		return nonsense(err, "its configuration has another count of layers:",
				manifest->config.digest);
	*ret_id = str_copy(manifest->config.digest, err);
	return *ret_id ? 0 : -1;
}

/* From here on the image counts, and what came with it and is not needed goes. */
static int enter(struct layout_import *import, const struct descriptor *item, struct error *err)
{
	AUTO(layout_end) struct layout_transaction transaction = LAYOUT_TRANSACTION(import->layout);

	if (layout_begin(&transaction, err) ||
	    layout_index_name(&transaction.index, item, NULL, err))
		return -1;
	cleanup_close(&import->guard_fd);
	import->guard_fd = -1;
	return layout_commit(&transaction, err);
}

static int read_index(const struct layout_import *import, struct manifest *ret_index,
		      struct error *err)
{
	if (!import->has_index)
		return nonsense(err, "it has no", "index.json");
	if (manifest_parse(buf_slice(&import->index), NULL, ret_index, err))
		return error_wrap(err, "the image that was built");
	return ret_index->is_index ? 0 : nonsense(err, "no index in", "index.json");
}

/* With several platforms, or with attestations, index.json names another index. */
static int read_inner(const struct layout_import *import, const struct descriptor *outer,
		      struct manifest *ret_index, struct error *err)
{
	AUTO(buf_release) struct buf bytes = BUF_INIT(LIMIT_JSON_DOCUMENT);

	if (check_blob(import->layout, outer, err) ||
	    layout_blob_read(import->layout, outer->digest, &bytes, err) ||
	    manifest_parse(buf_slice(&bytes), outer->media_type, ret_index, err))
		return error_wrap(err, "the image that was built");
	return 0;
}

static bool is_index_type(const char *media_type)
{
	return !strcmp(media_type, MEDIA_TYPE_OCI_INDEX) ||
	       !strcmp(media_type, MEDIA_TYPE_DOCKER_LIST);
}

int layout_import_finish(struct layout_import *import, char **ret_id, struct error *err)
{
	AUTO(manifest_release) struct manifest index = { 0 }, inner = { 0 };
	const struct descriptor *item;
	AUTOFREE char *id = NULL;

	if (tar_reader_finish(import->reader, err) || read_index(import, &index, err) ||
	    pick(&index, &item, err))
		return -1;
	if (is_index_type(item->media_type) &&
	    (read_inner(import, item, &inner, err) || pick(&inner, &item, err)))
		return -1;
	if (check_image(import->layout, item, &id, err)) {
		/* Nobody asked for it but the manifest. */
		if (error_is(err, ERROR_NOT_FOUND))
			err->kind = ERROR_PROTOCOL;
		return error_wrap(err, "cannot take the image in");
	}
	if (enter(import, item, err))
		return -1;
	*ret_id = TAKE(id);
	return 0;
}
