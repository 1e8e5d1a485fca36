/* SPDX-License-Identifier: MIT */
#pragma once
/* Images on their way into a graph, and what each of them names as a parent; private to
 * this folder. */
#include "flow/graph/graph.h"
#include "image/reference.h"

struct draft_parent {
	char *base; /* NULL: image.NAME.parent */
	size_t index;
};

/* Known before it is known which images are needed. */
struct draft {
	struct graph_image image; /* jobs and parents come once it is visited */
	struct reference repository;
	bool has_host;	 /* in the repository's name */
	bool is_crossed; /* its Dockerfile chooses platforms of its own */
	struct draft_parent *parents;
	size_t parent_count;
	enum { DRAFT_NEW, DRAFT_VISITED, DRAFT_DONE } state;
	size_t place; /* in the graph */
};

struct drafts {
	const struct configuration *configuration;
	struct draft *items; /* by name */
	size_t len;
};

/* Opens the context of the image's first job and fills its parents. A Dockerfile that
 * cannot be read names none: who builds it tells why. One that names the :latest of its own
 * image is ERROR_INPUT: each build would stand on the one before. */
int draft_find_parents(const struct drafts *drafts, struct draft *draft, struct error *err) CHECK;
