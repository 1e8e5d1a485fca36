/* SPDX-License-Identifier: MIT */
#pragma once
/* What the targets of a report share; for src/report/ alone. */
#include <pthread.h>

#include "report/report.h"
#include "report/status.h"

struct report_target {
	void (*event)(struct report *report, const struct event *event);
	void (*error)(struct report *report, const struct error *error);
};

struct report {
	struct event_sink sink; /* first: a sink is its report */
	pthread_mutex_t turn;	/* an event at a time, whatever thread it is of */
	const struct report_target *target;
	FILE *out;
	FILE *err;
	bool is_quiet;
	bool is_tty;
	bool has_colours;
	int verbosity;
	bool is_crowd; /* several images at once: each has a lane, and output its name */
	struct status status;
	struct buf line;
	struct json_writer writer;
};

extern const struct report_target report_text;
extern const struct report_target report_json;

/* A line of the log of a struct lane, for text targets. */
void report_text_line(void *lane, enum event_type type, struct slice line);
