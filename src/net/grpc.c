/* SPDX-License-Identifier: MIT */
#include "net/grpc.h"

#include <assert.h>
#include <errno.h>

#include "base/interrupt.h"
#include "base/secret.h"
#include "net/grpc-call.h"

/* What a peer may send in one call without credit. */
#define WINDOW (256 * KIB)
/* How often all connections are gone through before the caller has a look. */
#define ROUNDS		64
#define CONNECTIONS_MAX 16
/* Descriptors of handlers in one poll. */
#define AWAITED_MAX 64

struct grpc_call *grpc_call_new(struct grpc *grpc, struct error *err)
{
	struct grpc_call *call = calloc(1, sizeof(*call));

	if (!call) {
		error_set_memory(err);
		return NULL;
	}
	call->awaited_fd = -1;
	buf_init(&call->metadata, LIMIT_GRPC_METADATA);
	buf_init(&call->in, LIMIT_GRPC_MESSAGE + MIB);
	call->grpc = grpc;
	call->next = grpc->calls;
	grpc->calls = call;
	return call;
}

/* Secrets leave through `out`. */
static void free_call(struct grpc_call *call)
{
	secret_buf_release(&call->stream.out);
	buf_release(&call->metadata);
	buf_release(&call->in);
	free(call->text);
	free(call);
}

/* Frees the calls that nobody knows any more. */
static void sweep(struct grpc *grpc)
{
	struct grpc_call **at = &grpc->calls;

	while (*at) {
		struct grpc_call *call = *at;

		if (call->is_over && !call->stream.id) {
			*at = call->next;
			free_call(call);
		} else {
			at = &call->next;
		}
	}
}

int grpc_new(struct channel *channel, const struct grpc_options *options, struct grpc **ret_grpc,
	     struct error *err)
{
	struct grpc *grpc = calloc(1, sizeof(*grpc));
	struct h2_options h2_options = {
		.is_server = options->server,
		.window = WINDOW,
		.stream_max = LIMIT_GRPC_CALLS,
		.header_max = LIMIT_GRPC_METADATA,
		.hooks = &grpc_hooks,
		.arg = grpc,
	};

	if (!grpc) {
		channel_free(channel);
		return error_set_memory(err);
	}
	grpc->server = options->server;
	grpc->server_arg = options->server_arg;
	if (h2_new(channel, &h2_options, &grpc->h2, err) ||
	    str_replace(&grpc->name, options->name, err) ||
	    str_replace(&grpc->authority, options->authority ? options->authority : "localhost",
			err)) {
		grpc_free(grpc);
		return -1;
	}
	*ret_grpc = grpc;
	return 0;
}

/* All calls end with the reason, and none is under way any more. */
static void end_all(struct grpc *grpc, enum grpc_code code, const struct error *err)
{
	for (struct grpc_call *call = grpc->calls; call; call = call->next)
		grpc_call_end(call, &(struct grpc_status){ code, err->message, err });
}

void grpc_free(struct grpc *grpc)
{
	struct error err = { 0 };

	if (!grpc)
		return;
	if (!grpc->err.kind)
		error_set(&grpc->err, ERROR_SYSTEM, "the connection was given up");
	err = grpc->err;
	end_all(grpc, GRPC_CANCELLED, &err);
	h2_free(grpc->h2);
	while (grpc->calls) {
		struct grpc_call *call = grpc->calls;

		grpc->calls = call->next;
		free_call(call);
	}
	free(grpc->name);
	free(grpc->authority);
	free(grpc);
}

void grpc_freep(struct grpc **grpc)
{
	grpc_free(*grpc);
}

static int break_down(struct grpc *grpc, struct error *err)
{
	if (grpc->name)
		error_wrap(err, "%s", grpc->name);
	grpc->err = *err;
	end_all(grpc, GRPC_UNAVAILABLE, &grpc->err);
	for (struct grpc_call *call = grpc->calls; call; call = call->next)
		call->stream.id = 0;
	sweep(grpc);
	return -1;
}

/* What calls wait for that is not a byte: to be let go, to have room. */
static void look_after(struct grpc_call *call)
{
	const struct grpc_handler *handler = call->handler;
	struct error err = { 0 };

	if (!call->is_over && call->is_ready) {
		call->is_ready = false;
		call->grpc->has_moved = true;
		if (handler->ready(call, call->arg, &err))
			grpc_call_fail(call, &err);
	}
	if (!call->is_over && call->is_let_go && !call->is_held)
		grpc_call_receive(call);
	if (call->is_over || !call->was_full || call->is_finished || call->stream.is_ended ||
	    h2_queued(&call->stream) > LIMIT_GRPC_QUEUE / 2)
		return;
	call->was_full = false;
	call->grpc->has_moved = true;
	if (handler->room && handler->room(call, call->arg, &err))
		grpc_call_fail(call, &err);
}

static int pump(struct grpc *grpc, bool *moved, struct error *err)
{
	grpc->has_moved = false;
	if (h2_pump(grpc->h2, moved, err))
		return break_down(grpc, err);
	for (struct grpc_call *call = grpc->calls; call; call = call->next)
		look_after(call);
	sweep(grpc);
	*moved |= grpc->has_moved;
	return 0;
}

/* One that breaks after something has moved is told of the next time: what has
 * come may be all that the caller was waiting for. */
static int move_all(struct grpc *const *connections, size_t count, bool *ret_moved,
		    struct error *err)
{
	bool moved = true;

	*ret_moved = false;
	for (int round = 0; round < ROUNDS && moved; round++) {
		moved = false;
		for (size_t i = 0; i < count; i++) {
			int status = pump(connections[i], &moved, err);

			*ret_moved |= moved;
			if (!status)
				continue;
			if (!*ret_moved)
				return -1;
			error_clear(err);
			return 0;
		}
	}
	return 0;
}

/* The error of one that is broken; NULL: none is. */
static const struct error *find_broken(struct grpc *const *connections, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (connections[i]->err.kind)
			return &connections[i]->err;
	return NULL;
}

/* Writes down what calls wait for, and how many they are; once polled (`is_done`), takes
 * the outcome in the same order. What is too much has to wait for its turn. */
static size_t poll_awaited(struct grpc *const *connections, size_t count,
			   struct pollfd polled[AWAITED_MAX], bool is_done)
{
	size_t len = 0;

	for (size_t i = 0; i < count; i++) {
		for (struct grpc_call *call = connections[i]->calls; call; call = call->next) {
			if (call->is_over || call->awaited_fd < 0 || len == AWAITED_MAX)
				continue;
			if (is_done)
				call->is_ready = polled[len].revents != 0;
			else
				polled[len] = (struct pollfd){ .fd = call->awaited_fd,
							       .events = call->awaited };
			len++;
		}
	}
	return len;
}

/* Until one of them may move, or Ctrl-C. */
static int await(struct grpc *const *connections, size_t count, int64_t wait_ms, struct error *err)
{
	struct pollfd polled[AWAITED_MAX + CONNECTIONS_MAX + 1];
	size_t len = poll_awaited(connections, count, polled, false);

	assert(count <= CONNECTIONS_MAX);
	for (size_t i = 0; i < count; i++)
		polled[len++] = (struct pollfd){ .fd = channel_fd(h2_channel(connections[i]->h2)),
						 .events = h2_wants(connections[i]->h2) };
	polled[len++] = (struct pollfd){ .fd = interrupt_shielded() ? -1 : interrupt_fd(),
					 .events = POLLIN };
	if (poll(polled, len, wait_ms > INT32_MAX ? INT32_MAX : (int)wait_ms) >= 0)
		poll_awaited(connections, count, polled, true);
	else if (errno != EINTR)
		return error_set_errno(err, errno, "cannot wait");
	return 0;
}

static bool has_awaited(struct grpc *const *connections, size_t count)
{
	for (size_t i = 0; i < count; i++)
		for (struct grpc_call *call = connections[i]->calls; call; call = call->next)
			if (!call->is_over && call->awaited_fd >= 0)
				return true;
	return false;
}

int grpc_drive(struct grpc *const *connections, size_t count, int64_t wait_ms, struct error *err)
{
	const struct error *broken = find_broken(connections, count);
	bool moved;

	if (broken) {
		*err = *broken;
		return -1;
	}
	if (interrupt_check(err) || move_all(connections, count, &moved, err))
		return -1;
	if (moved || wait_ms < 0)
		wait_ms = 0;
	if (find_broken(connections, count) || (!wait_ms && !has_awaited(connections, count)))
		return interrupt_check(err);
	if (await(connections, count, wait_ms, err) || interrupt_check(err))
		return -1;
	return move_all(connections, count, &moved, err);
}
