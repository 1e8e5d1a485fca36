/* SPDX-License-Identifier: MIT */
#include "base/str.h"
#include "base/time.h"
#include "report/safe.h"
#include "report/target.h"

#define RED    "31"
#define GREEN  "32"
#define YELLOW "33"
#define DIM    "2"

/* Before each line of output that is not ours, so that no line of it can pass
 * for ours or for a command to a CI service. */
#define FOREIGN "  | "

static const char *colour_of(enum event_type type)
{
	switch (type) {
	case EVENT_STEP_DONE:
	case EVENT_PUBLISHED:
		return GREEN;
	case EVENT_STEP_FAIL:
		return RED;
	case EVENT_WARNING:
		return YELLOW;
	case EVENT_STEP_SKIP:
	case EVENT_BUILD_LOG:
	case EVENT_TEST_LOG:
	case EVENT_CONTAINER_LOG:
		return DIM;
	default:
		return NULL;
	}
}

/* Above the line that changes in place. */
static void print(struct report *report, const char *colour, struct slice line)
{
	bool has_colour = colour && report->has_colours;

	status_clear(&report->status);
	fprintf(report->err, "%s%s%s%.*s%s\n", has_colour ? "\033[" : "", has_colour ? colour : "",
		has_colour ? "m" : "", (int)line.len, line.data, has_colour ? "\033[m" : "");
	fflush(report->err);
	status_draw(&report->status);
}

static void print_foreign(struct report *report, struct slice line)
{
	AUTO(buf_release) struct buf text = BUF_INIT(LIMIT_STREAM_LINE);

	buf_add_text(&text, FOREIGN);
	buf_add_slice(&text, line);
	print(report, DIM, buf_slice(&text));
}

static bool shows_log(const struct report *report, enum event_type type)
{
	if (type == EVENT_CONTAINER_LOG)
		return true;
	if (report->is_quiet)
		return false;
	return type == EVENT_TEST_LOG || !report->is_tty || report->verbosity;
}

void report_text_line(void *arg, enum event_type type, struct slice line)
{
	struct report *report = arg;

	if (shows_log(report, type)) {
		print_foreign(report, line);
		return;
	}
	log_keep(&report->log, line);
	if (report->is_tty && !report->is_quiet)
		status_set(&report->status, line);
}

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

static void add_label(struct buf *line, const struct event *event)
{
	add(line, "", event->step ? event->step : "step");
	add(line, " ", event->image);
}

static void say_done(const struct event *event, struct buf *line)
{
	add_label(line, event);
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
	add_label(line, event);
	if (event->type == EVENT_STEP_FAIL)
		buf_add_text(line, ": failed");
	if (event->type == EVENT_STEP_SKIP)
		buf_add_text(line, ": not needed");
	add(line, ": ", event->subject);
	add(line, ": ", event->detail);
}

static bool is_build_step(enum event_type type)
{
	return type >= EVENT_BUILD_STEP_START && type <= EVENT_BUILD_STEP_FAIL;
}

/* "build web: [2/5] RUN make: done in 1.2 s" */
static void say_build_step(const struct event *event, struct buf *line)
{
	add_label(line, event);
	add(line, ": ", event->subject);
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

/* One line a person understands without knowing the type. */
static void say(const struct event *event, struct buf *line)
{
	switch (event->type) {
	case EVENT_PROGRESS:
		say_progress(event, line);
		return;
	case EVENT_PRUNE:
	case EVENT_KEEP:
		say_removed(event, line);
		return;
	case EVENT_IMAGE:
	case EVENT_TAG:
		add(line, event->type == EVENT_TAG ? "tagged " : "image ", event->subject);
		add_digest(line, " ", event->digest);
		return;
	case EVENT_READY:
		buf_add_format(line, "ready after %s", time_elapsed(event->elapsed_ms).text);
		add(line, ": ", event->detail);
		return;
	case EVENT_PUBLISHED:
		add(line, "published ", event->subject);
		add(line, "@", event->digest);
		return;
	case EVENT_NOTICE:
	case EVENT_WARNING:
		buf_add_text(line, event->type == EVENT_NOTICE ? "note: " : "warning: ");
		safe_add(line, event->text);
		return;
	default:
		if (is_build_step(event->type))
			say_build_step(event, line);
		else
			say_step(event, line);
	}
}

static void recall(struct report *report)
{
	const struct buf *line;

	for (size_t i = 0; (line = log_recall(&report->log, i)); i++)
		print_foreign(report, buf_slice(line));
	log_reset(&report->log);
}

static bool is_hidden(const struct report *report, enum event_type type)
{
	if (report->is_quiet)
		return type != EVENT_WARNING && type != EVENT_STEP_FAIL;
	if (type == EVENT_IMAGE)
		return !report->verbosity;
	return type == EVENT_PROGRESS || (type == EVENT_STEP_START && report->is_tty);
}

static bool ends_step(enum event_type type)
{
	return type == EVENT_STEP_DONE || type == EVENT_STEP_FAIL;
}

static void begin_step(struct report *report, struct slice label)
{
	log_reset(&report->log);
	if (report->is_tty && !report->is_quiet)
		status_begin(&report->status, label);
}

/* An event is one line, whatever stands in it. */
static void flatten(struct buf *line)
{
	for (size_t i = 0; i < line->len; i++)
		if (line->data[i] == '\n')
			line->data[i] = ' ';
}

static void text_event(struct report *report, const struct event *event)
{
	struct buf *line = &report->line;

	if (event->type == EVENT_BUILD_LOG || event->type == EVENT_TEST_LOG ||
	    event->type == EVENT_CONTAINER_LOG) {
		log_add(&report->log, event);
		return;
	}
	log_flush(&report->log);
	buf_reset(line);
	say(event, line);
	flatten(line);
	if (event->type == EVENT_STEP_START)
		begin_step(report, buf_slice(line));
	if (event->type == EVENT_PROGRESS && report->is_tty && !report->is_quiet)
		status_set(&report->status, buf_slice(line));
	if (ends_step(event->type))
		status_begin(&report->status, SLICE(""));
	if (event->type == EVENT_STEP_FAIL)
		recall(report);
	if (!is_hidden(report, event->type))
		print(report, colour_of(event->type), buf_slice(line));
	if (ends_step(event->type))
		log_reset(&report->log);
}

static void text_error(struct report *report, const struct error *error)
{
	const char *hint = error_get_hint(error);
	bool has_colours = report->has_colours;
	struct slice rest = slice_of(error->message), line = SLICE("");

	log_flush(&report->log);
	status_begin(&report->status, SLICE(""));
	slice_cut(&rest, '\n', &line);
	fprintf(report->err, "%serror:%s %.*s\n", has_colours ? "\033[1;31m" : "",
		has_colours ? "\033[m" : "", (int)line.len, line.data);
	while (slice_cut(&rest, '\n', &line))
		print_foreign(report, line);
	if (hint)
		fprintf(report->err, "hint: %s\n", hint);
	fflush(report->err);
}

const struct report_target report_text = { text_event, text_error };
