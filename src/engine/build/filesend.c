/* SPDX-License-Identifier: MIT */
#include "engine/build/filesend.h"

#include "codec/protobuf.h"
#include "net/grpc.h"

enum { BYTES_DATA = 1 };

static int take_bytes(struct session *session, struct slice message, struct error *err)
{
	struct protobuf_field field;
	int status;

	while ((status = protobuf_next(&message, &field, err)) > 0)
		if (field.number == BYTES_DATA && field.bytes.len &&
		    session->receive(session->receive_arg, field.bytes.data, field.bytes.len, err))
			return -1;
	return status;
}

static int take_message(struct grpc_call *call, void *arg, struct slice message, struct error *err)
{
	struct session *session = arg;

	(void)call;
	if (!take_bytes(session, message, err))
		return 0;
	session_fail(session, err);
	return -1;
}

/* BuildKit awaits this: then it is all here. */
static int take_end(struct grpc_call *call, void *arg, struct error *err)
{
	(void)arg;
	return grpc_finish(call, GRPC_OK, NULL, err);
}

int filesend_accept(struct session *session, struct grpc_call *call, struct error *err)
{
	static const struct grpc_handler handler = { .message = take_message, .closed = take_end };

	if (session->is_receiving)
		return error_set(err, ERROR_PROTOCOL, "BuildKit exports the build twice");
	session->is_receiving = true;
	grpc_call_handle(call, &handler, session);
	return 0;
}
