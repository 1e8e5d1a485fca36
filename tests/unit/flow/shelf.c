/* SPDX-License-Identifier: MIT */
#include "shelf.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define REQUEST_MAX (8 * MIB)

static void require(bool holds)
{
	if (!holds)
		abort();
}

const struct buf *shelf_find(const struct shelf *shelf, const char *digest)
{
	for (size_t i = 0; i < shelf->blob_count; i++)
		if (!strcmp(shelf->blobs[i].digest, digest))
			return &shelf->blobs[i].bytes;
	return NULL;
}

static void put(struct shelf *shelf, const char *digest, struct slice body)
{
	struct shelf_blob *blob = &shelf->blobs[shelf->blob_count];

	require(shelf->blob_count < SHELF_BLOBS);
	snprintf(blob->digest, sizeof(blob->digest), "%.71s", digest);
	buf_init(&blob->bytes, REQUEST_MAX);
	buf_add_slice(&blob->bytes, body);
	shelf->blob_count++;
}

/* The status that a request is answered with. */
static const char *judge(struct shelf *shelf, const char *request, struct slice body)
{
	const char *digest = strstr(request, "sha256:");
	char name[72] = "";

	if (digest)
		snprintf(name, sizeof(name), "%.71s", digest);
	if (!strncmp(request, "HEAD ", 5))
		return shelf_find(shelf, name) ? "200 Yes" : "404 No";
	if (shelf->is_closed)
		return "403 No";
	if (!strncmp(request, "POST ", 5))
		return "202 Yes\r\nLocation: /session";
	require(!strncmp(request, "PUT /session?digest=", 20));
	put(shelf, name, body);
	return "201 Yes";
}

static void answer(struct shelf *shelf, int fd, const char *request, struct slice body)
{
	char text[256];

	pthread_mutex_lock(&shelf->mutex);
	snprintf(text, sizeof(text), "HTTP/1.1 %s\r\nContent-Length: 0\r\n\r\n",
		 judge(shelf, request, body));
	pthread_mutex_unlock(&shelf->mutex);
	if (write(fd, text, strlen(text)) < 0)
		return;
}

struct connection {
	struct shelf *shelf;
	int fd;
};

static void leave(struct connection *connection)
{
	struct shelf *shelf = connection->shelf;

	close(connection->fd);
	free(connection);
	pthread_mutex_lock(&shelf->mutex);
	shelf->connections--;
	pthread_cond_broadcast(&shelf->changed);
	pthread_mutex_unlock(&shelf->mutex);
}

static void *serve(void *arg)
{
	struct connection *connection = arg;
	struct buf request = BUF_INIT(REQUEST_MAX);
	bool has_continued = false;
	char piece[65536];
	ssize_t got;

	while ((got = read(connection->fd, piece, sizeof(piece))) > 0) {
		const char *end, *size;
		struct slice body;

		buf_add(&request, piece, (size_t)got);
		end = strstr(request.data, "\r\n\r\n");
		if (!end)
			continue;
		size = strstr(request.data, "Content-Length: ");
		body = slice_skip(buf_slice(&request), (size_t)(end - request.data) + 4);
		if (!has_continued && strstr(request.data, "100-continue"))
			has_continued = write(connection->fd, "HTTP/1.1 100 Go\r\n\r\n", 19) > 0;
		if (size && size < end && body.len < strtoul(size + 16, NULL, 10))
			continue;
		answer(connection->shelf, connection->fd, request.data, body);
		has_continued = false;
		buf_reset(&request);
	}
	buf_release(&request);
	leave(connection);
	return NULL;
}

static void *accept_all(void *arg)
{
	struct shelf *shelf = arg;
	int fd;

	while ((fd = accept(shelf->listener, NULL, NULL)) >= 0) {
		struct connection *connection = malloc(sizeof(*connection));
		pthread_t thread;

		require(connection);
		*connection = (struct connection){ shelf, fd };
		pthread_mutex_lock(&shelf->mutex);
		shelf->connections++;
		pthread_mutex_unlock(&shelf->mutex);
		require(!pthread_create(&thread, NULL, serve, connection));
		pthread_detach(thread);
	}
	return NULL;
}

void shelf_open(struct shelf *shelf)
{
	struct sockaddr_in bound = { .sin_family = AF_INET };
	socklen_t len = sizeof(bound);

	*shelf = (struct shelf){ .mutex = PTHREAD_MUTEX_INITIALIZER,
				 .changed = PTHREAD_COND_INITIALIZER };
	bound.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	shelf->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	require(!bind(shelf->listener, (struct sockaddr *)&bound, sizeof(bound)));
	require(!listen(shelf->listener, 16));
	require(!getsockname(shelf->listener, (struct sockaddr *)&bound, &len));
	snprintf(shelf->host, sizeof(shelf->host), "127.0.0.1:%d", ntohs(bound.sin_port));
	require(!pthread_create(&shelf->thread, NULL, accept_all, shelf));
}

void shelf_close(struct shelf *shelf)
{
	shutdown(shelf->listener, SHUT_RDWR);
	pthread_join(shelf->thread, NULL);
	close(shelf->listener);
	pthread_mutex_lock(&shelf->mutex);
	while (shelf->connections)
		pthread_cond_wait(&shelf->changed, &shelf->mutex);
	pthread_mutex_unlock(&shelf->mutex);
}

void shelf_release(struct shelf *shelf)
{
	for (size_t i = 0; i < shelf->blob_count; i++)
		buf_release(&shelf->blobs[i].bytes);
}
