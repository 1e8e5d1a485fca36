/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * A byte string that grows up to a maximum set at birth. A failure (no
 * memory, too long) is sticky: many additions need one check at the end.
 * `data` is always terminated, also when empty.
 */
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "base/slice.h"

struct buf {
	char *data;
	size_t len;
	size_t capacity;
	size_t max;
	bool has_failed;
	bool is_too_long; /* why it failed; else without memory */
};

extern char buf_empty[];

/* `max_bytes` counts without the terminator. */
#define BUF_INIT(max_bytes) { .data = buf_empty, .max = (max_bytes) }

void buf_init(struct buf *buf, size_t max_bytes);
void buf_release(struct buf *buf);
/* Empties and forgets a failure; keeps the memory. */
void buf_reset(struct buf *buf);

void buf_add(struct buf *buf, const void *data, size_t len);
void buf_add_text(struct buf *buf, const char *text);
void buf_add_slice(struct buf *buf, struct slice slice);
void buf_add_char(struct buf *buf, char c);
void buf_add_format(struct buf *buf, const char *format, ...) PRINTF(2, 3);
void buf_add_args(struct buf *buf, const char *format, va_list args) PRINTF(2, 0);
/* Each byte as "%xx" but the unreserved ones of RFC 3986 and those in `keep`. */
void buf_add_url(struct buf *buf, const char *text, const char *keep);
void buf_add_hex(struct buf *buf, const void *data, size_t len);
/* Cuts to `len` bytes; longer than it is: nothing. */
void buf_truncate(struct buf *buf, size_t len);
/* Removes the first `len` bytes. */
void buf_consume(struct buf *buf, size_t len);

static inline struct slice buf_slice(const struct buf *buf)
{
	return (struct slice){ buf->data, buf->len };
}

/* The sticky failure as an error: what was to be built is `what`. */
int buf_check(const struct buf *buf, const char *what, struct error *err) CHECK;
/* Hands the text over (the caller frees), leaves the buffer empty; NULL on the
 * sticky failure or without memory. */
char *buf_take(struct buf *buf);
