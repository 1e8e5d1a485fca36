/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * The bytes of a session inside a call of Control/Session, for a BuildKit that
 * has one connection: BytesMessages both ways, whose data are the connection's
 * bytes in order.
 */
#include "net/grpc.h"

#define TUNNEL_PATH "/moby.buildkit.v1.Control/Session"

/* `metadata` tells of the session. The channel has no descriptor: it moves with
 * `carrier`, which must outlive it. */
int tunnel_open(struct grpc *carrier, const struct strv *metadata, struct channel **ret_channel,
		struct error *err) CHECK;
