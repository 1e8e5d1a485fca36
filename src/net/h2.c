/* SPDX-License-Identifier: MIT */
#include "base/secret.h"
#include "net/h2-session.h"

/* One write to the channel: some frames. Filled only when all of it is gone. */
#define OUT_MARK LIMIT_CHUNK
/* All streams share the connection's window, so it must not be what stops one. */
#define CONNECTION_WINDOW (16 * MIB)

int h2_set_error(struct error *err, int code)
{
	if (code == NGHTTP2_ERR_NOMEM)
		return error_set_memory(err);
	return error_set(err, ERROR_PROTOCOL, "HTTP/2: %s", nghttp2_strerror(code));
}

/* A hook's result as nghttp2 wants it. */
static int result_of(int status)
{
	return status ? NGHTTP2_ERR_CALLBACK_FAILURE : 0;
}

static struct h2_stream *stream_of(struct h2 *h2, int32_t id)
{
	return h2->is_leaving ? NULL : nghttp2_session_get_stream_user_data(h2->session, id);
}

static int on_begin_headers(nghttp2_session *session, const nghttp2_frame *frame, void *arg)
{
	struct h2_stream *stream;
	struct h2 *h2 = arg;

	if (frame->headers.cat != NGHTTP2_HCAT_REQUEST || h2->is_leaving)
		return 0;
	stream = h2->hooks->open(h2->arg, &h2->err);
	if (!stream)
		return NGHTTP2_ERR_CALLBACK_FAILURE;
	stream->h2 = h2;
	stream->id = frame->hd.stream_id;
	buf_init(&stream->out, SIZE_MAX / 2);
	nghttp2_session_set_stream_user_data(session, stream->id, stream);
	return 0;
}

static int on_header(nghttp2_session *session, const nghttp2_frame *frame, nghttp2_rcbuf *name,
		     nghttp2_rcbuf *value, uint8_t flags, void *arg)
{
	struct h2 *h2 = arg;
	struct h2_stream *stream = stream_of(h2, frame->hd.stream_id);
	nghttp2_vec parts[] = { nghttp2_rcbuf_get_buf(name), nghttp2_rcbuf_get_buf(value) };
	struct h2_header header = { { (const char *)parts[0].base, parts[0].len },
				    { (const char *)parts[1].base, parts[1].len } };

	(void)session;
	(void)flags;
	return stream ? result_of(h2->hooks->header(stream, &header, &h2->err)) : 0;
}

static int on_data(nghttp2_session *session, uint8_t flags, int32_t id, const uint8_t *data,
		   size_t len, void *arg)
{
	struct h2 *h2 = arg;
	struct h2_stream *stream = stream_of(h2, id);
	int status;

	(void)flags;
	status = nghttp2_session_consume_connection(session, len);
	if (!status && !stream)
		status = nghttp2_session_consume_stream(session, id, len);
	if (status) {
		h2_set_error(&h2->err, status);
		return NGHTTP2_ERR_CALLBACK_FAILURE;
	}
	if (!stream)
		return 0;
	return result_of(
		h2->hooks->data(stream, (struct slice){ (const char *)data, len }, &h2->err));
}

static void note_goodbye(struct h2 *h2, const nghttp2_goaway *goaway)
{
	struct slice text = { (const char *)goaway->opaque_data, goaway->opaque_data_len };

	snprintf(h2->reason, sizeof(h2->reason), "%s%s%.*s", h2_code_name(goaway->error_code),
		 text.len ? ": " : "", text.len > 200 ? 200 : (int)text.len,
		 text.len ? text.data : "");
}

static int on_frame(nghttp2_session *session, const nghttp2_frame *frame, void *arg)
{
	struct h2 *h2 = arg;
	struct h2_stream *stream;

	(void)session;
	if (frame->hd.type == NGHTTP2_GOAWAY)
		note_goodbye(h2, &frame->goaway);
	if (frame->hd.type != NGHTTP2_HEADERS && frame->hd.type != NGHTTP2_DATA)
		return 0;
	stream = stream_of(h2, frame->hd.stream_id);
	if (stream && frame->hd.type == NGHTTP2_HEADERS && h2->hooks->headers_end(stream, &h2->err))
		return NGHTTP2_ERR_CALLBACK_FAILURE;
	if (!stream || !(frame->hd.flags & NGHTTP2_FLAG_END_STREAM))
		return 0;
	return result_of(h2->hooks->end(stream, &h2->err));
}

/* A server that has said all does not wait for the rest of the request. */
static int on_frame_sent(nghttp2_session *session, const nghttp2_frame *frame, void *arg)
{
	struct h2 *h2 = arg;
	int32_t id = frame->hd.stream_id;

	if (!h2->is_server || frame->hd.type != NGHTTP2_HEADERS ||
	    !(frame->hd.flags & NGHTTP2_FLAG_END_STREAM) ||
	    nghttp2_session_get_stream_remote_close(session, id))
		return 0;
	return nghttp2_submit_rst_stream(session, NGHTTP2_FLAG_NONE, id, NGHTTP2_NO_ERROR);
}

static int on_stream_close(nghttp2_session *session, int32_t id, uint32_t code, void *arg)
{
	struct h2 *h2 = arg;
	struct h2_stream *stream = stream_of(h2, id);

	(void)session;
	if (!stream)
		return 0;
	stream->id = 0;
	secret_buf_release(&stream->out);
	stream->out_sent = 0;
	h2->hooks->close(stream, code);
	return 0;
}

static int on_library_error(nghttp2_session *session, int code, const char *text, size_t len,
			    void *arg)
{
	struct h2 *h2 = arg;

	(void)session;
	(void)code;
	snprintf(h2->reason, sizeof(h2->reason), "%.*s", (int)len, text);
	return 0;
}

static ssize_t on_send(nghttp2_session *session, const uint8_t *data, size_t len, int flags,
		       void *arg)
{
	struct h2 *h2 = arg;

	(void)session;
	(void)flags;
	if (h2->out.len >= OUT_MARK)
		return NGHTTP2_ERR_WOULDBLOCK;
	buf_add(&h2->out, data, len);
	return h2->out.has_failed ? NGHTTP2_ERR_CALLBACK_FAILURE : (ssize_t)len;
}

static int on_send_data(nghttp2_session *session, nghttp2_frame *frame, const uint8_t *head,
			size_t len, nghttp2_data_source *source, void *arg)
{
	struct h2_stream *stream = source->ptr;
	struct h2 *h2 = arg;

	(void)session;
	(void)frame;
	if (h2->out.len >= OUT_MARK)
		return NGHTTP2_ERR_WOULDBLOCK;
	buf_add(&h2->out, head, 9);
	buf_add(&h2->out, stream->out.data + stream->out_sent, len);
	if (h2->out.has_failed)
		return NGHTTP2_ERR_CALLBACK_FAILURE;
	stream->out_sent += len;
	if (stream->out_sent == stream->out.len) {
		buf_reset(&stream->out);
		stream->out_sent = 0;
	}
	return 0;
}

static int submit_trailers(struct h2_stream *stream)
{
	struct h2_header headers[H2_TRAILERS_MAX];
	nghttp2_nv pairs[H2_TRAILERS_MAX];
	size_t count = stream->h2->hooks->trailers(stream, headers);

	for (size_t i = 0; i < count; i++)
		pairs[i] = h2_pair(&headers[i]);
	return nghttp2_submit_trailer(stream->h2->session, stream->id, pairs, count);
}

ssize_t h2_read_queue(nghttp2_session *session, int32_t id, uint8_t *data, size_t len,
		      uint32_t *flags, nghttp2_data_source *source, void *arg)
{
	struct h2_stream *stream = source->ptr;
	size_t queued = h2_queued(stream);

	(void)session;
	(void)id;
	(void)data;
	(void)arg;
	if (!queued && !stream->is_ended)
		return NGHTTP2_ERR_DEFERRED;
	if (queued)
		*flags |= NGHTTP2_DATA_FLAG_NO_COPY;
	if (len < queued)
		return (ssize_t)len;
	if (!stream->is_ended)
		return (ssize_t)queued;
	*flags |= NGHTTP2_DATA_FLAG_EOF;
	if (stream->has_trailers) {
		*flags |= NGHTTP2_DATA_FLAG_NO_END_STREAM;
		if (submit_trailers(stream))
			return NGHTTP2_ERR_CALLBACK_FAILURE;
	}
	return (ssize_t)queued;
}

static int make_callbacks(nghttp2_session_callbacks **ret_callbacks)
{
	nghttp2_session_callbacks *callbacks;

	if (nghttp2_session_callbacks_new(&callbacks))
		return -1;
	nghttp2_session_callbacks_set_on_begin_headers_callback(callbacks, on_begin_headers);
	nghttp2_session_callbacks_set_on_header_callback2(callbacks, on_header);
	nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks, on_data);
	nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks, on_frame);
	nghttp2_session_callbacks_set_on_frame_send_callback(callbacks, on_frame_sent);
	nghttp2_session_callbacks_set_on_stream_close_callback(callbacks, on_stream_close);
	nghttp2_session_callbacks_set_error_callback2(callbacks, on_library_error);
	nghttp2_session_callbacks_set_send_callback(callbacks, on_send);
	nghttp2_session_callbacks_set_send_data_callback(callbacks, on_send_data);
	*ret_callbacks = callbacks;
	return 0;
}

static int make_session(struct h2 *h2)
{
	nghttp2_session_callbacks *callbacks;
	nghttp2_option *option;
	int status;

	if (make_callbacks(&callbacks))
		return NGHTTP2_ERR_NOMEM;
	status = nghttp2_option_new(&option);
	if (!status) {
		nghttp2_option_set_no_auto_window_update(option, 1);
		nghttp2_option_set_no_closed_streams(option, 1);
		status = h2->is_server
				 ? nghttp2_session_server_new2(&h2->session, callbacks, h2, option)
				 : nghttp2_session_client_new2(&h2->session, callbacks, h2, option);
		nghttp2_option_del(option);
	}
	nghttp2_session_callbacks_del(callbacks);
	return status;
}

static int introduce(struct h2 *h2, const struct h2_options *options)
{
	nghttp2_settings_entry settings[] = {
		{ NGHTTP2_SETTINGS_ENABLE_PUSH, 0 },
		{ NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, options->window },
		{ NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, options->stream_max },
		{ NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE, options->header_max },
	};
	size_t first = h2->is_server ? 1 : 0; /* only a client speaks of push */
	int status = nghttp2_submit_settings(h2->session, NGHTTP2_FLAG_NONE, settings + first,
					     ARRAY_SIZE(settings) - first);

	if (status)
		return status;
	return nghttp2_session_set_local_window_size(h2->session, NGHTTP2_FLAG_NONE, 0,
						     CONNECTION_WINDOW);
}

int h2_new(struct channel *channel, const struct h2_options *options, struct h2 **ret_h2,
	   struct error *err)
{
	struct h2 *h2 = calloc(1, sizeof(*h2));
	int status = NGHTTP2_ERR_NOMEM;

	if (!h2) {
		channel_free(channel);
		return error_set_memory(err);
	}
	h2->channel = channel;
	h2->hooks = options->hooks;
	h2->arg = options->arg;
	h2->is_server = options->is_server;
	buf_init(&h2->out, 1 * MIB);
	status = make_session(h2);
	if (!status)
		status = introduce(h2, options);
	if (status) {
		h2_free(h2);
		return h2_set_error(err, status);
	}
	*ret_h2 = h2;
	return 0;
}

/* Fills `out` as soon as it is empty, writes it as far as that goes. That the
 * channel refuses is no error yet: the peer may have said why. */
static int flush(struct h2 *h2, bool *moved, struct error *err)
{
	while (!h2->write_err.kind) {
		ssize_t sent;

		if (!h2->out.len) {
			int status = nghttp2_session_send(h2->session);

			if (h2->err.kind || h2->out.has_failed)
				return h2->err.kind ? -1 : error_set_memory(err);
			if (status)
				return h2_set_error(err, status);
		}
		if (!h2->out.len)
			return 0;
		sent = channel_write(h2->channel, h2->out.data + h2->out_sent,
				     h2->out.len - h2->out_sent, &h2->write_err);
		if (sent < 0)
			return 0;
		*moved = true;
		h2->out_sent += (size_t)sent;
		if (h2->out_sent == h2->out.len) {
			buf_reset(&h2->out);
			h2->out_sent = 0;
		}
	}
	return 0;
}

static int set_closed(const struct h2 *h2, enum error_kind kind, struct error *err)
{
	return error_set(err, kind, "the connection was closed%s%s", h2->reason[0] ? ": " : "",
			 h2->reason);
}

/* Nothing more will come: what is known of why. `got` is what reading said. */
static int set_ended(const struct h2 *h2, ssize_t got, struct error *err)
{
	if (h2->write_err.kind && !h2->reason[0])
		*err = h2->write_err;
	else if (got != -1)
		set_closed(h2, ERROR_UNREACHABLE, err);
	return -1;
}

static int receive(struct h2 *h2, bool *moved, struct error *err)
{
	ssize_t got = channel_read(h2->channel, h2->in, sizeof(h2->in), err);

	if (got == CHANNEL_AGAIN && !h2->write_err.kind)
		return 0;
	if (got <= 0)
		return set_ended(h2, got, err);
	*moved = true;
	got = nghttp2_session_mem_recv(h2->session, (const uint8_t *)h2->in, (size_t)got);
	if (h2->err.kind)
		return -1;
	return got < 0 ? h2_set_error(err, (int)got) : 0;
}

int h2_pump(struct h2 *h2, bool *moved, struct error *err)
{
	if (h2->err.kind) {
		*err = h2->err;
		return -1;
	}
	if (flush(h2, moved, err) || receive(h2, moved, err) || flush(h2, moved, err)) {
		if (h2->err.kind)
			*err = h2->err;
		h2->err = *err;
		return -1;
	}
	if (nghttp2_session_want_read(h2->session) || nghttp2_session_want_write(h2->session))
		return 0;
	set_closed(h2, ERROR_PROTOCOL, err);
	h2->err = *err;
	return -1;
}

const struct channel *h2_channel(const struct h2 *h2)
{
	return h2->channel;
}

short h2_wants(const struct h2 *h2)
{
	bool has_more = h2->out.len || nghttp2_session_want_write(h2->session);

	return channel_wants(h2->channel, (short)(POLLIN | (has_more ? POLLOUT : 0)));
}

void h2_free(struct h2 *h2)
{
	struct error ignored = { 0 };
	bool moved;

	if (!h2)
		return;
	h2->is_leaving = true;
	if (h2->session && !h2->err.kind &&
	    !nghttp2_session_terminate_session(h2->session, NGHTTP2_NO_ERROR) &&
	    flush(h2, &moved, &ignored))
		error_clear(&ignored);
	nghttp2_session_del(h2->session);
	secret_buf_release(&h2->out);
	channel_free(h2->channel);
	free(h2);
}
