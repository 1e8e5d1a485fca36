/* SPDX-License-Identifier: MIT */
#include "codec/json.h"

#include <cJSON.h>
#include <inttypes.h>
#include <math.h>

/* Length of the UTF-8 sequence at the start of `text`, 0 if it is none
 * (RFC 3629: no overlong forms, no surrogates, nothing over U+10FFFF). */
static size_t utf8_length(struct slice text)
{
	const unsigned char *p = (const unsigned char *)text.data;
	size_t len = p[0] < 0x80 ? 1 : p[0] < 0xc2 ? 0 : p[0] < 0xe0 ? 2 : p[0] < 0xf0 ? 3 : 4;

	if (p[0] > 0xf4 || len > text.len)
		return 0;
	for (size_t i = 1; i < len; i++)
		if ((p[i] & 0xc0) != 0x80)
			return 0;
	if ((p[0] == 0xe0 && p[1] < 0xa0) || (p[0] == 0xed && p[1] > 0x9f) ||
	    (p[0] == 0xf0 && p[1] < 0x90) || (p[0] == 0xf4 && p[1] > 0x8f))
		return 0;
	return len;
}

static void add_escape(struct buf *out, unsigned char c)
{
	static const char letters[] = "\bb\ff\nn\rr\tt\"\"\\\\";

	for (const char *p = letters; *p; p += 2) {
		if ((unsigned char)*p != c)
			continue;
		buf_add_char(out, '\\');
		buf_add_char(out, p[1]);
		return;
	}
	buf_add_format(out, "\\u%04x", c);
}

static void add_string(struct buf *out, struct slice text)
{
	buf_add_char(out, '"');
	while (text.len) {
		unsigned char c = (unsigned char)text.data[0];
		size_t len = utf8_length(text);

		if (!len)
			buf_add_text(out, "\xef\xbf\xbd");
		else if (c < 0x20 || c == 0x7f || c == '"' || c == '\\')
			add_escape(out, c);
		else
			buf_add(out, text.data, len);
		text = slice_skip(text, len ? len : 1);
	}
	buf_add_char(out, '"');
}

static void begin(struct json_writer *writer, const char *key)
{
	if (writer->needs_comma)
		buf_add_char(writer->out, ',');
	if (key) {
		add_string(writer->out, slice_of(key));
		buf_add_char(writer->out, ':');
	}
	writer->needs_comma = true;
}

static void open_with(struct json_writer *writer, const char *key, char bracket)
{
	begin(writer, key);
	buf_add_char(writer->out, bracket);
	writer->needs_comma = false;
}

static void close_with(struct json_writer *writer, char bracket)
{
	buf_add_char(writer->out, bracket);
	writer->needs_comma = true;
}

void json_open_object(struct json_writer *writer, const char *key)
{
	open_with(writer, key, '{');
}

void json_close_object(struct json_writer *writer)
{
	close_with(writer, '}');
}

void json_open_array(struct json_writer *writer, const char *key)
{
	open_with(writer, key, '[');
}

void json_close_array(struct json_writer *writer)
{
	close_with(writer, ']');
}

void json_add_slice(struct json_writer *writer, const char *key, struct slice value)
{
	begin(writer, key);
	add_string(writer->out, value);
}

void json_add_text(struct json_writer *writer, const char *key, const char *value)
{
	if (value)
		json_add_slice(writer, key, slice_of(value));
}

void json_add_int(struct json_writer *writer, const char *key, int64_t value)
{
	begin(writer, key);
	buf_add_format(writer->out, "%" PRId64, value);
}

void json_add_bool(struct json_writer *writer, const char *key, bool value)
{
	begin(writer, key);
	buf_add_text(writer->out, value ? "true" : "false");
}

void json_add_texts(struct json_writer *writer, const char *key, const struct strv *list)
{
	json_open_array(writer, key);
	for (size_t i = 0; i < list->len; i++)
		json_add_text(writer, NULL, list->items[i]);
	json_close_array(writer);
}

void json_add_map(struct json_writer *writer, const char *key, const struct strmap *map)
{
	json_open_object(writer, key);
	for (size_t i = 0; i < map->len; i++)
		json_add_text(writer, map->entries[i].key, map->entries[i].value);
	json_close_object(writer);
}

static void add_number(struct json_writer *writer, const char *key, double value)
{
	begin(writer, key);
	if (floor(value) == value)
		buf_add_format(writer->out, "%.0f", value);
	else
		buf_add_format(writer->out, "%.17g", value);
}

void json_add_value(struct json_writer *writer, const char *key, const struct json *value)
{
	bool is_object = value && json_type(value) == JSON_OBJECT;

	switch (value ? json_type(value) : JSON_NULL) {
	case JSON_NULL:
		begin(writer, key);
		buf_add_text(writer->out, "null");
		return;
	case JSON_BOOL:
		json_add_bool(writer, key, json_is_true(value));
		return;
	case JSON_NUMBER:
		add_number(writer, key, ((const cJSON *)value)->valuedouble);
		return;
	case JSON_STRING:
		json_add_text(writer, key, json_text(value));
		return;
	case JSON_ARRAY:
	case JSON_OBJECT:
		open_with(writer, key, is_object ? '{' : '[');
		for (struct json *child = json_first(value); child; child = json_next(child))
			json_add_value(writer, is_object ? json_key(child) : NULL, child);
		close_with(writer, is_object ? '}' : ']');
	}
}

static void add_field(struct json_writer *writer, const struct json_field *field,
		      const void *member)
{
	switch (field->type) {
	case JSON_FIELD_TEXT:
		json_add_text(writer, field->name, *(char *const *)member);
		return;
	case JSON_FIELD_INT:
		json_add_int(writer, field->name, *(const int64_t *)member);
		return;
	case JSON_FIELD_BOOL:
		json_add_bool(writer, field->name, *(const bool *)member);
		return;
	case JSON_FIELD_TEXTS:
		if (((const struct strv *)member)->len)
			json_add_texts(writer, field->name, member);
		return;
	case JSON_FIELD_MAP:
		if (((const struct strmap *)member)->len)
			json_add_map(writer, field->name, member);
		return;
	case JSON_FIELD_RAW:
		if (*(struct json *const *)member)
			json_add_value(writer, field->name, *(struct json *const *)member);
		return;
	}
}

void json_add_fields(struct json_writer *writer, const struct json_table *table,
		     const void *structure)
{
	for (size_t i = 0; i < table->count; i++)
		add_field(writer, &table->fields[i],
			  (const char *)structure + table->fields[i].offset);
}
