/* SPDX-License-Identifier: MIT */
#include "flow/publish/blobs-known.h"

#include <string.h>

#include "base/limits.h"
#include "flow/publish/documents.h"
#include "image/manifest-write.h"
#include "registry/blob.h"

/* What is to be published. */
struct image {
	struct buf config;
	struct registry_manifest manifest;
	struct manifest parsed; /* the same */
};

#define IMAGE_INIT                                                                                 \
	{                                                                                          \
		.config = BUF_INIT(LIMIT_JSON_DOCUMENT), .manifest = REGISTRY_MANIFEST_INIT        \
	}

static void image_release(struct image *image)
{
	buf_release(&image->config);
	registry_manifest_release(&image->manifest);
	manifest_release(&image->parsed);
}

static int set_manifest(struct image *image, struct buf *bytes, const char *media_type,
			struct error *err)
{
	struct registry_manifest *manifest = &image->manifest;

	if (registry_manifest_of(bytes, media_type, manifest, err))
		return -1;
	return manifest_parse(buf_slice(&manifest->bytes), media_type, &image->parsed, err);
}

/* The layers' blobs in their order; false if one is not known. Strings are borrowed. */
static bool list_layers(const struct known_layers *known, const struct strv *diff_ids,
			struct descriptor *layers)
{
	for (size_t i = 0; i < diff_ids->len; i++) {
		const struct known_layer *layer = known_layers_find(known, diff_ids->items[i]);

		if (!layer)
			return false;
		layers[i] = known_layer_descriptor(layer);
	}
	return true;
}

/* 1: there is a manifest now, 0: a layer is not known. */
static int make_manifest(const char *id, const struct known_layers *known, struct image *image,
			 struct error *err)
{
	AUTO(image_config_release) struct image_config config = { 0 };
	AUTO(buf_release) struct buf text = BUF_INIT(LIMIT_JSON_DOCUMENT);
	AUTOFREE struct descriptor *layers = NULL;
	AUTOFREE char *digest = str_copy(id, err);
	struct manifest manifest;
	const char *type;

	if (!digest || image_config_parse(buf_slice(&image->config), &config, err))
		return -1;
	layers = calloc(config.diff_ids.len + 1, sizeof(*layers));
	if (!layers)
		return error_set_memory(err);
	if (!list_layers(known, &config.diff_ids, layers))
		return 0;
	manifest = (struct manifest){
		.config = { .digest = digest, .size = (int64_t)image->config.len },
		.items = layers,
		.item_count = config.diff_ids.len,
	};
	if (manifest_of_layers(&manifest, &text, &type, err) ||
	    set_manifest(image, &text, type, err))
		return -1;
	return 1;
}

/* 1: it is complete, 0: not all of it is known. The document of the ID is the manifest
 * where the engine keeps manifests, else the configuration. */
static int find_image(const struct bringing *bringing, const struct known_layers *known,
		      struct image *image, struct error *err)
{
	AUTO(buf_release) struct buf document = BUF_INIT(LIMIT_JSON_DOCUMENT);
	AUTO(manifest_release) struct manifest manifest = { 0 };
	struct error ignored = { 0 };

	if (!documents_find(bringing->state_folder, bringing->id, &document))
		return 0;
	if (manifest_parse(buf_slice(&document), NULL, &manifest, &ignored)) {
		buf_add_slice(&image->config, buf_slice(&document));
		return buf_check(&image->config, "a configuration", err)
			       ? -1
			       : make_manifest(bringing->id, known, image, err);
	}
	if (manifest.is_index ||
	    !documents_find(bringing->state_folder, manifest.config.digest, &image->config))
		return 0;
	return set_manifest(image, &document, manifest.media_type, err) ? -1 : 1;
}

/* To be looked for. */
static struct registry_blob blob_of(const struct descriptor *descriptor)
{
	return (struct registry_blob){ .digest = descriptor->digest, .size = descriptor->size };
}

/* 1: all are there, 0: one is not that has to be. */
static int send(struct registry *registry, const struct registry_upload *upload, struct error *err)
{
	if (registry_upload_blobs(registry, upload, err))
		return -1;
	for (size_t i = 0; i < upload->count; i++)
		if (upload->blobs[i].outcome == REGISTRY_BLOB_MISSING)
			return 0;
	return 1;
}

static bool is_proven(const struct known_layers *known, const char *digest)
{
	for (size_t i = 0; i < known->len; i++)
		if (known->items[i].is_there && !strcmp(known->items[i].digest, digest))
			return true;
	return false;
}

/* The configuration; layers are only looked for. */
static int send_image(const struct bringing *bringing, const struct known_layers *known,
		      const struct image *image, struct error *err)
{
	const struct manifest *manifest = &image->parsed;
	AUTOFREE struct registry_blob *blobs = calloc(manifest->item_count + 1, sizeof(*blobs));
	struct registry_source source = { .bytes = buf_slice(&image->config), .fd = -1 };
	struct registry_upload upload = { .blobs = blobs, .count = 1 };

	if (!blobs)
		return error_set_memory(err);
	blobs[0] = blob_of(&manifest->config);
	registry_blob_read_from(&blobs[0], &source);
	for (size_t i = 0; i < manifest->item_count; i++)
		if (!is_proven(known, manifest->items[i].digest))
			blobs[upload.count++] = blob_of(&manifest->items[i]);
	return send(bringing->registry, &upload, err);
}

int blobs_are_there(struct registry *registry, const struct registry_manifest *manifest,
		    struct error *err)
{
	AUTO(manifest_release) struct manifest parsed = { 0 };
	AUTOFREE struct registry_blob *blobs = NULL;
	struct registry_upload upload = { 0 };

	if (manifest_parse(buf_slice(&manifest->bytes), manifest->media_type, &parsed, err))
		return -1;
	blobs = calloc(parsed.item_count + 1, sizeof(*blobs));
	if (!blobs)
		return error_set_memory(err);
	for (size_t i = 0; i < parsed.item_count; i++)
		blobs[i] = blob_of(&parsed.items[i]);
	upload.blobs = blobs;
	upload.count = parsed.item_count;
	return send(registry, &upload, err);
}

int blobs_bring_known(const struct bringing *bringing, const struct known_layers *known,
		      struct registry_manifest *ret_manifest, struct error *err)
{
	AUTO(image_release) struct image image = IMAGE_INIT;
	int status = find_image(bringing, known, &image, err);

	if (status > 0)
		status = send_image(bringing, known, &image, err);
	if (status <= 0)
		return status;
	registry_manifest_release(ret_manifest);
	*ret_manifest = image.manifest;
	image.manifest = (struct registry_manifest)REGISTRY_MANIFEST_INIT;
	return 1;
}

int blobs_prove_known(const struct bringing *bringing, const struct known_layers *known,
		      struct descriptor *descriptors, struct error *err)
{
	const struct strv *layers = bringing->layers;
	AUTOFREE struct registry_blob *blobs = calloc(layers->len + 1, sizeof(*blobs));
	struct registry_upload upload = { .blobs = blobs, .mount_from = bringing->mount_from };

	if (!blobs)
		return error_set_memory(err);
	for (size_t i = 0; i < layers->len; i++) {
		const struct known_layer *layer = known_layers_find(known, layers->items[i]);

		if (!layer)
			continue;
		descriptors[i] = known_layer_descriptor(layer);
		if (!layer->is_there)
			blobs[upload.count++] = blob_of(&descriptors[i]);
	}
	if (registry_upload_blobs(bringing->registry, &upload, err))
		return -1;
	for (size_t i = 0; i < upload.count; i++)
		for (size_t k = 0; k < layers->len; k++)
			if (blobs[i].outcome == REGISTRY_BLOB_MISSING &&
			    str_equal(descriptors[k].digest, blobs[i].digest))
				descriptors[k] = (struct descriptor){ 0 };
	return 0;
}
