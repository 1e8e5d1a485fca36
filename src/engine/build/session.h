/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * The session of one build: the gRPC services that BuildKit calls back while it
 * solves. Each service is a file of its own with a function
 *
 *	int SERVICE_accept(struct session *, struct grpc_call *, struct error *)
 *
 * that session.c calls for the service's paths: it takes the call by
 * grpc_call_handle(), or ends it by grpc_finish(). -1 is told to BuildKit and
 * fails the build.
 */
#include "engine/build/build.h"

struct grpc_call;   /* net/grpc.h */
struct grpc_server; /* net/grpc.h */

struct session {
	const struct engine_build *build; /* outlives the session */
	struct event_sink *sink;	  /* may be NULL */
	char uuid[26];			  /* 25 of [0-9a-z]; session_name() */
	/* What FileSend brings, in order; NULL: nothing is expected. */
	http_sink *receive;
	void *receive_arg;
	bool is_receiving; /* or has received */
	/* Why the build ends if the reason is ours and not BuildKit's: the first
	 * session_fail(). What BuildKit says of it afterwards is an echo. */
	struct error error;
};

/* Gives it a name of its own. */
void session_name(struct session *session);
/* What tells BuildKit of the session, and which methods it may call: headers
 * of /session, metadata of Control/Session. */
int session_headers(const struct session *session, struct strv *ret_headers,
		    struct error *err) CHECK;
/* Answers the calls; its argument is the session. */
extern const struct grpc_server session_server;

/* Keeps the first failure of a service, so that the build's error is that one.
 * The call itself is still to be finished. */
void session_fail(struct session *session, const struct error *err);
