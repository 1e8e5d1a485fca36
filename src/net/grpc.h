/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * gRPC over HTTP/2 (grpc.io "PROTOCOL-HTTP2"), as the side that calls or the
 * one that is called, on one thread: nothing waits but grpc_drive(), which
 * moves the bytes of all connections given to it and calls the handlers.
 * Messages are never compressed. What waits to be sent is bounded: a sender
 * stops without grpc_has_room() and goes on in its handler's `room`. What
 * comes is handed over at once and credited to the peer then; a handler whose
 * own consumer is full holds the call, and the peer stops.
 *
 * Handlers may start, send on, hold, finish and cancel any call; they may not
 * free a connection, nor drive.
 */
#include <stdbool.h>
#include <stdint.h>

#include "base/str.h"
#include "net/channel.h"

struct grpc;
struct grpc_call;

/* grpc.io "Status codes"; a peer may send any number. */
enum grpc_code {
	GRPC_OK = 0,
	GRPC_CANCELLED = 1,
	GRPC_UNKNOWN = 2,
	GRPC_INVALID_ARGUMENT = 3,
	GRPC_DEADLINE_EXCEEDED = 4,
	GRPC_NOT_FOUND = 5,
	GRPC_ALREADY_EXISTS = 6,
	GRPC_PERMISSION_DENIED = 7,
	GRPC_RESOURCE_EXHAUSTED = 8,
	GRPC_FAILED_PRECONDITION = 9,
	GRPC_ABORTED = 10,
	GRPC_OUT_OF_RANGE = 11,
	GRPC_UNIMPLEMENTED = 12,
	GRPC_INTERNAL = 13,
	GRPC_UNAVAILABLE = 14,
	GRPC_DATA_LOSS = 15,
	GRPC_UNAUTHENTICATED = 16,
};

/* How a call ended. */
struct grpc_status {
	int code;
	const char *message; /* decoded, all of it; never NULL */
	/* Set if it was not the peer's word: the connection or the call broke, the
	 * peer spoke nonsense, or a handler of ours failed. Else NULL. */
	const struct error *error;
};

/* 0 for GRPC_OK; else err is set: status->error, or the peer's message with
 * the kind that fits its code (what it means, the caller knows better). */
int grpc_status_check(const struct grpc_status *status, struct error *err) CHECK;
/* "NOT_FOUND"; a number without a name is "UNKNOWN". */
const char *grpc_code_name(int code);
/* The code that tells a peer of an error of ours. */
enum grpc_code grpc_code_of(const struct error *err);

/*
 * What becomes of a call; any may be NULL. -1 with err set ends the call: a
 * caller of ours is told its text with grpc_code_of(), a call of ours is reset;
 * `ended` gets the error. The connection goes on.
 */
struct grpc_handler {
	/* One whole message, valid during the call. */
	int (*message)(struct grpc_call *call, void *arg, struct slice message, struct error *err);
	/* There is room again after grpc_has_room() was false. */
	int (*room)(struct grpc_call *call, void *arg, struct error *err);
	/* Calls that we serve: the peer sends no more, all messages were handed over. */
	int (*closed)(struct grpc_call *call, void *arg, struct error *err);
	/* The last of all, exactly once unless we cancel: the call is gone after it
	 * (release `arg` here). A call that we serve ends with what we finished it
	 * with, once that is on its way, or with what broke it. */
	void (*ended)(struct grpc_call *call, void *arg, const struct grpc_status *status);
	/* What grpc_await() waits for is there; it goes on being waited for. */
	int (*ready)(struct grpc_call *call, void *arg, struct error *err);
};

struct grpc_server {
	/*
	 * A peer calls `path` ("/package.Service/Method"); grpc_metadata() is there,
	 * messages follow. Takes it by grpc_call_handle(), may send and finish at
	 * once. 0 without that: the peer is told UNIMPLEMENTED. -1: it is told err.
	 */
	int (*accept)(void *arg, struct grpc_call *call, const char *path, struct error *err);
};

struct grpc_options {
	const char *name;		  /* in errors: "the session with the engine" */
	const struct grpc_server *server; /* NULL: we call. Must live as long */
	void *server_arg;
	const char *authority; /* of our calls; NULL: "localhost" */
};

struct grpc_request {
	const char *path;
	const struct strv *metadata;	    /* "name: value", names in lower case; NULL: none */
	const struct grpc_handler *handler; /* must live as long as the call */
	void *arg;
};

/* Takes the channel over, also when it fails. */
int grpc_new(struct channel *channel, const struct grpc_options *options, struct grpc **ret_grpc,
	     struct error *err) CHECK;
/* Calls that are under way end with GRPC_CANCELLED. A tunnelled connection is
 * freed before the one that carries it. */
void grpc_free(struct grpc *grpc);
void grpc_freep(struct grpc **grpc);

/*
 * Moves whatever can be moved on all of the connections; if that was nothing,
 * waits up to `wait_ms` for something and moves that. Returns early and often:
 * what the caller waits for, its handlers note. A channel without a descriptor
 * moves with the one that carries it, which has to be among them.
 * -1: a connection broke (err names it; its calls have ended, its further ones
 * fail, and so does driving it), or ERROR_INTERRUPTED. If something moved before
 * it broke, that is looked at first: 0 now, -1 the next time.
 */
int grpc_drive(struct grpc *const *connections, size_t count, int64_t wait_ms,
	       struct error *err) CHECK;

/* Calls the peer. Fails if the connection is broken or the peer accepts no
 * more; nothing is sent before the next grpc_drive(). NULL with err set. */
struct grpc_call *grpc_start(struct grpc *grpc, const struct grpc_request *request,
			     struct error *err) CHECK;
/* Takes a call that was offered to accept(). `handler` must live as long. */
void grpc_call_handle(struct grpc_call *call, const struct grpc_handler *handler, void *arg);

/* Less waits to be sent than LIMIT_GRPC_QUEUE. */
bool grpc_has_room(const struct grpc_call *call);
/*
 * Queues a copy of one message of at most LIMIT_GRPC_MESSAGE: always, if there
 * is room; without, as long as not more than LIMIT_GRPC_MESSAGE waits, so that
 * a small answer needs no care. On a call that cannot send any more (it was
 * closed, finished or reset, or is broken): ERROR_SYSTEM.
 */
int grpc_send(struct grpc_call *call, struct slice message, struct error *err) CHECK;
/* A call of ours: no more messages from us. */
int grpc_close(struct grpc_call *call, struct error *err) CHECK;
/* A call that we serve: the end, behind all that is queued. `text` may be NULL.
 * Messages that still come are dropped. */
int grpc_finish(struct grpc_call *call, int code, const char *text, struct error *err) CHECK;
/* Breaks it off at once. No handler is called any more, also not `ended`; the
 * call must not be used again. */
void grpc_cancel(struct grpc_call *call);

/* While held, no message is handed over and none credited. Let go, the waiting
 * ones are handed over by the next grpc_drive(). */
void grpc_hold(struct grpc_call *call, bool is_held);

/* While it drives, it also waits for one of `events` (POLLIN, POLLOUT) on a
 * descriptor of the handler's own, and calls `ready`. -1: for none any more. */
void grpc_await(struct grpc_call *call, int fd, short events);

/* The value number `index` of that name (lower case) that the peer sent; NULL
 * if there are fewer. In `ended` of a call of ours also those behind the
 * answer. Valid as long as the call. "-bin" values are base64 as sent. */
const char *grpc_metadata(const struct grpc_call *call, const char *name, size_t index);
