/* SPDX-License-Identifier: MIT */
#include "engine/stamp-config.h"

#include <string.h>

#include "base/time.h"

bool stamp_is_empty(const struct json *value)
{
	const char *text = json_text(value);

	return !value ||
	       (text ? !*text : !json_first(value) && !json_is_true(value) && !json_int(value, 0));
}

/* The value that the stamp gives to the variable of "NAME=value"; NULL: none. */
static const char *new_value(const struct engine_stamp *stamp, const char *variable)
{
	size_t len = strcspn(variable, "=");

	for (size_t i = 0; i < stamp->env->len; i++) {
		const char *name = stamp->env->entries[i].key;

		if (strlen(name) == len && !strncmp(name, variable, len))
			return stamp->env->entries[i].value;
	}
	return NULL;
}

static bool has_variable(const struct json *env, const char *name)
{
	size_t len = strlen(name);

	for (struct json *item = json_first(env); item; item = json_next(item)) {
		const char *text = json_text(item);

		if (text && !strncmp(text, name, len) && text[len] == '=')
			return true;
	}
	return false;
}

static void add_variable(struct json_writer *writer, struct slice name, const char *value)
{
	AUTO(buf_release) struct buf text = BUF_INIT(writer->out->max);

	buf_add_slice(&text, name);
	buf_add_char(&text, '=');
	buf_add_text(&text, value);
	writer->out->has_failed |= text.has_failed;
	json_add_slice(writer, NULL, buf_slice(&text));
}

void stamp_add_env(struct json_writer *writer, const struct json *config,
		   const struct engine_stamp *stamp, bool keeps_empty)
{
	const struct json *env = json_get(config, "Env");

	json_open_array(writer, "Env");
	for (struct json *item = json_first(env); item; item = json_next(item)) {
		const char *text = json_text(item);
		const char *value = text ? new_value(stamp, text) : NULL;

		if (!value)
			json_add_text(writer, NULL, text);
		else if (*value || keeps_empty)
			add_variable(writer, (struct slice){ text, strcspn(text, "=") }, value);
	}
	for (size_t i = 0; i < stamp->env->len; i++) {
		const struct strmap_entry *entry = &stamp->env->entries[i];

		if (*entry->value && !has_variable(env, entry->key))
			add_variable(writer, slice_of(entry->key), entry->value);
	}
	json_close_array(writer);
}

/* All that it has, those of the stamp and those of the image. */
static int collect_labels(const struct json *labels, const struct engine_stamp *stamp,
			  bool keeps_empty, struct strmap *all, struct error *err)
{
	for (struct json *item = json_first(labels); item; item = json_next(item))
		if (json_text(item) && strmap_set(all, json_key(item), json_text(item), err))
			return -1;
	for (size_t i = 0; i < stamp->labels->len; i++) {
		const struct strmap_entry *entry = &stamp->labels->entries[i];
		bool has = strmap_get(all, entry->key);

		if (*entry->value || (has && keeps_empty)) {
			if (strmap_set(all, entry->key, entry->value, err))
				return -1;
		} else if (has) {
			strmap_remove(all, entry->key);
		}
	}
	return 0;
}

/* Engines sort them: so do we, or an image that is stamped again would get another ID
 * than one that is stamped for the first time. */
void stamp_add_labels(struct json_writer *writer, const struct json *config,
		      const struct engine_stamp *stamp, bool keeps_empty)
{
	AUTO(strmap_release) struct strmap all = { 0 };
	struct error ignored = { 0 };

	writer->out->has_failed |=
		collect_labels(json_get(config, "Labels"), stamp, keeps_empty, &all, &ignored);
	strmap_sort(&all);
	json_open_object(writer, "Labels");
	for (size_t i = 0; i < all.len; i++)
		json_add_text(writer, all.entries[i].key, all.entries[i].value);
	json_close_object(writer);
}

struct stamp_content stamp_stored_content(const struct json *config)
{
	return (struct stamp_content){
		.image = config,
		.config = json_get(config, "config"),
		.history = json_get(config, "history"),
		.layers = json_path(config, "rootfs", "diff_ids", NULL),
		.is_lower_case = true,
	};
}

static bool is_our_entry(const struct json *entry)
{
	return str_equal(json_text(json_get(entry, "comment")), ENGINE_STAMP_COMMENT) &&
	       json_is_true(json_get(entry, "empty_layer"));
}

/* How two times in RFC 3339 and UTC compare; fractions of a second do not count. */
static int compare_times(const char *time, const char *other)
{
	return strncmp(time, other, strlen("2006-01-02T15:04:05"));
}

/* The time of the stamp that is replaced; NULL: there is none. */
static const char *former_time(const struct json *history)
{
	const struct json *last = NULL;

	for (const struct json *entry = json_first(history); entry; entry = json_next(entry))
		last = entry;
	return last && is_our_entry(last) ? json_text(json_get(last, "created")) : NULL;
}

static bool is_of_build(const struct json *entry, const char *latest, const char *former)
{
	const char *created = json_text(json_get(entry, "created"));

	return created && str_ends(created, "Z") &&
	       (compare_times(created, latest) > 0 || (former && !compare_times(created, former)));
}

static void add_entry(struct json_writer *writer, const struct json *entry, const char *time)
{
	json_open_object(writer, NULL);
	for (struct json *member = json_first(entry); member; member = json_next(member))
		if (strcmp(json_key(member), "created") != 0)
			json_add_value(writer, json_key(member), member);
		else
			json_add_text(writer, "created", time);
	json_close_object(writer);
}

/* A stamp replaces an earlier one. After BuildKit no entry is younger than it,
 * as with SOURCE_DATE_EPOCH: the time of the build is not the content's. What got the
 * time of an earlier stamp that way gets this one's. Podman
 * finds an image's parent by the history, which stays there as it is. */
static void add_history(struct json_writer *writer, const struct json *history,
			const struct engine_stamp *stamp)
{
	struct time_text created = time_rfc3339(stamp->created);
	const char *former = former_time(history);

	json_open_array(writer, "history");
	for (struct json *entry = json_first(history); entry; entry = json_next(entry)) {
		if (!json_next(entry) && is_our_entry(entry))
			break;
		if (stamp->is_from_buildkit && is_of_build(entry, created.text, former))
			add_entry(writer, entry, created.text);
		else
			json_add_value(writer, NULL, entry);
	}
	json_open_object(writer, NULL);
	json_add_text(writer, "created", created.text);
	json_add_text(writer, "comment", ENGINE_STAMP_COMMENT);
	json_add_bool(writer, "empty_layer", true);
	json_close_object(writer);
	json_close_array(writer);
}

/* Hostname and Image are of the container that built it: they would change
 * the ID from build to build. */
static bool is_taken(const char *key)
{
	return strcmp(key, "Env") && strcmp(key, "Labels") && strcmp(key, "Hostname") &&
	       strcmp(key, "Image");
}

static void add_config(struct json_writer *writer, const struct stamp_content *content,
		       const struct engine_stamp *stamp)
{
	json_open_object(writer, "config");
	for (struct json *member = json_first(content->config); member; member = json_next(member))
		if (is_taken(json_key(member)))
			json_add_value(writer, json_key(member), member);
	if (content->health)
		json_add_value(writer, "Healthcheck", content->health);
	stamp_add_env(writer, content->config, stamp, false);
	stamp_add_labels(writer, content->config, stamp, false);
	json_close_object(writer);
}

void stamp_write_config(struct buf *out, const struct stamp_content *content,
			const struct engine_stamp *stamp)
{
	static const char *const names[][2] = {
		{ "architecture", "Architecture" },
		{ "author", "Author" },
		{ "os", "Os" },
		{ "os.version", "OsVersion" },
		{ "variant", "Variant" },
		{ "moby.buildkit.cache.v0", "moby.buildkit.cache.v0" }, /* inline cache */
	};
	struct json_writer writer = JSON_WRITER(out);
	struct time_text created = time_rfc3339(stamp->created);

	json_open_object(&writer, NULL);
	json_add_text(&writer, "created", created.text);
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		const char *value =
			json_text(json_get(content->image, names[i][!content->is_lower_case]));

		json_add_text(&writer, names[i][0], value && *value ? value : NULL);
	}
	add_config(&writer, content, stamp);
	json_open_object(&writer, "rootfs");
	json_add_text(&writer, "type", "layers");
	json_add_value(&writer, "diff_ids", content->layers);
	json_close_object(&writer);
	add_history(&writer, content->history, stamp);
	json_close_object(&writer);
}

static void add_config_descriptor(struct json_writer *writer, const struct json *descriptor,
				  const char *digest, size_t size)
{
	json_open_object(writer, "config");
	for (struct json *member = json_first(descriptor); member; member = json_next(member)) {
		if (!strcmp(json_key(member), "digest"))
			json_add_text(writer, "digest", digest);
		else if (!strcmp(json_key(member), "size"))
			json_add_int(writer, "size", (int64_t)size);
		else
			json_add_value(writer, json_key(member), member);
	}
	json_close_object(writer);
}

void stamp_write_manifest(struct buf *out, const struct json *manifest, const char *digest,
			  size_t size)
{
	struct json_writer writer = JSON_WRITER(out);

	json_open_object(&writer, NULL);
	for (struct json *member = json_first(manifest); member; member = json_next(member)) {
		if (!strcmp(json_key(member), "config"))
			add_config_descriptor(&writer, member, digest, size);
		else
			json_add_value(&writer, json_key(member), member);
	}
	json_close_object(&writer);
}
