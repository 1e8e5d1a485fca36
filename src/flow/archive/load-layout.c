/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "base/limits.h"
#include "codec/json.h"
#include "flow/archive/load-items.h"
#include "layout/layout.h"

/* An index.json as it is read. */
struct reading {
	struct load_parts *parts;
	struct load_items *list;
	const char *tag; /* NULL: any */
	struct manifest index;
	size_t image_count;	  /* an index and its images are one */
	struct buf names;	  /* of what is there, for people */
	struct digest_text lacks; /* the first manifest that is not there */
};

static void reading_release(struct reading *reading)
{
	manifest_release(&reading->index);
	buf_release(&reading->names);
}

static int check_version(struct load_parts *parts, struct error *err)
{
	AUTO(buf_release) struct buf text = BUF_INIT(LIMIT_JSON_DOCUMENT);
	AUTO(json_freep) struct json *version = NULL;
	int status = load_parts_read(parts, "oci-layout", &text, err);
	const char *found;

	if (status <= 0)
		return status ? -1 : load_parts_lack("oci-layout", err);
	version = json_parse(buf_slice(&text), err);
	if (!version)
		return error_wrap(err, "oci-layout");
	found = json_text(json_get(version, "imageLayoutVersion"));
	return str_equal(found, "1.0.0")
		       ? 0
		       : error_set(err, ERROR_INPUT, "it is an image layout of version %.40s",
				   found ? found : "?");
}

static int parse_index(struct slice text, const char *type, struct manifest *ret_index,
		       struct error *err)
{
	if (manifest_parse(text, type, ret_index, err))
		return -1;
	if (!ret_index->is_index)
		return error_set(err, ERROR_INPUT, "it is no index");
	return ret_index->item_count <= LIMIT_LOAD_MANIFESTS
		       ? 0
		       : error_set(err, ERROR_INPUT, "it names more than %d manifests",
				   LIMIT_LOAD_MANIFESTS);
}

static bool is_index(const struct descriptor *entry)
{
	return str_equal(entry->media_type, MEDIA_TYPE_OCI_INDEX) ||
	       str_equal(entry->media_type, MEDIA_TYPE_DOCKER_LIST);
}

/* BuildKit's attestations are for a platform that is unknown. */
static bool is_image(const struct descriptor *entry)
{
	return (str_equal(entry->media_type, MEDIA_TYPE_OCI_MANIFEST) ||
		str_equal(entry->media_type, MEDIA_TYPE_DOCKER_MANIFEST)) &&
	       !str_equal(entry->platform.os, "unknown");
}

static bool has_item(const struct load_items *list, const char *digest)
{
	for (size_t i = 0; i < list->len; i++)
		if (!strcmp(list->items[i].name, digest))
			return true;
	return false;
}

/* 1, 0: it is not there, which is noted, -1. */
static int read_blob(struct reading *reading, const struct descriptor *blob, struct buf *ret,
		     struct error *err)
{
	int status = load_parts_read_blob(reading->parts, blob, ret, err);

	if (!status && !reading->lacks.text[0])
		snprintf(reading->lacks.text, sizeof(reading->lacks.text), "%s", blob->digest);
	return status;
}

static int take_config(struct reading *reading, struct load_item *item, struct error *err)
{
	AUTO(buf_release) struct buf text = BUF_INIT(LIMIT_JSON_DOCUMENT);
	const struct descriptor *config = &item->manifest.config;
	int status = load_parts_read_blob(reading->parts, config, &text, err);

	if (status <= 0)
		return status ? -1 : load_parts_lack(config->digest, err);
	return load_item_take_config(item, buf_slice(&text), config->digest, err);
}

static int add_image(struct reading *reading, const struct descriptor *entry, struct error *err)
{
	AUTO(buf_release) struct buf text = BUF_INIT(LIMIT_JSON_DOCUMENT);
	struct load_item *item;
	int status;

	if (has_item(reading->list, entry->digest))
		return 0;
	status = read_blob(reading, entry, &text, err);
	if (status <= 0)
		return status;
	item = load_items_add(reading->list, err);
	if (!item || str_replace(&item->name, entry->digest, err) ||
	    str_replace(&item->manifest_type, entry->media_type, err) ||
	    manifest_parse(buf_slice(&text), entry->media_type, &item->manifest, err))
		return -1;
	if (item->manifest.is_index)
		return error_set(err, ERROR_INPUT, "it is no manifest of an image");
	buf_add_slice(&item->bytes, buf_slice(&text));
	return buf_check(&item->bytes, "a manifest", err) || take_config(reading, item, err) ? -1
											     : 0;
}

/* One of one platform each: nothing else stands in an image's index. */
static int add_index(struct reading *reading, const struct descriptor *entry, struct error *err)
{
	AUTO(buf_release) struct buf text = BUF_INIT(LIMIT_JSON_DOCUMENT);
	AUTO(manifest_release) struct manifest index = { 0 };
	int status = read_blob(reading, entry, &text, err);

	if (status <= 0)
		return status;
	if (parse_index(buf_slice(&text), entry->media_type, &index, err))
		return -1;
	for (size_t i = 0; i < index.item_count; i++)
		if (is_image(&index.items[i]) && add_image(reading, &index.items[i], err))
			return error_wrap(err, "manifest %.19s", index.items[i].digest);
	return 0;
}

/* By the tag, or by a whole name that ends with it. */
static bool is_wanted(const struct reading *reading, const struct descriptor *entry)
{
	const char *name = strmap_get(&entry->annotations, LAYOUT_REF_NAME);
	size_t len = name ? strlen(name) : 0;

	if (!reading->tag || str_equal(name, reading->tag))
		return true;
	return name && str_ends(name, reading->tag) && len > strlen(reading->tag) &&
	       name[len - strlen(reading->tag) - 1] == ':';
}

static bool is_earlier(const struct reading *reading, size_t at)
{
	const struct descriptor *items = reading->index.items;

	for (size_t i = 0; i < at; i++)
		if (!strcmp(items[i].digest, items[at].digest) && is_wanted(reading, &items[i]))
			return true;
	return false;
}

/* Those of an index are no images beside it, whatever tags they have. */
static int add_all(struct reading *reading, bool are_indexes, struct error *err)
{
	const struct manifest *index = &reading->index;

	for (size_t i = 0; i < index->item_count; i++) {
		const struct descriptor *entry = &index->items[i];

		if (!is_wanted(reading, entry) || is_earlier(reading, i) ||
		    !(are_indexes ? is_index(entry) : is_image(entry)) ||
		    has_item(reading->list, entry->digest))
			continue;
		reading->image_count++;
		if (are_indexes ? add_index(reading, entry, err) : add_image(reading, entry, err))
			return error_wrap(err, "manifest %.19s", entry->digest);
	}
	return 0;
}

static const char *list_names(struct reading *reading)
{
	const struct manifest *index = &reading->index;

	for (size_t i = 0; i < index->item_count; i++) {
		const char *name = strmap_get(&index->items[i].annotations, LAYOUT_REF_NAME);

		buf_add_format(&reading->names, "%s'%.60s'", i ? ", " : "", name ? name : "");
	}
	return reading->names.data ? reading->names.data : "none";
}

static int check_count(struct reading *reading, struct error *err)
{
	if (reading->image_count == 1 && reading->list->len)
		return 0;
	if (reading->image_count > 1) {
		error_set(err, ERROR_INPUT, "it holds several images: %.300s", list_names(reading));
		return error_hint(err, "oci:FOLDER:TAG takes one of them");
	}
	if (reading->lacks.text[0])
		return load_parts_lack(reading->lacks.text, err);
	if (reading->tag)
		return error_set(err, ERROR_INPUT, "it has no image '%.80s', but %.300s",
				 reading->tag, list_names(reading));
	return error_set(err, ERROR_INPUT, "it holds no image");
}

int load_layout_read(struct load_parts *parts, const char *tag, struct load_items *list,
		     struct error *err)
{
	AUTO(buf_release) struct buf text = BUF_INIT(LIMIT_JSON_DOCUMENT);
	AUTO(reading_release)
	struct reading reading = {
		.parts = parts, .list = list, .tag = tag, .names = BUF_INIT(LIMIT_JSON_DOCUMENT)
	};
	int status = load_parts_read(parts, "index.json", &text, err);

	if (status <= 0)
		return status;
	if (check_version(parts, err))
		return -1;
	if (parse_index(buf_slice(&text), NULL, &reading.index, err))
		return error_wrap(err, "index.json");
	if (add_all(&reading, true, err) || add_all(&reading, false, err) ||
	    check_count(&reading, err))
		return -1;
	return 1;
}
