/* SPDX-License-Identifier: MIT */
#include "frames.h"

#include <string.h>

void frame_add(struct buf *out, int type, int flags, int stream, struct slice payload)
{
	const char head[9] = {
		(char)(payload.len >> 16),
		(char)(payload.len >> 8),
		(char)payload.len,
		(char)type,
		(char)flags,
		(char)(stream >> 24),
		(char)(stream >> 16),
		(char)(stream >> 8),
		(char)stream,
	};

	buf_add(out, head, sizeof(head));
	buf_add_slice(out, payload);
}

/* A text of at most 126 bytes (RFC 7541, 5.2); what is more is cut. */
static void add_text(struct buf *block, struct slice text)
{
	if (text.len > 126)
		text.len = 126;
	buf_add_char(block, (char)text.len);
	buf_add_slice(block, text);
}

void frame_add_headers(struct buf *out, int flags, int stream, struct slice lines)
{
	AUTO(buf_release) struct buf block = BUF_INIT(16384);
	struct slice line;

	while (slice_cut(&lines, '\n', &line)) {
		const char *colon = line.len ? memmem(line.data, line.len, ": ", 2) : NULL;
		size_t len = colon ? (size_t)(colon - line.data) : line.len;

		buf_add_char(&block, 0); /* literal, not indexed, with its name */
		add_text(&block, (struct slice){ line.data, len });
		add_text(&block, slice_skip(line, len + 2));
	}
	frame_add(out, FRAME_HEADERS, flags | FLAG_END_HEADERS, stream, buf_slice(&block));
}
