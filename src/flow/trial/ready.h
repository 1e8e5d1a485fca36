/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * Readiness without waiting for the engine's first interval: the engine's
 * health events are watched from before the start, and meanwhile the image's
 * own check (or image.ready) is run by exec. The container's end ends the wait; it is
 * what is awaited if image.ready says so.
 */
#include "flow/job.h"

/* For the container's creation: how often the engine shall probe while it
 * starts, where it can and the image says nothing; 0: leave it alone. */
int64_t ready_probe_interval(const struct job *job);

/* After an error at creation or start of the trial's container, of which `what` tells: what
 * is the image's fault, such as a program that it has not, is ERROR_NOT_READY. Always -1. */
int ready_explain_start(const struct job *job, const char *what, struct error *err);

/* Starts the trial's container and awaits readiness; `ret_ms` since the start.
 * ERROR_NOT_READY with exit code, last health output; the last log lines go
 * out as events. */
int ready_await(struct job *job, int64_t *ret_ms, struct error *err) CHECK;

/* If the container has ended while its tests ran, says so instead of what is
 * in `err`: ERROR_TEST with its exit code; the last log lines go out. Looks
 * for up to `wait_ms`: tests die before the engine has noted why. */
void ready_explain_end(struct job *job, int64_t wait_ms, struct error *err);
