/* SPDX-License-Identifier: MIT */
#include <ctype.h>
#include <stdlib.h>

#include "base/str.h"
#include "context/pattern-program.h"

/* What an expression may come to; it is one line of a file. */
#define ITEM_MAX 65536
/* Of Go's regexp/syntax. */
#define REPEAT_MAX 1000

/* The expression as it is read; only what pattern.c can write is known. */
struct parser {
	struct pattern *pattern;
	struct slice rest;
	size_t item_capacity;
	size_t start;	/* of the alternative: its fork */
	size_t operand; /* behind the items that cannot be repeated */
	bool is_repeat; /* what was read last is a repetition */
	struct error *err;
};

static int refuse(struct error *err)
{
	return error_set(err, ERROR_INPUT, "the pattern is not valid");
}

static struct item *add_item(struct parser *parser, enum item_kind kind, int32_t rune)
{
	struct pattern *pattern = parser->pattern;

	if (pattern->item_count == ITEM_MAX) {
		error_set(parser->err, ERROR_INPUT, "the pattern is too large");
		return NULL;
	}
	if (pattern->item_count == parser->item_capacity) {
		size_t capacity = parser->item_capacity ? 2 * parser->item_capacity : 16;
		struct item *items = reallocarray(pattern->items, capacity, sizeof(*items));

		if (!items) {
			error_set_memory(parser->err);
			return NULL;
		}
		pattern->items = items;
		parser->item_capacity = capacity;
	}
	pattern->items[pattern->item_count] = (struct item){ .kind = kind, .rune = rune };
	return &pattern->items[pattern->item_count++];
}

static int add_plain(struct parser *parser, enum item_kind kind, int32_t rune)
{
	return add_item(parser, kind, rune) ? 0 : -1;
}

static int32_t take_rune(struct slice *rest)
{
	int32_t rune;
	size_t len = rune_decode(*rest, &rune);

	*rest = slice_skip(*rest, len);
	return rune;
}

/* Up to three octal digits, the first of which is `digit`. */
static int32_t take_octal(struct slice *rest, int32_t digit)
{
	int32_t value = digit - '0';

	for (int i = 0; i < 2 && rest->len && rest->data[0] >= '0' && rest->data[0] <= '7'; i++)
		value = value * 8 + take_rune(rest) - '0';
	return value;
}

static int hex_value(int32_t rune)
{
	if (rune >= '0' && rune <= '9')
		return (int)rune - '0';
	if (rune >= 'a' && rune <= 'f')
		return (int)rune - 'a' + 10;
	if (rune >= 'A' && rune <= 'F')
		return (int)rune - 'A' + 10;
	return -1;
}

/* Two digits behind "\x". */
static int take_hex(struct slice *rest, int32_t *ret_rune, struct error *err)
{
	int high = rest->len ? hex_value(take_rune(rest)) : -1;
	int low = rest->len ? hex_value(take_rune(rest)) : -1;

	if (high < 0 || low < 0)
		return refuse(err);
	*ret_rune = high * 16 + low;
	return 0;
}

/* What is behind a backslash, for one character (RE2's syntax, "Escape
 * sequences"). */
static int take_escape(struct slice *rest, int32_t *ret_rune, struct error *err)
{
	static const char letters[] = "afnrtv", values[] = "\a\f\n\r\t\v";
	const char *letter;
	int32_t rune;

	if (!rest->len)
		return refuse(err);
	rune = take_rune(rest);
	if (rune >= 0x80 || !rune)
		return refuse(err);
	letter = strchr(letters, (int)rune);
	if (!isalnum((int)rune))
		*ret_rune = rune;
	else if (letter)
		*ret_rune = values[letter - letters];
	else if (rune == 'x')
		return take_hex(rest, ret_rune, err);
	else if (rune == '0' || (rune >= '1' && rune <= '7' && rest->len && rest->data[0] >= '0' &&
				 rest->data[0] <= '7'))
		*ret_rune = take_octal(rest, rune);
	else
		return refuse(err);
	return 0;
}

static int take_class_rune(struct slice *rest, int32_t *ret_rune, struct error *err)
{
	if (!rest->len)
		return refuse(err);
	*ret_rune = take_rune(rest);
	return *ret_rune == '\\' ? take_escape(rest, ret_rune, err) : 0;
}

/* A character or a range of them. */
static int parse_range(struct parser *parser)
{
	struct slice *rest = &parser->rest;
	int32_t low, high;

	if (take_class_rune(rest, &low, parser->err))
		return -1;
	high = low;
	if (rest->len >= 2 && rest->data[0] == '-' && rest->data[1] != ']') {
		*rest = slice_skip(*rest, 1);
		if (take_class_rune(rest, &high, parser->err))
			return -1;
	}
	if (high < low)
		return refuse(parser->err);
	return pattern_add_range(parser->pattern, low, high, parser->err);
}

/* The class behind its "[", and the star that may follow. */
static int parse_class(struct parser *parser)
{
	struct pattern *pattern = parser->pattern;
	struct slice *rest = &parser->rest;
	struct item *item = add_item(parser, ITEM_CLASS, 0);

	if (!item)
		return -1;
	item->range = pattern->range_count;
	item->is_negated = slice_starts(*rest, "^");
	*rest = slice_skip(*rest, item->is_negated);
	for (bool is_first = true; is_first || !slice_starts(*rest, "]"); is_first = false) {
		int len = pattern_add_class(pattern, *rest, parser->err);

		if (len < 0 || (!len && parse_range(parser)))
			return -1;
		*rest = slice_skip(*rest, (size_t)len);
	}
	*rest = slice_skip(*rest, 1);
	item->range_count = pattern->range_count - item->range;
	parser->is_repeat = item->is_repeated = slice_starts(*rest, "*");
	*rest = slice_skip(*rest, item->is_repeated);
	return 0;
}

/* All up to "\E" as it stands. */
static int parse_quoted(struct parser *parser)
{
	while (parser->rest.len) {
		if (slice_starts(parser->rest, "\\E")) {
			parser->rest = slice_skip(parser->rest, 2);
			return 0;
		}
		if (add_plain(parser, ITEM_RUNE, take_rune(&parser->rest)))
			return -1;
	}
	return 0;
}

/* A class of its own behind a backslash: "\d". */
static int parse_class_escape(struct parser *parser, struct slice text)
{
	struct item *item = add_item(parser, ITEM_CLASS, 0);

	if (!item)
		return -1;
	item->range = parser->pattern->range_count;
	if (pattern_add_class(parser->pattern, text, parser->err) < 0)
		return -1;
	item->range_count = parser->pattern->range_count - item->range;
	return 0;
}

static int parse_escape(struct parser *parser)
{
	struct slice text = { parser->rest.data - 1, parser->rest.len + 1 };
	char letter = parser->rest.len ? parser->rest.data[0] : '\0';
	int32_t rune;

	if (letter && strchr("dDsSwWAbBzQpP", letter))
		parser->rest = slice_skip(parser->rest, 1);
	switch (letter) {
	case 'A':
		return add_plain(parser, ITEM_BEGIN, 0);
	case 'z':
		return add_plain(parser, ITEM_END, 0);
	case 'b':
		return add_plain(parser, ITEM_BOUNDARY, 0);
	case 'B':
		return add_plain(parser, ITEM_NOT_BOUNDARY, 0);
	case 'Q':
		return parse_quoted(parser);
	case 'p':
	case 'P':
		return error_set(parser->err, ERROR_INPUT, "'\\%c' is not supported", letter);
	default:
		if (letter && strchr("dDsSwW", letter))
			return parse_class_escape(parser, text);
		if (take_escape(&parser->rest, &rune, parser->err))
			return -1;
		return add_plain(parser, ITEM_RUNE, rune);
	}
}

static int add_repeated(struct parser *parser, enum item_kind kind)
{
	struct item *item = add_item(parser, kind, 0);

	if (!item)
		return -1;
	item->is_repeated = true;
	/* Without ranges: a class of all there is. */
	item->is_negated = true;
	return 0;
}

static int add_fork(struct parser *parser, size_t distance)
{
	struct item *fork = add_item(parser, ITEM_FORK, 0);

	if (!fork)
		return -1;
	fork->target = parser->pattern->item_count - 1 + distance;
	return 0;
}

/* "(.*" and "/)?" */
static int parse_option(struct parser *parser)
{
	parser->rest = slice_skip(parser->rest, strlen(".*/)?"));
	parser->is_repeat = true;
	if (add_fork(parser, 3) || add_repeated(parser, ITEM_ANY))
		return -1;
	return add_plain(parser, ITEM_RUNE, '/');
}

/* ".*" */
static int parse_any(struct parser *parser)
{
	parser->rest = slice_skip(parser->rest, 1);
	parser->is_repeat = true;
	return add_repeated(parser, ITEM_ANY);
}

/* Digits without a leading zero; false if there are none. What is too large
 * becomes REPEAT_MAX + 1. */
static bool take_count(struct slice *rest, long *ret_count)
{
	bool is_zero = slice_starts(*rest, "0");
	size_t digits = 0;
	long count = 0;

	for (; digits < rest->len && isdigit((unsigned char)rest->data[digits]); digits++) {
		count = count * 10 + (rest->data[digits] - '0');
		if (count > REPEAT_MAX)
			count = REPEAT_MAX + 1;
	}
	*rest = slice_skip(*rest, digits);
	*ret_count = count;
	return digits && !(is_zero && digits > 1);
}

/* "N}", "N,}" or "N,M}" behind a brace, which else is a literal. `ret_max` is
 * -1 if there is none. */
static bool take_repeat(struct slice *rest, long *ret_min, long *ret_max)
{
	struct slice text = *rest;

	if (!take_count(&text, ret_min))
		return false;
	*ret_max = *ret_min;
	if (slice_starts(text, ",")) {
		text = slice_skip(text, 1);
		*ret_max = -1;
		if (!slice_starts(text, "}") && !take_count(&text, ret_max))
			return false;
	}
	if (!slice_starts(text, "}"))
		return false;
	*rest = slice_skip(text, 1);
	return true;
}

static int add_copy(struct parser *parser, struct item item)
{
	struct item *copy = add_item(parser, item.kind, item.rune);

	if (!copy)
		return -1;
	*copy = item;
	return 0;
}

/* "{N,M}": the last item, as often as it says. */
static int parse_repeat(struct parser *parser)
{
	struct pattern *pattern = parser->pattern;
	bool is_stacked = parser->is_repeat;
	struct item item;
	long min, max;

	parser->is_repeat = take_repeat(&parser->rest, &min, &max);
	if (!parser->is_repeat)
		return add_plain(parser, ITEM_RUNE, '{');
	if (is_stacked || pattern->item_count == parser->operand || min > REPEAT_MAX ||
	    max > REPEAT_MAX || (max >= 0 && min > max))
		return refuse(parser->err);
	item = pattern->items[--pattern->item_count];
	for (long i = 0; i < min; i++)
		if (add_copy(parser, item))
			return -1;
	for (long left = max - min; left > 0; left--)
		if (add_fork(parser, 2 * (size_t)left) || add_copy(parser, item))
			return -1;
	item.is_repeated = true;
	/* What consumes nothing is not worth repeating. */
	if (max < 0 && item.kind <= ITEM_ANY)
		return add_copy(parser, item);
	return 0;
}

static int open_alternative(struct parser *parser)
{
	struct slice after = slice_skip(parser->rest, 1);
	/* Unless it is repeated: "^{0}", also across an empty "\\Q\\E". */
	bool is_anchored = slice_starts(parser->rest, "^") && !slice_starts(after, "{") &&
			   !slice_starts(after, "\\Q");

	parser->start = parser->pattern->item_count;
	parser->is_repeat = false;
	if (add_fork(parser, 1) || (!is_anchored && add_repeated(parser, ITEM_CLASS)))
		return -1;
	parser->operand = parser->pattern->item_count;
	return 0;
}

static int close_alternative(struct parser *parser)
{
	const struct pattern *pattern = parser->pattern;
	bool is_anchored =
		pattern->items[pattern->item_count - 1].kind == ITEM_END && !parser->is_repeat;

	if (!is_anchored && add_repeated(parser, ITEM_CLASS))
		return -1;
	return add_plain(parser, ITEM_STOP, 0);
}

static int parse_bar(struct parser *parser)
{
	struct pattern *pattern = parser->pattern;

	if (close_alternative(parser))
		return -1;
	pattern->items[parser->start].target = pattern->item_count;
	return open_alternative(parser);
}

static int parse_next(struct parser *parser)
{
	int32_t rune = take_rune(&parser->rest);

	if (rune == '{')
		return parse_repeat(parser);
	parser->is_repeat = false;
	switch (rune) {
	case '\\':
		return parse_escape(parser);
	case '[':
		return parse_class(parser);
	case '(':
		return parse_option(parser);
	case '.':
		return parse_any(parser);
	case '|':
		return parse_bar(parser);
	case '^':
		return add_plain(parser, ITEM_BEGIN, 0);
	case '$':
		return add_plain(parser, ITEM_END, 0);
	default:
		return add_plain(parser, ITEM_RUNE, rune);
	}
}

int pattern_parse(struct pattern *pattern, struct slice expression, struct error *err)
{
	struct parser parser = { .pattern = pattern, .rest = expression, .err = err };

	if (open_alternative(&parser))
		return -1;
	while (parser.rest.len)
		if (parse_next(&parser))
			return -1;
	return close_alternative(&parser);
}
