/* SPDX-License-Identifier: MIT */
#include "engine/content.h"

#include "base/limits.h"
#include "base/time.h"
#include "codec/digest.h"
#include "codec/protobuf.h"
#include "net/upgrade.h"

/* Field numbers of containerd's content.proto. */
#define READ_DIGEST 1
#define READ_DATA   2

static const struct grpc_options options = { .name = "the engine's content service" };

int content_open(const char *socket, struct grpc **ret_grpc, struct error *err)
{
	AUTO(channel_freep) struct channel *channel = NULL;

	if (channel_open_unix(socket, &channel, err) ||
	    channel_upgrade(channel, "/grpc", NULL, err))
		return -1;
	return grpc_new(TAKE(channel), &options, ret_grpc, err);
}

struct reading {
	struct buf *bytes;
	bool has_ended;
	int status;
	struct error *err;
};

static int take_message(struct grpc_call *call, void *arg, struct slice message, struct error *err)
{
	struct reading *reading = arg;
	struct protobuf_field field;
	int status;

	(void)call;
	while ((status = protobuf_next(&message, &field, err)) > 0)
		if (field.number == READ_DATA)
			buf_add_slice(reading->bytes, field.bytes);
	return status ? -1 : buf_check(reading->bytes, "a blob of the engine's", err);
}

static void take_end(struct grpc_call *call, void *arg, const struct grpc_status *status)
{
	struct reading *reading = arg;

	(void)call;
	reading->has_ended = true;
	reading->status = grpc_status_check(status, reading->err);
}

static const struct grpc_handler handler = { .message = take_message, .ended = take_end };

/* Until the call has ended; an error of the connection has ended it too. */
static int await(struct grpc *grpc, struct grpc_call *call, struct reading *reading,
		 struct error *err)
{
	int64_t deadline = time_monotonic_ms() + LIMIT_ENGINE_CALL_MS;

	while (!reading->has_ended) {
		int64_t left = deadline - time_monotonic_ms();
		struct error broken = { 0 };

		if (left <= 0) {
			grpc_cancel(call);
			return error_set(err, ERROR_UNREACHABLE, "%s does not answer",
					 options.name);
		}
		if (grpc_drive(&grpc, 1, left, &broken) && !reading->has_ended) {
			grpc_cancel(call);
			*err = broken;
			return -1;
		}
	}
	return reading->status;
}

int content_read(struct grpc *grpc, const char *digest, struct buf *ret_bytes, struct error *err)
{
	AUTO(buf_release) struct buf request = BUF_INIT(LIMIT_HEADER_LINE);
	struct reading reading = { .bytes = ret_bytes, .err = err };
	const struct grpc_request read = { .path = "/containerd.services.content.v1.Content/Read",
					   .handler = &handler,
					   .arg = &reading };
	struct digest_text actual;
	struct grpc_call *call;

	protobuf_put_text(&request, READ_DIGEST, digest);
	if (buf_check(&request, "a request", err))
		return -1;
	call = grpc_start(grpc, &read, err);
	if (!call)
		return -1;
	if (grpc_send(call, buf_slice(&request), err) || grpc_close(call, err)) {
		grpc_cancel(call);
		return -1;
	}
	if (await(grpc, call, &reading, err))
		return error_wrap(err, "cannot read %s", digest);
	if (digest_of(buf_slice(ret_bytes), &actual, err))
		return -1;
	if (!str_equal(actual.text, digest))
		return error_set(err, ERROR_PROTOCOL, "the engine gave %s for %s", actual.text,
				 digest);
	return 0;
}
