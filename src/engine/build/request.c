/* SPDX-License-Identifier: MIT */
#include "engine/build/request.h"

#include "codec/protobuf.h"

char *request_text(struct slice message, struct error *err)
{
	struct slice text = SLICE("");
	struct protobuf_field field;
	int status;

	while ((status = protobuf_next(&message, &field, err)) > 0)
		if (field.number == 1)
			text = field.bytes;
	if (status < 0)
		return NULL;
	if (text.len > LIMIT_PEER_TEXT || (text.len && memchr(text.data, '\0', text.len))) {
		error_set(err, ERROR_PROTOCOL, "the engine asks for something without a name");
		return NULL;
	}
	return str_copy_slice(text, err);
}

int request_answer(struct grpc_call *call, const struct buf *answer, struct error *err)
{
	if (buf_check(answer, "an answer to the engine", err) ||
	    grpc_send(call, buf_slice(answer), err))
		return -1;
	return grpc_finish(call, GRPC_OK, NULL, err);
}
