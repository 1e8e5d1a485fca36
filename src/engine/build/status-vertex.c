/* SPDX-License-Identifier: MIT */
#include "engine/build/status-vertex.h"

#include <stdio.h>

#include "base/limits.h"

/* Of a line among the last ones. */
#define TAIL_LINE_MAX 512

static void vertex_free(struct vertex *vertex)
{
	if (!vertex)
		return;
	free(vertex->digest);
	free(vertex->name);
	free(vertex->where);
	free(vertex->error);
	vertex_forget_output(vertex);
	free(vertex);
}

static void vertex_freep(struct vertex **vertex)
{
	vertex_free(*vertex);
}

void vertices_release(struct vertices *vertices)
{
	for (size_t i = 0; i < vertices->len; i++)
		vertex_free(vertices->items[i]);
	free(vertices->items);
	*vertices = (struct vertices){ 0 };
}

static int compare(struct slice digest, const struct vertex *vertex)
{
	size_t len = strlen(vertex->digest);
	int order = memcmp(digest.data, vertex->digest, digest.len < len ? digest.len : len);

	return order ? order : (digest.len > len) - (digest.len < len);
}

/* Where it is, or would be; the order of the first that is not before it. */
static size_t place_of(const struct vertices *vertices, struct slice digest, bool *ret_is_there)
{
	size_t low = 0, high = vertices->len;

	*ret_is_there = false;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int order = compare(digest, vertices->items[middle]);

		if (!order) {
			*ret_is_there = true;
			return middle;
		}
		if (order < 0)
			high = middle;
		else
			low = middle + 1;
	}
	return low;
}

struct vertex *vertices_find(const struct vertices *vertices, struct slice digest)
{
	bool is_there;
	size_t place = place_of(vertices, digest, &is_there);

	return is_there ? vertices->items[place] : NULL;
}

/* Without the part of a character (UTF-8) that stands at the end. */
static struct slice whole_characters(struct slice text)
{
	size_t begin = text.len, len;
	unsigned char lead;

	while (begin && text.len - begin < 3 &&
	       ((unsigned char)text.data[begin - 1] & 0xc0) == 0x80)
		begin--;
	if (!begin)
		return text;
	lead = (unsigned char)text.data[--begin];
	len = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : lead >= 0xc0 ? 2 : 1;
	if (len > text.len - begin)
		text.len = begin;
	return text;
}

static struct slice cut(struct slice text, size_t max)
{
	return text.len > max ? whole_characters((struct slice){ text.data, max }) : text;
}

/* Continued lines keep their indentation and heredocs their lines: one space each. */
static char *copy_name(struct slice name, struct error *err)
{
	char *copy = str_copy_slice(cut(slice_trim(name), LIMIT_BUILD_STEP_NAME), err);
	char *to = copy;

	if (!copy)
		return NULL;
	for (const char *from = copy; *from; from++)
		if (!slice_is_space(*from))
			*to++ = *from;
		else if (to[-1] != ' ')
			*to++ = ' ';
	*to = '\0';
	return copy;
}

struct vertex *vertices_add(struct vertices *vertices, struct slice digest, struct slice name,
			    struct error *err)
{
	AUTO(vertex_freep) struct vertex *vertex = calloc(1, sizeof(*vertex));
	struct vertex **items = reallocarray(vertices->items, vertices->len + 1, sizeof(*items));
	struct vertex_number number;
	bool is_there;
	size_t place;

	if (items)
		vertices->items = items;
	if (!vertex || !items) {
		error_set_memory(err);
		return NULL;
	}
	buf_init(&vertex->line, LIMIT_BUILD_LINE + 1);
	buf_init(&vertex->tail, LIMIT_BUILD_TAIL + TAIL_LINE_MAX + 1);
	vertex->digest = str_copy_slice(digest, err);
	vertex->name = vertex->digest ? copy_name(name, err) : NULL;
	if (!vertex->name)
		return NULL;
	vertex->is_instruction = vertex_number_parse(vertex->name, &number) &&
				 !slice_starts(number.instruction, "FROM ");
	place = place_of(vertices, digest, &is_there);
	memmove(items + place + 1, items + place, (vertices->len++ - place) * sizeof(*items));
	return items[place] = TAKE(vertex);
}

/* "2/5" or " 2/12" */
static bool parse_fraction(struct slice text, struct vertex_number *number)
{
	char digits[2][8] = { "" };
	struct slice part;
	int64_t values[2];

	for (size_t i = 0; i < 2; i++) {
		if (!slice_cut(&text, '/', &part) || part.len >= sizeof(digits[i]))
			return false;
		memcpy(digits[i], part.data, part.len);
		if (!str_to_int(digits[i], 1, 999999, &values[i]))
			return false;
	}
	number->number = (int)values[0];
	number->total = (int)values[1];
	return !text.len;
}

bool vertex_number_parse(const char *name, struct vertex_number *ret_number)
{
	struct slice rest = slice_of(name), inside, word = SLICE("");

	if (!slice_starts(rest, "[") || !slice_cut(&rest, ']', &inside) || !slice_starts(rest, " "))
		return false;
	*ret_number = (struct vertex_number){ .stage = SLICE(""), .instruction = slice_trim(rest) };
	inside = slice_trim(slice_skip(inside, 1));
	while (slice_cut(&inside, ' ', &word) && inside.len)
		if (word.len)
			ret_number->stage = word;
	return parse_fraction(word, ret_number);
}

int vertex_next_line(struct vertex *vertex, struct slice *text, struct error *err)
{
	struct buf *line = &vertex->line;
	const char *end = text->len ? memchr(text->data, '\n', text->len) : NULL;
	size_t len = end ? (size_t)(end - text->data) : text->len;
	size_t room = LIMIT_BUILD_LINE - line->len;
	struct slice part = { text->data, len };

	if (len > room) {
		part = whole_characters((struct slice){ text->data, room });
		end = text->data + part.len;
	}
	buf_add_slice(line, part);
	*text = slice_skip(*text, part.len + (end && len <= room));
	if (end)
		buf_add_char(line, '\n');
	if (buf_check(line, "a line of the build's output", err))
		return -1;
	return end != NULL;
}

static void drop_first(struct vertex *vertex)
{
	const char *end = memchr(vertex->tail.data, '\n', vertex->tail.len);

	if (end)
		buf_consume(&vertex->tail, (size_t)(end - vertex->tail.data) + 1);
	vertex->tail_count--;
}

/* Of a line that was written over (carriage return) the last state. */
static struct slice last_state(struct slice line)
{
	const char *before;

	while (line.len && (line.data[line.len - 1] == '\n' || line.data[line.len - 1] == '\r'))
		line.len--;
	before = line.len ? memrchr(line.data, '\r', line.len) : NULL;
	return before ? slice_skip(line, (size_t)(before - line.data) + 1) : line;
}

void vertex_end_line(struct vertex *vertex)
{
	struct slice line = cut(last_state(buf_slice(&vertex->line)), TAIL_LINE_MAX);

	if (slice_trim(line).len) {
		buf_add_slice(&vertex->tail, line);
		buf_add_char(&vertex->tail, '\n');
		vertex->tail_count++;
	}
	while (vertex->tail_count > LIMIT_BUILD_TAIL_LINES || vertex->tail.len > LIMIT_BUILD_TAIL)
		drop_first(vertex);
	buf_reset(&vertex->line);
}

void vertex_forget_output(struct vertex *vertex)
{
	buf_release(&vertex->line);
	buf_release(&vertex->tail);
	vertex->tail_count = 0;
}

bool vertex_is_victim(const struct vertex *vertex)
{
	return str_ends(vertex->error, "context canceled");
}

struct str_brief vertex_reason(const struct vertex *vertex)
{
	static const char code[] = "exit code: ",
			  checksum[] = "failed to calculate checksum of ref ";
	const char *text = vertex->error, *colon = strrchr(text, ':');
	struct str_brief brief;
	int64_t value;

	if (colon && colon - text >= 9 && !strncmp(colon - 9, code, strlen(code)) &&
	    str_to_int(colon + 2, 0, INT32_MAX, &value)) {
		snprintf(brief.text, sizeof(brief.text), "exit code %d", (int)value);
		return brief;
	}
	if (vertex_is_victim(vertex))
		text = "canceled";
	/* Two digests follow, which help nobody. */
	colon = str_starts(text, checksum) ? strstr(text, ": ") : NULL;
	return str_brief(slice_of(colon ? colon + 2 : text));
}
