/* SPDX-License-Identifier: MIT */
#include "flow/publish/version.h"

#include <ctype.h>

/* A longer one is no number of a version, but a time stamp or a mistake. */
#define DIGITS_MAX 15

static bool is_number(struct slice text)
{
	for (size_t i = 0; i < text.len; i++)
		if (!isdigit((unsigned char)text.data[i]))
			return false;
	return text.len;
}

static bool has_leading_zero(struct slice number)
{
	return number.len > 1 && number.data[0] == '0';
}

static bool parse_number(struct slice text, int64_t *ret_number)
{
	int64_t number = 0;

	if (!is_number(text) || has_leading_zero(text) || text.len > DIGITS_MAX)
		return false;
	for (size_t i = 0; i < text.len; i++)
		number = number * 10 + (text.data[i] - '0');
	*ret_number = number;
	return true;
}

/* Dot-separated identifiers of a pre-release or of build metadata. */
static bool are_identifiers(struct slice text, bool is_pre)
{
	struct slice part;

	if (!text.len || text.data[text.len - 1] == '.')
		return false;
	while (slice_cut(&text, '.', &part)) {
		if (!part.len || (is_pre && is_number(part) && has_leading_zero(part)))
			return false;
		for (size_t i = 0; i < part.len; i++)
			if (!isalnum((unsigned char)part.data[i]) && part.data[i] != '-')
				return false;
	}
	return true;
}

/* Cuts off what begins with the mark; false if it does and is no identifiers. */
static bool cut_end(struct slice *text, char mark, bool is_pre, struct slice *ret_end)
{
	const char *at = memchr(text->data, mark, text->len);

	*ret_end = (struct slice){ NULL, 0 };
	if (!at)
		return true;
	*ret_end = slice_skip(*text, (size_t)(at - text->data) + 1);
	text->len = (size_t)(at - text->data);
	return are_identifiers(*ret_end, is_pre);
}

bool version_parse(const char *tag, struct version *ret_version)
{
	struct slice rest = slice_of(tag), part, build;
	struct version version = { .numbers = { 0 } };

	if (slice_starts(rest, "v"))
		rest = slice_skip(rest, 1);
	version.text = rest;
	if (!cut_end(&rest, '+', false, &build) || !cut_end(&rest, '-', true, &version.pre) ||
	    (rest.len && rest.data[rest.len - 1] == '.'))
		return false;
	for (int i = 0; i < 3; i++)
		if (!slice_cut(&rest, '.', &part) || !parse_number(part, &version.numbers[i]))
			return false;
	if (rest.len)
		return false;
	*ret_version = version;
	return true;
}

static int compare_text(struct slice a, struct slice b)
{
	int order = memcmp(a.data, b.data, a.len < b.len ? a.len : b.len);

	return order ? order : (a.len > b.len) - (a.len < b.len);
}

/* Numbers by value, and below words; without leading zeros the longer is greater. */
static int compare_identifiers(struct slice a, struct slice b)
{
	bool is_a_number = is_number(a), is_b_number = is_number(b);

	if (is_a_number != is_b_number)
		return is_a_number ? -1 : 1;
	if (is_a_number && a.len != b.len)
		return a.len < b.len ? -1 : 1;
	return compare_text(a, b);
}

static int compare_pre(struct slice a, struct slice b)
{
	struct slice one = { NULL, 0 }, other = { NULL, 0 };

	if (!a.len || !b.len)
		return !a.len - !b.len;
	for (;;) {
		bool has_one = slice_cut(&a, '.', &one), has_other = slice_cut(&b, '.', &other);
		int order;

		if (!has_one || !has_other)
			return has_one - has_other;
		order = compare_identifiers(one, other);
		if (order)
			return order;
	}
}

int version_compare(const struct version *a, const struct version *b)
{
	for (int i = 0; i < 3; i++)
		if (a->numbers[i] != b->numbers[i])
			return a->numbers[i] < b->numbers[i] ? -1 : 1;
	return compare_pre(a->pre, b->pre);
}
