/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * JSON (RFC 8259), read strictly: depth, size and numbers are bounded and a
 * key that stands twice is refused, since readers differ on which one counts.
 * Documents are read through static tables into structures; an error carries
 * the path ("layers[3].digest: expected a string"). Digests are computed on
 * received bytes, never on what is written here.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/str.h"

/* A document or a value inside it. Values belong to their document. */
struct json;

enum json_type { JSON_NULL, JSON_BOOL, JSON_NUMBER, JSON_STRING, JSON_ARRAY, JSON_OBJECT };

/* Parses all of `text`. ERROR_PROTOCOL names byte and reason. */
struct json *json_parse(struct slice text, struct error *err) CHECK;
void json_free(struct json *json);
void json_freep(struct json **json); /* for AUTO() */

enum json_type json_type(const struct json *json);
/* NULL if `json` is NULL, no object, or has no such member. Exact case. */
struct json *json_get(const struct json *json, const char *key);
/* The same through several levels: json_path(json, "Config", "Labels", NULL). */
struct json *json_path(const struct json *json, ...) __attribute__((sentinel));
/* NULL if `json` is NULL or no string. */
const char *json_text(const struct json *json);
/* `otherwise` if `json` is NULL or no whole number, or one beyond 2^53: readers
 * differ on its last digits. Such a number only counts where it is read, for
 * engines send nanoseconds that nobody needs. */
int64_t json_int(const struct json *json, int64_t otherwise);
bool json_is_true(const struct json *json);
/* Elements of an array or members of an object; 0 for anything else. */
size_t json_count(const struct json *json);

/* for (child = json_first(json); child; child = json_next(child)) */
struct json *json_first(const struct json *json);
struct json *json_next(const struct json *child);
/* The key of a member; NULL for an array's element. */
const char *json_key(const struct json *child);

/*
 * Reading by table. A missing optional member leaves its field as it was;
 * null counts as missing. Strings are copied and belong to the structure.
 */
enum json_field_type {
	JSON_FIELD_TEXT,    /* char * */
	JSON_FIELD_INT,	    /* int64_t */
	JSON_FIELD_BOOL,    /* bool */
	JSON_FIELD_TEXTS,   /* struct strv, from an array of strings */
	JSON_FIELD_MAP,	    /* struct strmap, from an object of strings */
	JSON_FIELD_RAW,	    /* const struct json *, belongs to the document */
};

struct json_field {
	const char *name;
	enum json_field_type type;
	size_t offset;
	bool is_required;
};

/* All fields of one kind of object. */
struct json_table {
	const struct json_field *fields;
	size_t count;
};

#define JSON_TABLE(array) { .fields = (array), .count = ARRAY_SIZE(array) }

#define JSON_FIELD(structure, member, json_name, json_type)                                        \
	{ .name = (json_name), .type = (json_type), .offset = offsetof(structure, member) }
#define JSON_REQUIRED(structure, member, json_name, json_type)                                     \
	{ .name = (json_name), .type = (json_type), .offset = offsetof(structure, member),         \
	  .is_required = true }

/* `where` names the object in errors ("manifest", "layers[3]"). Fields that
 * were read before an error belong to the structure too: release it. */
int json_read(const struct json *json, const char *where, const struct json_table *table,
	      void *ret_structure, struct error *err) CHECK;

/*
 * Writing. Commas are set by themselves; keys are given with the values, NULL
 * inside an array. Compact, UTF-8 kept, control characters escaped; bytes that
 * are no UTF-8 become U+FFFD.
 */
struct json_writer {
	struct buf *out;
	bool needs_comma;
};

#define JSON_WRITER(buffer) { .out = (buffer) }

void json_open_object(struct json_writer *writer, const char *key);
void json_close_object(struct json_writer *writer);
void json_open_array(struct json_writer *writer, const char *key);
void json_close_array(struct json_writer *writer);
/* NULL writes nothing at all. */
void json_add_text(struct json_writer *writer, const char *key, const char *value);
void json_add_slice(struct json_writer *writer, const char *key, struct slice value);
void json_add_int(struct json_writer *writer, const char *key, int64_t value);
void json_add_bool(struct json_writer *writer, const char *key, bool value);
void json_add_texts(struct json_writer *writer, const char *key, const struct strv *list);
void json_add_map(struct json_writer *writer, const char *key, const struct strmap *map);
/* Writes a parsed value again; whole numbers without exponent. NULL is null. */
void json_add_value(struct json_writer *writer, const char *key, const struct json *value);

/* The same tables, for objects: empty strings, lists and maps are left out. */
void json_add_fields(struct json_writer *writer, const struct json_table *table,
		     const void *structure);
