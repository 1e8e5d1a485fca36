/* SPDX-License-Identifier: MIT */
#include "flow/archive/load-items.h"

#include <string.h>

#include "base/limits.h"
#include "image/config.h"
#include "image/manifest-write.h"

static void item_release(struct load_item *item)
{
	engine_image_release(&item->image);
	strv_release(&item->layers);
	manifest_release(&item->manifest);
	buf_release(&item->bytes);
	free(item->manifest_type);
	free(item->name);
}

void load_items_release(struct load_items *list)
{
	for (size_t i = 0; i < list->len; i++)
		item_release(&list->items[i]);
	free(list->items);
	*list = (struct load_items){ 0 };
}

struct load_item *load_items_add(struct load_items *list, struct error *err)
{
	struct load_item *items = reallocarray(list->items, list->len + 1, sizeof(*items));

	if (!items) {
		error_set_memory(err);
		return NULL;
	}
	list->items = items;
	items[list->len] = (struct load_item){ .bytes = BUF_INIT(LIMIT_JSON_DOCUMENT) };
	return &items[list->len++];
}

int load_item_take_config(struct load_item *item, struct slice text, const char *digest,
			  struct error *err)
{
	AUTO(image_config_release) struct image_config config = { 0 };
	struct engine_image *image = &item->image;

	if (image_config_parse(text, &config, err))
		return error_wrap(err, "its configuration");
	item->config_size = (int64_t)text.len;
	image->id = str_copy(digest, err);
	image->os = TAKE(config.platform.os);
	image->architecture = TAKE(config.platform.architecture);
	image->variant = TAKE(config.platform.variant);
	image->labels = config.labels;
	image->env = config.env;
	image->layers = config.diff_ids;
	config.labels = (struct strmap){ 0 };
	config.env = config.diff_ids = (struct strv){ 0 };
	return image->id ? 0 : -1;
}

/* A layer's file, by its name or as the manifest has it. */
static int find_layer(const struct load_item *item, size_t i, struct load_parts *parts,
		      struct load_part *ret_part, struct error *err)
{
	const char *name = item->name ? item->manifest.items[i].digest : item->layers.items[i];
	int status = item->name
			     ? load_parts_find_blob(parts, &item->manifest.items[i], ret_part, err)
			     : load_parts_find(parts, name, ret_part, err);

	return status ? (status < 0 ? -1 : 0) : load_parts_lack(name, err);
}

/* `media_types` are those of compressions. */
static int check_layer(const struct load_item *item, size_t i, struct load_parts *parts,
		       struct descriptor *ret_layer, struct error *err)
{
	const char *diff_id = item->image.layers.items[i];
	enum compression compression = COMPRESSION_NONE;
	struct digest_text content;
	struct load_part part;

	if (find_layer(item, i, parts, &part, err))
		return -1;
	content = part.digest;
	if (strcmp(content.text, diff_id) != 0 &&
	    load_parts_unpack(parts, &part, &compression, &content, err))
		return error_wrap(err, "its layer %.19s", diff_id);
	if (strcmp(content.text, diff_id) != 0)
		return error_set(err, ERROR_INPUT, "its layer %.19s has the bytes of %.19s",
				 diff_id, content.text);
	ret_layer->size = part.size;
	if (str_replace(&ret_layer->digest, part.digest.text, err))
		return -1;
	return str_replace(&ret_layer->media_type, compression_media_type(compression, false), err);
}

static int check_layers(const struct load_item *item, struct load_parts *parts,
			struct descriptor *layers, struct error *err)
{
	size_t count = item->name ? item->manifest.item_count : item->layers.len;
	const struct strv *wanted = &item->image.layers;

	if (count != wanted->len)
		return error_set(err, ERROR_INPUT, "it has %zu layers, its configuration names %zu",
				 count, wanted->len);
	for (size_t i = 0; i < wanted->len; i++)
		if (check_layer(item, i, parts, &layers[i], err))
			return -1;
	return 0;
}

static int write_manifest(struct load_item *item, struct descriptor *layers, struct error *err)
{
	const char *type = NULL;

	if (item->name)
		return 0;
	if (manifest_of_layers(&(struct manifest){ .config = { .digest = item->image.id,
							       .size = item->config_size },
						   .items = layers,
						   .item_count = item->image.layers.len },
			       &item->bytes, &type, err))
		return -1;
	return str_replace(&item->manifest_type, type, err);
}

int load_item_check(struct load_item *item, struct load_parts *parts, struct error *err)
{
	struct manifest found = { 0 };
	int status;

	if (item->is_checked)
		return 0;
	found.items = calloc(item->image.layers.len + 1, sizeof(*found.items));
	if (!found.items)
		return error_set_memory(err);
	found.item_count = item->image.layers.len;
	status = check_layers(item, parts, found.items, err);
	if (!status)
		status = write_manifest(item, found.items, err);
	manifest_release(&found);
	item->is_checked = !status;
	return status;
}
