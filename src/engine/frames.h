/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * Output of a container as engines multiplex it (Engine API, "Attach to a
 * container", stream format): frames of 8 header bytes (the stream, three
 * zeros, the length in network order) and as many bytes of output. Pieces may
 * be cut anywhere. Inside engine/ only.
 */
#include "net/http.h"

struct frames {
	http_sink *sink; /* the output of all streams in its order; NULL: dropped */
	void *sink_arg;
	unsigned char header[8];
	size_t header_len;
	size_t left; /* of the frame's output */
};

/* An http_sink with the frames as its argument. */
int frames_feed(void *frames, const void *data, size_t len, struct error *err) CHECK;
/* There is no more: ERROR_UNREACHABLE if a frame was cut off. */
int frames_finish(const struct frames *frames, struct error *err) CHECK;
