/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * What containerd stores for a Docker: manifests, configurations and layers by
 * digest, which Docker's own API does not give. BuildKit's service for its
 * history (containerd.services.content.v1) does. Inside engine/ only.
 */
#include "base/buf.h"
#include "net/grpc.h"
#include "net/http.h"

/* At the engine with that unix socket. No BuildKit there: ERROR_UNSUPPORTED. */
int content_open(const char *socket, struct grpc **ret_grpc, struct error *err) CHECK;
/* The bytes, checked against the digest, as many as the buffer takes. Not there:
 * ERROR_NOT_FOUND; no such service: ERROR_UNSUPPORTED. */
int content_read(struct grpc *grpc, const char *digest, struct buf *ret_bytes,
		 struct error *err) CHECK;
/* The same, of any size, as the bytes come; only its success says that they are right. */
int content_stream(struct grpc *grpc, const char *digest, http_sink *sink, void *arg,
		   struct error *err) CHECK;
