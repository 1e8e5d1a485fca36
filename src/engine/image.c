/* SPDX-License-Identifier: MIT */
/* Images: read, listed, named, removed. */
#include "base/limits.h"
#include "engine/api.h"
#include "engine/image-config.h"
#include "engine/names.h"

static const struct json_field image_fields[] = {
	JSON_FIELD(struct engine_image, created, "Created", JSON_FIELD_TEXT),
	JSON_FIELD(struct engine_image, digests, "RepoDigests", JSON_FIELD_TEXTS),
	JSON_FIELD(struct engine_image, size, "Size", JSON_FIELD_INT),
	JSON_FIELD(struct engine_image, os, "Os", JSON_FIELD_TEXT),
	JSON_FIELD(struct engine_image, architecture, "Architecture", JSON_FIELD_TEXT),
	JSON_FIELD(struct engine_image, variant, "Variant", JSON_FIELD_TEXT),
};

static const struct json_field layer_fields[] = {
	JSON_FIELD(struct engine_image, layers, "Layers", JSON_FIELD_TEXTS),
};

static const struct json_field list_fields[] = {
	JSON_FIELD(struct engine_image, labels, "Labels", JSON_FIELD_MAP),
	JSON_FIELD(struct engine_image, digests, "RepoDigests", JSON_FIELD_TEXTS),
	JSON_FIELD(struct engine_image, size, "Size", JSON_FIELD_INT),
};

#define READ(json, where, fields, ret, err)                                                        \
	json_read((json), (where), &(const struct json_table)JSON_TABLE(fields), (ret), (err))

/* Podman says null for none, Docker's lists say "<none>:<none>". */
static int read_tags(const struct json *tags, const struct reference *asked, bool asked_only,
		     struct strv *list, struct error *err)
{
	for (struct json *tag = json_first(tags); tag; tag = json_next(tag)) {
		const char *text = json_text(tag);
		AUTOFREE char *spelled = NULL;
		bool is_asked;

		if (!text || str_starts(text, "<none>"))
			continue;
		spelled = names_as_asked(text, asked, &is_asked, err);
		if (!spelled)
			return -1;
		if ((is_asked || !asked_only) && strv_add_taken(list, TAKE(spelled), err))
			return -1;
	}
	return 0;
}

static int read_names(const struct json *json, const char *reference, struct engine_image *image,
		      struct error *err)
{
	AUTO(reference_release) struct reference asked = { 0 };
	bool is_id = names_is_id(reference);

	if (!is_id && reference_parse(reference, &asked, err))
		return -1;
	return read_tags(json_get(json, "RepoTags"), is_id ? NULL : &asked, false, &image->tags,
			 err);
}

static int read_image(const struct json *json, const char *reference, struct engine_image *image,
		      struct error *err)
{
	const struct json *rootfs = json_get(json, "RootFS");

	if (READ(json, "image", image_fields, image, err) ||
	    api_set_id(&image->id, json_text(json_get(json, "Id")), err) ||
	    api_set_id(&image->parent, json_text(json_get(json, "Parent")), err) ||
	    read_names(json, reference, image, err))
		return -1;
	if (rootfs && READ(rootfs, "RootFS", layer_fields, image, err))
		return -1;
	if (!image->id)
		return error_set(err, ERROR_PROTOCOL, "the engine's answer has no 'Id'");
	return image_read_config(json_get(json, "Config"),
				 json_get(json, "Healthcheck") /* Podman's place */, image, err);
}

int api_get_image(struct api *api, const char *reference, struct json **ret_json, struct error *err)
{
	AUTO(buf_release) struct buf url = API_URL_INIT;
	AUTOFREE char *name = api_exact_name(api, reference, err);

	if (!name)
		return -1;
	if (api_is_podman(api))
		api_libpod_url(&url, "/images/", name, "/json");
	else
		api_url(api, &url, "/images/", name, "/json");
	return api_get(api, &url, ret_json, err);
}

int api_inspect_image(struct engine *engine, const char *reference, struct engine_image *ret_image,
		      struct error *err)
{
	AUTO(engine_image_release) struct engine_image image = { 0 };
	AUTO(json_freep) struct json *json = NULL;

	if (api_get_image(api_of(engine), reference, &json, err) ||
	    read_image(json, reference, &image, err))
		return -1;
	*ret_image = image;
	image = (struct engine_image){ 0 };
	return 0;
}

/* Engines match a name in wider ways than ours: it must be exactly `asked`. */
static int add_listed(const struct json *json, const struct reference *asked,
		      struct engine_image_list *list, struct error *err)
{
	AUTO(engine_image_release) struct engine_image image = { 0 };
	struct engine_image *items;

	if (READ(json, "images", list_fields, &image, err) ||
	    api_set_id(&image.id, json_text(json_get(json, "Id")), err) ||
	    api_set_id(&image.parent, json_text(json_get(json, "ParentId")), err) ||
	    read_tags(json_get(json, "RepoTags"), asked, asked, &image.tags, err))
		return -1;
	if (!image.id || (asked && !image.tags.len))
		return 0;
	items = realloc(list->items, (list->len + 1) * sizeof(*items));
	if (!items)
		return error_set_memory(err);
	list->items = items;
	list->items[list->len++] = image;
	image = (struct engine_image){ 0 };
	return 0;
}

static int filter_name(struct api *api, const char *repository, struct buf *url, struct error *err)
{
	AUTOFREE char *full = names_full(repository, err);

	if (!full)
		return -1;
	api_filter(url, "reference", api_is_podman(api) ? full : names_familiar(full));
	return 0;
}

int api_list_images(struct engine *engine, const char *repository, bool is_dangling,
		    struct engine_image_list *ret_list, struct error *err)
{
	AUTO(engine_image_list_release) struct engine_image_list list = { 0 };
	AUTO(reference_release) struct reference asked = { 0 };
	AUTO(buf_release) struct buf url = API_URL_INIT;
	AUTO(json_freep) struct json *json = NULL;
	struct api *api = api_of(engine);

	api_url(api, &url, "/images/json", "", "");
	if (repository &&
	    (reference_parse(repository, &asked, err) || filter_name(api, repository, &url, err)))
		return -1;
	if (is_dangling)
		api_filter(&url, "dangling", "true");
	if (api_get_list(api, &url, &json, err))
		return -1;
	for (struct json *item = json_first(json); item; item = json_next(item))
		if (add_listed(item, repository ? &asked : NULL, &list, err))
			return -1;
	*ret_list = list;
	list = (struct engine_image_list){ 0 };
	return 0;
}

int api_tag_image(struct engine *engine, const char *source, const char *repository,
		  const char *tag, struct error *err)
{
	AUTO(buf_release) struct buf url = API_URL_INIT;
	struct api *api = api_of(engine);
	AUTOFREE char *from = api_exact_name(api, source, err);
	AUTOFREE char *to = api_exact_name(api, repository, err);

	if (!from || !to)
		return -1;
	api_url(api, &url, "/images/", from, "/tag");
	api_query(&url, "repo", to);
	api_query(&url, "tag", tag);
	return api_send(api, "POST", &url, err);
}

int api_remove_image(struct engine *engine, const char *reference, struct error *err)
{
	AUTO(buf_release) struct buf url = API_URL_INIT;
	struct api *api = api_of(engine);
	AUTOFREE char *name = api_exact_name(api, reference, err);

	if (!name)
		return -1;
	api_url(api, &url, "/images/", name, "");
	return api_send(api, "DELETE", &url, err);
}
