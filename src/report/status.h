/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * What goes on now, at the end of a terminal: of one image its step, what it does, and
 * of a build its own steps; of several a line an image. Where no step runs, or without a
 * terminal, nothing.
 */
#include <stdint.h>
#include <stdio.h>

#include "report/lane.h"
#include "report/region.h"

/* Of images at once; what is more shares the first lane. */
#define STATUS_LANES_MAX 64

struct status {
	struct region region;
	int64_t drawn_ms;  /* when, on the monotonic clock */
	struct lane first; /* of one image at a time, and of what is of none */
	struct lane *others[STATUS_LANES_MAX];
	size_t other_count;
};

/* The lanes' lines go to `take`, as lane_init() has it. */
void status_init(struct status *status, FILE *file, struct report *report,
		 void (*take)(void *lane, enum event_type type, struct slice line));
void status_release(struct status *status);
/* The lane of one of several images; NULL: of none. */
struct lane *status_lane(struct status *status, const char *image);

/* A step begins; an empty label: none runs. */
void status_begin(struct status *status, struct lane *lane, struct slice label);
/* What it does now. */
void status_set(struct status *status, struct lane *lane, struct slice text);
/* No step runs any more, and lines that have not ended do. */
void status_end(struct status *status);
/* Time has passed, or a lane has changed; drawn at most every 50 ms. */
void status_touch(struct status *status);
/* Draws it now, if a step runs. */
void status_draw(struct status *status);
/* A whole line, with its line feed, that stays above it. */
void status_print(struct status *status, struct slice line);
/* Takes it away, so that something else can be written. */
void status_clear(struct status *status);
