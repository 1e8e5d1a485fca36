/* SPDX-License-Identifier: MIT */
#include "codec/json-edit.h"

#include "base/secret.h"
#include "codec/json.h"

/* An object of the text, and a member of it, as offsets. */
struct place {
	size_t open;	   /* of '{' */
	size_t close;	   /* of '}' */
	size_t first;	   /* where the first key begins; `close` if there is none */
	size_t last;	   /* where the last value ends */
	size_t key, value; /* of the member, if `is_found` */
	size_t end;	   /* of its value */
	size_t before;	   /* where the value before it ends; 0: it is the first */
	size_t next;	   /* where the next key begins; 0: it is the last */
	bool is_found;
	struct slice outer; /* white space before a member of the object around this one */
};

/* The text is valid, so that these need not look for its end. What the parser takes
 * for space is more than RFC 8259 says. */
static size_t skip_space(const char *text, size_t at)
{
	while (text[at] && (unsigned char)text[at] <= ' ')
		at++;
	return at;
}

static size_t skip_scalar(const char *text, size_t at)
{
	while ((unsigned char)text[at] > ' ' && !strchr(",]}", text[at]))
		at++;
	return at;
}

static size_t skip_string(const char *text, size_t at)
{
	for (at++; text[at] != '"'; at++)
		at += text[at] == '\\';
	return at + 1;
}

static size_t skip_value(const char *text, size_t at)
{
	size_t depth = 0;

	do {
		if (text[at] == '"') {
			at = skip_string(text, at);
			continue;
		}
		depth += text[at] == '{' || text[at] == '[';
		depth -= text[at] == '}' || text[at] == ']';
		at++;
		if (!depth && !strchr("}]", text[at - 1]))
			at = skip_scalar(text, at);
	} while (depth);
	return at;
}

/* Keys may be written with escapes. */
static bool is_key(const char *text, size_t from, size_t to, const char *key)
{
	struct error ignored = { 0 };
	AUTO(json_freep)
	struct json *json = json_parse((struct slice){ text + from, to - from }, &ignored);

	return str_equal(json_text(json), key);
}

/* Walks the object at `open`. */
static void walk(const char *text, size_t open, const char *key, struct place *place)
{
	size_t at = skip_space(text, open + 1), before = 0;

	place->open = open;
	place->first = at;
	place->last = open + 1;
	while (text[at] != '}') {
		size_t begin = at, key_end = skip_string(text, at), value, end;

		value = skip_space(text, skip_space(text, key_end) + 1);
		end = place->last = skip_value(text, value);
		at = skip_space(text, end);
		if (text[at] == ',')
			at = skip_space(text, at + 1);
		if (!place->is_found && is_key(text, begin, key_end, key)) {
			place->is_found = true;
			place->key = begin;
			place->value = value;
			place->end = end;
			place->before = before;
			place->next = text[at] == '}' ? 0 : at;
		}
		before = end;
	}
	place->close = at;
}

/* What stands before each member; of an empty object, what would. */
static struct slice spacing(const char *text, const struct place *place, struct buf *buf)
{
	const struct slice outer = place->outer;

	if (place->first != place->close)
		return (struct slice){ text + place->open + 1, place->first - place->open - 1 };
	buf_add_slice(buf, outer);
	if (outer.data && memchr(outer.data, '\n', outer.len))
		buf_add_slice(buf, outer.len > 1 && outer.data[1] == ' ' ? slice_skip(outer, 1)
									 : SLICE("\t"));
	return buf_slice(buf);
}

static int splice(struct buf *text, size_t from, size_t to, struct slice with, struct error *err)
{
	AUTO(secret_buf_release) struct buf next = BUF_INIT(text->max);
	struct buf swap;

	buf_add(&next, text->data, from);
	buf_add_slice(&next, with);
	buf_add(&next, text->data + to, text->len - to);
	if (buf_check(&next, "JSON", err))
		return -1;
	swap = *text;
	*text = next;
	next = swap;
	return 0;
}

/* A value of several lines, indented like the members beside it. */
static void add_value(struct slice value, struct slice space, struct buf *out)
{
	bool has_lines = space.data && memchr(space.data, '\n', space.len);

	for (size_t i = 0; i < value.len; i++) {
		if (value.data[i] != '\n') {
			buf_add_char(out, value.data[i]);
			continue;
		}
		if (has_lines)
			buf_add_slice(out, space);
		while (!has_lines && i + 1 < value.len && value.data[i + 1] == '\t')
			i++;
	}
}

static int insert(struct buf *text, const struct place *place, const char *key, struct slice value,
		  struct error *err)
{
	AUTO(secret_buf_release) struct buf member = BUF_INIT(text->max);
	AUTO(buf_release) struct buf own = BUF_INIT(LIMIT_JSON_DEPTH * 80);
	struct slice space = spacing(text->data, place, &own);
	struct json_writer writer = JSON_WRITER(&member);
	bool is_first = place->first == place->close;

	if (!is_first)
		buf_add_char(&member, ',');
	buf_add_slice(&member, space);
	json_add_text(&writer, NULL, key);
	buf_add_text(&member, space.len ? ": " : ":");
	add_value(value, space, &member);
	if (is_first)
		buf_add_slice(&member, place->outer);
	if (buf_check(&member, "JSON", err))
		return -1;
	return splice(text, place->last, is_first ? place->close : place->last, buf_slice(&member),
		      err);
}

static int replace(struct buf *text, const struct place *place, struct slice value,
		   struct error *err)
{
	AUTO(secret_buf_release) struct buf next = BUF_INIT(text->max);
	const struct slice space = { text->data + place->open + 1, place->first - place->open - 1 };

	add_value(value, space, &next);
	if (buf_check(&next, "JSON", err))
		return -1;
	return splice(text, place->value, place->end, buf_slice(&next), err);
}

static int set(struct buf *text, const struct place *place, const char *key, struct slice value,
	       struct error *err)
{
	return place->is_found ? replace(text, place, value, err)
			       : insert(text, place, key, value, err);
}

/* 1 with the member's place, or where it would be; 0: there is no parent. */
static int locate(const struct buf *text, const char *parent, const char *key, struct place *place,
		  struct error *err)
{
	AUTO(json_freep) struct json *json = json_parse(buf_slice(text), err);
	struct place root = { .outer = SLICE("\n") };
	size_t open;

	if (!json)
		return -1;
	if (json_type(json) != JSON_OBJECT)
		return error_set(err, ERROR_INPUT, "JSON: expected an object");
	open = skip_space(text->data, 0);
	if (text->data[open] != '{')
		return error_set(err, ERROR_INPUT, "JSON: something stands before the object");
	if (!parent) {
		*place = root;
		walk(text->data, open, key, place);
		return 1;
	}
	walk(text->data, open, parent, &root);
	if (!root.is_found)
		return 0;
	if (text->data[root.value] != '{')
		return error_set(err, ERROR_INPUT, "JSON: '%s' is no object", parent);
	*place = (struct place){
		.outer = { text->data + root.open + 1, root.first - root.open - 1 },
	};
	walk(text->data, root.value, key, place);
	return 1;
}

int json_edit_set(struct buf *text, const char *parent, const char *key, struct slice value,
		  struct error *err)
{
	struct place place;
	int status;

	if (!slice_trim(buf_slice(text)).len) {
		buf_reset(text);
		buf_add_text(text, "{}\n");
	}
	status = locate(text, parent, key, &place, err);
	if (!status) {
		if (json_edit_set(text, NULL, parent, SLICE("{}"), err))
			return -1;
		status = locate(text, parent, key, &place, err);
	}
	return status < 0 ? -1 : set(text, &place, key, value, err);
}

int json_edit_remove(struct buf *text, const char *parent, const char *key, struct error *err)
{
	struct place place;
	int status;

	if (!slice_trim(buf_slice(text)).len)
		return 0;
	status = locate(text, parent, key, &place, err);
	if (status <= 0 || !place.is_found)
		return status < 0 ? -1 : 0;
	if (place.before)
		status = splice(text, place.before, place.end, SLICE(""), err);
	else if (place.next)
		status = splice(text, place.key, place.next, SLICE(""), err);
	else
		status = splice(text, place.open + 1, place.close, SLICE(""), err);
	return status ? -1 : 1;
}
