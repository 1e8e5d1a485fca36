/* SPDX-License-Identifier: MIT */
#include "engine/frames.h"

#include <stdint.h>
#include <string.h>

static size_t least(size_t a, size_t b)
{
	return a < b ? a : b;
}

static int read_header(struct frames *frames, struct slice *rest, struct error *err)
{
	size_t len = least(sizeof(frames->header) - frames->header_len, rest->len);
	const unsigned char *header = frames->header;

	memcpy(frames->header + frames->header_len, rest->data, len);
	frames->header_len += len;
	*rest = slice_skip(*rest, len);
	if (frames->header_len < sizeof(frames->header))
		return 0;
	if (header[0] > 3 || header[1] || header[2] || header[3])
		return error_set(err, ERROR_PROTOCOL,
				 "the engine sends output that is in no known format");
	frames->left = (size_t)header[4] << 24 | (size_t)header[5] << 16 | (size_t)header[6] << 8 |
		       (size_t)header[7];
	if (!frames->left)
		frames->header_len = 0;
	return 0;
}

int frames_feed(void *arg, const void *data, size_t len, struct error *err)
{
	struct frames *frames = arg;
	struct slice rest = { data, len };

	while (rest.len) {
		size_t part = least(frames->left, rest.len);

		if (!part) {
			if (read_header(frames, &rest, err))
				return -1;
			continue;
		}
		if (frames->sink && frames->sink(frames->sink_arg, rest.data, part, err))
			return -1;
		rest = slice_skip(rest, part);
		frames->left -= part;
		if (!frames->left)
			frames->header_len = 0;
	}
	return 0;
}

int frames_finish(const struct frames *frames, struct error *err)
{
	if (!frames->header_len)
		return 0;
	return error_set(err, ERROR_UNREACHABLE, "the engine broke off in the middle of output");
}
