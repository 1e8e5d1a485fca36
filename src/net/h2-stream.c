/* SPDX-License-Identifier: MIT */
#include "net/h2-session.h"

nghttp2_nv h2_pair(const struct h2_header *header)
{
	return (nghttp2_nv){
		.name = (uint8_t *)(uintptr_t)header->name.data,
		.namelen = header->name.len,
		.value = (uint8_t *)(uintptr_t)header->value.data,
		.valuelen = header->value.len,
	};
}

/* NULL without memory; the caller frees. */
static nghttp2_nv *make_pairs(const struct h2_header *headers, size_t count)
{
	nghttp2_nv *pairs = calloc(count, sizeof(*pairs));

	for (size_t i = 0; pairs && i < count; i++)
		pairs[i] = h2_pair(&headers[i]);
	return pairs;
}

static int check(const struct h2 *h2, struct error *err)
{
	if (h2->err.kind)
		*err = h2->err;
	return h2->err.kind ? -1 : 0;
}

int h2_request(struct h2 *h2, struct h2_stream *stream, const struct h2_header *headers,
	       size_t count, struct error *err)
{
	const nghttp2_data_provider provider = { .source = { .ptr = stream },
						 .read_callback = h2_read_queue };
	AUTOFREE nghttp2_nv *pairs = NULL;
	int32_t id;

	if (check(h2, err))
		return -1;
	if (!nghttp2_session_check_request_allowed(h2->session))
		return error_set(err, ERROR_UNREACHABLE, "the peer accepts no more calls%s%s",
				 h2->reason[0] ? ": " : "", h2->reason);
	pairs = make_pairs(headers, count);
	if (!pairs)
		return error_set_memory(err);
	id = nghttp2_submit_request(h2->session, NULL, pairs, count, &provider, stream);
	if (id < 0)
		return h2_set_error(err, id);
	stream->h2 = h2;
	stream->id = id;
	buf_init(&stream->out, SIZE_MAX / 2);
	return 0;
}

int h2_respond(struct h2_stream *stream, const struct h2_header *headers, size_t count, bool is_all,
	       struct error *err)
{
	const nghttp2_data_provider provider = { .source = { .ptr = stream },
						 .read_callback = h2_read_queue };
	AUTOFREE nghttp2_nv *pairs = make_pairs(headers, count);
	int status;

	if (check(stream->h2, err))
		return -1;
	if (!pairs)
		return error_set_memory(err);
	status = nghttp2_submit_response(stream->h2->session, stream->id, pairs, count,
					 is_all ? NULL : &provider);
	return status ? h2_set_error(err, status) : 0;
}

size_t h2_queued(const struct h2_stream *stream)
{
	return stream->out.len - stream->out_sent;
}

int h2_send(struct h2_stream *stream, struct slice data, struct error *err)
{
	/* Each byte is moved once at most. */
	if (stream->out_sent && stream->out_sent >= h2_queued(stream)) {
		buf_consume(&stream->out, stream->out_sent);
		stream->out_sent = 0;
	}
	buf_add_slice(&stream->out, data);
	return buf_check(&stream->out, "what waits to be sent", err);
}

int h2_resume(struct h2_stream *stream, struct error *err)
{
	int status;

	if (check(stream->h2, err))
		return -1;
	status = nghttp2_session_resume_data(stream->h2->session, stream->id);
	/* Not deferred: it is under way, or its headers are. */
	if (!status || status == NGHTTP2_ERR_INVALID_ARGUMENT)
		return 0;
	return h2_set_error(err, status);
}

int h2_end(struct h2_stream *stream, bool has_trailers, struct error *err)
{
	stream->is_ended = true;
	stream->has_trailers = has_trailers;
	return h2_resume(stream, err);
}

void h2_reset(struct h2_stream *stream, uint32_t code)
{
	struct h2 *h2 = stream->h2;
	int status;

	if (!stream->id || h2->err.kind)
		return;
	stream->is_ended = true;
	status = nghttp2_submit_rst_stream(h2->session, NGHTTP2_FLAG_NONE, stream->id, code);
	if (status)
		h2_set_error(&h2->err, status);
}

void h2_credit(struct h2_stream *stream, size_t len)
{
	struct h2 *h2 = stream->h2;
	int status;

	if (!stream->id || h2->err.kind || !len)
		return;
	status = nghttp2_session_consume_stream(h2->session, stream->id, len);
	if (status)
		h2_set_error(&h2->err, status);
}

const char *h2_code_name(uint32_t code)
{
	return nghttp2_http2_strerror(code);
}
