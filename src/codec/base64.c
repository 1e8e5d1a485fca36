/* SPDX-License-Identifier: MIT */
#include "codec/base64.h"

#include <stdint.h>

static const char alphabets[][65] = {
	[BASE64_STANDARD] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/",
	[BASE64_URL] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_",
};

void base64_encode(struct slice data, enum base64_alphabet alphabet, struct buf *out)
{
	const char *letters = alphabets[alphabet];

	while (data.len) {
		size_t len = data.len < 3 ? data.len : 3;
		char quad[4] = { '=', '=', '=', '=' };
		uint32_t bits = 0;

		for (size_t i = 0; i < 3; i++)
			bits = bits << 8 | (i < len ? (unsigned char)data.data[i] : 0);
		for (size_t i = 0; i <= len; i++)
			quad[i] = letters[bits >> (18 - 6 * i) & 63];
		buf_add(out, quad, sizeof(quad));
		data = slice_skip(data, len);
	}
}

/* -1 if `c` is no letter of the alphabet. */
static int value_of(char c, enum base64_alphabet alphabet)
{
	const char *letter = c ? strchr(alphabets[alphabet], c) : NULL;

	return letter ? (int)(letter - alphabets[alphabet]) : -1;
}

/* How many bytes the four characters hold; 0 if they hold none. */
static size_t decode_quad(const char *quad, enum base64_alphabet alphabet, char ret_bytes[3])
{
	size_t letters = quad[3] != '=' ? 4 : quad[2] != '=' ? 3 : 2;
	uint32_t bits = 0;

	for (size_t i = 0; i < 4; i++) {
		int value = i < letters ? value_of(quad[i], alphabet) : 0;

		if (value < 0)
			return 0;
		bits = bits << 6 | (uint32_t)value;
	}
	if (bits & ((1U << 8 * (4 - letters)) - 1))
		return 0;
	for (size_t i = 0; i < 3; i++)
		ret_bytes[i] = (char)(bits >> (16 - 8 * i));
	return letters - 1;
}

int base64_decode(struct slice text, enum base64_alphabet alphabet, struct buf *ret_data,
		  struct error *err)
{
	if (text.len % 4)
		return error_set(err, ERROR_INPUT, "base64: %zu characters are no whole groups",
				 text.len);
	for (size_t i = 0; i < text.len; i += 4) {
		char bytes[3];
		size_t len = decode_quad(text.data + i, alphabet, bytes);

		if (!len || (len < 3 && i + 4 < text.len))
			return error_set(err, ERROR_INPUT, "base64: not valid at byte %zu", i);
		buf_add(ret_data, bytes, len);
	}
	return buf_check(ret_data, "base64", err);
}
