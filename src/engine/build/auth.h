/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * moby.filesync.v1.Auth: BuildKit asks for the credentials of a registry that it
 * reads from or writes to, and gets what is kept for exactly this host.
 */
#include "engine/build/session.h"

#define AUTH_CREDENTIALS "/moby.filesync.v1.Auth/Credentials"

int auth_accept(struct session *session, struct grpc_call *call, struct error *err) CHECK;
