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
		return error_wrap(err, "%s", options.name);
	return grpc_new(TAKE(channel), &options, ret_grpc, err);
}

struct reading {
	http_sink *sink;
	void *arg;
	struct digest digest;
	int64_t moved_at_ms;
	bool has_ended;
	int status;
	struct error *err;
};

static void reading_release(struct reading *reading)
{
	digest_release(&reading->digest);
}

static int take_message(struct grpc_call *call, void *arg, struct slice message, struct error *err)
{
	struct reading *reading = arg;
	struct protobuf_field field;
	int status;

	(void)call;
	reading->moved_at_ms = time_monotonic_ms();
	while ((status = protobuf_next(&message, &field, err)) > 0) {
		if (field.number != READ_DATA)
			continue;
		digest_add(&reading->digest, field.bytes.data, field.bytes.len);
		if (reading->sink(reading->arg, field.bytes.data, field.bytes.len, err))
			return -1;
	}
	return status;
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
	while (!reading->has_ended) {
		int64_t left =
			reading->moved_at_ms + LIMIT_ENGINE_CALL_MS - time_monotonic_ms();
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

static int request(struct grpc *grpc, const char *digest, struct reading *reading,
		   struct error *err)
{
	AUTO(buf_release) struct buf message = BUF_INIT(LIMIT_HEADER_LINE);
	const struct grpc_request read = { .path = "/containerd.services.content.v1.Content/Read",
					   .handler = &handler,
					   .arg = reading };
	struct grpc_call *call;

	protobuf_put_text(&message, READ_DIGEST, digest);
	if (buf_check(&message, "a request", err))
		return -1;
	call = grpc_start(grpc, &read, err);
	if (!call)
		return -1;
	if (grpc_send(call, buf_slice(&message), err) || grpc_close(call, err)) {
		grpc_cancel(call);
		return -1;
	}
	return await(grpc, call, reading, err);
}

int content_stream(struct grpc *grpc, const char *digest, http_sink *sink, void *arg,
		   struct error *err)
{
	AUTO(reading_release)
	struct reading reading = {
		.sink = sink, .arg = arg, .moved_at_ms = time_monotonic_ms(), .err = err
	};
	struct digest_text actual;

	if (digest_init(&reading.digest, err))
		return -1;
	if (request(grpc, digest, &reading, err))
		return error_wrap(err, "cannot read %s", digest);
	actual = digest_finish(&reading.digest);
	if (!str_equal(actual.text, digest))
		return error_set(err, ERROR_PROTOCOL, "the engine gave %s for %s", actual.text,
				 digest);
	return 0;
}

static int add_bytes(void *arg, const void *data, size_t len, struct error *err)
{
	struct buf *bytes = arg;

	buf_add(bytes, data, len);
	return buf_check(bytes, "a blob of the engine's", err);
}

int content_read(struct grpc *grpc, const char *digest, struct buf *ret_bytes, struct error *err)
{
	return content_stream(grpc, digest, add_bytes, ret_bytes, err);
}
