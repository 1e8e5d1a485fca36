/* SPDX-License-Identifier: MIT */
#include "codec/json.h"

#include <cJSON.h>
#include <math.h>
#include <stdarg.h>

#include "base/limits.h"

/* The wall: struct json is cJSON under a name of ours. */
static const cJSON *in(const struct json *json)
{
	return (const cJSON *)json;
}

static struct json *out(cJSON *item)
{
	return (struct json *)item;
}

/* cJSON's own limit is 1000 and set at its build; ours is checked before. */
static int check_depth(struct slice text, struct error *err)
{
	size_t depth = 0;
	bool is_string = false;

	for (size_t i = 0; i < text.len; i++) {
		char c = text.data[i];

		if (!c)
			return error_set(err, ERROR_PROTOCOL, "JSON: a NUL at byte %zu", i);
		if (is_string) {
			i += c == '\\';
			is_string = c != '"';
			continue;
		}
		is_string = c == '"';
		depth += c == '{' || c == '[';
		depth -= (c == '}' || c == ']') && depth;
		if (depth > LIMIT_JSON_DEPTH)
			return error_set(err, ERROR_PROTOCOL,
					 "JSON: nested deeper than %d at byte %zu",
					 LIMIT_JSON_DEPTH, i);
	}
	return 0;
}

static int compare_keys(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static int check_keys(const cJSON *object, struct error *err)
{
	size_t count = json_count((const struct json *)object), i = 0;
	AUTOFREE const char **keys = NULL;

	if (count < 2)
		return 0;
	keys = malloc(count * sizeof(*keys));
	if (!keys)
		return error_set_memory(err);
	for (const cJSON *child = object->child; child; child = child->next)
		keys[i++] = child->string;
	qsort(keys, count, sizeof(*keys), compare_keys);
	for (i = 1; i < count; i++)
		if (!strcmp(keys[i - 1], keys[i]))
			return error_set(err, ERROR_PROTOCOL, "JSON: the key '%s' stands twice",
					 keys[i]);
	return 0;
}

static int check_tree(const cJSON *item, struct error *err)
{
	for (const cJSON *child = item->child; child; child = child->next)
		if (check_tree(child, err))
			return -1;
	if (cJSON_IsNumber(item) && !isfinite(item->valuedouble))
		return error_set(err, ERROR_PROTOCOL, "JSON: a number that is too great");
	return cJSON_IsObject(item) ? check_keys(item, err) : 0;
}

struct json *json_parse(struct slice text, struct error *err)
{
	const char *end = NULL;
	cJSON *item;

	if (check_depth(text, err))
		return NULL;
	item = cJSON_ParseWithLengthOpts(text.data ? text.data : "", text.len, &end, false);
	if (!item) {
		error_set(err, ERROR_PROTOCOL, "JSON: not valid at byte %zu of %zu",
			  end && text.data ? (size_t)(end - text.data) : 0, text.len);
		return NULL;
	}
	if (slice_trim(slice_skip(text, (size_t)(end - text.data))).len)
		error_set(err, ERROR_PROTOCOL, "JSON: text after the end, at byte %zu",
			  (size_t)(end - text.data));
	else if (!check_tree(item, err))
		return out(item);
	cJSON_Delete(item);
	return NULL;
}

void json_free(struct json *json)
{
	cJSON_Delete((cJSON *)json);
}

void json_freep(struct json **json)
{
	json_free(*json);
}

enum json_type json_type(const struct json *json)
{
	switch (in(json)->type & 0xff) {
	case cJSON_False:
	case cJSON_True:
		return JSON_BOOL;
	case cJSON_Number:
		return JSON_NUMBER;
	case cJSON_String:
		return JSON_STRING;
	case cJSON_Array:
		return JSON_ARRAY;
	case cJSON_Object:
		return JSON_OBJECT;
	default:
		return JSON_NULL;
	}
}

struct json *json_get(const struct json *json, const char *key)
{
	if (!json || !cJSON_IsObject(in(json)))
		return NULL;
	return out(cJSON_GetObjectItemCaseSensitive(in(json), key));
}

struct json *json_path(const struct json *json, ...)
{
	const struct json *at = json;
	const char *key;
	va_list keys;

	va_start(keys, json);
	while (at && (key = va_arg(keys, const char *)))
		at = json_get(at, key);
	va_end(keys);
	return (struct json *)(uintptr_t)at;
}

const char *json_text(const struct json *json)
{
	return json && cJSON_IsString(in(json)) ? in(json)->valuestring : NULL;
}

int64_t json_int(const struct json *json, int64_t otherwise)
{
	if (!json || !cJSON_IsNumber(in(json)) ||
	    floor(in(json)->valuedouble) != in(json)->valuedouble ||
	    fabs(in(json)->valuedouble) > 9007199254740992.0)
		return otherwise;
	return (int64_t)in(json)->valuedouble;
}

bool json_is_true(const struct json *json)
{
	return json && cJSON_IsTrue(in(json));
}

size_t json_count(const struct json *json)
{
	size_t count = 0;

	for (struct json *child = json_first(json); child; child = json_next(child))
		count++;
	return count;
}

struct json *json_first(const struct json *json)
{
	return json ? out(in(json)->child) : NULL;
}

struct json *json_next(const struct json *child)
{
	return out(in(child)->next);
}

const char *json_key(const struct json *child)
{
	return in(child)->string;
}

static int wrong_type(const char *where, const char *name, const char *expected, struct error *err)
{
	return error_set(err, ERROR_PROTOCOL, "%s.%s: expected %s", where, name, expected);
}

static int read_texts(const struct json *value, const char *where, const struct json_field *field,
		      struct strv *list, struct error *err)
{
	if (json_type(value) != JSON_ARRAY)
		return wrong_type(where, field->name, "an array of strings", err);
	for (struct json *child = json_first(value); child; child = json_next(child)) {
		if (!json_text(child))
			return wrong_type(where, field->name, "an array of strings", err);
		if (strv_add(list, json_text(child), err))
			return -1;
	}
	return 0;
}

static int read_map(const struct json *value, const char *where, const struct json_field *field,
		    struct strmap *map, struct error *err)
{
	if (json_type(value) != JSON_OBJECT)
		return wrong_type(where, field->name, "an object of strings", err);
	for (struct json *child = json_first(value); child; child = json_next(child)) {
		if (!json_text(child))
			return wrong_type(where, field->name, "an object of strings", err);
		if (strmap_set(map, json_key(child), json_text(child), err))
			return -1;
	}
	return 0;
}

static int read_field(const struct json *value, const char *where, const struct json_field *field,
		      void *structure, struct error *err)
{
	void *target = (char *)structure + field->offset;

	switch (field->type) {
	case JSON_FIELD_TEXT:
		if (!json_text(value))
			return wrong_type(where, field->name, "a string", err);
		return str_replace(target, json_text(value), err);
	case JSON_FIELD_INT:
		if (json_int(value, INT64_MIN) == INT64_MIN)
			return wrong_type(where, field->name, "a whole number", err);
		*(int64_t *)target = json_int(value, 0);
		return 0;
	case JSON_FIELD_BOOL:
		if (json_type(value) != JSON_BOOL)
			return wrong_type(where, field->name, "true or false", err);
		*(bool *)target = json_is_true(value);
		return 0;
	case JSON_FIELD_TEXTS:
		return read_texts(value, where, field, target, err);
	case JSON_FIELD_MAP:
		return read_map(value, where, field, target, err);
	case JSON_FIELD_RAW:
		*(const struct json **)target = value;
		return 0;
	}
	return 0;
}

int json_read(const struct json *json, const char *where, const struct json_table *table,
	      void *ret_structure, struct error *err)
{
	if (!json || json_type(json) != JSON_OBJECT)
		return error_set(err, ERROR_PROTOCOL, "%s: expected an object", where);
	for (size_t i = 0; i < table->count; i++) {
		const struct json_field *field = &table->fields[i];
		struct json *value = json_get(json, field->name);

		if (value && json_type(value) != JSON_NULL) {
			if (read_field(value, where, field, ret_structure, err))
				return -1;
		} else if (field->is_required) {
			return error_set(err, ERROR_PROTOCOL, "%s.%s: missing", where, field->name);
		}
	}
	return 0;
}
