/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * The way of a commit, in order: plan, build, stamp, tag, prune, trial, record,
 * publish. The record is the commit point: whatever is killed before it is
 * done again by the same command, with the same end. Of several platforms each
 * goes the way by itself; the index is published once all of them are there.
 */
#include "flow/jobs.h"

/* build, stamp, tag: the image of the commit is there. */
int loop_build(struct jobs *jobs, struct error *err) CHECK;
/* The trial of an image that is there; always runs it. */
int loop_test(struct jobs *jobs, struct error *err) CHECK;
/* All but publishing; nothing to do if a passing trial is on record. */
int loop_make(struct jobs *jobs, struct error *err) CHECK;
/* make all of them, then publish them as a set: what fails before publishes none. */
int loop_release(struct jobs *const *all, size_t count, struct error *err) CHECK;
/* Publishes images that are there and tested, as a set. */
int loop_publish(struct jobs *const *all, size_t count, struct error *err) CHECK;
/* Prunes, whatever image.prune says. */
int loop_prune(struct jobs *jobs, struct error *err) CHECK;
