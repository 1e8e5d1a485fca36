/* SPDX-License-Identifier: MIT */
#include "base/buf.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

char buf_empty[1];

void buf_init(struct buf *buf, size_t max_bytes)
{
	*buf = (struct buf)BUF_INIT(max_bytes);
}

void buf_release(struct buf *buf)
{
	if (buf->capacity)
		free(buf->data);
	buf_init(buf, buf->max);
}

void buf_reset(struct buf *buf)
{
	buf->len = 0;
	buf->has_failed = buf->is_too_long = false;
	if (buf->capacity)
		buf->data[0] = '\0';
	else
		buf->data = buf_empty;
}

/* Room for `extra` bytes and the terminator. */
static bool grow(struct buf *buf, size_t extra)
{
	size_t need, capacity;
	char *data;

	if (buf->has_failed)
		return false;
	if (extra > buf->max || buf->len > buf->max - extra) {
		buf->has_failed = buf->is_too_long = true;
		return false;
	}
	need = buf->len + extra + 1;
	if (need <= buf->capacity)
		return true;
	capacity = buf->capacity ? buf->capacity : 32;
	while (capacity < need)
		capacity += capacity / 2;
	if (capacity > buf->max + 1)
		capacity = buf->max + 1;
	data = realloc(buf->capacity ? buf->data : NULL, capacity);
	if (!data) {
		buf->has_failed = true;
		return false;
	}
	buf->data = data;
	buf->capacity = capacity;
	return true;
}

void buf_add(struct buf *buf, const void *data, size_t len)
{
	if (!len || !grow(buf, len))
		return;
	memcpy(buf->data + buf->len, data, len);
	buf->len += len;
	buf->data[buf->len] = '\0';
}

void buf_add_text(struct buf *buf, const char *text)
{
	buf_add(buf, text, strlen(text));
}

void buf_add_slice(struct buf *buf, struct slice slice)
{
	buf_add(buf, slice.data, slice.len);
}

void buf_add_char(struct buf *buf, char c)
{
	buf_add(buf, &c, 1);
}

void buf_add_args(struct buf *buf, const char *format, va_list args)
{
	va_list again;
	int len;

	va_copy(again, args);
	len = vsnprintf(NULL, 0, format, again);
	va_end(again);
	if (len < 0)
		buf->has_failed = true;
	if (len <= 0 || !grow(buf, (size_t)len))
		return;
	vsnprintf(buf->data + buf->len, (size_t)len + 1, format, args);
	buf->len += (size_t)len;
}

void buf_add_format(struct buf *buf, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	buf_add_args(buf, format, args);
	va_end(args);
}

void buf_add_url(struct buf *buf, const char *text, const char *keep)
{
	for (; *text; text++) {
		unsigned char c = (unsigned char)*text;

		if (c < 0x80 && (isalnum(c) || strchr("-._~", c) || strchr(keep, c)))
			buf_add_char(buf, *text);
		else
			buf_add_format(buf, "%%%02X", c);
	}
}

void buf_add_hex(struct buf *buf, const void *data, size_t len)
{
	static const char digits[] = "0123456789abcdef";
	const unsigned char *bytes = data;

	for (size_t i = 0; i < len; i++) {
		char pair[2] = { digits[bytes[i] >> 4], digits[bytes[i] & 15] };

		buf_add(buf, pair, 2);
	}
}

void buf_truncate(struct buf *buf, size_t len)
{
	if (len >= buf->len)
		return;
	buf->len = len;
	buf->data[len] = '\0';
}

void buf_consume(struct buf *buf, size_t len)
{
	if (!len)
		return;
	if (len > buf->len)
		len = buf->len;
	memmove(buf->data, buf->data + len, buf->len - len + 1);
	buf->len -= len;
}

int buf_check(const struct buf *buf, const char *what, struct error *err)
{
	if (!buf->has_failed)
		return 0;
	if (!buf->is_too_long)
		return error_set_memory(err);
	return error_set(err, ERROR_SYSTEM, "%s: longer than %zu bytes", what, buf->max);
}

char *buf_take(struct buf *buf)
{
	char *text = NULL;

	if (!buf->has_failed)
		text = buf->capacity ? buf->data : strdup("");
	if (!text || !buf->capacity)
		buf_release(buf);
	buf_init(buf, buf->max);
	return text;
}
