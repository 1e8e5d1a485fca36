/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * The messages of moby.buildkit.v1.Control/Solve and /Status: what is asked
 * for, and what comes out of it. The field numbers are the same from BuildKit
 * 0.8 (Docker 20.10) on; the exporter stands in the old fields, which newer
 * ones still read.
 */
#include "base/buf.h"
#include "engine/build/build.h"

#define SOLVE_PATH  "/moby.buildkit.v1.Control/Solve"
#define STATUS_PATH "/moby.buildkit.v1.Control/Status"

#define SOLVE_EXPORTER_MOBY "moby" /* into the engine's images */
#define SOLVE_EXPORTER_OCI  "oci"  /* an OCI layout to session->receive */

struct solve {
	const struct engine_build *build;
	const char *ref;      /* names this solve; random */
	const char *session;  /* UUID of the session that answers its questions */
	const char *exporter; /* one of SOLVE_EXPORTER_* */
	/* Entries of build->cache_to that the engine's exporters know. */
	const struct engine_cache *const *cache_to;
	size_t cache_to_count;
};

/* SolveRequest; a failure is sticky in `out`. */
void solve_put_request(struct buf *out, const struct solve *solve);
/* StatusRequest. */
void solve_put_status_request(struct buf *out, const char *ref);
/* The ExporterResponse of a SolveResponse: "containerimage.digest", ... */
int solve_read_response(struct slice message, struct strmap *ret_response, struct error *err) CHECK;
