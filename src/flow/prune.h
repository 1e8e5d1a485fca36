/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * Removes stale local images: only tags of exactly this repository, of our own
 * form, whose digits are the prefix of the SHA stamped into that very image.
 * Never :latest, this commit's, the newest one with a passing trial until this
 * commit's has passed, or one whose image any container uses, or a run that is
 * alive needs (run_hold()); by tag, never forced; never build cache.
 */
#include "flow/job.h"

/* Reports every tag of our form that is removed or kept, with the reason. In a
 * dry run removes nothing. */
int prune_repository(struct job *job, struct error *err) CHECK;
