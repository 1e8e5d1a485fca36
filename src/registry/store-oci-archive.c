/* SPDX-License-Identifier: MIT */
#include "base/limits.h"
#include "codec/json.h"
#include "layout/layout.h"
#include "registry/archive-file.h"

/* An OCI image layout in a tar archive, as `podman save --format oci-archive` and skopeo have it:
 * the names of its tags, then each manifest with its blobs, which are as they came. */

static int receive(struct archive_file *self, const struct store_body *body,
		   struct archive_item *item, struct error *err)
{
	AUTOFREE char *chunk = malloc(LIMIT_CHUNK);
	ssize_t len;

	if (!chunk)
		return error_set_memory(err);
	while ((len = body->read(body->arg, chunk, LIMIT_CHUNK, err)) > 0) {
		item->size += len;
		if (archive_file_write(self, (struct slice){ chunk, (size_t)len }, err))
			return -1;
	}
	return (int)len;
}

static int layout_put(struct store *store, const struct store_body *body, struct error *err)
{
	struct archive_file *self = archive_file_of(store);
	struct archive_item item;

	if (body->size >= ARCHIVE_ITEM_MAX)
		return error_set(err, ERROR_UNSUPPORTED,
				 "a blob of 8 GiB or more does not go into an archive");
	if (archive_file_begin(self, &item, err) || receive(self, body, &item, err))
		return -1;
	snprintf(item.digest.text, sizeof(item.digest.text), "%s", body->digest);
	snprintf(item.name, sizeof(item.name), "blobs/sha256/%s", body->digest + strlen("sha256:"));
	return archive_file_add(self, &item, err);
}

static int add_manifest(struct archive_file *self, const struct registry_manifest *manifest,
			struct strv *order, struct error *err)
{
	AUTO(manifest_release) struct manifest parsed = { 0 };
	char name[96];

	snprintf(name, sizeof(name), "blobs/sha256/%s", manifest->digest.text + strlen("sha256:"));
	if (!archive_file_item(self, name) &&
	    archive_file_add_text(self, name, manifest->digest.text, buf_slice(&manifest->bytes),
				  err))
		return -1;
	if (manifest_parse(buf_slice(&manifest->bytes), manifest->media_type, &parsed, err) ||
	    strv_add(order, name, err) ||
	    (!parsed.is_index && strv_add(order, parsed.config.digest, err)))
		return -1;
	for (size_t i = 0; i < parsed.item_count; i++)
		if (strv_add(order, parsed.items[i].digest, err))
			return -1;
	return 0;
}

static int add_index(struct archive_file *self, struct error *err)
{
	AUTO(buf_release) struct buf text = BUF_INIT(LIMIT_JSON_DOCUMENT);
	struct json_writer writer = JSON_WRITER(&text);

	json_open_object(&writer, NULL);
	json_add_int(&writer, "schemaVersion", 2);
	json_add_text(&writer, "mediaType", MEDIA_TYPE_OCI_INDEX);
	json_open_array(&writer, "manifests");
	for (size_t i = 0; i < self->named_count; i++)
		if (archive_file_is_tagged(self, &self->named[i]))
			store_write_entry(&writer, self->repository, self->named[i].tag,
					  &self->named[i].manifest);
	json_close_array(&writer);
	json_close_object(&writer);
	return buf_check(&text, "index.json", err) ||
			       archive_file_add_text(self, "index.json", NULL, buf_slice(&text),
						     err)
		       ? -1
		       : 0;
}

static int layout_finish(struct store *store, struct error *err)
{
	struct archive_file *self = archive_file_of(store);
	AUTO(strv_release) struct strv order = { 0 };

	if (!archive_file_is_due(self))
		return 0;
	if (archive_file_add_text(self, "oci-layout", NULL, SLICE(LAYOUT_VERSION_FILE), err) ||
	    add_index(self, err) || strv_add(&order, "oci-layout", err) ||
	    strv_add(&order, "index.json", err))
		return -1;
	for (size_t i = 0; i < self->named_count; i++)
		if (add_manifest(self, &self->named[i].manifest, &order, err))
			return -1;
	return archive_file_place(self, &order, err);
}

static const struct store_ops layout_ops = {
	.find = archive_file_find,
	.read = archive_file_read,
	.has = archive_file_has,
	.put = layout_put,
	.put_manifest = archive_file_put_manifest,
	.finish = layout_finish,
	.free = archive_file_free,
};

int store_open_oci_archive(const char *path, const char *repository, struct store **ret_store,
			   struct error *err)
{
	struct archive_file *self;

	if (archive_file_open(path, repository, &layout_ops, &self, err))
		return -1;
	self->store.takes_oci = true;
	*ret_store = &self->store;
	return 0;
}
