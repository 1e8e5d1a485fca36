/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * The images of one release go out as a set, phase by phase: all blobs and
 * manifests by digest, then all :<sha7>, then all :latest, then one wait for all
 * confirmations. What fails in the first phase leaves every tag as it was. Where
 * the engine has to push, its images go in the second phase, before all others.
 * One image is a set of one.
 */
#include "flow/publish.h"

struct publication_set {
	struct publication *items;
	size_t len;
};

void publication_set_release(struct publication_set *set);

/* All phases but the last, of the images of `all`, `count` of them, which
 * outlive the set. */
int publish_set_begin(struct jobs *const *all, size_t count, struct publication_set *ret_set,
		      struct error *err) CHECK;
/* The last phase. */
int publish_set_confirm(struct publication_set *set, struct error *err) CHECK;
