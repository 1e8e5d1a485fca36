/* SPDX-License-Identifier: MIT */
#include "engine/layout.h"

#include "base/limits.h"
#include "base/path.h"
#include "engine/image-config.h"
#include "engine/layout-index.h"
#include "engine/names.h"
#include "image/reference.h"

static int make_files(const struct layout *layout, struct error *err)
{
	AUTO(layout_end) struct layout_transaction transaction = LAYOUT_TRANSACTION(layout);
	AUTOFREE char *index = layout_path(layout, "index.json", err);
	AUTOFREE char *version = layout_path(layout, "oci-layout", err);

	if (!index || !version || layout_lock(layout, &transaction.lock_fd, err))
		return -1;
	if (!path_exists(version) &&
	    layout_replace_file(layout, "oci-layout", SLICE(LAYOUT_VERSION_FILE), err))
		return -1;
	return path_exists(index) ? 0 : layout_index_write(layout, &transaction.index, err);
}

int layout_open(const char *folder, struct layout *ret_layout, struct error *err)
{
	AUTO(layout_release)
	struct layout layout = { .folder = str_copy(folder, err), .mode = 0600 };
	AUTOFREE char *blobs = layout.folder ? layout_path(&layout, "blobs/sha256", err) : NULL;
	AUTOFREE char *incoming = blobs ? layout_path(&layout, "incoming", err) : NULL;

	if (!incoming || path_make_folders(blobs, 0700, err) ||
	    path_make_folders(incoming, 0700, err) || make_files(&layout, err))
		return -1;
	*ret_layout = layout;
	layout = (struct layout){ 0 };
	return 0;
}

static const struct json_field image_fields[] = {
	JSON_FIELD(struct engine_image, created, "created", JSON_FIELD_TEXT),
	JSON_FIELD(struct engine_image, os, "os", JSON_FIELD_TEXT),
	JSON_FIELD(struct engine_image, architecture, "architecture", JSON_FIELD_TEXT),
	JSON_FIELD(struct engine_image, variant, "variant", JSON_FIELD_TEXT),
};

static const struct json_field rootfs_fields[] = {
	JSON_FIELD(struct engine_image, layers, "diff_ids", JSON_FIELD_TEXTS),
};

static int fill_image(const struct layout_image *stored, struct engine_image *image,
		      struct error *err)
{
	const struct manifest *manifest = &stored->manifest;
	const struct json *rootfs = json_get(stored->config, "rootfs");

	image->size = manifest->config.size;
	for (size_t i = 0; i < manifest->item_count; i++)
		image->size += manifest->items[i].size;
	if (str_replace(&image->id, manifest->config.digest, err) ||
	    json_read(stored->config, "image", &(struct json_table)JSON_TABLE(image_fields), image,
		      err) ||
	    (rootfs && json_read(rootfs, "rootfs", &(struct json_table)JSON_TABLE(rootfs_fields),
				 image, err)))
		return -1;
	return image_read_config(json_get(stored->config, "config"), NULL, image, err);
}

/* What is asked for. */
struct wanted {
	const struct reference *repository; /* its names are spelled so; NULL: any */
	bool is_only;			    /* no other names */
	bool is_dangling;		    /* nothing that has a name */
};

/* The names of the manifest at `at`. */
static int add_names(const struct layout_index *index, size_t at, const struct wanted *wanted,
		     struct engine_image *image, struct error *err)
{
	for (size_t i = 0; i < index->len; i++) {
		const struct layout_entry *entry = &index->items[i];
		AUTOFREE char *name = NULL;
		bool is_asked;

		if (!entry->name || strcmp(entry->digest, index->items[at].digest) != 0)
			continue;
		name = names_as_asked(entry->name, wanted->repository, &is_asked, err);
		if (!name)
			return -1;
		if ((is_asked || !wanted->is_only) && strv_add(&image->tags, name, err))
			return -1;
	}
	return 0;
}

static int read_image(const struct layout_transaction *transaction, size_t at,
		      struct engine_image *ret_image, struct error *err)
{
	AUTO(layout_image_release) struct layout_image stored = LAYOUT_IMAGE_INIT;

	if (layout_entry_read(transaction->layout, &transaction->index.items[at], &stored, err))
		return -1;
	return fill_image(&stored, ret_image, err);
}

int layout_inspect(const struct layout *layout, const char *reference,
		   struct engine_image *ret_image, struct error *err)
{
	AUTO(layout_end) struct layout_transaction transaction = LAYOUT_TRANSACTION(layout);
	AUTO(engine_image_release) struct engine_image image = { 0 };
	AUTO(reference_release) struct reference asked = { 0 };
	bool is_id = names_is_id(reference);
	struct wanted wanted = { .repository = is_id ? NULL : &asked };
	size_t at;

	if ((!is_id && reference_parse(reference, &asked, err)) ||
	    layout_begin(&transaction, err) ||
	    layout_index_find(layout, &transaction.index, reference, &at, err) ||
	    read_image(&transaction, at, &image, err) ||
	    add_names(&transaction.index, at, &wanted, &image, err))
		return -1;
	*ret_image = image;
	image = (struct engine_image){ 0 };
	return 0;
}

/* An image under its first entry, once. */
static int add_listed(const struct layout_transaction *transaction, size_t at,
		      const struct wanted *wanted, struct engine_image_list *list,
		      struct error *err)
{
	AUTO(engine_image_release) struct engine_image image = { 0 };
	const struct layout_index *index = &transaction->index;
	struct engine_image *items;

	for (size_t i = 0; i < at; i++)
		if (!strcmp(index->items[i].digest, index->items[at].digest))
			return 0;
	if (add_names(index, at, wanted, &image, err))
		return -1;
	if (image.tags.len ? wanted->is_dangling : wanted->is_only)
		return 0;
	if (read_image(transaction, at, &image, err))
		return -1;
	items = realloc(list->items, (list->len + 1) * sizeof(*items));
	if (!items)
		return error_set_memory(err);
	list->items = items;
	list->items[list->len++] = image;
	image = (struct engine_image){ 0 };
	return 0;
}

int layout_list(const struct layout *layout, const char *repository, bool is_dangling,
		struct engine_image_list *ret_list, struct error *err)
{
	AUTO(layout_end) struct layout_transaction transaction = LAYOUT_TRANSACTION(layout);
	AUTO(engine_image_list_release) struct engine_image_list list = { 0 };
	AUTO(reference_release) struct reference asked = { 0 };
	struct wanted wanted = { repository ? &asked : NULL, repository, is_dangling };

	if ((repository && reference_parse(repository, &asked, err)) ||
	    layout_begin(&transaction, err))
		return -1;
	for (size_t i = 0; i < transaction.index.len; i++)
		if (add_listed(&transaction, i, &wanted, &list, err))
			return -1;
	*ret_list = list;
	list = (struct engine_image_list){ 0 };
	return 0;
}

int layout_tag(const struct layout *layout, const char *source, const char *repository,
	       const char *tag, struct error *err)
{
	AUTO(layout_end) struct layout_transaction transaction = LAYOUT_TRANSACTION(layout);
	AUTOFREE char *name = str_format(err, "%s:%s", repository, tag);
	struct layout_index *index = &transaction.index;
	struct descriptor manifest;
	size_t at;

	if (!name || layout_begin(&transaction, err) ||
	    layout_index_find(layout, index, source, &at, err))
		return -1;
	manifest = (struct descriptor){
		.media_type = index->items[at].media_type,
		.digest = index->items[at].digest,
		.size = index->items[at].size,
	};
	return layout_index_name(index, &manifest, name, err) || layout_commit(&transaction, err)
		       ? -1
		       : 0;
}

static int check_names(const struct layout_index *index, size_t at, const char *id,
		       struct error *err)
{
	size_t names = 0;

	for (size_t i = 0; i < index->len; i++)
		names += !strcmp(index->items[i].digest, index->items[at].digest);
	return names > 1 ? error_set(err, ERROR_CONFLICT, "the image '%s' has several names", id)
			 : 0;
}

int layout_remove(const struct layout *layout, const char *reference, struct error *err)
{
	AUTO(layout_end) struct layout_transaction transaction = LAYOUT_TRANSACTION(layout);
	size_t at;

	if (layout_begin(&transaction, err) ||
	    layout_index_find(layout, &transaction.index, reference, &at, err))
		return -1;
	if (names_is_id(reference) && check_names(&transaction.index, at, reference, err))
		return -1;
	layout_index_remove(&transaction.index, at);
	return layout_commit(&transaction, err);
}

int layout_read_manifest(const struct layout *layout, const char *reference, struct buf *ret_bytes,
			 char **ret_media_type, struct error *err)
{
	AUTO(layout_end) struct layout_transaction transaction = LAYOUT_TRANSACTION(layout);
	const struct layout_entry *entry;
	AUTOFREE char *media_type = NULL;
	size_t at;

	if (layout_begin(&transaction, err) ||
	    layout_index_find(layout, &transaction.index, reference, &at, err))
		return -1;
	entry = &transaction.index.items[at];
	media_type = str_copy(entry->media_type, err);
	if (!media_type || layout_blob_read(layout, entry->digest, ret_bytes, err))
		return -1;
	*ret_media_type = TAKE(media_type);
	return 0;
}
