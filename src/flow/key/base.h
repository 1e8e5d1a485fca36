/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * Which digest an image has that a build stands on, or is read by: the engine's, for it builds
 * with what it has, else its registry's. What a registry has said is remembered in <state>/bases
 * until image.baseTtl has passed, or --pull. That is good for finding an image that is there: who
 * builds asks anew, so that no image is ever noted under a digest that it was not made of.
 */
#include "flow/job.h"

struct base {
	struct job *job;
	const char *name; /* as FROM, its arguments filled in, or "# syntax=" names it */
	bool asks_anew;	  /* a registry, whatever is remembered */
	/* What is found: */
	char *digest;
	bool is_local; /* it is only the ID that this engine gives it */
	bool is_remembered;
};

void base_release(struct base *base);
/* 1; 0 if neither engine nor registry say: the build will tell why; -1. */
int base_find(struct base *base, struct error *err) CHECK;
