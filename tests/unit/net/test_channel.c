/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include "base/interrupt.h"
#include "base/path.h"
#include "base/time.h"
#include "net/upgrade.h"
#include "pipe.h"

static char folder[] = "/tmp/git-image-test-XXXXXX";
static char path[64];

static int listen_unix(void)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	memcpy(address.sun_path, path, strlen(path));
	assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	assert_int_equal(listen(fd, 0), 0);
	return fd;
}

static void expect_echo(struct channel *channel, int peer)
{
	struct error err = { 0 };
	char data[8];

	assert_int_equal(channel_read(channel, data, sizeof(data), &err), CHANNEL_AGAIN);
	assert_int_equal(channel_write(channel, "ping", 4, &err), 4);
	assert_int_equal(read(peer, data, sizeof(data)), 4);
	assert_int_equal(write(peer, data, 4), 4);
	assert_int_equal(channel_await(channel, POLLIN, time_monotonic_ms() + 5000, &err), 0);
	assert_int_equal(channel_read(channel, data, sizeof(data), &err), 4);
	assert_memory_equal(data, "ping", 4);
	close(peer);
	assert_int_equal(channel_await(channel, POLLIN, time_monotonic_ms() + 5000, &err), 0);
	assert_int_equal(channel_read(channel, data, sizeof(data), &err), 0);
}

static void test_unix(void **state)
{
	AUTO(channel_freep) struct channel *channel = NULL;
	struct error err = { 0 };
	int listener;

	(void)state;
	assert_int_equal(channel_open_unix(path, &channel, &err), -1);
	assert_int_equal(err.kind, ERROR_UNREACHABLE);
	assert_non_null(strstr(err.message, path));
	listener = listen_unix();
	assert_int_equal(channel_open_unix(path, &channel, &err), 0);
	expect_echo(channel, accept(listener, NULL, NULL));
	close(listener);
	error_clear(&err);
	assert_int_equal(channel_write(channel, "x", 1, &err), -1);
	assert_int_equal(err.kind, ERROR_UNREACHABLE);
	channel_freep(&channel);
	assert_int_equal(channel_open_unix(path, &channel, &err), -1);
	channel = NULL;
	assert_string_equal(strrchr(err.message, ':'), ": Connection refused");
}

static void test_unix_path(void **state)
{
	char text[200];
	struct channel *channel = NULL;
	struct error err = { 0 };

	(void)state;
	memset(text, 'x', sizeof(text));
	text[108] = '\0';
	assert_int_equal(channel_open_unix(text, &channel, &err), -1);
	assert_int_equal(err.kind, ERROR_INPUT);
	assert_int_equal(channel_open_unix("", &channel, &err), -1);
	assert_string_equal(err.message, "'': a socket's path has 1 to 107 bytes");
}

static void test_tcp(void **state)
{
	AUTO(channel_freep) struct channel *channel = NULL;
	struct sockaddr_in address = { .sin_family = AF_INET };
	socklen_t len = sizeof(address), size = sizeof(int);
	struct error err = { 0 };
	int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), is_kept_alive = 0;

	(void)state;
	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	assert_int_equal(bind(listener, (struct sockaddr *)&address, sizeof(address)), 0);
	assert_int_equal(listen(listener, 1), 0);
	assert_int_equal(getsockname(listener, (struct sockaddr *)&address, &len), 0);
	assert_int_equal(
		channel_open_tcp("127.0.0.1", ntohs(address.sin_port), NULL, &channel, &err), 0);
	assert_int_equal(getsockopt(channel_fd(channel), SOL_SOCKET, SO_KEEPALIVE, &is_kept_alive,
				    &size),
			 0);
	assert_true(is_kept_alive);
	expect_echo(channel, accept(listener, NULL, NULL));
	close(listener);
	channel_freep(&channel);
	channel = NULL;
	assert_int_equal(
		channel_open_tcp("127.0.0.1", ntohs(address.sin_port), NULL, &channel, &err), -1);
	assert_int_equal(err.kind, ERROR_UNREACHABLE);
	assert_non_null(strstr(err.message, "Connection refused"));
	assert_int_equal(channel_open_tcp("no-such-host.invalid", 1, NULL, &channel, &err), -1);
	assert_int_equal(err.kind, ERROR_UNREACHABLE);
	assert_non_null(strstr(err.message, "no-such-host.invalid:1: "));
}

static const struct refusal {
	const char *answer;
	enum error_kind kind;
	int http_status;
	const char *text; /* behind "POST /grpc: " */
} refusals[] = {
	{ "HTTP/1.1 404 Not Found\r\nContent-Length: 10\r\n\r\nNot Found\n", ERROR_UNSUPPORTED, 404,
	  "no HTTP/2 here: HTTP/1.1 404 Not Found: Not Found" },
	{ "HTTP/1.1 403 Forbidden\r\n\r\nno", ERROR_DENIED, 403,
	  "no HTTP/2 here: HTTP/1.1 403 Forbidden: no" },
	{ "HTTP/1.1 500 Oops\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nbroke\r\n0\r\n\r\n",
	  ERROR_UNREACHABLE, 500, "no HTTP/2 here: HTTP/1.1 500 Oops: broke" },
	{ "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", ERROR_PROTOCOL, 200,
	  "no HTTP/2 here: HTTP/1.1 200 OK" },
	{ "SSH-2.0-x\r\n\r\n", ERROR_PROTOCOL, 0, "no HTTP/2 here: SSH-2.0-x" },
	{ "HTTP/1.1 101 Switch", ERROR_PROTOCOL, 0, "the answer breaks off" },
	{ "", ERROR_UNREACHABLE, 0, "closed without an answer" },
};

/* A peer that has answered before it was asked and then closes. */
static struct pipe_end *peer_saying(struct slice answer)
{
	struct pipe_end *ours, *theirs;
	struct error err = { 0 };

	pipe_make(&ours, &theirs);
	if (answer.len)
		assert_int_equal(channel_write(&theirs->base, answer.data, answer.len, &err),
				 answer.len);
	ours->left = answer.len;
	return ours;
}

static void test_refused_upgrade(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(refusals); i++) {
		struct pipe_end *end = peer_saying(slice_of(refusals[i].answer));
		struct error err = { 0 };

		assert_int_equal(channel_upgrade(&end->base, "/grpc", NULL, &err), -1);
		assert_string_equal(err.message + strlen("POST /grpc: "), refusals[i].text);
		assert_int_equal(err.kind, refusals[i].kind);
		assert_int_equal(err.http_status, refusals[i].http_status);
		channel_free(&end->peer->base);
		channel_free(&end->base);
	}
}

/* What comes behind the answer is kept, wherever the pieces end. */
static void test_upgrade(void **state)
{
	static const struct slice answer = SLICE("HTTP/1.1 101 Switching Protocols\r\n"
						 "Connection: Upgrade\r\nUpgrade: h2c\r\n\r\nXYZ");
	static const char *const headers[] = { "X-A: 1", "X-A: 2", NULL };

	(void)state;
	for (size_t piece = 1; piece < answer.len + 2; piece++) {
		struct pipe_end *end = peer_saying(answer);
		struct error err = { 0 };
		char data[8];
		size_t len = 0;

		end->piece = piece;
		assert_int_equal(channel_upgrade(&end->base, "/session", headers, &err), 0);
		while (len < 3) {
			ssize_t got = channel_read(&end->base, data + len, 2, &err);

			assert_true(got > 0);
			len += (size_t)got;
		}
		assert_memory_equal(data, "XYZ", 3);
		assert_int_equal(channel_read(&end->base, data, 2, &err), 0);
		assert_non_null(strstr(end->peer->in.data, "POST /session HTTP/1.1\r\n"));
		assert_non_null(strstr(end->peer->in.data, "\r\nUpgrade: h2c\r\n"));
		assert_non_null(strstr(end->peer->in.data, "\r\nX-A: 1\r\nX-A: 2\r\n\r\n"));
		channel_free(&end->peer->base);
		channel_free(&end->base);
	}
}

static void test_upgrade_is_cut(void **state)
{
	static const struct slice answer =
		SLICE("HTTP/1.1 101 Switching Protocols\r\nA: b\r\n\r\n");

	(void)state;
	for (size_t cut = 0; cut < answer.len; cut++) {
		struct pipe_end *end = peer_saying(answer);
		struct error err = { 0 };

		end->left = cut;
		assert_int_equal(channel_upgrade(&end->base, "/", NULL, &err), -1);
		assert_string_equal(err.message + strlen("POST /: "),
				    cut ? "the answer breaks off" : "closed without an answer");
		channel_free(&end->peer->base);
		channel_free(&end->base);
	}
}

static void test_upgrade_headers(void **state)
{
	static const char *const headers[] = { "X-A: 1\r\nX-B: 2", NULL };
	struct pipe_end *end = peer_saying(SLICE("x"));
	struct error err = { 0 };

	(void)state;
	assert_int_equal(channel_upgrade(&end->base, "/", headers, &err), -1);
	assert_string_equal(err.message, "a line break in a header");
	channel_free(&end->peer->base);
	channel_free(&end->base);
}

static void test_interrupt(void **state)
{
	AUTO(channel_freep) struct channel *channel = NULL;
	struct error err = { 0 };
	int fds[2];

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
	assert_int_equal(channel_of_socket(fds[0], &channel, &err), 0);
	assert_int_equal(channel_await(channel, POLLIN, time_monotonic_ms() + 20, &err), -1);
	assert_string_equal(err.message, "waiting for the peer: Connection timed out");
	signal(SIGINT, SIG_DFL); /* a background job may ignore it */
	assert_int_equal(interrupt_install(&err), 0);
	raise(SIGINT);
	assert_int_equal(channel_upgrade(channel, "/", NULL, &err), -1);
	assert_int_equal(err.kind, ERROR_INTERRUPTED);
	close(fds[1]);
}

static int make_folder(void **state)
{
	(void)state;
	if (!mkdtemp(folder))
		return -1;
	snprintf(path, sizeof(path), "%s/socket", folder);
	return 0;
}

static int remove_folder(void **state)
{
	(void)state;
	unlink(path);
	return rmdir(folder);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_unix),
		cmocka_unit_test(test_unix_path),
		cmocka_unit_test(test_tcp),
		cmocka_unit_test(test_refused_upgrade),
		cmocka_unit_test(test_upgrade),
		cmocka_unit_test(test_upgrade_is_cut),
		cmocka_unit_test(test_upgrade_headers),
		cmocka_unit_test(test_interrupt),
	};

	return cmocka_run_group_tests_name("channels", tests, make_folder, remove_folder);
}
