/* SPDX-License-Identifier: MIT */
/* Messages of BuildKit that are mutated: what is told of them has its bounds. */
#include "fuzz.h"

#include <stdlib.h>

#include "base/limits.h"
#include "engine/build/status.h"

/* Steps "a" and "b", which run, write, end, fail; a transfer, a warning. */
const char *const fuzz_seeds[] = {
	"\x0a\x14\x0a\x01"
	"a\x1a\x0b[1/2] RUN x\x2a\x02\x08\x05\x1a\x08\x0a\x01"
	"a\x22\x03hi\n\x0a\x0b\x0a\x01"
	"a\x2a\x02\x08\x05\x32\x02\x08\x07",
	"\x0a\x0d\x0a\x01"
	"b\x1a\x01y\x2a\x02\x08\x05\x3a\x01z\x0a\x0d\x0a\x01"
	"b\x3a\x04"
	"exit\x32\x02\x08\x09\x1a\x09\x0a\x01"
	"b\x22\x04\xe2\x82\rx",
	"\x12\x0b\x0a\x05"
	"abcd:\x20\x05\x28\x0a\x22\x0b\x1a\x01w\x3a\x06\x0a\x04\x08\x03\x10\x01",
	"\x0a\x07\x0a\x01"
	"a\x32\x02\x08\x08\x0a\x09\x0a\x01"
	"a\x20\x01\x32\x02\x08\x09\x0a\x07\x0a\x01"
	"a\x2a\x02\x08\x0a",
	NULL,
};

static void require(bool holds)
{
	if (!holds)
		abort();
}

static void check_event(struct event_sink *sink, const struct event *event)
{
	(void)sink;
	require(event->elapsed_ms >= 0 && event->bytes >= 0 && event->total >= 0);
	require(event->text.len <= LIMIT_STREAM_LINE);
	if (event->digest)
		require(event->subject && !strpbrk(event->subject, "\n\t\r"));
	if (event->type == EVENT_BUILD_LOG && event->digest)
		require(event->text.len && event->text.data[event->text.len - 1] == '\n' &&
			event->text.len <= LIMIT_BUILD_LINE + 1);
	if (event->type == EVENT_BUILD_STEP_FAIL)
		require(event->detail && event->text.len <= LIMIT_BUILD_TAIL);
}

/* The bytes are one message, and then a second one. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct event_sink sink = { check_event };
	struct build_status_options options = { .sink = &sink, .dockerfile = "Dockerfile" };
	struct error err = { 0 };
	AUTO(build_status_freep) struct build_status *status = build_status_new(&options, &err);
	struct engine_build_result result = { 0 };
	struct slice message = { (const char *)data, size };

	require(status != NULL);
	for (int i = 0; i < 2; i++)
		if (build_status_take(status, message, &err))
			require(err.kind == ERROR_PROTOCOL);
	require(!build_status_finish(status, &err));
	build_status_count(status, &result);
	require(result.cached_count <= result.step_count);
	require(build_status_error(status, "failed", &err) && err.kind != ERROR_NONE);
	return 0;
}
