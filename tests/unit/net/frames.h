/* SPDX-License-Identifier: MIT */
#pragma once
/* HTTP/2 frames by hand, for what a well-behaved peer would never send. */
#include "base/buf.h"

enum {
	FRAME_DATA = 0,
	FRAME_HEADERS = 1,
	FRAME_RST_STREAM = 3,
	FRAME_SETTINGS = 4,
	FRAME_PING = 6,
	FRAME_GOAWAY = 7,
	FLAG_END_STREAM = 1,
	FLAG_ACK = 1,
	FLAG_END_HEADERS = 4,
};

#define FRAME_PREFACE "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"

void frame_add(struct buf *out, int type, int flags, int stream, struct slice payload);
/* HEADERS of "name: value" lines, with line feeds between. */
void frame_add_headers(struct buf *out, int flags, int stream, struct slice lines);
