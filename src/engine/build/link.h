/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * The two connections of one build: one on which we call BuildKit, one on which
 * it calls our session. Docker has an address for each; elsewhere the second
 * goes through the first.
 */
#include "engine/build/session.h"
#include "net/grpc.h"

struct link {
	struct grpc *control;
	struct grpc *callbacks;
};

/* Through /session and /grpc of the engine at "unix:///path". One that refuses
 * to be upgraded has no BuildKit: ERROR_UNSUPPORTED. */
int link_open_docker(const char *url, struct session *session, struct link *ret_link,
		     struct error *err) CHECK;
/* Through one connection to the BuildKit at `url` (for messages), which is taken
 * over, also when it fails. */
int link_open_tunnel(struct channel *channel, const char *url, struct session *session,
		     struct link *ret_link, struct error *err) CHECK;
/* Ends what is under way: BuildKit stops a build whose caller is gone. */
void link_close(struct link *link);
/* As grpc_drive() of both. */
int link_drive(const struct link *link, int64_t wait_ms, struct error *err) CHECK;
