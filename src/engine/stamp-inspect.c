/* SPDX-License-Identifier: MIT */
/* The configuration of an image as it is stored, out of what Docker tells of it. */
#include <string.h>

#include "base/limits.h"
#include "base/time.h"
#include "engine/stamp-config.h"

static void add_image(struct json_writer *writer, const struct json *image)
{
	static const char *const names[][2] = {
		{ "architecture", "Architecture" }, { "author", "Author" },   { "os", "Os" },
		{ "os.version", "OsVersion" },	    { "variant", "Variant" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		const char *value = json_text(json_get(image, names[i][1]));

		json_add_text(writer, names[i][0], value && *value ? value : NULL);
	}
}

static void add_layers(struct json_writer *writer, const struct json *layers)
{
	json_open_object(writer, "rootfs");
	json_add_text(writer, "type", "layers");
	json_add_value(writer, "diff_ids", layers);
	json_close_object(writer);
}

static int parse(const struct buf *text, struct json **ret_json, struct error *err)
{
	if (buf_check(text, "the image's configuration", err))
		return -1;
	*ret_json = json_parse(buf_slice(text), err);
	return *ret_json ? 0 : -1;
}

static int not_told(struct error *err)
{
	return error_set(err, ERROR_UNSUPPORTED, "the engine does not tell all of an image");
}

/* Docker's list of the history, newest entry first. It tells how many bytes each
 * added, but not which ones made a layer: some of these add none. */
struct history {
	const struct json **entries;
	size_t len;
	size_t layer_count;
	bool trusts_commands; /* without bytes it made a layer if its command does */
};

static void history_release(struct history *history)
{
	free(history->entries);
}

static bool makes_layer(const struct json *entry)
{
	static const char *const commands[] = { "RUN ",	    "COPY ",	   "ADD ",
						"WORKDIR ", "/bin/sh -c ", "|" };
	const char *by = json_text(json_get(entry, "CreatedBy"));
	const char *nop = by ? strstr(by, "#(nop) ") : NULL;

	if (nop)
		for (by = nop + strlen("#(nop) "); *by == ' ';)
			by++;
	for (size_t i = 0; by && i < ARRAY_SIZE(commands); i++)
		if (str_starts(by, commands[i]))
			return true;
	return false;
}

static bool has_bytes(const struct json *entry)
{
	return json_int(json_get(entry, "Size"), 0) > 0;
}

static bool is_layer(const struct history *history, const struct json *entry)
{
	return has_bytes(entry) || (history->trusts_commands && makes_layer(entry));
}

/* Either way of counting must find all layers. */
static int settle(struct history *history, struct error *err)
{
	for (int i = 0; i < 2; i++) {
		size_t found = 0;

		history->trusts_commands = i;
		for (size_t j = 0; j < history->len; j++)
			found += is_layer(history, history->entries[j]);
		if (found == history->layer_count || !history->len)
			return 0;
	}
	return not_told(err);
}

static int read_history(const struct json *list, size_t layer_count, struct history *history,
			struct error *err)
{
	size_t i = json_count(list);

	history->entries = calloc(i ? i : 1, sizeof(*history->entries));
	if (!history->entries)
		return error_set_memory(err);
	history->len = i;
	history->layer_count = layer_count;
	for (struct json *entry = json_first(list); entry; entry = json_next(entry))
		history->entries[--i] = entry;
	return settle(history, err);
}

static const char *text_or_null(const struct json *json, const char *key)
{
	const char *text = json_text(json_get(json, key));

	return text && *text ? text : NULL;
}

static void add_history(struct json_writer *writer, const struct history *history)
{
	json_open_array(writer, "history");
	for (size_t i = 0; i < history->len; i++) {
		const struct json *entry = history->entries[i];
		int64_t created = json_int(json_get(entry, "Created"), 0);

		json_open_object(writer, NULL);
		if (created > 0)
			json_add_text(writer, "created", time_rfc3339(created).text);
		json_add_text(writer, "created_by", text_or_null(entry, "CreatedBy"));
		json_add_text(writer, "comment", text_or_null(entry, "Comment"));
		if (!is_layer(history, entry))
			json_add_bool(writer, "empty_layer", true);
		json_close_object(writer);
	}
	json_close_array(writer);
}

static int get_history(struct api *api, const char *id, struct json **ret_json, struct error *err)
{
	AUTO(buf_release) struct buf url = API_URL_INIT;

	api_url(api, &url, "/images/", id, "/history");
	return api_get(api, &url, ret_json, err);
}

int stamp_docker_config(struct api *api, const char *id, const struct json *image,
			struct json **ret_config, struct error *err)
{
	AUTO(buf_release) struct buf text = BUF_INIT(LIMIT_JSON_DOCUMENT);
	AUTO(history_release) struct history history = { 0 };
	AUTO(json_freep) struct json *list = NULL;
	struct json_writer writer = JSON_WRITER(&text);
	const struct json *config = json_get(image, "Config");
	const struct json *layers = json_path(image, "RootFS", "Layers", NULL);

	if (get_history(api, id, &list, err) ||
	    read_history(list, json_count(layers), &history, err))
		return -1;
	json_open_object(&writer, NULL);
	add_image(&writer, image);
	json_open_object(&writer, "config");
	for (struct json *member = json_first(config); member; member = json_next(member))
		if (!stamp_is_empty(member))
			json_add_value(&writer, json_key(member), member);
	json_close_object(&writer);
	add_layers(&writer, layers);
	add_history(&writer, &history);
	json_close_object(&writer);
	return parse(&text, ret_config, err);
}
