/* SPDX-License-Identifier: MIT */
#include "context/pattern.h"

#include <stdlib.h>

#include "base/str.h"
#include "context/pattern-program.h"

/* One character as filepath.Match reads it in a class; false if it is not
 * valid there. At least one character has to follow. */
static bool skip_class_rune(struct slice *rest)
{
	int32_t rune;
	size_t len;

	if (!rest->len || rest->data[0] == '-' || rest->data[0] == ']')
		return false;
	if (rest->data[0] == '\\')
		*rest = slice_skip(*rest, 1);
	if (!rest->len)
		return false;
	len = rune_decode(*rest, &rune);
	if (rune == RUNE_ERROR && len == 1)
		return false;
	*rest = slice_skip(*rest, len);
	return rest->len > 0;
}

/* The class behind a "[". */
static bool skip_class(struct slice *rest)
{
	bool has_range = false;

	if (slice_starts(*rest, "^"))
		*rest = slice_skip(*rest, 1);
	while (!has_range || !slice_starts(*rest, "]")) {
		if (!skip_class_rune(rest))
			return false;
		if (slice_starts(*rest, "-")) {
			*rest = slice_skip(*rest, 1);
			if (!skip_class_rune(rest))
				return false;
		}
		has_range = true;
	}
	*rest = slice_skip(*rest, 1);
	return true;
}

/* The syntax of Go's filepath.Match, which Docker asks first. */
static bool is_well_formed(struct slice rest)
{
	while (rest.len) {
		char c = rest.data[0];

		rest = slice_skip(rest, 1);
		if (c == '[' && !skip_class(&rest))
			return false;
		if (c != '\\')
			continue;
		if (!rest.len)
			return false;
		rest = slice_skip(rest, 1);
	}
	return true;
}

struct translation {
	struct slice rest;
	struct buf *out;
	enum pattern_kind kind;
};

/* What stands behind a "*": another one makes it cross folders. */
static void translate_star(struct translation *translation, bool is_first)
{
	struct slice *rest = &translation->rest;

	if (!slice_starts(*rest, "*")) {
		buf_add_text(translation->out, "[^/]*");
		translation->kind = PATTERN_PROGRAM;
		return;
	}
	*rest = slice_skip(*rest, slice_starts(*rest, "*/") ? 2 : 1);
	if (rest->len) {
		buf_add_text(translation->out, "(.*/)?");
		translation->kind = PATTERN_PROGRAM;
	} else if (translation->kind == PATTERN_EXACT) {
		translation->kind = PATTERN_PREFIX;
	} else {
		buf_add_text(translation->out, ".*");
		translation->kind = PATTERN_PROGRAM;
	}
	if (is_first)
		translation->kind = PATTERN_SUFFIX;
}

static void translate_rune(struct translation *translation, int32_t rune)
{
	struct buf *out = translation->out;

	if (rune == '?') {
		buf_add_text(out, "[^/]");
		translation->kind = PATTERN_PROGRAM;
		return;
	}
	if (rune == '[' || rune == ']')
		translation->kind = PATTERN_PROGRAM;
	/* Docker means to escape "|{}" too and does not. */
	if (rune < 0x80 && rune && strchr(".+()$", (char)rune))
		buf_add_char(out, '\\');
	rune_add(out, rune);
	if (rune == '\\' && translation->rest.len) {
		size_t len = rune_decode(translation->rest, &rune);

		rune_add(out, rune);
		translation->rest = slice_skip(translation->rest, len);
		translation->kind = PATTERN_PROGRAM;
	}
}

/* The regular expression that Docker makes of it. */
static enum pattern_kind translate(struct slice text, struct buf *out)
{
	struct translation translation = { .rest = text, .out = out, .kind = PATTERN_EXACT };
	bool is_first = true;

	if (slice_starts(text, "\xef\xbb\xbf"))
		translation.rest = slice_skip(text, 3);
	buf_add_char(out, '^');
	for (; translation.rest.len; is_first = false) {
		int32_t rune;
		size_t len = rune_decode(translation.rest, &rune);

		translation.rest = slice_skip(translation.rest, len);
		if (rune == '*')
			translate_star(&translation, is_first);
		else
			translate_rune(&translation, rune);
	}
	buf_add_char(out, '$');
	return translation.kind;
}

/* A literal item that stands for one sequence of bytes alone. */
static bool is_plain(const struct item *item)
{
	return item->kind == ITEM_RUNE && !item->is_repeated && item->rune != RUNE_ERROR;
}

/* From where on the program is a row of literals up to its end. */
static size_t find_tail(const struct item *items, size_t end)
{
	size_t first = end;

	while (is_plain(&items[first - 1]))
		first--;
	for (size_t i = 0; i < end; i++)
		if (items[i].kind == ITEM_FORK && items[i].target > first)
			first = items[i].target;
	return first;
}

/* The literal begin and end of a program that has the usual form: a fork
 * that leads nowhere else, BEGIN, what matches, END and STOP. */
static int find_ends(struct pattern *pattern, struct error *err)
{
	AUTO(buf_release) struct buf head = BUF_INIT(SIZE_MAX / 2);
	AUTO(buf_release) struct buf tail = BUF_INIT(SIZE_MAX / 2);
	const struct item *items = pattern->items;
	size_t end = pattern->item_count - 2;

	if (items[0].target == 1 && items[1].kind == ITEM_BEGIN && items[end].kind == ITEM_END) {
		for (size_t i = 2; is_plain(&items[i]); i++)
			rune_add(&head, items[i].rune);
		for (size_t i = find_tail(items, end); i < end; i++)
			rune_add(&tail, items[i].rune);
	}
	pattern->head_len = head.len;
	pattern->tail_len = tail.len;
	pattern->head = buf_take(&head);
	pattern->tail = buf_take(&tail);
	return pattern->head && pattern->tail ? 0 : error_set_memory(err);
}

static int build_program(struct pattern *pattern, struct slice expression, struct error *err)
{
	if (pattern_parse(pattern, expression, err) || find_ends(pattern, err))
		return -1;
	pattern->word_count = pattern->item_count / 64 + 1;
	pattern->states = calloc(2 * pattern->word_count, sizeof(*pattern->states));
	return pattern->states ? 0 : error_set_memory(err);
}

struct pattern *pattern_compile(struct slice text, struct error *err)
{
	AUTO(buf_release) struct buf expression = BUF_INIT(SIZE_MAX / 2);
	AUTO(pattern_freep) struct pattern *pattern = calloc(1, sizeof(*pattern));

	if (!pattern) {
		error_set_memory(err);
		return NULL;
	}
	if (!is_well_formed(text)) {
		error_set(err, ERROR_INPUT, "the pattern is not valid");
		return NULL;
	}
	pattern->kind = translate(text, &expression);
	if (buf_check(&expression, "a pattern", err))
		return NULL;
	if (pattern->kind == PATTERN_PROGRAM && build_program(pattern, buf_slice(&expression), err))
		return NULL;
	if (pattern->kind == PATTERN_SUFFIX)
		text = slice_skip(text, 2);
	if (pattern->kind == PATTERN_PREFIX)
		text.len -= 2;
	pattern->text = str_copy_slice(text, err);
	pattern->text_len = text.len;
	return pattern->text ? TAKE(pattern) : NULL;
}

void pattern_free(struct pattern *pattern)
{
	if (!pattern)
		return;
	free(pattern->text);
	free(pattern->items);
	free(pattern->ranges);
	free(pattern->head);
	free(pattern->tail);
	free(pattern->states);
	free(pattern);
}

void pattern_freep(struct pattern **pattern)
{
	pattern_free(*pattern);
}
