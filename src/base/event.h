/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * What the work reports while it goes on. Layers emit events into a sink that
 * they are given; only report/ prints. Every pointer of an event is borrowed
 * for the call; NULL or 0 where it does not apply.
 */
#include <stdint.h>

#include "base/cleanup.h"
#include "base/slice.h"

enum event_type {
	EVENT_STEP_START, /* `step` of `image` begins; `detail` says on what */
	EVENT_STEP_DONE,  /* ... ended well: `detail` result, `elapsed_ms` */
	EVENT_STEP_SKIP,  /* ... was not needed: `detail` says why */
	EVENT_STEP_FAIL,  /* ... failed; the error itself comes with the exit */
	EVENT_STEP_PLAN,  /* --dry-run: what would be done */
	/* A step of the build, `subject` "[stage 2/5] RUN make", `digest` its own: */
	EVENT_BUILD_STEP_START,	 /* ... runs, `where` it stands */
	EVENT_BUILD_STEP_DONE,	 /* ... ran: `elapsed_ms` */
	EVENT_BUILD_STEP_CACHED, /* ... needed not run */
	EVENT_BUILD_STEP_FAIL,	 /* ... failed: `detail` why, `text` its last lines */
	EVENT_BUILD_LOG,	 /* `text`: output of the build, whole lines or less; of a
				  * step if there is a `subject`, then whole lines */
	EVENT_TEST_LOG,		 /* `text`: output of the tests as it comes */
	EVENT_CONTAINER_LOG,	 /* `text`: last output of a trial that failed */
	EVENT_PROGRESS,		 /* `subject` (a layer, "context", "export"): `bytes` of `total` */
	EVENT_IMAGE,		 /* an image is known: `subject` reference, `digest` ID */
	EVENT_TAG,		 /* `subject` now names `digest` */
	EVENT_PRUNE,		 /* `subject` removed: `bytes`, `detail` the reason */
	EVENT_KEEP,		 /* `subject` not removed: `detail` the reason */
	EVENT_READY,		 /* the trial answers: `elapsed_ms` since its start */
	EVENT_PUBLISHED,	 /* `subject` in the registry holds `digest` */
	EVENT_CREW,		 /* `total` images are worked on, `detail` how many at once */
	EVENT_LEFT_OUT,		 /* `image` was not begun: `detail` because of which */
	EVENT_NOTICE,		 /* `text` a person should know */
	EVENT_WARNING,		 /* `text` a person should mend */
	EVENT_TICK,		 /* time has passed, nothing else: for clocks on a terminal */
	EVENT_TYPE_COUNT,
};

struct event {
	enum event_type type;
	const char *step;  /* plan build stamp tag prune trial test record publish */
	const char *image; /* name of the image in its repository */
	const char *subject;
	const char *digest;
	const char *detail;
	const char *where; /* "Dockerfile:7" */
	struct slice text;
	int64_t bytes;
	int64_t total;
	int64_t elapsed_ms;
};

struct event_sink {
	void (*emit)(struct event_sink *sink, const struct event *event);
};

/* `sink` may be NULL: nobody listens. */
void event_emit(struct event_sink *sink, const struct event *event);
/* EVENT_PROGRESS is told ten times a second: whether it is time again, and noted so.
 * `told_at_ms` is the teller's, 0 at first. */
bool event_is_due(int64_t *told_at_ms);
void event_notice(struct event_sink *sink, const char *format, ...) PRINTF(2, 3);
void event_warning(struct event_sink *sink, const char *format, ...) PRINTF(2, 3);

/* Stable name for machines: "step-start", "build-log", ... */
const char *event_type_name(enum event_type type);
