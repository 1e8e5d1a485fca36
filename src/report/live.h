/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * The steps of a build that run now, and the last lines of one of them: the
 * first that writes, until it ends.
 */
#include <stdint.h>

#include "base/buf.h"
#include "base/event.h"

/* Shown; of the others only how many they are. */
#define LIVE_STEPS 4
#define LIVE_LINES 6
/* Known; a machine runs fewer at once. */
#define LIVE_STEPS_MAX 32

struct live_step {
	struct buf digest, name;
	int64_t since_ms; /* on the monotonic clock */
};

struct live {
	struct live_step steps[LIVE_STEPS_MAX]; /* as they began */
	size_t step_count;
	struct buf writer; /* digest of the step whose lines are shown; empty: none */
	struct buf lines[LIVE_LINES];
	size_t line_count; /* ever written by it */
};

void live_init(struct live *live);
void live_release(struct live *live);
/* Nothing runs. */
void live_reset(struct live *live);

void live_begin(struct live *live, const struct event *event, int64_t now_ms);
void live_end(struct live *live, const char *digest);
/* Whether the lines of this step are the ones that are shown. */
bool live_shows(struct live *live, const char *digest);
/* A line of the one that is shown. */
void live_write(struct live *live, struct slice line);
/* The name of the step that began last; NULL: none runs. */
const struct buf *live_newest(const struct live *live);
/* Adds a line a step, and its own; each after a line feed. */
void live_add_to(const struct live *live, int64_t now_ms, struct buf *out);
