/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * Several images that are to be here, side by side: those of a graph by its crew, each after
 * the parents that it turns out to need, then those of others. One that fails stops only what
 * stands on it.
 */
#include "flow/ensure/ensure.h"
#include "flow/graph/graph.h"

/* One that was asked for. */
struct ensure_wish {
	struct graph_image *image; /* NULL: it is of others */
	char *reference;	   /* of others */
	bool by_content;
	struct ensured *results; /* what was had: one a platform */
	size_t result_count;
};

struct ensure_set {
	struct ensure_wish *wishes;
	size_t len;
	bool is_forced;
	int64_t at_once; /* as crew_size() takes it */
	/* For those of others. */
	struct engine *engine; /* opened once it is needed, and then the caller's */
	struct event_sink *sink;
	const struct settings *settings;
	bool is_dry_run;
};

void ensure_set_release(struct ensure_set *set);

/* `run` and `graph` do not count if all are of others. The error is that of the first wish that
 * came to nothing, the others' are warnings; all that was had has its results. */
int ensure_all(struct run *run, struct graph *graph, struct ensure_set *set,
	       struct error *err) CHECK;
