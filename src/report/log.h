/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * The output of builds and tests, which comes in pieces, as lines; and the
 * last of those that were not shown, for when the step fails.
 */
#include "base/buf.h"
#include "base/event.h"
#include "base/limits.h"

struct log {
	/* Called with each line as it ends; made safe, no line feed. */
	void (*take)(void *arg, enum event_type type, struct slice line);
	void *arg;
	struct buf partial; /* the line that has not ended */
	enum event_type type;
	struct buf kept[LIMIT_LOG_LINES]; /* a ring */
	size_t kept_count;		  /* ever kept since the step began */
};

void log_init(struct log *log, void (*take)(void *arg, enum event_type type, struct slice line),
	      void *arg);
void log_release(struct log *log);
/* Takes a piece of EVENT_..._LOG. */
void log_add(struct log *log, const struct event *event);
/* Ends the line that has not ended. */
void log_flush(struct log *log);
/* Keeps a line that is not shown. */
void log_keep(struct log *log, struct slice line);
/* The kept lines, oldest first: from 0 until it is NULL. */
const struct buf *log_recall(const struct log *log, size_t index);
/* A new step begins: nothing is kept, nothing counted. */
void log_reset(struct log *log);
