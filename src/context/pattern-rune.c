/* SPDX-License-Identifier: MIT */
#include <stdlib.h>

#include "context/pattern-program.h"

#define RUNE_MAX 0x10ffff

/* How many bytes a character has by its first one; 0: it is no first one. */
static size_t rune_len(unsigned char first)
{
	if (first < 0x80)
		return 1;
	if (first < 0xc2 || first > 0xf4)
		return 0;
	return first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
}

size_t rune_decode(struct slice text, int32_t *ret_rune)
{
	static const int32_t smallest[] = { 0, 0, 0x80, 0x800, 0x10000 };
	const unsigned char *bytes = (const unsigned char *)text.data;
	size_t len = rune_len(bytes[0]);
	int32_t rune = len > 1 ? bytes[0] & (0x7f >> len) : bytes[0];

	*ret_rune = RUNE_ERROR;
	if (!len || len > text.len)
		return 1;
	for (size_t i = 1; i < len; i++) {
		if ((bytes[i] & 0xc0) != 0x80)
			return 1;
		rune = rune << 6 | (bytes[i] & 0x3f);
	}
	if (rune < smallest[len] || rune > RUNE_MAX || (rune >= 0xd800 && rune < 0xe000))
		return 1;
	*ret_rune = rune;
	return len;
}

void rune_add(struct buf *out, int32_t rune)
{
	uint32_t bits = (uint32_t)rune;
	size_t follow = bits < 0x80 ? 0 : bits < 0x800 ? 1 : bits < 0x10000 ? 2 : 3;
	static const unsigned char marks[] = { 0, 0xc0, 0xe0, 0xf0 };

	buf_add_char(out, (char)(marks[follow] | bits >> (6 * follow)));
	while (follow--)
		buf_add_char(out, (char)(0x80 | (bits >> (6 * follow) & 0x3f)));
}

int pattern_add_range(struct pattern *pattern, int32_t low, int32_t high, struct error *err)
{
	size_t count = pattern->range_count;
	struct rune_range *ranges = pattern->ranges;

	/* Grows at each power of two from 8 on. */
	if (!count || (count >= 8 && !(count & (count - 1)))) {
		ranges = reallocarray(ranges, count ? 2 * count : 8, sizeof(*ranges));
		if (!ranges)
			return error_set_memory(err);
		pattern->ranges = ranges;
	}
	ranges[pattern->range_count++] = (struct rune_range){ low, high };
	return 0;
}

/* Pairs of first and last character, ascending. */
static const struct {
	const char *name;
	char escape; /* lower case; 0: has none */
	struct slice ranges;
} classes[] = {
	{ "alnum", 0, SLICE("09AZaz") },
	{ "alpha", 0, SLICE("AZaz") },
	{ "ascii", 0, SLICE("\0\x7f") },
	{ "blank", 0, SLICE("\t\t  ") },
	{ "cntrl", 0, SLICE("\0\x1f\x7f\x7f") },
	{ "digit", 'd', SLICE("09") },
	{ "graph", 0, SLICE("!~") },
	{ "lower", 0, SLICE("az") },
	{ "print", 0, SLICE(" ~") },
	{ "punct", 0, SLICE("!/:@[`{~") },
	{ "space", 0, SLICE("\t\r  ") },
	{ "upper", 0, SLICE("AZ") },
	{ "word", 'w', SLICE("09AZ__az") },
	{ "xdigit", 0, SLICE("09AFaf") },
	{ NULL, 's', SLICE("\t\n\f\r  ") },
};

/* The class's ranges, or all between them. */
static int add_ranges(struct pattern *pattern, struct slice ranges, bool is_negated,
		      struct error *err)
{
	int32_t from = 0;

	for (; ranges.len; ranges = slice_skip(ranges, 2)) {
		int32_t low = ranges.data[0], high = ranges.data[1];

		if (is_negated && low > from && pattern_add_range(pattern, from, low - 1, err))
			return -1;
		if (!is_negated && pattern_add_range(pattern, low, high, err))
			return -1;
		from = high + 1;
	}
	return is_negated ? pattern_add_range(pattern, from, RUNE_MAX, err) : 0;
}

static int add_escape_class(struct pattern *pattern, char letter, struct error *err)
{
	for (size_t i = 0; i < ARRAY_SIZE(classes); i++)
		if (classes[i].escape && (letter | 0x20) == classes[i].escape)
			return add_ranges(pattern, classes[i].ranges, !(letter & 0x20), err) ? -1
											     : 2;
	return 0;
}

/* The length of "[:NAME:]" at the begin; 0: it is none. */
static size_t named_len(struct slice text)
{
	if (!slice_starts(text, "[:"))
		return 0;
	for (size_t i = 2; i + 1 < text.len; i++)
		if (text.data[i] == ':' && text.data[i + 1] == ']')
			return i + 2;
	return 0;
}

int pattern_add_class(struct pattern *pattern, struct slice text, struct error *err)
{
	size_t len = named_len(text);
	struct slice name = { text.data + 2, len > 4 ? len - 4 : 0 };
	bool is_negated;

	if (text.len >= 2 && text.data[0] == '\\' && strchr("dDsSwW", text.data[1]))
		return add_escape_class(pattern, text.data[1], err);
	if (!len)
		return 0;
	is_negated = slice_starts(name, "^");
	name = slice_skip(name, is_negated);
	for (size_t i = 0; i < ARRAY_SIZE(classes); i++)
		if (classes[i].name && slice_is(name, classes[i].name))
			return add_ranges(pattern, classes[i].ranges, is_negated, err) ? -1
										       : (int)len;
	return error_set(err, ERROR_INPUT, "the pattern is not valid");
}
