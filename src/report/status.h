/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * What goes on now, at the end of a terminal: the step, what it does, and of a
 * build its own steps. Without a step, or without a terminal, nothing.
 */
#include <stdint.h>
#include <stdio.h>

#include "base/buf.h"
#include "report/live.h"
#include "report/region.h"

struct status {
	struct region region;
	struct live live;
	int64_t drawn_ms; /* when, on the monotonic clock */
	int64_t since_ms; /* the step began */
	struct buf label; /* "build web"; empty: no step runs */
	struct buf text;
};

void status_init(struct status *status, FILE *file);
void status_release(struct status *status);
/* A step begins; an empty label: none runs. */
void status_begin(struct status *status, struct slice label);
/* What it does now. */
void status_set(struct status *status, struct slice text);
/* Time has passed, or `live` has changed; drawn at most every 50 ms. */
void status_touch(struct status *status);
/* Draws it now, if a step runs. */
void status_draw(struct status *status);
/* A whole line, with its line feed, that stays above it. */
void status_print(struct status *status, struct slice line);
/* Takes it away, so that something else can be written. */
void status_clear(struct status *status);
