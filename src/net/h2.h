/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * One HTTP/2 connection with prior knowledge (RFC 9113; nghttp2 behind it), in
 * either role: streams with headers, bytes and trailers in both directions.
 * Nothing waits and nothing moves but in h2_pump(). A stream is embedded in
 * what its user keeps of a request; from h2_request() or `open` to `close` it
 * must stay where it is. Inside net/ only.
 */
#include "net/channel.h"

/* Names are in lower case; pseudo-headers among them, first. */
struct h2_header {
	struct slice name;
	struct slice value;
};

struct h2_stream {
	struct h2 *h2;
	int32_t id;	/* 0 before it is open, and once it is closed */
	struct buf out; /* waits to be sent, from `out_sent` on */
	size_t out_sent;
	bool is_ended;	   /* no more is added to `out` */
	bool has_trailers; /* behind it */
};

#define H2_TRAILERS_MAX 4

/* Of the codes of RFC 9113, 7. */
enum h2_code {
	H2_NO_ERROR = 0,
	H2_INTERNAL_ERROR = 2,
	H2_REFUSED_STREAM = 7,
	H2_CANCEL = 8,
	H2_ENHANCE_YOUR_CALM = 11,
	H2_INADEQUATE_SECURITY = 12,
};

/* Called by h2_pump(); -1 with err set breaks the connection. */
struct h2_hooks {
	/* Server: a request begins; its stream, zeroed, or NULL with err set. */
	struct h2_stream *(*open)(void *arg, struct error *err);
	int (*header)(struct h2_stream *stream, const struct h2_header *header, struct error *err);
	/* A section of headers, or the trailers, is complete. */
	int (*headers_end)(struct h2_stream *stream, struct error *err);
	/* To be credited by h2_credit(), sooner or later. */
	int (*data)(struct h2_stream *stream, struct slice data, struct error *err);
	/* The peer sends no more. */
	int (*end)(struct h2_stream *stream, struct error *err);
	/* All of `out` is on its way: gives the trailers, returns their count. */
	size_t (*trailers)(struct h2_stream *stream, struct h2_header ret[H2_TRAILERS_MAX]);
	/* The stream is gone; `code` is 0 or why (RFC 9113, 7). */
	void (*close)(struct h2_stream *stream, uint32_t code);
};

struct h2_options {
	bool is_server;
	uint32_t window;     /* of bytes that a stream may be sent without credit */
	uint32_t stream_max; /* that the peer may open at a time */
	uint32_t header_max; /* bytes of headers that the peer should keep to */
	const struct h2_hooks *hooks;
	void *arg; /* of `open` */
};

/* Takes the channel over, also when it fails. */
int h2_new(struct channel *channel, const struct h2_options *options, struct h2 **ret_h2,
	   struct error *err) CHECK;
/* Says goodbye if that can be sent at once. No hook is called. */
void h2_free(struct h2 *h2);

/* Reads once, hands over what came, writes what can be written. `*moved`
 * becomes true if any byte did. -1: the connection is broken, for ever. */
int h2_pump(struct h2 *h2, bool *moved, struct error *err) CHECK;
const struct channel *h2_channel(const struct h2 *h2);
/* What to poll the channel for. */
short h2_wants(const struct h2 *h2);

/* Client: opens the stream (zeroed before); its end is h2_end(). */
int h2_request(struct h2 *h2, struct h2_stream *stream, const struct h2_header *headers,
	       size_t count, struct error *err) CHECK;
/* Server: the headers of the answer; with `is_all` nothing follows. */
int h2_respond(struct h2_stream *stream, const struct h2_header *headers, size_t count, bool is_all,
	       struct error *err) CHECK;
/* Queues bytes; to bound them is the caller's: h2_queued(). */
int h2_send(struct h2_stream *stream, struct slice data, struct error *err) CHECK;
size_t h2_queued(const struct h2_stream *stream);
/* What was added can be sent. */
int h2_resume(struct h2_stream *stream, struct error *err) CHECK;
/* Nothing follows but, if so, the trailers that the hook will give. */
int h2_end(struct h2_stream *stream, bool has_trailers, struct error *err) CHECK;
/* Breaks the stream off; fine on a closed one. */
void h2_reset(struct h2_stream *stream, uint32_t code);
/* The peer may send so many bytes more. */
void h2_credit(struct h2_stream *stream, size_t len);
/* "CANCEL" for 8. */
const char *h2_code_name(uint32_t code);
