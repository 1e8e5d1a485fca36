/* SPDX-License-Identifier: MIT */
#include "engine/layout-index.h"

#include <errno.h>

#include "base/host.h"
#include "base/limits.h"
#include "base/path.h"
#include "engine/names.h"

/* Nobody holds the lock while bytes come in: longer than this it is broken. */
#define LOCK_WAIT_MS 60000

int layout_lock(const struct layout *layout, int *ret_fd, struct error *err)
{
	AUTOFREE char *path = layout_path(layout, "lock", err);

	return path ? host_lock(path, LOCK_WAIT_MS, ret_fd, err) : -1;
}

int layout_write_error(const struct layout *layout, int os_errno, struct error *err)
{
	return host_write_error("an image", layout->folder, os_errno, err);
}

static void entry_release(struct layout_entry *entry)
{
	free(entry->media_type);
	free(entry->digest);
	free(entry->name);
}

void layout_index_release(struct layout_index *index)
{
	for (size_t i = 0; i < index->len; i++)
		entry_release(&index->items[i]);
	free(index->items);
	*index = (struct layout_index){ 0 };
}

static int add_entry(struct layout_index *index, const struct descriptor *manifest,
		     const char *name, struct error *err)
{
	struct layout_entry *items = realloc(index->items, (index->len + 1) * sizeof(*items));
	struct layout_entry *entry;

	if (!items)
		return error_set_memory(err);
	index->items = items;
	entry = &items[index->len++];
	*entry = (struct layout_entry){ .size = manifest->size };
	if (str_replace(&entry->media_type, manifest->media_type, err) ||
	    str_replace(&entry->digest, manifest->digest, err) ||
	    str_replace(&entry->name, name, err))
		return -1;
	return 0;
}

static int parse_index(struct slice bytes, struct layout_index *index, struct error *err)
{
	AUTO(manifest_release) struct manifest parsed = { 0 };

	if (manifest_parse(bytes, NULL, &parsed, err))
		return -1;
	for (size_t i = 0; i < parsed.item_count; i++) {
		const struct descriptor *item = &parsed.items[i];

		if (add_entry(index, item, strmap_get(&item->annotations, LAYOUT_REF_NAME), err))
			return -1;
	}
	return 0;
}

int layout_index_read(const struct layout *layout, struct layout_index *ret_index,
		      struct error *err)
{
	AUTO(layout_index_release) struct layout_index index = { 0 };
	AUTO(buf_release) struct buf bytes = BUF_INIT(LIMIT_JSON_DOCUMENT);
	AUTOFREE char *path = layout_path(layout, "index.json", err);

	if (!path || path_read(path, &bytes, err))
		return -1;
	if (parse_index(buf_slice(&bytes), &index, err)) {
		error_wrap(err, "'%s'", path);
		return error_hint(err, "remove the folder '%s': its images can be built again",
				  layout->folder);
	}
	*ret_index = index;
	index = (struct layout_index){ 0 };
	return 0;
}

static void write_entry(struct json_writer *writer, const struct layout_entry *entry)
{
	json_open_object(writer, NULL);
	json_add_text(writer, "mediaType", entry->media_type);
	json_add_text(writer, "digest", entry->digest);
	json_add_int(writer, "size", entry->size);
	if (entry->name) {
		json_open_object(writer, "annotations");
		json_add_text(writer, LAYOUT_REF_NAME, entry->name);
		json_close_object(writer);
	}
	json_close_object(writer);
}

int layout_index_write(const struct layout *layout, const struct layout_index *index,
		       struct error *err)
{
	AUTO(buf_release) struct buf out = BUF_INIT(LIMIT_JSON_DOCUMENT);
	struct json_writer writer = JSON_WRITER(&out);

	json_open_object(&writer, NULL);
	json_add_int(&writer, "schemaVersion", 2);
	json_add_text(&writer, "mediaType", MEDIA_TYPE_OCI_INDEX);
	json_open_array(&writer, "manifests");
	for (size_t i = 0; i < index->len; i++)
		write_entry(&writer, &index->items[i]);
	json_close_array(&writer);
	json_close_object(&writer);
	if (buf_check(&out, "the index of the images", err))
		return -1;
	return layout_replace_file(layout, "index.json", buf_slice(&out), err);
}

static int find_id(const struct layout *layout, const struct layout_index *index, const char *id,
		   size_t *ret_at, struct error *err)
{
	const char *hex = id + strlen(id) - 64;

	for (size_t i = index->len; i-- > 0;) {
		AUTO(layout_image_release) struct layout_image image = LAYOUT_IMAGE_INIT;
		const struct layout_entry *entry = &index->items[i];

		if (layout_entry_read(layout, entry, &image, err))
			return -1;
		if (!str_ends(image.manifest.config.digest, hex))
			continue;
		*ret_at = i;
		return 0;
	}
	return error_set(err, ERROR_NOT_FOUND, "no image has the ID '%s'", id);
}

static int find_name(const struct layout_index *index, const char *name, size_t *ret_at,
		     struct error *err)
{
	AUTOFREE char *wanted = names_full(name, err);

	if (!wanted)
		return -1;
	for (size_t i = 0; i < index->len; i++) {
		AUTOFREE char *full = NULL;

		if (!index->items[i].name)
			continue;
		full = names_full(index->items[i].name, err);
		if (!full)
			return -1;
		if (strcmp(full, wanted) != 0)
			continue;
		*ret_at = i;
		return 0;
	}
	return error_set(err, ERROR_NOT_FOUND, "there is no image '%s'", name);
}

int layout_index_find(const struct layout *layout, const struct layout_index *index,
		      const char *reference, size_t *ret_at, struct error *err)
{
	return names_is_id(reference) ? find_id(layout, index, reference, ret_at, err)
				      : find_name(index, reference, ret_at, err);
}

void layout_index_remove(struct layout_index *index, size_t at)
{
	entry_release(&index->items[at]);
	index->len--;
	memmove(&index->items[at], &index->items[at + 1],
		(index->len - at) * sizeof(*index->items));
}

static bool has_other_entry(const struct layout_index *index, size_t at)
{
	for (size_t i = 0; i < index->len; i++)
		if (i != at && !strcmp(index->items[i].digest, index->items[at].digest))
			return true;
	return false;
}

/* Its manifest stays, if need be without a name. */
static void drop_name(struct layout_index *index, size_t at)
{
	if (has_other_entry(index, at))
		layout_index_remove(index, at);
	else
		free(TAKE(index->items[at].name));
}

/* The manifest has a name: no entry without one is needed for it. */
static void drop_nameless(struct layout_index *index, const char *digest)
{
	for (size_t i = 0; i < index->len; i++)
		if (!index->items[i].name && !strcmp(index->items[i].digest, digest) &&
		    has_other_entry(index, i))
			layout_index_remove(index, i--);
}

int layout_index_name(struct layout_index *index, const struct descriptor *manifest,
		      const char *name, struct error *err)
{
	size_t former = SIZE_MAX, at = index->len;

	if (name && find_name(index, name, &former, err) && !error_is(err, ERROR_NOT_FOUND))
		return -1;
	error_clear(err);
	if (former < at && !strcmp(index->items[former].digest, manifest->digest)) {
		/* The caller's may be that of an entry that goes. */
		drop_nameless(index, index->items[former].digest);
		return 0;
	}
	if (add_entry(index, manifest, name, err))
		return -1;
	if (former < at)
		drop_name(index, former);
	drop_nameless(index, index->items[index->len - 1].digest);
	return 0;
}

int layout_begin(struct layout_transaction *transaction, struct error *err)
{
	if (layout_lock(transaction->layout, &transaction->lock_fd, err))
		return -1;
	return layout_index_read(transaction->layout, &transaction->index, err);
}

int layout_commit(struct layout_transaction *transaction, struct error *err)
{
	if (layout_index_write(transaction->layout, &transaction->index, err))
		return -1;
	layout_collect(transaction->layout, &transaction->index);
	return 0;
}

void layout_end(struct layout_transaction *transaction)
{
	layout_index_release(&transaction->index);
	cleanup_close(&transaction->lock_fd);
	transaction->lock_fd = -1;
}
