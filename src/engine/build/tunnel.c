/* SPDX-License-Identifier: MIT */
#include "engine/build/tunnel.h"

#include <stdlib.h>

#include "base/limits.h"
#include "base/secret.h"
#include "codec/protobuf.h"

enum { BYTES_DATA = 1 };

struct tunnel {
	struct channel channel; /* first, so that either is the other */
	struct grpc_call *call; /* NULL: ended */
	struct buf pending;	/* came, but was not read yet */
	struct error failure;	/* why it ended, if that was no proper end */
};

static struct tunnel *tunnel_of(struct channel *channel)
{
	return (struct tunnel *)channel;
}

/* What is not read yet is bounded by the peer's window. */
static void regulate(struct tunnel *tunnel)
{
	if (tunnel->call)
		grpc_hold(tunnel->call, tunnel->pending.len >= LIMIT_GRPC_QUEUE);
}

static ssize_t tunnel_read(struct channel *channel, void *data, size_t len, struct error *err)
{
	struct tunnel *tunnel = tunnel_of(channel);

	if (!tunnel->pending.len && tunnel->call)
		return CHANNEL_AGAIN;
	if (!tunnel->pending.len && tunnel->failure.kind != ERROR_NONE) {
		*err = tunnel->failure;
		return -1;
	}
	if (len > tunnel->pending.len)
		len = tunnel->pending.len;
	memcpy(data, tunnel->pending.data, len);
	buf_consume(&tunnel->pending, len);
	regulate(tunnel);
	return (ssize_t)len;
}

static ssize_t tunnel_write(struct channel *channel, const void *data, size_t len,
			    struct error *err)
{
	struct tunnel *tunnel = tunnel_of(channel);
	/* Secrets are among the bytes. */
	AUTO(secret_buf_release) struct buf message = BUF_INIT(2 * LIMIT_CHUNK);

	if (!tunnel->call)
		return error_set(err, ERROR_UNREACHABLE, "BuildKit ended the session");
	if (!grpc_has_room(tunnel->call))
		return CHANNEL_AGAIN;
	if (len > LIMIT_CHUNK)
		len = LIMIT_CHUNK;
	protobuf_put_bytes(&message, BYTES_DATA, (struct slice){ data, len });
	if (buf_check(&message, "a message", err) ||
	    grpc_send(tunnel->call, buf_slice(&message), err))
		return -1;
	return (ssize_t)len;
}

static void tunnel_free(struct channel *channel)
{
	struct tunnel *tunnel = tunnel_of(channel);

	if (tunnel->call)
		grpc_cancel(tunnel->call);
	buf_release(&tunnel->pending);
	free(tunnel);
}

static const struct channel_ops tunnel_ops = {
	.read = tunnel_read,
	.write = tunnel_write,
	.free = tunnel_free,
};

static int take_message(struct grpc_call *call, void *arg, struct slice message, struct error *err)
{
	struct tunnel *tunnel = arg;
	struct protobuf_field field;
	int status;

	(void)call;
	while ((status = protobuf_next(&message, &field, err)) > 0)
		if (field.number == BYTES_DATA)
			buf_add_slice(&tunnel->pending, field.bytes);
	if (status < 0 || buf_check(&tunnel->pending, "the session", err))
		return -1;
	regulate(tunnel);
	return 0;
}

static void end_tunnel(struct grpc_call *call, void *arg, const struct grpc_status *status)
{
	struct tunnel *tunnel = arg;

	(void)call;
	tunnel->call = NULL;
	if (grpc_status_check(status, &tunnel->failure))
		error_wrap(&tunnel->failure, "BuildKit ended the session");
}

int tunnel_open(struct grpc *carrier, const struct strv *metadata, struct channel **ret_channel,
		struct error *err)
{
	static const struct grpc_handler handler = { .message = take_message, .ended = end_tunnel };
	struct tunnel *tunnel = calloc(1, sizeof(*tunnel));

	if (!tunnel)
		return error_set_memory(err);
	tunnel->channel.ops = &tunnel_ops;
	buf_init(&tunnel->pending, LIMIT_GRPC_QUEUE + LIMIT_GRPC_MESSAGE);
	tunnel->call = grpc_start(carrier,
				  &(struct grpc_request){ .path = TUNNEL_PATH,
							  .metadata = metadata,
							  .handler = &handler,
							  .arg = tunnel },
				  err);
	if (!tunnel->call) {
		tunnel_free(&tunnel->channel);
		return -1;
	}
	*ret_channel = &tunnel->channel;
	return 0;
}
