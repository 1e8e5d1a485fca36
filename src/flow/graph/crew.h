/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * The wanted images of a graph, several at a time, each after its parents. What one
 * worker touches is its own: the jobs of one image, and a fork of the run with which
 * it reaches repository and engine. Shared are the run's sink, which takes events one
 * at a time, the settings, which nobody changes, and parents, which are done.
 */
#include "flow/graph/graph.h"

/* What is done for an image by its jobs. 1: its parents are needed first, and it is called again
 * once they are done. */
typedef int crew_step(struct jobs *jobs, struct error *err);

/* The same for who needs more than that. */
struct crew_work {
	int (*step)(struct graph_image *image, void *arg, struct error *err);
	void *arg;
	int64_t at_once; /* as crew_size() takes it */
};

/* How many at once: `asked`, or if that is 0 as many as there are processors, at most 8. */
size_t crew_size(int64_t asked);

/*
 * Runs the step for each wanted image, the earlier in the graph the sooner, and never beside
 * that of a parent. One that fails stops only what stands on it: the error is that of the first
 * by rank, then by the order of the graph, each other one a warning, and what was left out, and
 * why, an event. Parents that a step asks for are wanted from then on, and have its rank if they
 * had none.
 * Ctrl-C ends all: ERROR_INTERRUPTED. One at a time are done by the calling thread with
 * `run` itself, which else is begun before; so is a work tree, that it is read once, and
 * a dry run. In the end the jobs are the run's again, and `is_done` tells which were.
 */
int crew_run(struct run *run, struct graph *graph, crew_step *step, int64_t at_once,
	     struct error *err) CHECK;
int crew_do(struct run *run, struct graph *graph, const struct crew_work *work,
	    struct error *err) CHECK;
