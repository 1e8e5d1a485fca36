/* SPDX-License-Identifier: MIT */
#include "image/manifest-write.h"

#include "base/limits.h"

/* The same bytes in both families. */
static const struct layer_type {
	const char *oci;
	const char *docker; /* NULL: it has none */
} layer_types[] = {
	{ "application/vnd.oci.image.layer.v1.tar+gzip",
	  "application/vnd.docker.image.rootfs.diff.tar.gzip" },
	{ "application/vnd.oci.image.layer.v1.tar",
	  "application/vnd.docker.image.rootfs.diff.tar" },
	{ "application/vnd.oci.image.layer.v1.tar+zstd", NULL },
};

static void write_as(struct json_writer *writer, const char *key, const char *media_type,
		     const struct descriptor *descriptor)
{
	json_open_object(writer, key);
	json_add_text(writer, "mediaType", media_type);
	json_add_text(writer, "digest", descriptor->digest);
	json_add_int(writer, "size", descriptor->size);
	if (descriptor->platform.os) {
		json_open_object(writer, "platform");
		json_add_text(writer, "architecture", descriptor->platform.architecture);
		json_add_text(writer, "os", descriptor->platform.os);
		json_add_text(writer, "variant", descriptor->platform.variant);
		json_close_object(writer);
	}
	if (descriptor->annotations.len)
		json_add_map(writer, "annotations", &descriptor->annotations);
	json_close_object(writer);
}

void descriptor_write(struct json_writer *writer, const char *key,
		      const struct descriptor *descriptor)
{
	write_as(writer, key, descriptor->media_type, descriptor);
}

static const struct layer_type *find_type(const char *media_type)
{
	for (size_t i = 0; i < ARRAY_SIZE(layer_types); i++)
		if (str_equal(media_type, layer_types[i].oci) ||
		    (layer_types[i].docker && str_equal(media_type, layer_types[i].docker)))
			return &layer_types[i];
	return NULL;
}

/* Are all of them to be Docker's? */
static int choose(const struct manifest *image, bool *ret_is_docker, struct error *err)
{
	bool is_docker = false;

	for (size_t i = 0; i < image->item_count; i++) {
		const char *media_type = image->items[i].media_type;
		const struct layer_type *type = find_type(media_type);

		if (!type)
			return error_set(err, ERROR_UNSUPPORTED, "'%.100s' is no layer to publish",
					 media_type ? media_type : "");
		if (!i)
			is_docker = !str_equal(media_type, type->oci);
		is_docker = is_docker && type->docker;
	}
	*ret_is_docker = is_docker;
	return 0;
}

static int write_manifest(const struct manifest *image, bool is_docker, struct buf *ret_text,
			  struct error *err)
{
	AUTO(buf_release) struct buf text = BUF_INIT(LIMIT_JSON_DOCUMENT);
	struct json_writer writer = JSON_WRITER(&text);

	json_open_object(&writer, NULL);
	json_add_int(&writer, "schemaVersion", 2);
	json_add_text(&writer, "mediaType",
		      is_docker ? MEDIA_TYPE_DOCKER_MANIFEST : MEDIA_TYPE_OCI_MANIFEST);
	write_as(&writer, "config", is_docker ? MEDIA_TYPE_DOCKER_CONFIG : MEDIA_TYPE_OCI_CONFIG,
		 &image->config);
	json_open_array(&writer, "layers");
	for (size_t i = 0; i < image->item_count; i++) {
		const struct layer_type *type = find_type(image->items[i].media_type);

		write_as(&writer, NULL, is_docker ? type->docker : type->oci, &image->items[i]);
	}
	json_close_array(&writer);
	json_close_object(&writer);
	if (buf_check(&text, "the manifest", err))
		return -1;
	buf_release(ret_text);
	*ret_text = text;
	buf_init(&text, 0);
	return 0;
}

int manifest_of_layers(const struct manifest *image, struct buf *ret_text,
		       const char **ret_media_type, struct error *err)
{
	bool is_docker = false;

	if (choose(image, &is_docker, err) || write_manifest(image, is_docker, ret_text, err))
		return -1;
	*ret_media_type = is_docker ? MEDIA_TYPE_DOCKER_MANIFEST : MEDIA_TYPE_OCI_MANIFEST;
	return 0;
}

int manifest_in_oci(const struct manifest *image, struct buf *ret_text, struct error *err)
{
	bool is_docker;

	return choose(image, &is_docker, err) ? -1 : write_manifest(image, false, ret_text, err);
}
