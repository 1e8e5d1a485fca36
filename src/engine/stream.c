/* SPDX-License-Identifier: MIT */
#include "engine/stream.h"

#include <string.h>

#include "base/limits.h"

void stream_release(struct stream *stream)
{
	buf_release(&stream->pending);
}

static int take_line(struct stream *stream, struct slice line, struct error *err)
{
	AUTO(json_freep) struct json *message = NULL;

	line = slice_trim(line);
	if (!line.len)
		return 0;
	message = json_parse(line, err);
	if (!message)
		return error_wrap(err, "the engine's stream");
	return stream->handler(stream->arg, message, err);
}

int stream_feed(void *arg, const void *data, size_t len, struct error *err)
{
	struct stream *stream = arg;
	struct slice rest = { data, len };
	const char *end;

	while (rest.len && (end = memchr(rest.data, '\n', rest.len))) {
		struct slice line = { rest.data, (size_t)(end - rest.data) };
		int status;

		rest = slice_skip(rest, line.len + 1);
		if (stream->pending.len) {
			buf_add_slice(&stream->pending, line);
			if (buf_check(&stream->pending, "a line of the engine's stream", err))
				return -1;
			line = buf_slice(&stream->pending);
		}
		status = take_line(stream, line, err);
		buf_reset(&stream->pending);
		if (status)
			return -1;
	}
	buf_add_slice(&stream->pending, rest);
	return buf_check(&stream->pending, "a line of the engine's stream", err);
}

int stream_finish(struct stream *stream, struct error *err)
{
	return take_line(stream, buf_slice(&stream->pending), err);
}

const char *stream_failure(const struct json *message)
{
	const char *text = json_text(json_path(message, "errorDetail", "message", NULL));

	return text ? text : json_text(json_get(message, "error"));
}

enum error_kind stream_failure_kind(const char *failure)
{
	static const struct {
		const char *words;
		enum error_kind kind;
	} table[] = {
		{ "denied", ERROR_DENIED },
		{ "unauthorized", ERROR_DENIED },
		{ "authentication required", ERROR_DENIED },
		{ "authorization failed", ERROR_DENIED },
		{ "no basic auth credentials", ERROR_DENIED },
		{ "incorrect username or password", ERROR_DENIED },
		{ "401 Unauthorized", ERROR_DENIED },
		{ "403 Forbidden", ERROR_DENIED },
		{ "x509: ", ERROR_DENIED },
		{ "dial tcp", ERROR_UNREACHABLE },
		{ "connection refused", ERROR_UNREACHABLE },
		{ "connection reset", ERROR_UNREACHABLE },
		{ "closed network connection", ERROR_UNREACHABLE },
		{ "broken pipe", ERROR_UNREACHABLE },
		{ "no such host", ERROR_UNREACHABLE },
		{ "i/o timeout", ERROR_UNREACHABLE },
		{ "Client.Timeout", ERROR_UNREACHABLE },
		{ "TLS handshake", ERROR_UNREACHABLE },
		{ "unexpected HTTP status: 5", ERROR_UNREACHABLE },
		{ "toomanyrequests", ERROR_UNREACHABLE },
		{ "parsing HTTP 429", ERROR_UNREACHABLE },
		{ "EOF", ERROR_UNREACHABLE },
	};

	for (size_t i = 0; i < ARRAY_SIZE(table); i++)
		if (strstr(failure, table[i].words))
			return table[i].kind;
	return ERROR_SYSTEM;
}
