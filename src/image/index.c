/* SPDX-License-Identifier: MIT */
#include "image/index.h"

#include <stdlib.h>

#include "base/limits.h"
#include "image/manifest-write.h"

void index_write(const struct manifest *index, struct buf *out)
{
	struct json_writer writer = JSON_WRITER(out);

	json_open_object(&writer, NULL);
	json_add_int(&writer, "schemaVersion", 2);
	json_add_text(&writer, "mediaType", index->media_type);
	json_open_array(&writer, "manifests");
	for (size_t i = 0; i < index->item_count; i++)
		descriptor_write(&writer, NULL, &index->items[i]);
	json_close_array(&writer);
	if (index->annotations.len)
		json_add_map(&writer, "annotations", &index->annotations);
	json_close_object(&writer);
}

static int compare(const void *a, const void *b)
{
	const struct descriptor *first = a, *second = b;

	return platform_compare(&first->platform, &second->platform);
}

static int check(const struct descriptor *sorted, size_t count, bool *ret_is_docker,
		 struct error *err)
{
	bool is_docker = true;

	for (size_t i = 0; i < count; i++) {
		bool is_dockers = str_equal(sorted[i].media_type, MEDIA_TYPE_DOCKER_MANIFEST);
		AUTO(buf_release) struct buf name = BUF_INIT(LIMIT_PEER_TEXT);

		if (!is_dockers && !str_equal(sorted[i].media_type, MEDIA_TYPE_OCI_MANIFEST))
			return error_set(err, ERROR_INPUT,
					 "an index of images cannot hold '%.100s'",
					 sorted[i].media_type ? sorted[i].media_type : "");
		platform_add(&sorted[i].platform, &name);
		if (i && !compare(&sorted[i - 1], &sorted[i]))
			return error_set(err, ERROR_INPUT, "two images are for %s", name.data);
		is_docker = is_docker && is_dockers;
	}
	*ret_is_docker = is_docker;
	return 0;
}

int index_of_platforms(const struct descriptor *manifests, size_t count, struct buf *ret_text,
		       const char **ret_media_type, struct error *err)
{
	AUTOFREE struct descriptor *sorted = calloc(count ? count : 1, sizeof(*sorted));
	AUTO(buf_release) struct buf text = BUF_INIT(LIMIT_JSON_DOCUMENT);
	AUTOFREE char *type = NULL;
	bool is_docker = false;

	if (!sorted)
		return error_set_memory(err);
	for (size_t i = 0; i < count; i++) {
		if (!manifests[i].platform.os || !manifests[i].platform.architecture)
			return error_set(err, ERROR_INPUT, "the image %s names no platform",
					 manifests[i].digest);
		sorted[i] = manifests[i];
	}
	if (!count)
		return error_set(err, ERROR_INPUT, "an index of no image");
	qsort(sorted, count, sizeof(*sorted), compare);
	if (check(sorted, count, &is_docker, err))
		return -1;
	type = str_copy(is_docker ? MEDIA_TYPE_DOCKER_LIST : MEDIA_TYPE_OCI_INDEX, err);
	if (!type)
		return -1;
	index_write(&(struct manifest){ .is_index = true,
					.media_type = type,
					.items = sorted,
					.item_count = count },
		    &text);
	if (buf_check(&text, "the index", err))
		return -1;
	buf_release(ret_text);
	*ret_text = text;
	buf_init(&text, 0);
	*ret_media_type = is_docker ? MEDIA_TYPE_DOCKER_LIST : MEDIA_TYPE_OCI_INDEX;
	return 0;
}
