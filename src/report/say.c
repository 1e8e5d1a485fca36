/* SPDX-License-Identifier: MIT */
#include "report/say.h"

#include "base/str.h"
#include "base/time.h"
#include "report/safe.h"

/* Of an instruction: whole scripts stand in some. */
#define NAME_COLUMNS 100

static void add(struct buf *line, const char *before, const char *text)
{
	if (!text || !*text)
		return;
	buf_add_text(line, before);
	safe_add(line, slice_of(text));
}

/* As people compare them: the first 12 digits. */
static void add_digest(struct buf *line, const char *before, const char *digest)
{
	char brief[20];

	if (!digest)
		return;
	snprintf(brief, sizeof(brief), "%s", digest);
	add(line, before, brief);
}

void say_label(const struct event *event, struct buf *line)
{
	add(line, "", event->step ? event->step : "step");
	add(line, " ", event->image);
}

static void say_done(const struct event *event, struct buf *line)
{
	say_label(event, line);
	buf_add_format(line, ": done in %s", time_elapsed(event->elapsed_ms).text);
	add(line, ", ", event->detail);
}

static void say_step(const struct event *event, struct buf *line)
{
	if (event->type == EVENT_STEP_DONE) {
		say_done(event, line);
		return;
	}
	if (event->type == EVENT_STEP_PLAN)
		buf_add_text(line, "would ");
	say_label(event, line);
	if (event->type == EVENT_STEP_FAIL)
		buf_add_text(line, ": failed");
	if (event->type == EVENT_STEP_SKIP)
		buf_add_text(line, ": not needed");
	add(line, ": ", event->subject);
	add(line, ": ", event->detail);
}

bool say_is_build_step(enum event_type type)
{
	return type >= EVENT_BUILD_STEP_START && type <= EVENT_BUILD_STEP_FAIL;
}

/* "build web: [2/5] RUN make: done in 1.2 s" */
void say_build_step(const struct event *event, struct buf *line)
{
	struct slice name = slice_of(event->subject);
	struct slice brief = safe_cut(name, NAME_COLUMNS);

	say_label(event, line);
	buf_add_text(line, ": ");
	safe_add(line, brief);
	if (brief.len < name.len)
		buf_add_text(line, "...");
	if (event->type == EVENT_BUILD_STEP_DONE)
		buf_add_format(line, ": done in %s", time_elapsed(event->elapsed_ms).text);
	if (event->type == EVENT_BUILD_STEP_CACHED)
		buf_add_text(line, ": cached");
	if (event->type == EVENT_BUILD_STEP_FAIL)
		add(line, ": failed: ", event->where);
	add(line, ": ", event->detail);
}

static void say_progress(const struct event *event, struct buf *line)
{
	add(line, "", event->subject);
	buf_add_format(line, " %s", str_size(event->bytes).text);
	if (event->total)
		buf_add_format(line, " of %s", str_size(event->total).text);
}

static void say_removed(const struct event *event, struct buf *line)
{
	bool is_kept = event->type == EVENT_KEEP;

	add(line, is_kept ? "kept " : "removed ", event->subject);
	if (!is_kept && event->bytes)
		buf_add_format(line, " (%s)", str_size(event->bytes).text);
	add(line, ": ", event->detail);
}

/* What is neither of a step nor of a build's. */
static void say_other(const struct event *event, struct buf *line)
{
	switch (event->type) {
	case EVENT_IMAGE:
	case EVENT_TAG:
		add(line, event->type == EVENT_TAG ? "tagged " : "image ", event->subject);
		add_digest(line, " ", event->digest);
		return;
	case EVENT_READY:
		buf_add_format(line, "ready after %s", time_elapsed(event->elapsed_ms).text);
		break;
	case EVENT_PUBLISHED:
		add(line, "published ", event->subject);
		add(line, "@", event->digest);
		return;
	case EVENT_CREW:
		buf_add_format(line, "%d images", (int)event->total);
		break;
	case EVENT_LEFT_OUT:
		add(line, "left out ", event->image);
		break;
	default:
		buf_add_text(line, event->type == EVENT_NOTICE ? "note: " : "warning: ");
		safe_add(line, event->text);
		return; /* its detail is a word for machines */
	}
	add(line, event->type == EVENT_CREW ? ", " : ": ", event->detail);
}

void say_event(const struct event *event, struct buf *line)
{
	if (say_is_build_step(event->type))
		say_build_step(event, line);
	else if (event->type <= EVENT_STEP_PLAN)
		say_step(event, line);
	else if (event->type == EVENT_PROGRESS)
		say_progress(event, line);
	else if (event->type == EVENT_PRUNE || event->type == EVENT_KEEP)
		say_removed(event, line);
	else
		say_other(event, line);
}
