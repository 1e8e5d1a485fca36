/* SPDX-License-Identifier: MIT */
#include "base/limits.h"
#include "codec/json.h"
#include "flow/archive/load-items.h"

/* The only entry of manifest.json. 1, 0, -1. */
static int read_list(struct load_parts *parts, struct json **ret_list,
		     const struct json **ret_entry, struct error *err)
{
	AUTO(buf_release) struct buf text = BUF_INIT(LIMIT_JSON_DOCUMENT);
	AUTO(json_freep) struct json *list = NULL;
	int status = load_parts_read(parts, "manifest.json", &text, err);

	if (status <= 0)
		return status;
	list = json_parse(buf_slice(&text), err);
	if (!list)
		return error_wrap(err, "manifest.json");
	if (json_type(list) != JSON_ARRAY || json_count(list) != 1)
		return error_set(err, ERROR_INPUT, "it holds %zu images, not one",
				 json_type(list) == JSON_ARRAY ? json_count(list) : 0);
	*ret_entry = json_first(list);
	*ret_list = TAKE(list);
	return 1;
}

static int take_config(struct load_item *item, struct load_parts *parts, const char *path,
		       struct error *err)
{
	AUTO(buf_release) struct buf text = BUF_INIT(LIMIT_JSON_DOCUMENT);
	struct digest_text digest;
	int status = path ? load_parts_read(parts, path, &text, err) : 0;

	if (status <= 0)
		return status ? error_wrap(err, "its configuration") : load_parts_lack(path, err);
	if (digest_of(buf_slice(&text), &digest, err))
		return -1;
	return load_item_take_config(item, buf_slice(&text), digest.text, err);
}

static int take_layers(struct load_item *item, const struct json *names, struct error *err)
{
	const struct json *name;

	for (name = json_first(names); name; name = json_next(name))
		if (!json_text(name))
			return load_parts_lack(NULL, err);
		else if (strv_add(&item->layers, json_text(name), err))
			return -1;
	return 0;
}

int load_docker_read(struct load_parts *parts, struct load_items *list, struct error *err)
{
	AUTO(json_freep) struct json *document = NULL;
	const struct json *entry = NULL;
	struct load_item *item;
	int status = read_list(parts, &document, &entry, err);

	if (status <= 0)
		return status;
	item = load_items_add(list, err);
	if (!item || take_config(item, parts, json_text(json_get(entry, "Config")), err))
		return -1;
	return take_layers(item, json_get(entry, "Layers"), err) ? -1 : 1;
}
