/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * Where an image is tried: on the engine that built it, or, if that one runs no
 * containers, on another one, to which it is taken for the time of its trial. It is the
 * same configuration over the same layers there.
 */
#include "flow/job.h"

/* Fills `trial_engine` and `trial_image`. */
int trial_engine_open(struct job *job, struct error *err) CHECK;
/* Removes what was taken to another engine, if it was. */
int trial_engine_leave(struct job *job, struct error *err) CHECK;
