/* SPDX-License-Identifier: MIT */
#pragma once
/* What the two files of the nghttp2 wall share: h2.c moves the bytes of a
 * connection, h2-stream.c submits what its streams are to say. */
#include <nghttp2/nghttp2.h>

#include "net/h2.h"

struct h2 {
	struct channel *channel;
	nghttp2_session *session;
	const struct h2_hooks *hooks;
	void *arg;
	bool is_server;
	bool is_leaving; /* no hook is called any more */
	struct buf out;
	size_t out_sent;
	struct error err;	      /* what broke it */
	struct error write_err;	      /* nothing can be sent any more; what came is read first */
	char reason[LIMIT_PEER_TEXT]; /* what is known of why it will end */
	char in[LIMIT_CHUNK];
};

/* nghttp2's own error; always -1. */
int h2_set_error(struct error *err, int code);
nghttp2_nv h2_pair(const struct h2_header *header);
/* The data source of a stream: says how much of `out` the next frame takes, which is
 * copied when that is sent. */
ssize_t h2_read_queue(nghttp2_session *session, int32_t id, uint8_t *data, size_t len,
		      uint32_t *flags, nghttp2_data_source *source, void *arg);
