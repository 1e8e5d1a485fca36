/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * The images of one name: one, or one for each platform that is asked for. Each
 * goes the way of a commit by itself; published they are as one, by an index.
 */
#include "flow/job.h"

struct jobs {
	struct job *items; /* the first has the plain tags, if any has */
	size_t len;
};

/* The engine's own platform comes first, if it is asked for. A work tree is
 * built for one platform only. `settings` outlive the jobs. */
int jobs_open(struct run *run, const char *name, const struct settings *settings,
	      struct jobs *ret_jobs, struct error *err) CHECK;
void jobs_release(struct jobs *jobs);
