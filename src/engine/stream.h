/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * A streamed answer: one JSON object a line, which may come in pieces cut
 * anywhere. The status is 200 even when it fails: `errorDetail` in a line is
 * the failure. Inside engine/ only.
 */
#include "codec/json.h"
#include "net/http.h"

/* Takes one object; -1 ends the exchange. */
typedef int stream_handler(void *arg, const struct json *message, struct error *err);

struct stream {
	stream_handler *handler;
	void *arg;
	struct buf pending; /* a line whose end has not come yet */
};

#define STREAM_INIT(function, argument)                                                            \
	{                                                                                          \
		.handler = (function), .arg = (argument), .pending = BUF_INIT(LIMIT_STREAM_LINE)   \
	}

void stream_release(struct stream *stream);
/* An http_sink with the stream as its argument. */
int stream_feed(void *stream, const void *data, size_t len, struct error *err) CHECK;
/* There is no more: a last line may lack its line feed. */
int stream_finish(struct stream *stream, struct error *err) CHECK;

/* What a message says went wrong, NULL: nothing. Belongs to the message. */
const char *stream_failure(const struct json *message);
/* What kind of error a registry's refusal is, given the engine's words for it:
 * ERROR_DENIED, ERROR_UNREACHABLE or ERROR_SYSTEM. */
enum error_kind stream_failure_kind(const char *failure);
