/* SPDX-License-Identifier: MIT */
#include "daemon.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/str.h"
#include "codec/protobuf.h"
#include "engine/build/solve.h"
#include "engine/build/tunnel.h"

/*
 * A socket that gives so many bytes and no more.
 */
struct short_channel {
	struct channel channel;
	struct channel *inner;
	struct daemon *daemon;
};

static size_t allow(struct daemon *daemon, size_t len)
{
	size_t left = daemon->budget - daemon->sent;

	len = len < left ? len : left;
	return len;
}

static ssize_t short_read(struct channel *channel, void *data, size_t len, struct error *err)
{
	return channel_read(((struct short_channel *)channel)->inner, data, len, err);
}

static ssize_t short_write(struct channel *channel, const void *data, size_t len, struct error *err)
{
	struct short_channel *self = (struct short_channel *)channel;
	size_t allowed = allow(self->daemon, len);
	ssize_t written;

	if (!allowed)
		return error_set(err, ERROR_UNREACHABLE, "the budget is spent");
	written = channel_write(self->inner, data, allowed, err);
	if (written > 0)
		self->daemon->sent += (size_t)written;
	return written;
}

static int short_fd(const struct channel *channel)
{
	return channel_fd(((const struct short_channel *)channel)->inner);
}

static void short_free(struct channel *channel)
{
	channel_free(((struct short_channel *)channel)->inner);
	free(channel);
}

static const struct channel_ops short_ops = {
	.read = short_read,
	.write = short_write,
	.fd = short_fd,
	.free = short_free,
};

static struct channel *channel_of(struct daemon *daemon, int fd)
{
	struct short_channel *self = calloc(1, sizeof(*self));
	struct error err = { 0 };

	self->channel.ops = &short_ops;
	self->daemon = daemon;
	if (channel_of_socket(fd, &self->inner, &err))
		abort();
	return &self->channel;
}

/*
 * The calls of the client.
 */
static int take_request(struct grpc_call *call, void *arg, struct slice message, struct error *err)
{
	struct daemon *daemon = arg;

	(void)err;
	if (call == daemon->solve)
		buf_add_slice(&daemon->request, message);
	return 0;
}

/* Both are there: the build begins. */
static int start_when_closed(struct grpc_call *call, void *arg, struct error *err)
{
	(void)call;
	(void)err;
	struct daemon *daemon = arg;

	if (daemon->solve && daemon->status && daemon->request.len && call == daemon->status)
		daemon_ask_next(daemon);
	return 0;
}

static void end_call(struct grpc_call *call, void *arg, const struct grpc_status *status)
{
	struct daemon *daemon = arg;

	if (call == daemon->solve && status->code != GRPC_OK)
		atomic_store(&daemon->is_cancelled, true);
}

static const struct grpc_handler on_call = { .message = take_request,
					     .closed = start_when_closed,
					     .ended = end_call };

struct tunnel_end {
	struct channel channel;
	struct daemon *daemon;
	struct grpc_call *call;
	struct buf pending;
};

static ssize_t end_read(struct channel *channel, void *data, size_t len, struct error *err)
{
	struct tunnel_end *end = (struct tunnel_end *)channel;

	(void)err;
	if (!end->pending.len)
		return end->call ? CHANNEL_AGAIN : 0;
	if (len > end->pending.len)
		len = end->pending.len;
	memcpy(data, end->pending.data, len);
	buf_consume(&end->pending, len);
	return (ssize_t)len;
}

static ssize_t end_write(struct channel *channel, const void *data, size_t len, struct error *err)
{
	struct tunnel_end *end = (struct tunnel_end *)channel;
	AUTO(buf_release) struct buf message = BUF_INIT(MIB);

	if (!end->call)
		return error_set(err, ERROR_UNREACHABLE, "the tunnel is closed");
	protobuf_put_bytes(&message, 1, (struct slice){ data, len });
	return grpc_send(end->call, buf_slice(&message), err) ? -1 : (ssize_t)len;
}

static void end_free(struct channel *channel)
{
	buf_release(&((struct tunnel_end *)channel)->pending);
	free(channel);
}

static const struct channel_ops end_ops = { .read = end_read,
					    .write = end_write,
					    .free = end_free };

static int take_bytes(struct grpc_call *call, void *arg, struct slice message, struct error *err)
{
	struct tunnel_end *end = arg;
	struct protobuf_field field;

	(void)call;
	while (protobuf_next(&message, &field, err) > 0)
		buf_add_slice(&end->pending, field.bytes);
	return 0;
}

static void close_tunnel(struct grpc_call *call, void *arg, const struct grpc_status *status)
{
	(void)call;
	(void)status;
	((struct tunnel_end *)arg)->call = NULL;
}

static const struct grpc_handler on_tunnel = { .message = take_bytes, .ended = close_tunnel };

static int accept_tunnel(struct daemon *daemon, struct grpc_call *call, struct error *err)
{
	struct tunnel_end *end = calloc(1, sizeof(*end));
	const struct grpc_options options = { .name = "the client's session" };
	const char *method;

	*end = (struct tunnel_end){ .channel = { .ops = &end_ops }, .call = call };
	end->daemon = daemon;
	buf_init(&end->pending, 64 * MIB);
	for (size_t i = 0; (method = grpc_metadata(call, "x-docker-expose-session-grpc-method", i));
	     i++)
		buf_add_format(&daemon->session_head, "%s\n", method);
	grpc_call_handle(call, &on_tunnel, end);
	return grpc_new(&end->channel, &options, &daemon->session, err);
}

static int accept_call(void *arg, struct grpc_call *call, const char *path, struct error *err)
{
	struct daemon *daemon = arg;

	if (!strcmp(path, SOLVE_PATH))
		daemon->solve = call;
	else if (!strcmp(path, STATUS_PATH))
		daemon->status = call;
	else if (!strcmp(path, TUNNEL_PATH) && daemon->script->has_tunnel)
		return accept_tunnel(daemon, call, err);
	else
		return 0;
	grpc_call_handle(call, &on_call, daemon);
	return 0;
}

static const struct grpc_server server = { .accept = accept_call };

/*
 * Connections.
 */
static bool send_text(struct daemon *daemon, int fd, const char *text)
{
	size_t allowed = allow(daemon, strlen(text));

	daemon->sent += allowed;
	if (allowed && send(fd, text, allowed, MSG_NOSIGNAL) != (ssize_t)allowed)
		return false;
	return allowed == strlen(text);
}

/* The head of a request, byte by byte: what is behind it is HTTP/2. */
static bool read_head(int fd, struct buf *head)
{
	char c;

	while (!strstr(head->data, "\r\n\r\n") && read(fd, &c, 1) == 1)
		buf_add_char(head, c);
	return strstr(head->data, "\r\n\r\n");
}

#define SWITCH "HTTP/1.1 101 UPGRADED\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n"

static bool take_connection(struct daemon *daemon)
{
	AUTO(buf_release) struct buf head = BUF_INIT(64 * KIB);
	const struct grpc_options control = { .name = "the client's control",
					      .server = &server,
					      .server_arg = daemon };
	const struct grpc_options session = { .name = "the client's session" };
	AUTOCLOSE int fd = accept4(daemon->listener, NULL, NULL, SOCK_CLOEXEC);
	bool is_session;
	struct error err = { 0 };

	if (fd < 0)
		return false;
	if (daemon->script->has_tunnel)
		return !grpc_new(channel_of(daemon, TAKE_FD(fd)), &control, &daemon->control, &err);
	if (!read_head(fd, &head))
		return false;
	is_session = str_starts(head.data, "POST /session HTTP/1.1\r\n");
	if (is_session)
		buf_add_slice(&daemon->session_head, buf_slice(&head));
	else if (!str_starts(head.data, "POST /grpc HTTP/1.1\r\n"))
		daemon_complain(daemon, "a connection", head.data);
	if (!send_text(daemon, fd, SWITCH))
		return false;
	return !grpc_new(channel_of(daemon, TAKE_FD(fd)), is_session ? &session : &control,
			 is_session ? &daemon->session : &daemon->control, &err);
}

static void *serve(void *arg)
{
	struct daemon *daemon = arg;
	struct error err = { 0 };

	while (!daemon->control && take_connection(daemon))
		;
	while (daemon->control) {
		struct grpc *both[] = { daemon->control, daemon->session };

		if (grpc_drive(both, daemon->session ? 2 : 1, 20, &err))
			break;
	}
	grpc_free(daemon->session);
	grpc_free(daemon->control);
	close(daemon->listener);
	return NULL;
}

void daemon_start(struct daemon *daemon, const struct daemon_script *script, size_t budget)
{
	static int count;
	struct sockaddr_un address = { .sun_family = AF_UNIX };

	*daemon = (struct daemon){ .script = script,
				   .budget = budget,
				   .session_head = BUF_INIT(64 * KIB),
				   .request = BUF_INIT(64 * KIB),
				   .answers = BUF_INIT(MIB) };
	snprintf(daemon->url, sizeof(daemon->url), "unix:///tmp/git-image-daemon-%d-%d.sock",
		 (int)getpid(), count++);
	snprintf(address.sun_path, sizeof(address.sun_path), "%s", daemon->url + strlen("unix://"));
	daemon->listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(bind(daemon->listener, (struct sockaddr *)&address, sizeof(address)), 0);
	assert_int_equal(listen(daemon->listener, 4), 0);
	assert_int_equal(pthread_create(&daemon->thread, NULL, serve, daemon), 0);
}

void daemon_finish(struct daemon *daemon)
{
	shutdown(daemon->listener, SHUT_RDWR);
	pthread_join(daemon->thread, NULL);
	unlink(daemon->url + strlen("unix://"));
	assert_string_equal(daemon->complaint, "");
}

void daemon_release(struct daemon *daemon)
{
	buf_release(&daemon->session_head);
	buf_release(&daemon->request);
	buf_release(&daemon->answers);
}
