/* SPDX-License-Identifier: MIT */
#include "base/limits.h"
#include "codec/compress.h"
#include "codec/digest.h"
#include "codec/json.h"
#include "registry/archive-file.h"

/*
 * What docker load takes: the archive of one image, all of its tags, layers without
 * compression: the configuration is first, then the layers in their order. Items are named
 * "blobs/sha256/<of the content>".
 */

#define LIST "manifest.json"

/* The content of an item on its way out of its compression. */
struct unpacking {
	struct archive_file *file;
	struct digest sum;
	int64_t size;
};

static int take(void *arg, const void *data, size_t len, struct error *err)
{
	struct unpacking *unpacking = arg;

	digest_add(&unpacking->sum, data, len);
	unpacking->size += (int64_t)len;
	if (unpacking->size >= ARCHIVE_ITEM_MAX)
		return error_set(err, ERROR_UNSUPPORTED,
				 "a layer of 8 GiB or more does not go into a Docker archive");
	return archive_file_write(unpacking->file, (struct slice){ data, len }, err);
}

static int unpack(const struct store_body *body, struct unpacking *unpacking, struct error *err)
{
	AUTO(decompressor_freep) struct decompressor *decompressor = NULL;
	AUTOFREE char *chunk = malloc(LIMIT_CHUNK);
	ssize_t len;

	if (!chunk)
		return error_set_memory(err);
	if (decompressor_new(&(struct decompression){ .is_detected = true,
						      .max_bytes = ARCHIVE_ITEM_MAX,
						      .sink = take,
						      .sink_arg = unpacking },
			     &decompressor, err))
		return -1;
	while ((len = body->read(body->arg, chunk, LIMIT_CHUNK, err)) > 0)
		if (decompressor_write(decompressor, chunk, (size_t)len, err))
			return -1;
	return len ? -1 : decompressor_finish(decompressor, err);
}

static int receive(struct archive_file *self, const struct store_body *body,
		   struct unpacking *unpacking, struct error *err)
{
	struct archive_item item;
	struct digest_text digest;

	if (digest_init(&unpacking->sum, err) || archive_file_begin(self, &item, err) ||
	    unpack(body, unpacking, err))
		return -1;
	digest = digest_finish(&unpacking->sum);
	item.size = unpacking->size;
	snprintf(item.digest.text, sizeof(item.digest.text), "%s", body->digest);
	snprintf(item.name, sizeof(item.name), "blobs/sha256/%s", digest.text + strlen("sha256:"));
	return archive_file_add(self, &item, err);
}

static int archive_put(struct store *store, const struct store_body *body, struct error *err)
{
	struct unpacking unpacking = { .file = archive_file_of(store) };
	int status = receive(unpacking.file, body, &unpacking, err);

	digest_release(&unpacking.sum);
	return status;
}

static int archive_put_manifest(struct store *store, const char *tag_or_digest,
				const struct registry_manifest *manifest, struct error *err)
{
	if (!strcmp(manifest->media_type, MEDIA_TYPE_OCI_INDEX) ||
	    !strcmp(manifest->media_type, MEDIA_TYPE_DOCKER_LIST)) {
		error_set(err, ERROR_INPUT, "a Docker archive has room for one platform");
		return error_hint(err, "oci-archive:FILE and oci:FOLDER take several; --platform "
				       "names one");
	}
	return archive_file_put_manifest(store, tag_or_digest, manifest, err);
}

static void write_tags(struct json_writer *writer, const struct archive_file *self)
{
	json_open_array(writer, "RepoTags");
	for (size_t i = 0; i < self->named_count; i++) {
		AUTO(buf_release) struct buf name = BUF_INIT(LIMIT_PEER_TEXT);

		if (!archive_file_is_tagged(self, &self->named[i]))
			continue;
		buf_add_format(&name, "%s:%s", self->repository, self->named[i].tag);
		json_add_text(writer, NULL, name.data);
	}
	json_close_array(writer);
}

/* The list that names the items of `order`, the configuration first. */
static int add_list(struct archive_file *self, const struct strv *order, struct error *err)
{
	AUTO(buf_release) struct buf text = BUF_INIT(LIMIT_JSON_DOCUMENT);
	struct json_writer writer = JSON_WRITER(&text);

	json_open_array(&writer, NULL);
	json_open_object(&writer, NULL);
	for (size_t i = 0; i < order->len; i++) {
		const struct archive_item *item = archive_file_item(self, order->items[i]);

		json_add_text(&writer, i ? NULL : "Config", item ? item->name : "");
		if (i)
			continue;
		write_tags(&writer, self);
		json_open_array(&writer, "Layers");
	}
	json_close_array(&writer);
	json_close_object(&writer);
	json_close_array(&writer);
	return buf_check(&text, LIST, err) ||
			       archive_file_add_text(self, LIST, NULL, buf_slice(&text), err)
		       ? -1
		       : 0;
}

static int archive_finish(struct store *store, struct error *err)
{
	struct archive_file *self = archive_file_of(store);
	AUTO(manifest_release) struct manifest manifest = { 0 };
	AUTO(strv_release) struct strv order = { 0 };
	const struct registry_manifest *held;

	if (!archive_file_is_due(self))
		return 0;
	held = &self->named[self->named_count - 1].manifest;
	if (manifest_parse(buf_slice(&held->bytes), held->media_type, &manifest, err) ||
	    strv_add(&order, manifest.config.digest, err))
		return -1;
	for (size_t i = 0; i < manifest.item_count; i++)
		if (strv_add(&order, manifest.items[i].digest, err))
			return -1;
	if (add_list(self, &order, err) || strv_add(&order, LIST, err))
		return -1;
	return archive_file_place(self, &order, err);
}

static const struct store_ops archive_ops = {
	.find = archive_file_find,
	.read = archive_file_read,
	.has = archive_file_has,
	.put = archive_put,
	.put_manifest = archive_put_manifest,
	.finish = archive_finish,
	.free = archive_file_free,
};

int store_open_archive(const char *path, const char *repository, struct store **ret_store,
		       struct error *err)
{
	struct archive_file *self;

	if (archive_file_open(path, repository, &archive_ops, &self, err))
		return -1;
	self->store.takes_plain = true;
	*ret_store = &self->store;
	return 0;
}
