/* SPDX-License-Identifier: MIT */
/* A one-shot peer in a thread speaks each scripted answer over a unix socket. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <pthread.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "net/http.h"

struct peer {
	pthread_t thread;
	int listener;
	const char *answer;
	char received[65536];
	size_t received_len;
	char path[64];
};

static void *peer_main(void *arg)
{
	struct peer *peer = arg;
	int fd = accept(peer->listener, NULL, NULL);
	ssize_t len;

	/* All of the request's head, and of a chunked body its end. */
	while ((len = read(fd, peer->received + peer->received_len,
			   sizeof(peer->received) - 1 - peer->received_len)) > 0) {
		peer->received_len += (size_t)len;
		if (!strstr(peer->received, "\r\n\r\n"))
			continue;
		if (!strstr(peer->received, "chunked") || strstr(peer->received, "\r\n0\r\n\r\n"))
			break;
	}
	if (write(fd, peer->answer, strlen(peer->answer)) < 0)
		perror("peer");
	close(fd);
	return NULL;
}

static void peer_start(struct peer *peer, const char *answer)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };

	memset(peer, 0, sizeof(*peer));
	peer->answer = answer;
	snprintf(peer->path, sizeof(peer->path), "/tmp/git-image-test-%d.sock", (int)getpid());
	unlink(peer->path);
	memcpy(address.sun_path, peer->path, sizeof(peer->path));
	peer->listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(bind(peer->listener, (struct sockaddr *)&address, sizeof(address)), 0);
	assert_int_equal(listen(peer->listener, 1), 0);
	assert_int_equal(pthread_create(&peer->thread, NULL, peer_main, peer), 0);
}

static void peer_stop(struct peer *peer)
{
	pthread_join(peer->thread, NULL);
	close(peer->listener);
	unlink(peer->path);
}

static const struct {
	const char *answer;
	int status; /* 0: an error */
	const char *body;
	enum error_kind kind;
	const char *message;
} answers[] = {
	{ "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nX-Note:  a \r\n\r\nhi", 200, "hi", 0, NULL },
	{ "HTTP/1.1 404 Not Found\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nnot\r\n0\r\n\r\n", 404,
	  "not", 0, NULL },
	{ "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n", 204, "", 0, NULL },
	{ "HTTP/1.1 302 Found\r\nLocation: http://elsewhere/\r\nContent-Length: 0\r\n\r\n", 302, "",
	  0, NULL },
	{ "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhi", 0, NULL, ERROR_UNREACHABLE,
	  "transfer closed with 3 bytes remaining to read" },
	{ "", 0, NULL, ERROR_UNREACHABLE, "Empty reply from server" },
	{ "HTTP/1.1 200 OK\r\n\r\n01234567890123456789", 0, NULL, ERROR_SYSTEM,
	  "the answer: longer than 16 bytes" },
	/* None of these is waited for. */
	{ "HTTP/1.1 200 OK\r\nContent-Length: 17\r\n\r\n", 0, NULL, ERROR_PROTOCOL,
	  "the answer: longer than 16 bytes" },
	{ "HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999\r\n\r\n", 0, NULL,
	  ERROR_PROTOCOL, "the answer: longer than 16 bytes" },
};

static void test_answers(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(answers); i++) {
		AUTO(http_response_release) struct http_response response = HTTP_RESPONSE_INIT;
		AUTO(http_client_freep) struct http_client *client = NULL;
		struct error err = { 0 };
		struct peer peer;
		int status;

		peer_start(&peer, answers[i].answer);
		assert_int_equal(
			http_client_new(&(struct http_client_options){ .unix_socket = peer.path },
					&client, &err),
			0);
		status = http_perform(
			client, &(struct http_request){ .url = "http://engine/x", .body_max = 16 },
			&response, &err);
		peer_stop(&peer);
		assert_int_equal(status, answers[i].status ? 0 : -1);
		assert_int_equal(response.status, answers[i].status);
		if (answers[i].status)
			assert_string_equal(response.body.data, answers[i].body);
		else
			assert_non_null(strstr(err.message, answers[i].message));
		assert_int_equal(err.kind, answers[i].kind);
	}
}

static ssize_t three_pieces(void *arg, void *data, size_t len, struct error *err)
{
	int *left = arg;

	(void)err;
	assert_true(len >= 3);
	if (!*left)
		return 0;
	memcpy(data, "abc", 3);
	return (*left)--, 3;
}

static int count_bytes(void *arg, const void *data, size_t len, struct error *err)
{
	(void)data;
	(void)err;
	*(size_t *)arg += len;
	return 0;
}

static int refuse(void *arg, const void *data, size_t len, struct error *err)
{
	(void)arg;
	(void)data;
	return error_set(err, ERROR_INPUT, "no room for %zu bytes", len);
}

static void test_bodies_stream_both_ways(void **state)
{
	AUTO(http_response_release) struct http_response response = HTTP_RESPONSE_INIT;
	AUTO(http_client_freep) struct http_client *client = NULL;
	struct error err = { 0 };
	struct peer peer;
	size_t count = 0;
	int left = 3;

	(void)state;
	peer_start(&peer, "HTTP/1.1 200 OK\r\nContent-Length: 4\r\nX-Note:  a \r\n\r\nbody");
	assert_int_equal(http_client_new(&(struct http_client_options){ .unix_socket = peer.path },
					 &client, &err),
			 0);
	assert_int_equal(http_perform(client,
				      &(struct http_request){ .method = "POST",
							      .url = "http://engine/build",
							      .source = three_pieces,
							      .source_arg = &left,
							      .sink = count_bytes,
							      .sink_arg = &count },
				      &response, &err),
			 0);
	peer_stop(&peer);
	assert_int_equal(count, 4);
	assert_string_equal(http_header_get(&response, "x-note"), "a");
	assert_non_null(strstr(peer.received, "POST /build HTTP/1.1\r\n"));
	assert_null(strstr(peer.received, "Expect:"));
}

static void test_a_sink_ends_the_exchange(void **state)
{
	AUTO(http_response_release) struct http_response response = HTTP_RESPONSE_INIT;
	AUTO(http_client_freep) struct http_client *client = NULL;
	struct error err = { 0 };
	struct peer peer;

	(void)state;
	peer_start(&peer, "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nbody");
	assert_int_equal(http_client_new(&(struct http_client_options){ .unix_socket = peer.path },
					 &client, &err),
			 0);
	assert_int_equal(
		http_perform(client,
			     &(struct http_request){ .url = "http://engine/x", .sink = refuse },
			     &response, &err),
		-1);
	peer_stop(&peer);
	assert_int_equal(err.kind, ERROR_INPUT);
	assert_string_equal(err.message, "no room for 4 bytes");
}

static void test_nobody_listens(void **state)
{
	AUTO(http_response_release) struct http_response response = HTTP_RESPONSE_INIT;
	AUTO(http_client_freep) struct http_client *client = NULL;
	struct error err = { 0 };

	(void)state;
	assert_int_equal(
		http_client_new(&(struct http_client_options){ .unix_socket = "/nowhere/x" },
				&client, &err),
		0);
	assert_int_equal(http_perform(client, &(struct http_request){ .url = "http://engine/x" },
				      &response, &err),
			 -1);
	assert_int_equal(err.kind, ERROR_UNREACHABLE);
}

static void test_a_header_holds_no_line_break(void **state)
{
	AUTO(http_response_release) struct http_response response = HTTP_RESPONSE_INIT;
	AUTO(http_client_freep) struct http_client *client = NULL;
	const char *headers[] = { "X-A: b\r\nX-C: d", NULL };
	struct error err = { 0 };

	(void)state;
	assert_int_equal(http_client_new(&(struct http_client_options){ 0 }, &client, &err), 0);
	assert_int_equal(http_perform(client,
				      &(struct http_request){ .url = "http://127.0.0.1:1/",
							      .headers = headers },
				      &response, &err),
			 -1);
	assert_string_equal(err.message, "a line break in a header");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_answers),
		cmocka_unit_test(test_bodies_stream_both_ways),
		cmocka_unit_test(test_a_sink_ends_the_exchange),
		cmocka_unit_test(test_nobody_listens),
		cmocka_unit_test(test_a_header_holds_no_line_break),
	};

	return cmocka_run_group_tests_name("net/http", tests, NULL, NULL);
}
