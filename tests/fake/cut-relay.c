/* SPDX-License-Identifier: MIT */
/*
 * cut-relay PORT BYTES: passes connections on to 127.0.0.1:PORT from a port of
 * its own, which it prints, and resets each one once the client has sent BYTES
 * on it: a line that breaks amid a blob, however often it is tried again.
 */
#include <arpa/inet.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include "base/str.h"

static int open_port(int64_t port, bool listens)
{
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port) };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	socklen_t len = sizeof(address);

	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (!listens)
		return connect(fd, (struct sockaddr *)&address, len) ? -1 : fd;
	if (bind(fd, (struct sockaddr *)&address, len) || listen(fd, 64) ||
	    getsockname(fd, (struct sockaddr *)&address, &len))
		return -1;
	printf("%d\n", ntohs(address.sin_port));
	fflush(stdout);
	return fd;
}

static void reset(int fd)
{
	const struct linger now = { .l_onoff = 1 };

	setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
	close(fd);
}

static bool write_all(int fd, const char *data, size_t len)
{
	while (len) {
		ssize_t count = write(fd, data, len);

		if (count <= 0)
			return false;
		data += count;
		len -= (size_t)count;
	}
	return true;
}

/* What has come on one side goes out on the other: how much, 0 at its end. */
static ssize_t pass(const struct pollfd *from, int to)
{
	char data[16384];
	ssize_t len;

	if (!from->revents)
		return -1;
	len = read(from->fd, data, sizeof(data));
	if (len > 0 && write_all(to, data, (size_t)len))
		return len;
	return 0;
}

static void relay(int client, int server, int64_t left)
{
	struct pollfd ends[] = { { .fd = client, .events = POLLIN },
				 { .fd = server, .events = POLLIN } };

	while (left > 0 && poll(ends, 2, -1) > 0) {
		ssize_t sent = pass(&ends[0], server);

		if (!sent || !pass(&ends[1], client))
			break;
		left -= sent > 0 ? sent : 0;
	}
	if (left > 0)
		return;
	reset(client);
	reset(server);
}

int main(int argc, char **argv)
{
	int64_t port, bytes;
	int listener, client;

	if (argc != 3 || !str_to_int(argv[1], 1, 65535, &port) ||
	    !str_to_int(argv[2], 1, INT64_MAX, &bytes)) {
		fprintf(stderr, "usage: cut-relay PORT BYTES\n");
		return 2;
	}
	signal(SIGCHLD, SIG_IGN);
	signal(SIGPIPE, SIG_IGN);
	listener = open_port(0, true);
	while (listener >= 0 && (client = accept4(listener, NULL, NULL, SOCK_CLOEXEC)) >= 0) {
		if (!fork()) {
			/* Who ends the relay ends its connections. */
			prctl(PR_SET_PDEATHSIG, SIGKILL);
			relay(client, open_port(port, false), bytes);
			_exit(0);
		}
		close(client);
	}
	perror("cut-relay");
	return 1;
}
