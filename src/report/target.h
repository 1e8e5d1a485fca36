/* SPDX-License-Identifier: MIT */
#pragma once
/* What the targets of a report share; for src/report/ alone. */
#include <pthread.h>

#include "report/log.h"
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
	struct log log;
	struct buf speaker;    /* digest of the build's step whose output is above */
	unsigned cached_count; /* steps that nothing was said of yet */
	struct status status;
	struct buf line;
	struct json_writer writer;
};

extern const struct report_target report_text;
extern const struct report_target report_json;

/* A line of the log, for text targets. */
void report_text_line(void *report, enum event_type type, struct slice line);
