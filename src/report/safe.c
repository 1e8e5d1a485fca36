/* SPDX-License-Identifier: MIT */
#include "report/safe.h"

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

struct slice safe_cut(struct slice text, size_t columns)
{
	size_t len = 0;

	for (; len < text.len; len++) {
		bool begins = ((unsigned char)text.data[len] & 0xc0) != 0x80;

		if (begins && !columns--)
			break;
	}
	return (struct slice){ text.data, len };
}
