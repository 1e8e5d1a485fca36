/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * The trial: a container of the stamped image, created before any prune,
 * awaited until ready, tested, removed in every case.
 */
#include "flow/job.h"

/* Creates the container by the image's ID: no host ports, no fixed name, an
 * anonymous volume at the report path. Fills `trial_id`. */
int trial_create(struct job *job, struct error *err) CHECK;

/*
 * Starts it, awaits readiness, runs the tests, copies the reports out (also
 * when the tests fail) and adds the trial's record. ERROR_NOT_READY,
 * ERROR_TEST. The container stays.
 */
int trial_run(struct job *job, struct error *err) CHECK;

/* Removes the container and its volume, also after Ctrl-C. Fine if there is none. */
int trial_remove(struct job *job, struct error *err) CHECK;
