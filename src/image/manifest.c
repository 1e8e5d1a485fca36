/* SPDX-License-Identifier: MIT */
#include "image/manifest.h"

#include "codec/digest.h"
#include "codec/json.h"

static void descriptor_release(struct descriptor *descriptor)
{
	free(descriptor->media_type);
	free(descriptor->digest);
	strmap_release(&descriptor->annotations);
	platform_release(&descriptor->platform);
}

void manifest_release(struct manifest *manifest)
{
	free(manifest->media_type);
	descriptor_release(&manifest->config);
	for (size_t i = 0; i < manifest->item_count; i++)
		descriptor_release(&manifest->items[i]);
	free(manifest->items);
	strmap_release(&manifest->annotations);
	*manifest = (struct manifest){ 0 };
}

static const struct {
	const char *name;
	bool is_index;
} media_types[] = {
	{ MEDIA_TYPE_OCI_MANIFEST, false },
	{ MEDIA_TYPE_OCI_INDEX, true },
	{ MEDIA_TYPE_DOCKER_MANIFEST, false },
	{ MEDIA_TYPE_DOCKER_LIST, true },
};

static const struct json_field descriptor_fields[] = {
	JSON_REQUIRED(struct descriptor, media_type, "mediaType", JSON_FIELD_TEXT),
	JSON_REQUIRED(struct descriptor, digest, "digest", JSON_FIELD_TEXT),
	JSON_REQUIRED(struct descriptor, size, "size", JSON_FIELD_INT),
	JSON_FIELD(struct descriptor, annotations, "annotations", JSON_FIELD_MAP),
};
static const struct json_table descriptor_table = JSON_TABLE(descriptor_fields);

static const struct json_field manifest_fields[] = {
	JSON_FIELD(struct manifest, media_type, "mediaType", JSON_FIELD_TEXT),
	JSON_FIELD(struct manifest, annotations, "annotations", JSON_FIELD_MAP),
};
static const struct json_table manifest_table = JSON_TABLE(manifest_fields);

static int read_descriptor(const struct json *json, const char *where,
			   struct descriptor *ret_descriptor, struct error *err)
{
	const struct json *platform = json_get(json, "platform");

	if (json_read(json, where, &descriptor_table, ret_descriptor, err))
		return -1;
	if (!digest_is_valid(ret_descriptor->digest))
		return error_set(err, ERROR_PROTOCOL, "%s.digest: '%.80s' is no SHA-256 digest",
				 where, ret_descriptor->digest);
	if (ret_descriptor->size < 0)
		return error_set(err, ERROR_PROTOCOL, "%s.size: less than 0", where);
	if (!platform || json_type(platform) == JSON_NULL)
		return 0;
	return json_read(platform, where, &platform_table, &ret_descriptor->platform, err);
}

static int read_items(const struct json *list, const char *name, struct manifest *manifest,
		      struct error *err)
{
	size_t count = json_count(list);

	if (json_type(list) != JSON_ARRAY)
		return error_set(err, ERROR_PROTOCOL, "manifest.%s: expected an array", name);
	manifest->items = calloc(count ? count : 1, sizeof(*manifest->items));
	if (!manifest->items)
		return error_set_memory(err);
	for (struct json *child = json_first(list); child; child = json_next(child)) {
		size_t at = manifest->item_count++;
		char where[40];

		snprintf(where, sizeof(where), "%s[%zu]", name, at);
		if (read_descriptor(child, where, &manifest->items[at], err))
			return -1;
	}
	return 0;
}

static int read_manifest(const struct json *json, struct manifest *manifest, struct error *err)
{
	const struct json *layers = json_get(json, "layers");
	const struct json *manifests = json_get(json, "manifests");

	if (json_read(json, "manifest", &manifest_table, manifest, err))
		return -1;
	if (json_int(json_get(json, "schemaVersion"), 0) != 2)
		return error_set(err, ERROR_PROTOCOL, "manifest.schemaVersion: expected 2");
	if (layers && manifests)
		return error_set(err, ERROR_PROTOCOL,
				 "manifest: it has layers and manifests, only one may be");
	manifest->is_index = manifests;
	if (manifests)
		return read_items(manifests, "manifests", manifest, err);
	if (!layers)
		return error_set(err, ERROR_PROTOCOL,
				 "manifest: it has neither layers nor manifests");
	if (read_descriptor(json_get(json, "config"), "manifest.config", &manifest->config, err))
		return -1;
	return read_items(layers, "layers", manifest, err);
}

/* The type in the document and the one it came with are the same, one that we
 * know and of a document of this kind. */
static int settle_media_type(struct manifest *manifest, const char *content_type, struct error *err)
{
	struct slice rest = slice_of(content_type), type;

	if (content_type && slice_cut(&rest, ';', &type)) {
		type = slice_trim(type);
		if (!manifest->media_type)
			manifest->media_type = str_copy_slice(type, err);
		if (!manifest->media_type)
			return -1;
		if (!slice_is(type, manifest->media_type))
			return error_set(err, ERROR_PROTOCOL,
					 "manifest.mediaType: '%.100s', but it came as '%.*s'",
					 manifest->media_type, type.len > 100 ? 100 : (int)type.len,
					 type.data);
	}
	if (!manifest->media_type)
		return str_replace(
			&manifest->media_type,
			manifest->is_index ? MEDIA_TYPE_OCI_INDEX : MEDIA_TYPE_OCI_MANIFEST, err);
	for (size_t i = 0; i < ARRAY_SIZE(media_types); i++)
		if (str_equal(media_types[i].name, manifest->media_type) &&
		    media_types[i].is_index == manifest->is_index)
			return 0;
	return error_set(err, ERROR_PROTOCOL, "manifest.mediaType: '%.100s' is no type for %s",
			 manifest->media_type, manifest->is_index ? "an index" : "an image");
}

int manifest_parse(struct slice text, const char *content_type, struct manifest *ret_manifest,
		   struct error *err)
{
	AUTO(manifest_release) struct manifest manifest = { 0 };
	AUTO(json_freep) struct json *json = json_parse(text, err);

	if (!json || read_manifest(json, &manifest, err) ||
	    settle_media_type(&manifest, content_type, err))
		return -1;
	*ret_manifest = manifest;
	manifest = (struct manifest){ 0 };
	return 0;
}

static bool is_image(const struct descriptor *descriptor)
{
	const char *os = descriptor->platform.os;

	return os && !str_equal(os, "unknown") &&
	       (str_equal(descriptor->media_type, MEDIA_TYPE_OCI_MANIFEST) ||
		str_equal(descriptor->media_type, MEDIA_TYPE_DOCKER_MANIFEST));
}

const struct descriptor *manifest_for_platform(const struct manifest *index,
					       const struct platform *platform)
{
	for (size_t i = 0; index->is_index && i < index->item_count; i++)
		if (is_image(&index->items[i]) &&
		    (!platform || platform_matches(&index->items[i].platform, platform)))
			return &index->items[i];
	return NULL;
}
