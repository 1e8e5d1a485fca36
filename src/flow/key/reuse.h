/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * What the content key saves (promise 6): if there is an image that was made of the same
 * inputs, the commit's own is stamped from it and nothing is built. `make` does what is
 * chosen here, and `status` tells it.
 */
#include "flow/key/key.h"

enum reuse_way {
	REUSE_KEEP,  /* the commit's image is there */
	REUSE_STAMP, /* that of another commit is, or can be pulled */
	REUSE_BUILD,
};

struct reuse {
	enum reuse_way way;
	struct key_found found; /* REUSE_STAMP: where */
	char *why;		/* for people */
	bool is_replacement;	/* the commit's image is there, but made of something else */
};

void reuse_release(struct reuse *reuse);
/*
 * After plan_job(). The key is then known, for the stamp to note it. An image that is there
 * stays, but if the ledger says that it was made of something else than is asked for now,
 * such as another build argument; a base that has moved since is no reason.
 */
int reuse_choose(struct job *job, struct reuse *ret_reuse, struct error *err) CHECK;
/* For later runs: where the image of its key is now, and that it is ours. */
void reuse_keep(const struct job *job);
/* Brings what was chosen to be stamped here: 1, and job->content_id is set; 0: it has to be
 * built after all; -1. */
int reuse_take(struct job *job, const struct reuse *reuse, struct error *err) CHECK;
