/* SPDX-License-Identifier: MIT */
#include "report/safe.h"

#include <stdint.h>

#include "base/redact.h"

/* Bytes of the character at the start: 0 if it is no UTF-8 (RFC 3629). */
static size_t character_length(struct slice text)
{
	unsigned char c = (unsigned char)text.data[0];
	size_t len = c < 0x80 ? 1 : c >= 0xc2 && c < 0xe0 ? 2 : c >= 0xe0 && c < 0xf0 ? 3 : 4;

	if ((c >= 0x80 && c < 0xc2) || c > 0xf4 || len > text.len)
		return 0;
	for (size_t i = 1; i < len; i++)
		if (((unsigned char)text.data[i] & 0xc0) != 0x80)
			return 0;
	return len;
}

/* Bytes of a control sequence (ECMA-48 5.4) or of the bare escape character. */
static size_t escape_length(struct slice text)
{
	size_t len = 2;

	if (text.len < 2 || text.data[1] != '[')
		return 1;
	while (len < text.len && (unsigned char)text.data[len] >= 0x20 &&
	       (unsigned char)text.data[len] < 0x40)
		len++;
	return len < text.len ? len + 1 : len;
}

static bool is_control(struct slice character)
{
	unsigned char first = (unsigned char)character.data[0];

	if (character.len == 2)
		return first == 0xc2 && (unsigned char)character.data[1] < 0xa0;
	return character.len == 1 && (first == 0x7f || (first < 0x20 && !strchr("\n\t", first)));
}

void safe_add(struct buf *out, struct slice text)
{
	size_t begin = out->len;

	while (text.len) {
		size_t len = character_length(text);

		if (text.data[0] == '\033')
			len = escape_length(text);
		else if (!len || !text.data[0] || is_control((struct slice){ text.data, len }))
			buf_add_char(out, '?');
		else
			buf_add(out, text.data, len);
		text = slice_skip(text, len ? len : 1);
	}
	if (out->has_failed || out->len == begin)
		return;
	redact_text(out->data + begin);
	buf_truncate(out, begin + strlen(out->data + begin));
}

struct range {
	uint32_t first, last;
};

static bool is_in(uint32_t character, const struct range *ranges, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (character >= ranges[i].first && character <= ranges[i].last)
			return true;
	return false;
}

/* Not wcwidth(): it knows no character in the "C" locale. Rather too wide than
 * too narrow. */
static size_t character_width(uint32_t character)
{
	static const struct range none[] = {
		{ 0x300, 0x36f },
		{ 0x200b, 0x200f },
		{ 0x20d0, 0x20ff },
		{ 0xfe00, 0xfe0f },
	};
	static const struct range wide[] = {
		{ 0x1100, 0x115f },   { 0x231a, 0x231b },   { 0x23e9, 0x23f3 },
		{ 0x25fd, 0x27bf },   { 0x2b1b, 0x2b55 },   { 0x2e80, 0x303e },
		{ 0x3041, 0xa4cf },   { 0xa960, 0xa97c },   { 0xac00, 0xd7a3 },
		{ 0xf900, 0xfaff },   { 0xfe30, 0xfe6f },   { 0xff00, 0xff60 },
		{ 0xffe0, 0xffe6 },   { 0x16fe0, 0x1b2ff }, { 0x1f004, 0x1faff },
		{ 0x20000, 0x3fffd },
	};

	if (character < 0x300)
		return 1;
	if (is_in(character, none, ARRAY_SIZE(none)))
		return 0;
	return is_in(character, wide, ARRAY_SIZE(wide)) ? 2 : 1;
}

/* The first character of a text that is not empty; what is no UTF-8 is one byte. */
static uint32_t decode(struct slice text, size_t *ret_len)
{
	static const unsigned char masks[] = { 0xff, 0x7f, 0x1f, 0x0f, 0x07 };
	size_t len = character_length(text);
	uint32_t character = (unsigned char)text.data[0] & masks[len];

	for (size_t i = 1; i < len; i++)
		character = character << 6 | ((unsigned char)text.data[i] & 0x3f);
	*ret_len = len ? len : 1;
	return character;
}

struct slice safe_cut(struct slice text, size_t columns)
{
	struct slice rest = text;

	while (rest.len) {
		size_t len, width = character_width(decode(rest, &len));

		if (width > columns)
			break;
		columns -= width;
		rest = slice_skip(rest, len);
	}
	text.len -= rest.len;
	return text;
}

size_t safe_width(struct slice text)
{
	size_t width = 0, len;

	for (; text.len; text = slice_skip(text, len))
		width += character_width(decode(text, &len));
	return width;
}
