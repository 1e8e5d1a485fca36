/* SPDX-License-Identifier: MIT */
#include "engine/stamp-config.h"

#include <string.h>

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
		   const struct engine_stamp *stamp)
{
	const struct json *env = json_get(config, "Env");

	json_open_array(writer, "Env");
	for (struct json *item = json_first(env); item; item = json_next(item)) {
		const char *text = json_text(item);
		const char *value = text ? new_value(stamp, text) : NULL;

		if (value)
			add_variable(writer, (struct slice){ text, strcspn(text, "=") }, value);
		else
			json_add_text(writer, NULL, text);
	}
	for (size_t i = 0; i < stamp->env->len; i++) {
		const struct strmap_entry *entry = &stamp->env->entries[i];

		if (!has_variable(env, entry->key))
			add_variable(writer, slice_of(entry->key), entry->value);
	}
	json_close_array(writer);
}

void stamp_add_labels(struct json_writer *writer, const struct json *config,
		      const struct engine_stamp *stamp, bool keeps_empty)
{
	const struct json *labels = json_get(config, "Labels");

	json_open_object(writer, "Labels");
	for (struct json *item = json_first(labels); item; item = json_next(item)) {
		const char *value = strmap_get(stamp->labels, json_key(item));

		if (!value)
			json_add_text(writer, json_key(item), json_text(item));
		else if (*value || keeps_empty)
			json_add_text(writer, json_key(item), value);
	}
	for (size_t i = 0; i < stamp->labels->len; i++) {
		const struct strmap_entry *entry = &stamp->labels->entries[i];

		if (*entry->value && !json_get(labels, entry->key))
			json_add_text(writer, entry->key, entry->value);
	}
	json_close_object(writer);
}
