/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * The images of one release go out as a set, phase by phase: all blobs and
 * manifests by digest, then all :<sha7>, then all :latest, then one wait for all
 * confirmations. What fails in the first phase leaves every tag as it was. Where
 * the engine has to push, its images go in the second phase, before all others.
 * One image is a set of one.
 *
 * Several have a journal, so that the next run knows of a set that was broken
 * off: the same command finishes it, a later commit goes beyond it, and any other
 * run says that it is there.
 */
#include "flow/publish/journal.h"
#include "flow/publish/publish.h"

struct publication_set {
	struct publication *items;
	size_t len;
	struct strv repositories; /* those at registries */
	struct journal journal;	  /* of several; its path is NULL until it is needed */
	struct journal_list left; /* of runs that were broken off */
};

void publication_set_release(struct publication_set *set);

/* Before anything is done: refuses an image without a registry, and two that go to one
 * target, which has the tags of one only. */
int publish_set_check(struct jobs *const *all, size_t count, struct error *err) CHECK;
/* All phases but the last, of the images of `all`, `count` of them, which
 * outlive the set. */
int publish_set_begin(struct jobs *const *all, size_t count, struct publication_set *ret_set,
		      struct error *err) CHECK;
/* The last phase. */
int publish_set_confirm(struct publication_set *set, struct error *err) CHECK;
