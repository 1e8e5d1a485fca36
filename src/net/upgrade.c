/* SPDX-License-Identifier: MIT */
#include "net/upgrade.h"

#include <strings.h>

#include "base/str.h"
#include "base/time.h"

/* An answer that is no upgrade, as far as it is of interest. */
#define REFUSAL_MAX (8 * KIB)

static int add_request(struct buf *request, const char *path, const char *const *headers,
		       struct error *err)
{
	buf_add_format(request,
		       "POST %s HTTP/1.1\r\nHost: localhost\r\nUser-Agent: git-image/%s\r\n"
		       "Connection: Upgrade\r\nUpgrade: h2c\r\nContent-Length: 0\r\n",
		       path, PACKAGE_VERSION);
	for (; headers && *headers; headers++) {
		if (strpbrk(*headers, "\r\n"))
			return error_set(err, ERROR_INPUT, "a line break in a header");
		buf_add_format(request, "%s\r\n", *headers);
	}
	buf_add_text(request, "\r\n");
	return buf_check(request, "the request", err);
}

static int send_all(struct channel *channel, struct slice rest, int64_t deadline_ms,
		    struct error *err)
{
	while (rest.len) {
		ssize_t sent = channel_write(channel, rest.data, rest.len, err);

		if (sent > 0)
			rest = slice_skip(rest, (size_t)sent);
		else if (sent != CHANNEL_AGAIN || channel_await(channel, POLLOUT, deadline_ms, err))
			return -1;
	}
	return 0;
}

/* 1: more was added to `in`; 0: the peer's end; -1. */
static int receive(struct channel *channel, struct buf *in, int64_t deadline_ms, struct error *err)
{
	char piece[4096];

	for (;;) {
		ssize_t got = channel_read(channel, piece, sizeof(piece), err);

		if (got > 0) {
			buf_add(in, piece, (size_t)got);
			return buf_check(in, "the answer", err) ? -1 : 1;
		}
		if (got != CHANNEL_AGAIN)
			return got ? -1 : 0;
		if (channel_await(channel, POLLIN, deadline_ms, err))
			return -1;
	}
}

/* The status line and headers, up to the empty line; what follows is left in
 * `in`, behind `ret_head->len` bytes. */
static int receive_head(struct channel *channel, struct buf *in, int64_t deadline_ms,
			struct slice *ret_head, struct error *err)
{
	const char *end;

	while (!in->len || !(end = memmem(in->data, in->len, "\r\n\r\n", 4))) {
		int status = receive(channel, in, deadline_ms, err);

		if (!status)
			error_set(err, in->len ? ERROR_PROTOCOL : ERROR_UNREACHABLE,
				  in->len ? "the answer breaks off" : "closed without an answer");
		if (status <= 0)
			return -1;
	}
	*ret_head = (struct slice){ in->data, (size_t)(end - in->data) + 4 };
	return 0;
}

/* "HTTP/1.1 101 Switching Protocols"; 0 if it is no HTTP. */
static int status_of(struct slice head)
{
	int status = 0;

	if (!slice_starts(head, "HTTP/1.") || head.len < 12)
		return 0;
	for (int i = 9; i < 12; i++) {
		if (head.data[i] < '0' || head.data[i] > '9')
			return 0;
		status = status * 10 + head.data[i] - '0';
	}
	return status;
}

/* The value of a header; empty without. */
static struct slice header_of(struct slice head, const char *name)
{
	struct slice line, key;

	while (slice_cut(&head, '\n', &line))
		if (slice_cut(&line, ':', &key) && key.len == strlen(name) &&
		    !strncasecmp(key.data, name, key.len))
			return slice_trim(line);
	return SLICE("");
}

static bool is_whole(struct slice head, struct slice body)
{
	struct slice length = header_of(head, "Content-Length");
	size_t len = 0;

	if (!length.len)
		return body.len >= 5 && !memcmp(body.data + body.len - 5, "0\r\n\r\n", 5);
	for (; length.len && len < REFUSAL_MAX; length = slice_skip(length, 1)) {
		if (length.data[0] < '0' || length.data[0] > '9')
			break;
		len = len * 10 + (size_t)(length.data[0] - '0');
	}
	return body.len >= len;
}

static enum error_kind kind_of(int status)
{
	if (status == 401 || status == 403)
		return ERROR_DENIED;
	if (status / 100 == 4)
		return ERROR_UNSUPPORTED;
	return status / 100 == 5 ? ERROR_UNREACHABLE : ERROR_PROTOCOL;
}

/* The error that an answer other than 101 is, with what its body says. */
static int refuse(struct channel *channel, struct buf *in, size_t head_len, int64_t deadline_ms,
		  struct error *err)
{
	struct slice head, body, rest, line = SLICE("");
	struct error ignored = { 0 };
	int status;

	do {
		head = (struct slice){ in->data, head_len };
		body = slice_skip(buf_slice(in), head_len);
	} while (in->len < REFUSAL_MAX && !is_whole(head, body) &&
		 receive(channel, in, deadline_ms, &ignored) > 0);
	if (error_is(&ignored, ERROR_INTERRUPTED)) {
		*err = ignored;
		return -1;
	}
	/* Of a chunked body the first chunk, without its size. */
	rest = body;
	if (header_of(head, "Transfer-Encoding").len && slice_cut(&rest, '\n', &line))
		slice_cut(&rest, '\r', &body);
	slice_cut(&head, '\r', &line);
	status = status_of(line);
	body = slice_trim(body);
	error_set(err, kind_of(status), "no HTTP/2 here: %s%s%s", str_brief(line).text,
		  body.len ? ": " : "", str_brief(body).text);
	err->http_status = status;
	return -1;
}

int channel_upgrade(struct channel *channel, const char *path, const char *const *headers,
		    struct error *err)
{
	AUTO(buf_release) struct buf request = BUF_INIT(LIMIT_HEADER_LINE);
	AUTO(buf_release) struct buf in = BUF_INIT(LIMIT_HEADER_LINE);
	int64_t deadline_ms = time_monotonic_ms() + LIMIT_CONNECT_MS;
	struct slice head, ahead;

	if (add_request(&request, path, headers, err))
		return -1;
	if (send_all(channel, buf_slice(&request), deadline_ms, err) ||
	    receive_head(channel, &in, deadline_ms, &head, err))
		return error_wrap(err, "POST %s", path);
	if (status_of(head) != 101) {
		refuse(channel, &in, head.len, deadline_ms, err);
		return error_wrap(err, "POST %s", path);
	}
	ahead = slice_skip(buf_slice(&in), head.len);
	buf_init(&channel->ahead, LIMIT_HEADER_LINE);
	buf_add_slice(&channel->ahead, ahead);
	return buf_check(&channel->ahead, "the answer", err);
}
