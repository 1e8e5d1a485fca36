/* SPDX-License-Identifier: MIT */
#include "peer.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <strings.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/limits.h"
#include "engine/connect.h"

static const char *path_of(const struct peer *peer)
{
	return peer->url + strlen("unix://");
}

static bool is_whole(const struct buf *request)
{
	const char *end = strstr(request->data, "\r\n\r\n");
	const char *header = strcasestr(request->data, "\r\nContent-Length: ");

	if (!end)
		return false;
	if (strcasestr(request->data, "\r\nTransfer-Encoding: chunked"))
		return request->len >= 5 &&
		       !memcmp(request->data + request->len - 5, "0\r\n\r\n", 5);
	return !header || request->len - (size_t)(end + 4 - request->data) >=
				  strtoul(header + strlen("\r\nContent-Length: "), NULL, 10);
}

/* All of a request; false if the client closed before. */
static bool receive(int fd, struct buf *request)
{
	char piece[4096];
	ssize_t got;

	buf_reset(request);
	while (!is_whole(request)) {
		got = read(fd, piece, sizeof(piece));
		if (got <= 0)
			return false;
		buf_add(request, piece, (size_t)got);
	}
	return true;
}

static void complain(struct peer *peer, const char *what, const char *request)
{
	if (!peer->complaint[0])
		snprintf(peer->complaint, sizeof(peer->complaint), "row %zu, %s: %.800s",
			 peer->served, what, request);
}

/* The row for a request. */
static const struct peer_row *take_row(struct peer *peer, const struct buf *request)
{
	static const struct peer_row surplus = { .status = 400, .body = "" };
	const struct peer_row *row = &peer->rows[peer->served];

	if (!row->request || strncmp(request->data, row->request, strlen(row->request)) != 0)
		complain(peer, "unexpected", request->data);
	else if (row->has && !memmem(request->data, request->len, row->has, strlen(row->has)))
		complain(peer, row->has, request->data);
	if (!row->request)
		return &surplus;
	peer->requests[peer->served] = malloc(request->len + 1);
	memcpy(peer->requests[peer->served], request->data, request->len + 1);
	peer->request_lens[peer->served++] = request->len;
	return row;
}

static void add_head(struct buf *out, const struct peer_row *row, size_t len)
{
	int status = row->status ? row->status : 200;

	buf_add_format(out, "HTTP/1.1 %d Scripted\r\n%s", status, row->headers ? row->headers : "");
	if (row->end == PEER_HOLD || row->piece)
		buf_add_text(out, "Transfer-Encoding: chunked\r\n");
	else if (row->end != PEER_RAW && status != 204 && status != 304)
		buf_add_format(out, "Content-Length: %zu\r\n", len);
	buf_add_text(out, "\r\n");
}

static void add_body(struct buf *out, const struct peer_row *row, size_t len)
{
	size_t sent = row->end == PEER_CUT ? len / 2 : len;

	if (!row->piece && row->end != PEER_HOLD) {
		buf_add(out, row->body, sent);
		return;
	}
	for (size_t at = 0, part; at < sent; at += part) {
		part = row->piece && row->piece < sent - at ? row->piece : sent - at;
		buf_add_format(out, "%zx\r\n", part);
		buf_add(out, row->body + at, part);
		buf_add_text(out, "\r\n");
	}
	if (row->end == PEER_WHOLE)
		buf_add_text(out, "0\r\n\r\n");
}

/* False: the connection ends. */
static bool answer(int fd, const struct peer_row *row)
{
	AUTO(buf_release) struct buf out = BUF_INIT(16 * MIB);
	size_t len = row->len ? row->len : row->body ? strlen(row->body) : 0;
	char byte;

	add_head(&out, row, len);
	add_body(&out, row, len);
	for (size_t at = 0; at < out.len;) {
		ssize_t done = send(fd, out.data + at, out.len - at, MSG_NOSIGNAL);

		if (done <= 0)
			return false;
		at += (size_t)done;
	}
	if (row->end == PEER_HOLD)
		while (read(fd, &byte, 1) > 0)
			;
	return row->end == PEER_WHOLE;
}

struct connection {
	struct peer *peer;
	int fd;
};

static void *serve(void *arg)
{
	AUTOFREE struct connection *connection = arg;
	AUTO(buf_release) struct buf request = BUF_INIT(16 * MIB);
	struct peer *peer = connection->peer;
	bool goes_on = true;

	while (goes_on && receive(connection->fd, &request)) {
		struct peer_row ping = { .headers = peer->ping, .body = "OK" };
		const struct peer_row *row = &ping;

		pthread_mutex_lock(&peer->lock);
		if (peer->has_pinged)
			row = take_row(peer, &request);
		else if (strncmp(request.data, "GET /_ping HTTP/1.1\r\n", 21) != 0)
			complain(peer, "no ping", request.data);
		peer->has_pinged = true;
		pthread_mutex_unlock(&peer->lock);
		goes_on = answer(connection->fd, row);
	}
	shutdown(connection->fd, SHUT_RDWR);
	return NULL;
}

static void *listen_on(void *arg)
{
	struct peer *peer = arg;
	int fd;

	while ((fd = accept(peer->listener, NULL, NULL)) >= 0) {
		struct connection *connection = malloc(sizeof(*connection));

		*connection = (struct connection){ peer, fd };
		peer->fds[peer->connection_count] = fd;
		pthread_create(&peer->connections[peer->connection_count++], NULL, serve,
			       connection);
	}
	return NULL;
}

void peer_start(struct peer *peer, const char *ping, const struct peer_row *rows)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };

	*peer = (struct peer){ .ping = ping, .rows = rows };
	pthread_mutex_init(&peer->lock, NULL);
	snprintf(peer->url, sizeof(peer->url), "unix:///tmp/git-image-test-%d.sock", (int)getpid());
	unlink(path_of(peer));
	memcpy(address.sun_path, path_of(peer), strlen(path_of(peer)) + 1);
	peer->listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(bind(peer->listener, (struct sockaddr *)&address, sizeof(address)), 0);
	assert_int_equal(listen(peer->listener, 8), 0);
	assert_int_equal(pthread_create(&peer->thread, NULL, listen_on, peer), 0);
}

struct engine *peer_engine(struct peer *peer, const char *ping, const struct peer_row *rows,
			   struct event_sink *sink)
{
	struct engine *engine = NULL;
	struct error err = { 0 };

	peer_start(peer, ping, rows);
	if (engine_open(peer->url, sink, &engine, &err))
		fail_msg("%s", err.message);
	return engine;
}

void peer_finish(struct peer *peer, struct engine *engine)
{
	if (engine)
		engine->ops->close(engine);
	shutdown(peer->listener, SHUT_RDWR);
	pthread_join(peer->thread, NULL);
	close(peer->listener);
	unlink(path_of(peer));
	for (size_t i = 0; i < peer->connection_count; i++) {
		shutdown(peer->fds[i], SHUT_RDWR);
		pthread_join(peer->connections[i], NULL);
		close(peer->fds[i]);
	}
	for (size_t i = 0; i < PEER_ROWS; i++)
		free(peer->requests[i]);
	pthread_mutex_destroy(&peer->lock);
	if (peer->complaint[0])
		fail_msg("%s", peer->complaint);
	if (peer->rows[peer->served].request)
		fail_msg("row %zu was never used: %s", peer->served,
			 peer->rows[peer->served].request);
}
