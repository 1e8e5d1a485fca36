/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * The way of a commit, in order: plan, build, stamp, tag, prune, trial, record,
 * publish. The record is the commit point: whatever is killed before it is
 * done again by the same command, with the same end. Of several platforms each
 * goes the way by itself; the index is published once all of them are there.
 *
 * All of these are of the wanted images of a graph, `at_once` of them at a time, as
 * flow/graph/crew.h has it, and what fails there.
 */
#include "flow/graph/crew.h"

typedef int loop_way(struct run *run, struct graph *graph, int64_t at_once, struct error *err);

/* build, stamp, tag: the image of the commit is there. */
loop_way loop_build CHECK;
/* The same of one job alone. */
int loop_build_job(struct job *job, struct error *err) CHECK;
/* The trial of an image that is there; always runs it. */
loop_way loop_test CHECK;
/* All but publishing; nothing to do if a passing trial is on record. */
loop_way loop_make CHECK;
/* make all of them, then publish them as a set: what fails before publishes none. */
loop_way loop_release CHECK;
/* Publishes images that are there and tested, as a set. */
loop_way loop_publish CHECK;
/* Prunes, whatever image.prune says. */
loop_way loop_prune CHECK;
