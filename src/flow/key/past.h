/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * Which earlier commits the ledger names with which content key: of the last first parents,
 * and of those of another branch (image.trustedBranch). It is read once for all images of a
 * run, also if several threads ask; that there is nothing is known then, too. What was fetched
 * of others' ledgers is joined before. A hint only: the lines and the image have to be looked at.
 */
#include "flow/run.h"

/* A commit whose image is gone is as good as none: no more are looked at. */
#define PAST_COMMITS 4

struct past *past_new(struct error *err) CHECK;
void past_free(struct past *past);

/* Adds commits to `shas`, the nearest first, of the run's own commit on; `branch` NULL: the
 * run's own. A branch is one of origin, else one here; if there is none, there is nothing. */
int past_find(struct run *run, const char *branch, const char *key, struct strv *shas,
	      struct error *err) CHECK;
