/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * A blob into a repository while it is still being made (distribution-spec, "Pushing a
 * blob in chunks": POST, all of it in one PATCH whose length nobody knows yet, PUT with
 * the digest), so that its upload overlaps with what makes it. No registry's resumption can
 * be relied upon, nor that it takes a PATCH: nothing is tried again here, and whatever goes
 * wrong only means that the blob has to go as registry/blob.h has it.
 */
#include "net/http.h"
#include "registry/registry.h"

struct registry_stream {
	http_source *read; /* waits for more */
	void *arg;
	const char *digest; /* set by the time that `read` says that was all */
};

/* Another client for the same repository, as another thread needs it: it has its own
 * connections and token, and tells nobody anything. ERROR_UNSUPPORTED: it is no registry. */
int registry_open_for_stream(const struct registry *like, struct registry **ret_registry,
			     struct error *err) CHECK;
/* Returns once the blob is there. */
int registry_stream_blob(struct registry *registry, const struct registry_stream *stream,
			 struct error *err) CHECK;
