/* SPDX-License-Identifier: MIT */
#include "net/grpc-call.h"

#include <assert.h>

#define REQUEST_HEADERS 7
/* Of our own words to a peer; proxies cap headers. */
#define TEXT_MAX (4 * KIB)

static const struct h2_header content_type = { { "content-type", 12 }, { "application/grpc", 16 } };

/* "name: value" as a header; false if that is none. */
static bool split_metadata(const char *line, struct h2_header *ret_header)
{
	struct slice rest = slice_of(line), name;

	if (!strchr(line, ':') || !slice_cut(&rest, ':', &name) || !name.len)
		return false;
	for (size_t i = 0; i < name.len; i++)
		if (name.data[i] >= 'A' && name.data[i] <= 'Z')
			return false;
	*ret_header = (struct h2_header){ name, slice_trim(rest) };
	return true;
}

static int submit(struct grpc *grpc, struct grpc_call *call, const struct grpc_request *request,
		  struct error *err)
{
	size_t more = request->metadata ? request->metadata->len : 0;
	bool is_tls = h2_channel(grpc->h2)->is_tls;
	const struct h2_header fixed[REQUEST_HEADERS] = {
		{ SLICE(":method"), SLICE("POST") },
		{ SLICE(":scheme"), is_tls ? SLICE("https") : SLICE("http") },
		{ SLICE(":authority"), slice_of(grpc->authority) },
		{ SLICE(":path"), slice_of(request->path) },
		content_type,
		{ SLICE("te"), SLICE("trailers") },
		{ SLICE("user-agent"), SLICE("git-image/" PACKAGE_VERSION) },
	};
	AUTOFREE struct h2_header *headers = calloc(REQUEST_HEADERS + more, sizeof(*headers));

	if (!headers)
		return error_set_memory(err);
	memcpy(headers, fixed, sizeof(fixed));
	for (size_t i = 0; i < more; i++)
		if (!split_metadata(request->metadata->items[i], &headers[REQUEST_HEADERS + i]))
			return error_set(err, ERROR_INPUT, "'%s' is no metadata",
					 request->metadata->items[i]);
	return h2_request(grpc->h2, &call->stream, headers, REQUEST_HEADERS + more, err);
}

struct grpc_call *grpc_start(struct grpc *grpc, const struct grpc_request *request,
			     struct error *err)
{
	struct grpc_call *call;

	assert(!grpc->server);
	if (grpc->err.kind) {
		*err = grpc->err;
		return NULL;
	}
	call = grpc_call_new(grpc, err);
	if (!call)
		return NULL;
	grpc_call_handle(call, request->handler, request->arg);
	if (!submit(grpc, call, request, err))
		return call;
	/* Never begun: nobody is told, and it goes with the next sweep. */
	call->is_over = true;
	error_wrap(err, "%s", request->path);
	return NULL;
}

void grpc_call_handle(struct grpc_call *call, const struct grpc_handler *handler, void *arg)
{
	call->handler = handler;
	call->arg = arg;
}

void grpc_await(struct grpc_call *call, int fd, short events)
{
	call->awaited_fd = fd;
	call->awaited = events;
	call->is_ready = false;
}

bool grpc_has_room(const struct grpc_call *call)
{
	return h2_queued(&call->stream) < LIMIT_GRPC_QUEUE;
}

static int check_open(const struct grpc_call *call, struct error *err)
{
	if (call->is_over || call->is_finished || !call->stream.id || call->stream.is_ended)
		return error_set(err, ERROR_SYSTEM, "the call can send no more");
	return 0;
}

int grpc_call_answer(struct grpc_call *call, struct error *err)
{
	const struct h2_header headers[] = { { SLICE(":status"), SLICE("200") }, content_type };

	if (!grpc_is_server(call) || call->has_answered)
		return 0;
	call->has_answered = true;
	return h2_respond(&call->stream, headers, ARRAY_SIZE(headers), false, err);
}

/* Length-Prefixed-Message: not compressed, the length in network order. */
static int send_prefix(struct grpc_call *call, size_t len, struct error *err)
{
	const char prefix[5] = { 0, (char)(len >> 24), (char)(len >> 16), (char)(len >> 8),
				 (char)len };

	return h2_send(&call->stream, (struct slice){ prefix, sizeof(prefix) }, err);
}

int grpc_send(struct grpc_call *call, struct slice message, struct error *err)
{
	if (check_open(call, err))
		return -1;
	if (message.len > LIMIT_GRPC_MESSAGE)
		return error_set(err, ERROR_SYSTEM, "a message of %zu bytes, %lu are allowed",
				 message.len, LIMIT_GRPC_MESSAGE);
	if (h2_queued(&call->stream) > LIMIT_GRPC_MESSAGE)
		return error_set(err, ERROR_SYSTEM, "the peer does not read what it is sent");
	if (grpc_call_answer(call, err) || send_prefix(call, message.len, err) ||
	    h2_send(&call->stream, message, err))
		return -1;
	if (!grpc_has_room(call))
		call->was_full = true;
	return h2_resume(&call->stream, err);
}

int grpc_close(struct grpc_call *call, struct error *err)
{
	assert(!grpc_is_server(call));
	return check_open(call, err) ? -1 : h2_end(&call->stream, false, err);
}

size_t grpc_call_trailers(struct h2_stream *stream, struct h2_header ret[H2_TRAILERS_MAX])
{
	const struct grpc_call *call = grpc_call_of(stream);

	ret[0] = (struct h2_header){ SLICE("grpc-status"), slice_of(call->code_text) };
	if (!call->text)
		return 1;
	ret[1] = (struct h2_header){ SLICE("grpc-message"), slice_of(call->text) };
	return 2;
}

/* Headers and trailers in one ("Trailers-Only"). */
static int finish_at_once(struct grpc_call *call, struct error *err)
{
	struct h2_header headers[2 + H2_TRAILERS_MAX] = { { SLICE(":status"), SLICE("200") },
							  content_type };

	call->has_answered = true;
	return h2_respond(&call->stream, headers,
			  2 + grpc_call_trailers(&call->stream, headers + 2), true, err);
}

int grpc_finish(struct grpc_call *call, int code, const char *text, struct error *err)
{
	AUTOFREE char *part = NULL;

	assert(grpc_is_server(call));
	if (check_open(call, err))
		return -1;
	if (text && *text) {
		part = str_copy_slice((struct slice){ text, strnlen(text, TEXT_MAX) }, err);
		call->text = part ? grpc_text_encode(part, err) : NULL;
		if (!call->text)
			return -1;
	}
	call->is_finished = true;
	call->code = code;
	snprintf(call->code_text, sizeof(call->code_text), "%d", code);
	return call->has_answered ? h2_end(&call->stream, true, err) : finish_at_once(call, err);
}

void grpc_cancel(struct grpc_call *call)
{
	if (call->is_over)
		return;
	call->is_over = true;
	h2_reset(&call->stream, H2_CANCEL);
}

void grpc_hold(struct grpc_call *call, bool is_held)
{
	if (call->is_held && !is_held)
		call->is_let_go = true;
	call->is_held = is_held;
}

const char *grpc_metadata(const struct grpc_call *call, const char *name, size_t index)
{
	const char *at = call->metadata.data, *end = at + call->metadata.len;

	while (at < end) {
		const char *value = at + strlen(at) + 1;

		if (!strcmp(at, name) && !index--)
			return value;
		at = value + strlen(value) + 1;
	}
	return NULL;
}
