/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * What BuildKit tells of a build that goes on (Control/Status): its messages
 * become events, and the end of the build an error that names the line of the
 * Dockerfile. Nothing here waits; what a hostile BuildKit sends is bounded
 * (base/limits.h).
 */
#include "base/event.h"
#include "engine/build/build.h"

struct dockerfile;
struct build_status;

struct build_status_options {
	struct event_sink *sink;	 /* NULL: nobody listens */
	const char *step, *image;	 /* of the events; may be NULL */
	const char *dockerfile;		 /* its name for messages */
	const struct dockerfile *parsed; /* NULL: no lines are named */
};

/* The options' texts are borrowed until it is freed. */
struct build_status *build_status_new(const struct build_status_options *options,
				      struct error *err) CHECK;
void build_status_free(struct build_status *status);
void build_status_freep(struct build_status **status);

/* One message StatusResponse; -1: malformed (ERROR_PROTOCOL) or out of memory. */
int build_status_take(struct build_status *status, struct slice message, struct error *err) CHECK;
/* Nothing came for a while: clocks on a terminal go on. Worth a call a second. */
void build_status_tick(const struct build_status *status);
/* No more will come, also when the build failed: tells the last lines and which
 * step failed. Only now have its last lines arrived. */
int build_status_finish(struct build_status *status, struct error *err) CHECK;

/* Whether any step has been heard of. Before, Solve failed by itself, and the
 * stream does not end for seconds. */
bool build_status_has_begun(const struct build_status *status);
/* Instructions that ran or were cached into `step_count`, `cached_count`. */
void build_status_count(const struct build_status *status, struct engine_build_result *result);
/* Sets the error of a build that failed, `failure` being Solve's words for it:
 * "Dockerfile:7: RUN make: exit code 2". Always -1. */
int build_status_error(const struct build_status *status, const char *failure, struct error *err);
