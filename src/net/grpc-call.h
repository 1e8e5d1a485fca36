/* SPDX-License-Identifier: MIT */
#pragma once
/* What the files of gRPC share: grpc.c keeps connections and drives them,
 * grpc-call.c sends, grpc-receive.c reads messages and ends, grpc-status.c
 * knows codes and their text. Inside net/ only. */
#include "net/grpc.h"
#include "net/h2.h"

struct grpc {
	struct h2 *h2;
	char *name;
	char *authority;
	const struct grpc_server *server;
	void *server_arg;
	struct grpc_call *calls;
	struct error err; /* what broke it */
	bool has_moved;	  /* a handler was called */
};

struct grpc_call {
	struct h2_stream stream; /* the first member */
	struct grpc *grpc;
	struct grpc_call *next;
	const struct grpc_handler *handler; /* NULL: nobody took it */
	void *arg;
	struct buf metadata; /* name NUL value NUL ... */
	struct buf in;	     /* begun messages, and whole ones while it is held */
	size_t uncredited;   /* bytes received */
	int awaited_fd;	     /* -1: none */
	short awaited;
	bool is_ready; /* and is to be told */
	bool is_over;  /* no handler is called any more */
	bool is_held;
	bool is_let_go;	     /* it was; what waits has to be handed over */
	bool was_full;	     /* the handler waits for room */
	bool has_peer_ended; /* it sends no more */
	bool is_closed;	     /* and the handler knows */
	bool has_headers;    /* the first section came */
	bool is_foreign;     /* the answer is no gRPC: `in` is its text */
	bool has_answered;   /* server: our headers are submitted */
	bool is_finished;    /* server: by us */
	int code;	     /* server: what we finish with */
	char code_text[12];
	char *text; /* encoded; NULL: none */
};

static inline struct grpc_call *grpc_call_of(struct h2_stream *stream)
{
	return (struct grpc_call *)stream;
}

static inline bool grpc_is_server(const struct grpc_call *call)
{
	return call->grpc->server;
}

/* A new one among the connection's; NULL with err set. */
struct grpc_call *grpc_call_new(struct grpc *grpc, struct error *err) CHECK;
/* Tells the handler how it ended. */
void grpc_call_end(struct grpc_call *call, const struct grpc_status *status);
/* Ends it with an error of our side, and tells the peer. */
void grpc_call_fail(struct grpc_call *call, const struct error *err);
/* Hands over what waits, unless it is held. */
void grpc_call_receive(struct grpc_call *call);
/* Our headers, if they were not sent yet. */
int grpc_call_answer(struct grpc_call *call, struct error *err) CHECK;
size_t grpc_call_trailers(struct h2_stream *stream, struct h2_header ret[H2_TRAILERS_MAX]);
extern const struct h2_hooks grpc_hooks;

/* HTTP's status as a code ("HTTP to gRPC Status Code Mapping"). */
int grpc_code_of_http(int status);
/* The code that stands for the end of a stream without a status. */
int grpc_code_of_reset(uint32_t code);
/* "grpc-message": what is not printable ASCII as "%XX". */
char *grpc_text_encode(const char *text, struct error *err) CHECK;
/* The other way, leniently; a wrong "%" stands for itself. */
char *grpc_text_decode(const char *text, struct error *err) CHECK;
