/* SPDX-License-Identifier: MIT */
#include "net/channel.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "base/interrupt.h"
#include "base/time.h"
#include "net/tls.h"

struct socket_channel {
	struct channel base;
	int fd;
};

static int socket_of(const struct channel *channel)
{
	return ((const struct socket_channel *)channel)->fd;
}

/* A peer that is not there is unreachable, whatever the system calls it. */
static int set_unreachable(struct error *err, int os_errno, const char *what)
{
	error_set_errno(err, os_errno, "%s", what);
	if (error_is(err, ERROR_SYSTEM))
		err->kind = ERROR_UNREACHABLE;
	return -1;
}

static ssize_t result_of(ssize_t len, const char *what, struct error *err)
{
	if (len >= 0)
		return len;
	if (errno == EAGAIN || errno == EWOULDBLOCK)
		return CHANNEL_AGAIN;
	return set_unreachable(err, errno, what);
}

static ssize_t read_socket(struct channel *channel, void *data, size_t len, struct error *err)
{
	ssize_t got;

	do {
		got = recv(socket_of(channel), data, len, 0);
	} while (got < 0 && errno == EINTR);
	return result_of(got, "reading from the connection", err);
}

static ssize_t write_socket(struct channel *channel, const void *data, size_t len,
			    struct error *err)
{
	ssize_t sent;

	do {
		sent = send(socket_of(channel), data, len, MSG_NOSIGNAL);
	} while (sent < 0 && errno == EINTR);
	return result_of(sent, "writing to the connection", err);
}

static void free_socket(struct channel *channel)
{
	close(socket_of(channel));
	free(channel);
}

static const struct channel_ops socket_ops = {
	.read = read_socket,
	.write = write_socket,
	.fd = socket_of,
	.free = free_socket,
};

/* Takes the descriptor, which does not block. */
static struct channel *new_socket(int fd, struct error *err)
{
	struct socket_channel *channel = calloc(1, sizeof(*channel));

	if (!channel) {
		close(fd);
		error_set_memory(err);
		return NULL;
	}
	channel->base.ops = &socket_ops;
	channel->fd = fd;
	return &channel->base;
}

int channel_of_socket(int fd, struct channel **ret_channel, struct error *err)
{
	struct channel *channel = new_socket(fd, err);
	int flags;

	if (!channel)
		return -1;
	flags = fcntl(fd, F_GETFL);
	if (flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) || fcntl(fd, F_SETFD, FD_CLOEXEC)) {
		error_set_errno(err, errno, "cannot set up a socket");
		channel_free(channel);
		return -1;
	}
	*ret_channel = channel;
	return 0;
}

static int await(int fd, short events, int64_t deadline_ms, struct error *err)
{
	/* A negative descriptor is passed over. */
	struct pollfd polled[] = {
		{ .fd = fd, .events = events },
		{ .fd = interrupt_shielded() ? -1 : interrupt_fd(), .events = POLLIN },
	};
	int64_t left;

	for (;;) {
		int count;

		if (interrupt_check(err))
			return -1;
		left = deadline_ms - time_monotonic_ms();
		if (left <= 0)
			return set_unreachable(err, ETIMEDOUT, "waiting for the peer");
		count = poll(polled, ARRAY_SIZE(polled), left > INT32_MAX ? INT32_MAX : (int)left);
		if (count < 0 && errno != EINTR)
			return error_set_errno(err, errno, "cannot wait");
		if (count > 0 && polled[0].revents)
			return 0;
	}
}

int channel_await(const struct channel *channel, short wanted, int64_t deadline_ms,
		  struct error *err)
{
	return await(channel_fd(channel), channel_wants(channel, wanted), deadline_ms, err);
}

/* How a connection that was begun has turned out: 0 or its errno. */
static int await_connected(const struct channel *channel, int64_t deadline_ms, struct error *err)
{
	socklen_t len = sizeof(int);
	int os_errno = 0;

	if (channel_await(channel, POLLOUT, deadline_ms, err))
		return -1;
	if (getsockopt(socket_of(channel), SOL_SOCKET, SO_ERROR, &os_errno, &len))
		os_errno = errno;
	return os_errno ? set_unreachable(err, os_errno, "connecting") : 0;
}

static int connect_channel(struct channel *channel, const struct sockaddr *address, socklen_t len,
			   int64_t deadline_ms, struct error *err)
{
	for (;;) {
		if (!connect(socket_of(channel), address, len) || errno == EISCONN)
			return 0;
		if (errno == EINPROGRESS)
			return await_connected(channel, deadline_ms, err);
		/* The queue of a unix socket's listener is full; nothing tells when not. */
		if (errno != EAGAIN || time_monotonic_ms() >= deadline_ms)
			return set_unreachable(err, errno, "connecting");
		if (await(-1, 0, time_monotonic_ms() + 10, err) &&
		    !error_is(err, ERROR_UNREACHABLE))
			return -1;
		error_clear(err);
	}
}

/* A new socket that is connected, NULL with err set. */
static struct channel *open_socket(const struct sockaddr *address, socklen_t len,
				   int64_t deadline_ms, struct error *err)
{
	int fd = socket(address->sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	AUTO(channel_freep) struct channel *channel = NULL;

	if (fd < 0) {
		error_set_errno(err, errno, "cannot make a socket");
		return NULL;
	}
	channel = new_socket(fd, err);
	if (!channel || connect_channel(channel, address, len, deadline_ms, err))
		return NULL;
	return TAKE(channel);
}

int channel_open_unix(const char *path, struct channel **ret_channel, struct error *err)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	struct channel *channel;
	size_t len = strlen(path);

	if (!len || len >= sizeof(address.sun_path))
		return error_set(err, ERROR_INPUT, "'%s': a socket's path has 1 to %zu bytes", path,
				 sizeof(address.sun_path) - 1);
	memcpy(address.sun_path, path, len);
	channel = open_socket((struct sockaddr *)&address, sizeof(address),
			      time_monotonic_ms() + LIMIT_CONNECT_MS, err);
	if (!channel)
		return error_wrap(err, "%s", path);
	*ret_channel = channel;
	return 0;
}

static int resolve(const char *host, int port, struct addrinfo **ret_list, struct error *err)
{
	const struct addrinfo wanted = { .ai_socktype = SOCK_STREAM, .ai_flags = AI_ADDRCONFIG };
	char service[12];
	int status;

	snprintf(service, sizeof(service), "%d", port);
	status = getaddrinfo(host, service, &wanted, ret_list);
	if (status == EAI_MEMORY)
		return error_set_memory(err);
	return status ? error_set(err, ERROR_UNREACHABLE, "%s", gai_strerror(status)) : 0;
}

/* Frames are small and somebody waits for each; and a host that vanished, which
 * would be waited for without end, is found out. */
static void tune(const struct channel *channel)
{
	static const struct {
		int level, name, value;
	} options[] = {
		{ IPPROTO_TCP, TCP_NODELAY, 1 },
		{ SOL_SOCKET, SO_KEEPALIVE, 1 },
		{ IPPROTO_TCP, TCP_KEEPIDLE, LIMIT_STALL_MS / 1000 },
		{ IPPROTO_TCP, TCP_KEEPINTVL, 15 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(options); i++)
		setsockopt(socket_of(channel), options[i].level, options[i].name, &options[i].value,
			   sizeof(options[i].value));
}

/* The first of the addresses that answers; one after the other, each with its
 * share of the time. */
static struct channel *open_any(const struct addrinfo *list, int64_t deadline_ms, struct error *err)
{
	struct channel *channel = NULL;
	int count = 0;

	for (const struct addrinfo *it = list; it; it = it->ai_next)
		count++;
	for (; list && !channel; list = list->ai_next, count--) {
		int64_t now = time_monotonic_ms();

		error_clear(err);
		channel = open_socket(list->ai_addr, list->ai_addrlen,
				      now + (deadline_ms - now) / count, err);
		if (!channel && !error_is(err, ERROR_UNREACHABLE) && !error_is(err, ERROR_DENIED))
			return NULL;
	}
	if (channel)
		tune(channel);
	return channel;
}

int channel_open_tcp(const char *host, int port, const struct channel_tls *tls,
		     struct channel **ret_channel, struct error *err)
{
	int64_t deadline_ms = time_monotonic_ms() + LIMIT_CONNECT_MS;
	AUTO(channel_freep) struct channel *channel = NULL;
	struct addrinfo *list = NULL;

	if (resolve(host, port, &list, err))
		return error_wrap(err, "%s:%d", host, port);
	channel = open_any(list, deadline_ms, err);
	freeaddrinfo(list);
	if (!channel)
		return error_wrap(err, "%s:%d", host, port);
	if (tls && tls_start(&channel, host, tls, deadline_ms, err))
		return error_wrap(err, "%s:%d", host, port);
	*ret_channel = TAKE(channel);
	return 0;
}

ssize_t channel_read(struct channel *channel, void *data, size_t len, struct error *err)
{
	struct buf *ahead = &channel->ahead;

	if (!ahead->len)
		return channel->ops->read(channel, data, len, err);
	if (len > ahead->len)
		len = ahead->len;
	memcpy(data, ahead->data, len);
	buf_consume(ahead, len);
	if (!ahead->len)
		buf_release(ahead);
	return (ssize_t)len;
}

ssize_t channel_write(struct channel *channel, const void *data, size_t len, struct error *err)
{
	return channel->ops->write(channel, data, len, err);
}

int channel_fd(const struct channel *channel)
{
	return channel->ops->fd ? channel->ops->fd(channel) : -1;
}

short channel_wants(const struct channel *channel, short wanted)
{
	return channel->ops->wants ? channel->ops->wants(channel, wanted) : wanted;
}

void channel_free(struct channel *channel)
{
	if (!channel)
		return;
	buf_release(&channel->ahead);
	channel->ops->free(channel);
}

void channel_freep(struct channel **channel)
{
	channel_free(*channel);
}
