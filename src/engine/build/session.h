/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * The session of one build: the gRPC services that BuildKit calls back while it
 * solves. Each service is a file of its own with a function
 *
 *	int SERVICE_accept(struct session *, struct grpc_call *, struct error *)
 *
 * that session.c calls for the service's paths: it takes the call by
 * grpc_call_handle(), or ends it by grpc_finish(). -1 ends the build.
 */
#include "engine/build/build.h"

struct grpc_call; /* net/grpc.h */

struct session {
	const struct engine_build *build; /* outlives the session */
	struct event_sink *sink;	  /* may be NULL */
	/* What FileSend brings, in order; NULL: nothing is expected. */
	http_sink *receive;
	void *receive_arg;
	/* Why the build ends if the reason is ours and not BuildKit's: the first
	 * session_fail(). What BuildKit says of it afterwards is an echo. */
	struct error error;
};

/* Keeps the first failure of a service, so that the build's error is that one.
 * The call itself is still to be finished. */
void session_fail(struct session *session, const struct error *err);
