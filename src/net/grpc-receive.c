/* SPDX-License-Identifier: MIT */
#include "net/grpc-call.h"

void grpc_call_end(struct grpc_call *call, const struct grpc_status *status)
{
	if (call->is_over)
		return;
	call->is_over = true;
	call->grpc->has_moved = true;
	if (call->handler && call->handler->ended)
		call->handler->ended(call, call->arg, status);
}

static void end_by_error(struct grpc_call *call, int code, const struct error *err)
{
	grpc_call_end(call, &(struct grpc_status){ code, err->message, err });
}

void grpc_call_fail(struct grpc_call *call, const struct error *err)
{
	struct error ignored = { 0 };
	int code = grpc_code_of(err);

	if (call->is_over)
		return;
	if (!grpc_is_server(call))
		h2_reset(&call->stream, H2_CANCEL);
	else if (grpc_finish(call, code, err->message, &ignored))
		h2_reset(&call->stream, H2_INTERNAL_ERROR);
	end_by_error(call, code, err);
}

static struct h2_stream *on_open(void *arg, struct error *err)
{
	struct grpc_call *call = grpc_call_new(arg, err);

	return call ? &call->stream : NULL;
}

static int on_header(struct h2_stream *stream, const struct h2_header *header, struct error *err)
{
	struct grpc_call *call = grpc_call_of(stream);

	(void)err;
	/* nghttp2 lets no NUL through. */
	buf_add_slice(&call->metadata, header->name);
	buf_add_char(&call->metadata, '\0');
	buf_add_slice(&call->metadata, header->value);
	buf_add_char(&call->metadata, '\0');
	return 0;
}

static bool is_grpc(const struct grpc_call *call)
{
	const char *type = grpc_metadata(call, "content-type", 0);

	return type && str_starts(type, "application/grpc");
}

static int offer(struct grpc_call *call, struct error *err)
{
	static const struct h2_header refusal = { { ":status", 7 }, { "415", 3 } };
	static const struct grpc_handler nobody = { 0 }; /* of a call finished at once */
	const char *path = grpc_metadata(call, ":path", 0);
	struct grpc *grpc = call->grpc;
	struct error reason = { 0 };

	if (!path || !is_grpc(call) || !str_equal(grpc_metadata(call, ":method", 0), "POST")) {
		call->is_over = call->is_finished = true;
		return h2_respond(&call->stream, &refusal, 1, true, err);
	}
	if (grpc->server->accept(grpc->server_arg, call, path, &reason)) {
		grpc_call_fail(call, &reason);
		return 0;
	}
	if (!call->handler && call->is_finished)
		grpc_call_handle(call, &nobody, NULL);
	if (call->handler || call->is_over)
		return 0;
	error_set(&reason, ERROR_UNSUPPORTED, "unknown method %s", str_brief(slice_of(path)).text);
	grpc_call_fail(call, &reason);
	return 0;
}

static int on_headers_end(struct h2_stream *stream, struct error *err)
{
	struct grpc_call *call = grpc_call_of(stream);
	struct error reason = { 0 };
	bool is_first = !call->has_headers;

	call->has_headers = true;
	call->grpc->has_moved = true;
	if (buf_check(&call->metadata, "the call's metadata", &reason)) {
		if (error_is(&reason, ERROR_MEMORY)) {
			*err = reason;
			return -1;
		}
		buf_reset(&call->metadata);
		grpc_call_fail(call, &reason);
		call->is_over = true;
	}
	if (call->is_over || !is_first)
		return 0;
	if (grpc_is_server(call))
		return offer(call, err);
	call->is_foreign = !grpc_metadata(call, "grpc-status", 0) &&
			   (!is_grpc(call) || !str_equal(grpc_metadata(call, ":status", 0), "200"));
	return 0;
}

/* How long the message at the begin of `data` is, or -1: it is not allowed. */
static int read_prefix(const char *data, size_t *ret_len, struct error *err)
{
	const unsigned char *bytes = (const unsigned char *)data;
	size_t len =
		(size_t)bytes[1] << 24 | (size_t)bytes[2] << 16 | (size_t)bytes[3] << 8 | bytes[4];

	if (bytes[0])
		return error_set(err, ERROR_PROTOCOL,
				 bytes[0] == 1 ? "a compressed message, which was not offered"
					       : "a message begins with no valid flag");
	if (len > LIMIT_GRPC_MESSAGE)
		return error_set(err, ERROR_PROTOCOL, "a message of %zu bytes, %lu are allowed",
				 len, LIMIT_GRPC_MESSAGE);
	*ret_len = len;
	return 0;
}

/* Hands the whole messages at the begin of `rest` over, cuts them off. */
static void take_messages(struct grpc_call *call, struct slice *rest)
{
	while (rest->len >= 5 && !call->is_over && !call->is_finished && !call->is_held) {
		struct slice message = slice_skip(*rest, 5);
		struct error err = { 0 };
		size_t len = 0;
		int status = read_prefix(rest->data, &len, &err);

		if (!status && message.len < len)
			return;
		if (!status) {
			message.len = len;
			*rest = slice_skip(*rest, 5 + len);
			if (call->handler->message)
				status = call->handler->message(call, call->arg, message, &err);
		}
		if (status)
			grpc_call_fail(call, &err);
	}
}

static void credit(struct grpc_call *call)
{
	h2_credit(&call->stream, call->uncredited);
	call->uncredited = 0;
}

/* What comes for nobody: the text of an answer that is no gRPC, or nothing. */
static void drop(struct grpc_call *call, struct slice data)
{
	if (call->is_foreign && call->in.len < LIMIT_PEER_TEXT)
		buf_add(&call->in, data.data,
			data.len < LIMIT_PEER_TEXT ? data.len : LIMIT_PEER_TEXT);
	credit(call);
}

static int on_data(struct h2_stream *stream, struct slice data, struct error *err)
{
	struct grpc_call *call = grpc_call_of(stream);

	call->grpc->has_moved = true;
	call->uncredited += data.len;
	if (call->is_over || call->is_finished || call->is_foreign) {
		drop(call, data);
		return 0;
	}
	/* Most messages need no copy. */
	if (!call->in.len)
		take_messages(call, &data);
	buf_add_slice(&call->in, data);
	if (buf_check(&call->in, "a message", err))
		return -1;
	grpc_call_receive(call);
	return 0;
}

/* The error of an answer that has no status. */
static void explain(const struct grpc_call *call, int *ret_code, struct error *err)
{
	const char *text = grpc_metadata(call, ":status", 0);
	int64_t status = 0;

	if (!call->is_foreign) {
		*ret_code = GRPC_INTERNAL;
		error_set(err, ERROR_PROTOCOL, "the peer ended the call without a status");
		return;
	}
	if (text && str_to_int(text, 100, 999, &status))
		*ret_code = grpc_code_of_http((int)status);
	if (grpc_status_check(&(struct grpc_status){ *ret_code, "", NULL }, err))
		error_set(err, err->kind, "no gRPC here: HTTP status %d%s%s", (int)status,
			  call->in.len ? ": " : "",
			  str_brief(slice_trim(buf_slice(&call->in))).text);
	err->http_status = (int)status;
}

/* A call of ours whose answer is complete. */
static void conclude(struct grpc_call *call)
{
	const char *code = grpc_metadata(call, "grpc-status", 0);
	const char *text = grpc_metadata(call, "grpc-message", 0);
	AUTOFREE char *message = NULL;
	struct error err = { 0 };
	struct grpc_status status = { GRPC_UNKNOWN, "", NULL };
	int64_t number;

	/* Nothing that we would still say is of interest. */
	if (!call->stream.is_ended || h2_queued(&call->stream))
		h2_reset(&call->stream, H2_NO_ERROR);
	if (!code) {
		explain(call, &status.code, &err);
	} else {
		if (str_to_int(code, 0, INT32_MAX, &number))
			status.code = (int)number;
		message = grpc_text_decode(text ? text : "", &err);
		if (!err.kind && status.code == GRPC_OK && call->in.len)
			error_set(&err, ERROR_PROTOCOL, "the answer breaks off in a message");
	}
	if (err.kind && status.code == GRPC_OK)
		status.code = GRPC_INTERNAL;
	status.message = err.kind ? err.message : message;
	status.error = err.kind ? &err : NULL;
	grpc_call_end(call, &status);
}

static void settle(struct grpc_call *call)
{
	struct error err = { 0 };

	if (call->is_over || call->is_held || !call->has_peer_ended)
		return;
	if (!grpc_is_server(call)) {
		conclude(call);
		return;
	}
	if (call->is_closed || call->is_finished)
		return;
	call->is_closed = true;
	call->grpc->has_moved = true;
	if (call->in.len)
		error_set(&err, ERROR_PROTOCOL, "the call breaks off in a message");
	else if (call->handler->closed)
		call->handler->closed(call, call->arg, &err);
	if (err.kind)
		grpc_call_fail(call, &err);
}

void grpc_call_receive(struct grpc_call *call)
{
	struct slice rest = buf_slice(&call->in);

	call->is_let_go = false;
	if (!call->is_foreign)
		take_messages(call, &rest);
	buf_consume(&call->in, call->in.len - rest.len);
	if (!call->is_held)
		credit(call);
	settle(call);
}

static int on_end(struct h2_stream *stream, struct error *err)
{
	struct grpc_call *call = grpc_call_of(stream);

	(void)err;
	call->has_peer_ended = true;
	settle(call);
	return 0;
}

static void on_close(struct h2_stream *stream, uint32_t code)
{
	struct grpc_call *call = grpc_call_of(stream);
	struct error err = { 0 };

	call->grpc->has_moved = true;
	if (grpc_is_server(call) && call->is_finished && !code) {
		grpc_call_end(call, &(struct grpc_status){ call->code, "", NULL });
		return;
	}
	/* The answer is complete; what is held of it has still to be handed over. */
	if (!grpc_is_server(call) && call->has_peer_ended && !code)
		return;
	error_set(&err, ERROR_UNREACHABLE, "the peer broke the call off (%s)", h2_code_name(code));
	end_by_error(call, grpc_code_of_reset(code), &err);
}

const struct h2_hooks grpc_hooks = {
	.open = on_open,
	.header = on_header,
	.headers_end = on_headers_end,
	.data = on_data,
	.end = on_end,
	.trailers = grpc_call_trailers,
	.close = on_close,
};
