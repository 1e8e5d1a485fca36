/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * Inside registry/: an errand is one request after the other, each made of the
 * answer before it. Many are run side by side on one thread over the same
 * connections, so many at a time at each host. Their registries are beside
 * each other.
 */
#include "registry/ask.h"

/* How many that only read run at a host at a time: more get no quicker answer. */
#define ERRANDS_READING 12

struct errand {
	struct ask ask;
	/* Looks at the answer to the last request; 1: done, 0: ask_start() was called
	 * with the next one, -1. `response` is NULL at the begin, and once more if
	 * a part has to begin anew. */
	int (*next)(struct errand *errand, struct http_response *response, struct error *err);
	struct error *own_err; /* takes its failure; NULL: that ends all errands */
	enum { ERRAND_NEW, ERRAND_RUNS, ERRAND_DONE, ERRAND_FAILED } state;
};

void errand_release(struct errand *errand);
/* Returns once all are done or failed, each error in its errand's own_err;
 * running out of memory and Ctrl-C end all. */
int errands_run(struct errand *const *errands, size_t count, unsigned width,
		struct error *err) CHECK;
