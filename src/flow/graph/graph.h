/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * The images of a commit, and which of them stands on which. A parent is what a
 * Dockerfile names in FROM, COPY --from or RUN --mount=from without a tag, or with
 * :latest, by an image's name or its repository; and what image.NAME.parent names. An
 * image of another tag or digest, or of the image's own name, is a foreign one.
 */
#include "flow/config/settings.h"
#include "flow/jobs.h"

struct graph_image {
	char *name; /* NULL: the only one, without a section */
	struct settings settings;
	struct jobs jobs; /* they borrow the settings, and each the parents of its platform */
	size_t *parents;  /* indices, all smaller than its own, ascending */
	size_t parent_count;
	size_t level;	  /* 0: no parents; else one more than the highest of theirs */
	bool is_named;	  /* asked for by name, or as one of all */
	bool is_wanted;	  /* named, or needed by one that is; who goes on may take it back */
	bool has_changed; /* graph_compare() */
	bool is_done;	  /* crew_run() has done what was asked for */
	bool is_needed;	  /* the step of a child has asked crew_run() for it */
	size_t rank;	  /* whose error counts before others', from 1 on; 0: after them */
};

struct graph {
	struct graph_image *images; /* by level, then by name; they do not move */
	size_t len;
};

/*
 * Of `names` (none: all) and what they stand on. Opens the context of each, no other
 * file than Dockerfile and .dockerignore. No such image or parent, and parents that
 * go round, are ERROR_INPUT. `run` and `configuration` outlive the graph.
 */
int graph_open(struct run *run, const struct configuration *configuration, const struct strv *names,
	       struct graph *ret_graph, struct error *err) CHECK;
void graph_release(struct graph *graph);

/*
 * Which images are not what they were in `then`, the graph of all images of another commit:
 * new ones, those of which the commit and the configuration decide another content, and
 * what stands on them. What bases of others hold does not count.
 */
int graph_compare(struct graph *graph, const struct graph *then, struct error *err) CHECK;
/* Keeps of the wanted images those that have changed and, `with_parents`, what they stand on. */
void graph_keep_changed(struct graph *graph, bool with_parents);
