/* SPDX-License-Identifier: MIT */
#pragma once
/* The last line of a terminal, which changes in place. */
#include <stdint.h>
#include <stdio.h>

#include "base/buf.h"

struct status {
	FILE *file;
	bool is_drawn;
	int64_t drawn_ms; /* when, on the monotonic clock */
	int64_t since_ms; /* the step began */
	struct buf label; /* "build web"; empty: no step runs */
	struct buf text;
};

void status_init(struct status *status, FILE *file);
void status_release(struct status *status);
/* A step begins; an empty label: none runs. */
void status_begin(struct status *status, struct slice label);
/* What it does now; drawn at most every 50 ms. */
void status_set(struct status *status, struct slice text);
/* Draws it now, if a step runs. */
void status_draw(struct status *status);
/* Takes the line away, so that another can be written. */
void status_clear(struct status *status);
