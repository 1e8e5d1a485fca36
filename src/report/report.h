/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * Where events, results and the error of a run go: to people as text, to
 * machines as JSON. Standard output holds the result and nothing else; with
 * JSON it holds everything, one object a line. Text of others reaches a
 * terminal or a log without control characters and credentials.
 */
#include <stdbool.h>
#include <stdio.h>

#include "base/error.h"
#include "base/event.h"
#include "codec/json.h"

enum report_kind {
	REPORT_AUTO,  /* REPORT_TTY if `err` is a terminal, else REPORT_PLAIN */
	REPORT_TTY,   /* one line per step that changes in place */
	REPORT_PLAIN, /* one line per event, and the whole log of the build */
	REPORT_JSON,
	REPORT_NONE,
};

struct report_options {
	enum report_kind kind;
	FILE *out; /* of the result */
	FILE *err; /* of everything else */
	bool is_quiet;
	int verbosity;
};

struct report;

struct report *report_new(const struct report_options *options, struct error *err) CHECK;
/* Takes away what stands on the terminal for now; does not close the files. */
void report_free(struct report *report);
void report_freep(struct report **report); /* for AUTO() */

/* Belongs to the report. Events of several threads are taken one at a time; all
 * else here is for the main thread, once it is alone. */
struct event_sink *report_sink(struct report *report);

/* One line of the result, for people; nothing with JSON. */
void report_result(struct report *report, const char *format, ...) PRINTF(2, 3);
/* One object of the result, for machines: {"v":1,"type":"TYPE", and what the
 * caller adds until report_close(). NULL if the report is not JSON. */
struct json_writer *report_open(struct report *report, const char *type);
void report_close(struct report *report);

/* The one error of a run: "error: MESSAGE" and "hint: ...", or an object. */
void report_error(struct report *report, const struct error *error);

/* Whether all that was written arrived: a full disk or a closed pipe is
 * ERROR_SYSTEM. */
int report_finish(struct report *report, struct error *err) CHECK;
