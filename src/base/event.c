/* SPDX-License-Identifier: MIT */
#include "base/event.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/limits.h"
#include "base/redact.h"
#include "base/time.h"

#define PROGRESS_EVERY_MS 100

static const char *const names[EVENT_TYPE_COUNT] = {
	[EVENT_STEP_START] = "step-start",
	[EVENT_STEP_DONE] = "step-done",
	[EVENT_STEP_SKIP] = "step-skip",
	[EVENT_STEP_FAIL] = "step-fail",
	[EVENT_STEP_PLAN] = "step-plan",
	[EVENT_BUILD_STEP_START] = "build-step-start",
	[EVENT_BUILD_STEP_DONE] = "build-step-done",
	[EVENT_BUILD_STEP_CACHED] = "build-step-cached",
	[EVENT_BUILD_STEP_FAIL] = "build-step-fail",
	[EVENT_BUILD_LOG] = "build-log",
	[EVENT_TEST_LOG] = "test-log",
	[EVENT_CONTAINER_LOG] = "container-log",
	[EVENT_PROGRESS] = "progress",
	[EVENT_IMAGE] = "image",
	[EVENT_TAG] = "tag",
	[EVENT_PRUNE] = "prune",
	[EVENT_KEEP] = "keep",
	[EVENT_READY] = "ready",
	[EVENT_PUBLISHED] = "published",
	[EVENT_CREW] = "crew",
	[EVENT_LEFT_OUT] = "left-out",
	[EVENT_NOTICE] = "notice",
	[EVENT_WARNING] = "warning",
	[EVENT_TICK] = "tick",
};

const char *event_type_name(enum event_type type)
{
	return names[type];
}

void event_emit(struct event_sink *sink, const struct event *event)
{
	if (sink)
		sink->emit(sink, event);
}

bool event_is_due(int64_t *told_at_ms)
{
	int64_t now = time_monotonic_ms();

	if (now - *told_at_ms < PROGRESS_EVERY_MS)
		return false;
	*told_at_ms = now;
	return true;
}

PRINTF(3, 0)
static void emit_text(struct event_sink *sink, enum event_type type, const char *format,
		      va_list args)
{
	char text[LIMIT_ERROR_MESSAGE];

	if (!sink)
		return;
	vsnprintf(text, sizeof(text), format, args);
	redact_text(text);
	event_emit(sink, &(struct event){ .type = type, .text = slice_of(text) });
}

void event_notice(struct event_sink *sink, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	emit_text(sink, EVENT_NOTICE, format, args);
	va_end(args);
}

void event_warning(struct event_sink *sink, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	emit_text(sink, EVENT_WARNING, format, args);
	va_end(args);
}
