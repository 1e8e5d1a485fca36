/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * What goes on with one image: its step and what that does, the steps of its build, the
 * output that came of it. One image at a time has the first lane; of several each has
 * its own, which another takes over once no step of it runs.
 */
#include "report/live.h"
#include "report/log.h"

struct report;

struct lane {
	struct report *report; /* for who takes lines of the log */
	struct buf image;      /* empty: any */
	bool has_step;	       /* one runs */
	struct buf label;      /* of it, where it is shown: "build web: web:1f2e3d4"; else empty */
	struct buf name;       /* the same, brief: "build web" */
	struct buf text;       /* what it does now */
	int64_t since_ms;      /* the step began, on the monotonic clock */
	struct live live;
	struct log log;
	struct buf speaker;    /* digest of the build's step whose output is above */
	unsigned cached_count; /* steps that nothing was said of yet */
};

/* `take` gets the lane. */
void lane_init(struct lane *lane, struct report *report,
	       void (*take)(void *lane, enum event_type type, struct slice line));
void lane_release(struct lane *lane);

/* A step begins; an empty label: none runs. `name` is set by whoever shows it. */
void lane_begin(struct lane *lane, struct slice label);
/* It has something to show. */
static inline bool lane_is_busy(const struct lane *lane)
{
	return lane->label.len > 0;
}
/* For another image, if no step of this one runs; false: it is taken. */
bool lane_take_over(struct lane *lane, const char *image);

/* Adds lines for the end of a terminal, without a line feed after the last. */
void lane_add_to(const struct lane *lane, int64_t now_ms, struct buf *out);
/* The same in one line. */
void lane_add_brief(const struct lane *lane, int64_t now_ms, struct buf *out);
