/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * FileSend/DiffCopy: what an exporter gives comes as a stream of bytes, in
 * messages cut anywhere, into session->receive. Once a session.
 */
#include "engine/build/session.h"

#define FILESEND_DIFF_COPY "/moby.filesync.v1.FileSend/DiffCopy"

int filesend_accept(struct session *session, struct grpc_call *call, struct error *err) CHECK;
