/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * What the commit's images have, all of a graph at a glance: one row an image. The engine is
 * asked for many at once; no registry is asked of what is published, that comes from the
 * ledger and is called so. Who cannot be asked gives no "no".
 */
#include "flow/graph/graph.h"

enum overview_state {
	OVERVIEW_UNKNOWN,
	OVERVIEW_BUILD, /* 'make' would build it */
	OVERVIEW_STAMP, /* 'make' would stamp the image of another commit that has its content */
	OVERVIEW_PULL,	/* it is pinned to a digest, and not here */
	OVERVIEW_HAVE,
	OVERVIEW_PUBLISHED, /* it is here, and a publication of it is on record */
};

struct overview_row {
	struct job *job; /* of the first platform; the graph's */
	enum overview_state state;
	char *reason; /* for people */
	char *trial;  /* result of the one that counts; NULL: none */
	char *digest; /* of a publication that is on record, NULL: none */
	bool is_tested;
};

struct overview {
	struct overview_row *rows; /* of the wanted images, in the graph's order */
	size_t len;
};

/* "unknown", "build", "stamp", "pull", "have", "published". */
const char *overview_state_name(enum overview_state state);
void overview_release(struct overview *overview);
/* After run_read_seal(). Only trouble with the machine itself is an error. */
int overview_read(struct run *run, struct graph *graph, struct overview *ret_overview,
		  struct error *err) CHECK;
