/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * moby.sshforward.v1: a step with --mount=type=ssh talks to an agent of the
 * user's. Only two requests reach it: to list its keys and to sign with one.
 * All others, such as to add, remove, lock or forward, are refused here, in the
 * agent's name (draft-miller-ssh-agent, 3 and 5).
 */
#include "engine/build/session.h"

#define SSH_CHECK_AGENT	  "/moby.sshforward.v1.SSH/CheckAgent"
#define SSH_FORWARD_AGENT "/moby.sshforward.v1.SSH/ForwardAgent"

int ssh_accept_check(struct session *session, struct grpc_call *call, struct error *err) CHECK;
int ssh_accept_forward(struct session *session, struct grpc_call *call, struct error *err) CHECK;
