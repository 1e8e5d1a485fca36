/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * A view of bytes that somebody else owns; parsing without copying. Not
 * terminated, may hold any byte.
 */
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

struct slice {
	const char *data;
	size_t len;
};

#define SLICE(literal) ((struct slice){ (literal), sizeof(literal) - 1 })

static inline struct slice slice_of(const char *text)
{
	return (struct slice){ text, text ? strlen(text) : 0 };
}

static inline bool slice_equal(struct slice a, struct slice b)
{
	return a.len == b.len && (!a.len || !memcmp(a.data, b.data, a.len));
}

static inline bool slice_is(struct slice a, const char *text)
{
	return slice_equal(a, slice_of(text));
}

static inline bool slice_starts(struct slice a, const char *prefix)
{
	size_t len = strlen(prefix);

	return a.len >= len && !memcmp(a.data, prefix, len);
}

static inline struct slice slice_skip(struct slice a, size_t len)
{
	return len > a.len ? (struct slice){ a.data + a.len, 0 }
			   : (struct slice){ a.data + len, a.len - len };
}

static inline bool slice_is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n' || c == '\v' || c == '\f';
}

/* Without white space at both ends. */
static inline struct slice slice_trim(struct slice a)
{
	while (a.len && slice_is_space(a.data[0]))
		a = slice_skip(a, 1);
	while (a.len && slice_is_space(a.data[a.len - 1]))
		a.len--;
	return a;
}

/* Cuts the part before `separator` off `*rest`; all of it if there is none.
 * False once nothing is left: an empty text gives no part. */
static inline bool slice_cut(struct slice *rest, char separator, struct slice *ret_part)
{
	const char *end;

	if (!rest->data || !rest->len)
		return false;
	end = memchr(rest->data, separator, rest->len);
	*ret_part = (struct slice){ rest->data, end ? (size_t)(end - rest->data) : rest->len };
	*rest = slice_skip(*rest, ret_part->len + (end ? 1 : 0));
	return true;
}
