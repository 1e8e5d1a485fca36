/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * moby.buildkit.secrets.v1: BuildKit asks for the secret that a step mounts. It
 * gets those of the build and no other.
 */
#include "engine/build/session.h"

#define SECRETS_GET_SECRET "/moby.buildkit.secrets.v1.Secrets/GetSecret"

int secrets_accept(struct session *session, struct grpc_call *call, struct error *err) CHECK;
