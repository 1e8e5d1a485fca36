/* SPDX-License-Identifier: MIT */
#include "peer.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/limits.h"
#include "base/str.h"

/* Of one request. */
#define KEPT_MAX (8 * KIB)

void peer_listen(struct peer *peer, const char *address)
{
	struct sockaddr_in bound = { .sin_family = AF_INET };
	socklen_t len = sizeof(bound);

	memset(peer, 0, sizeof(*peer));
	assert_int_equal(inet_pton(AF_INET, address, &bound.sin_addr), 1);
	peer->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(bind(peer->listener, (struct sockaddr *)&bound, sizeof(bound)), 0);
	assert_int_equal(listen(peer->listener, 8), 0);
	assert_int_equal(getsockname(peer->listener, (struct sockaddr *)&bound, &len), 0);
	snprintf(peer->origin, sizeof(peer->origin), "http://%s:%d", address,
		 ntohs(bound.sin_port));
	peer->host = peer->origin + strlen("http://");
}

static size_t body_len(const char *request)
{
	const char *header = strcasestr(request, "\r\nContent-Length: ");

	return header ? strtoul(header + strlen("\r\nContent-Length: "), NULL, 10) : 0;
}

/* A body in chunks is small enough to be kept. */
static bool is_whole(const char *request, const char *end, size_t len)
{
	if (strcasestr(request, "\r\nTransfer-Encoding: chunked\r\n"))
		return str_ends(end, "\r\n0\r\n\r\n");
	return len >= (size_t)(end - request) + 4 + body_len(request);
}

/* More of the request's bytes; those beyond `room` are dropped. */
static bool receive_more(int fd, char *request, size_t room, size_t *len)
{
	char dropped[65536];
	bool has_room = *len < room;
	ssize_t got = read(fd, has_room ? request + *len : dropped,
			   has_room ? room - *len : sizeof(dropped));

	if (got <= 0)
		return false;
	*len += (size_t)got;
	request[*len < room ? *len : room] = '\0';
	return true;
}

/* All of a request, or all that the row wants; false if the client closed
 * before. */
static bool receive(struct peer *peer, const struct peer_row *row, int fd, const char **ret_request)
{
	static const char proceed[] = "HTTP/1.1 100 Continue\r\n\r\n";
	char *request = peer->received + peer->received_len, *end;
	size_t room = sizeof(peer->received) - peer->received_len - 1, len = 0;

	if (room > KEPT_MAX)
		room = KEPT_MAX;
	*ret_request = request;
	request[0] = '\0';
	while (!(end = strstr(request, "\r\n\r\n")))
		if (!receive_more(fd, request, room, &len))
			return false;
	if (!row->is_early && strcasestr(request, "\r\nExpect: 100-continue\r\n") &&
	    write(fd, proceed, strlen(proceed)) < 0)
		perror("peer");
	while (!row->is_early && !is_whole(request, end, len))
		if (!receive_more(fd, request, room, &len))
			return false;
	peer->received_len += strlen(request) + 1;
	return true;
}

static void add_text(const struct peer *peer, const char *text, struct buf *out)
{
	const char *brace;

	while (text && (brace = strchr(text, '{'))) {
		buf_add(out, text, (size_t)(brace - text));
		if (!strncmp(brace, "{self}", 6)) {
			buf_add_text(out, peer->origin);
			text = brace + 6;
		} else if (!strncmp(brace, "{other}", 7)) {
			buf_add_text(out, peer->other->origin);
			text = brace + 7;
		} else {
			buf_add_char(out, '{');
			text = brace + 1;
		}
	}
	buf_add_text(out, text ? text : "");
}

/* Whose 404 says nothing else is a registry. */
static const char *headers_of(const struct peer_row *row)
{
	if (row->status == 404 && !row->headers)
		return "Docker-Distribution-Api-Version: registry/2.0\r\n";
	return row->headers;
}

static void keep_silent(int fd)
{
	char dropped;

	while (read(fd, &dropped, 1) > 0)
		;
}

static void answer(const struct peer *peer, const struct peer_row *row, int fd, bool is_head)
{
	AUTO(buf_release) struct buf out = BUF_INIT(8 * MIB);
	AUTO(buf_release) struct buf body = BUF_INIT(8 * MIB);

	if (row->missing < 0)
		return;
	if (row->is_silent) {
		keep_silent(fd);
		return;
	}
	add_text(peer, row->body, &body);
	buf_add_format(&out, "HTTP/1.1 %d Scripted\r\nConnection: close\r\n", row->status);
	buf_add_format(&out, "Content-Length: %zu\r\n", body.len + (size_t)row->missing);
	add_text(peer, headers_of(row), &out);
	buf_add_text(&out, "\r\n");
	if (!is_head)
		buf_add_slice(&out, buf_slice(&body));
	if (write(fd, out.data, out.len) < 0)
		perror("peer");
}

static bool is_asked(const struct peer_row *row, const char *request)
{
	return row->request && !strncmp(request, row->request, strlen(row->request));
}

static void judge(struct peer *peer, const char *request)
{
	const struct peer_row *row = &peer->rows[peer->served];
	const char *wrong = NULL;

	if (!is_asked(row, request))
		wrong = "unexpected";
	else if (row->has && !strstr(request, row->has))
		wrong = row->has;
	else if (row->lacks && strstr(request, row->lacks))
		wrong = row->lacks;
	if (wrong && !peer->complaint[0])
		snprintf(peer->complaint, sizeof(peer->complaint), "row %zu, %s: %.400s",
			 peer->served, wrong, request);
}

static void *peer_main(void *arg)
{
	static const struct peer_row surplus = { .status = 400 };
	struct peer *peer = arg;
	const char *request;
	int fd;

	while ((fd = accept(peer->listener, NULL, NULL)) >= 0) {
		const struct peer_row *row = &peer->rows[peer->served];

		if (receive(peer, row, fd, &request)) {
			for (; row->is_optional && !is_asked(row, request); row++)
				peer->served++;
			judge(peer, request);
			answer(peer, row->request ? row : &surplus, fd,
			       !strncmp(request, "HEAD ", 5));
			peer->served += row->request ? 1 : 0;
		}
		shutdown(fd, SHUT_WR);
		close(fd);
	}
	return NULL;
}

void peer_run(struct peer *peer, const struct peer_row *rows, const struct peer *other)
{
	peer->rows = rows;
	peer->other = other;
	assert_int_equal(pthread_create(&peer->thread, NULL, peer_main, peer), 0);
}

void peer_finish(struct peer *peer)
{
	shutdown(peer->listener, SHUT_RDWR);
	pthread_join(peer->thread, NULL);
	close(peer->listener);
	if (peer->complaint[0])
		fail_msg("%s", peer->complaint);
	if (peer->rows[peer->served].request && !peer->rows[peer->served].is_optional)
		fail_msg("row %zu was never used: %s", peer->served,
			 peer->rows[peer->served].request);
}
