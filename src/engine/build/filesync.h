/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * moby.filesync.v1.FileSync/DiffCopy: BuildKit fetches the Dockerfile, what
 * .dockerignore says, and the context, each by a call of its own, some at the
 * same time. What it wants stands in the call's metadata; each call has its
 * own list of files (context/files.h) and sends it as fsutil does.
 */
#include "engine/build/session.h"

int filesync_accept(struct session *session, struct grpc_call *call, struct error *err) CHECK;
