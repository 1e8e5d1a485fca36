/* SPDX-License-Identifier: MIT */
#include "base/time.h"
#include "report/safe.h"
#include "report/say.h"
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
	case EVENT_BUILD_STEP_FAIL:
		return RED;
	case EVENT_LEFT_OUT:
	case EVENT_WARNING:
		return YELLOW;
	case EVENT_STEP_SKIP:
	case EVENT_BUILD_STEP_CACHED:
	case EVENT_BUILD_LOG:
	case EVENT_TEST_LOG:
	case EVENT_CONTAINER_LOG:
		return DIM;
	default:
		return NULL;
	}
}

/* Above what changes in place. */
static void print(struct report *report, const char *colour, struct slice line)
{
	AUTO(buf_release) struct buf text = BUF_INIT(2 * LIMIT_STREAM_LINE);
	bool has_colour = colour && report->has_colours;

	if (has_colour)
		buf_add_format(&text, "\033[%sm", colour);
	buf_add_slice(&text, line);
	buf_add_text(&text, has_colour ? "\033[m\n" : "\n");
	status_print(&report->status, buf_slice(&text));
}

/* "  web | text" of several images; `image` may be empty. */
static void print_foreign(struct report *report, const struct buf *image, struct slice line)
{
	AUTO(buf_release) struct buf text = BUF_INIT(2 * LIMIT_STREAM_LINE);

	if (image->len) {
		buf_add_text(&text, "  ");
		safe_add(&text, buf_slice(image));
		buf_add_text(&text, FOREIGN + 1);
	} else {
		buf_add_text(&text, FOREIGN);
	}
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

static void keep_line(struct lane *lane, struct slice line)
{
	struct report *report = lane->report;

	log_keep(&lane->log, line);
	if (report->is_tty && !report->is_quiet)
		status_set(&report->status, lane, line);
}

/* The step's last lines come again should it fail. */
static void write_live(struct lane *lane, struct slice line)
{
	if (!live_shows(&lane->live, lane->speaker.data))
		return;
	live_write(&lane->live, line);
	status_touch(&lane->report->status);
}

void report_text_line(void *arg, enum event_type type, struct slice line)
{
	struct lane *lane = arg;

	if (shows_log(lane->report, type)) {
		print_foreign(lane->report, &lane->image, line);
		return;
	}
	if (type == EVENT_BUILD_LOG && lane->speaker.len)
		write_live(lane, line);
	else
		keep_line(lane, line);
}

static void recall(struct lane *lane)
{
	const struct buf *line;

	for (size_t i = 0; (line = log_recall(&lane->log, i)); i++)
		print_foreign(lane->report, &lane->image, buf_slice(line));
	log_reset(&lane->log);
}

static bool is_folded(const struct report *report)
{
	return report->is_tty && !report->verbosity;
}

/* Not what BuildKit does for itself, nor a base. */
static bool is_instruction(const struct event *event)
{
	const char *name = event->subject ? strstr(event->subject, "] ") : NULL;

	return name && event->subject[0] == '[' && !str_starts(event->subject, "[internal]") &&
	       !str_starts(event->subject, "[auth]") && !str_starts(name, "] FROM ");
}

/* The rest is worth a line only if somebody had to wait. */
static bool is_hidden_build_step(const struct report *report, const struct event *event)
{
	switch (event->type) {
	case EVENT_BUILD_STEP_START:
		return report->is_tty || !is_instruction(event);
	case EVENT_BUILD_STEP_DONE:
		return !report->verbosity && !is_instruction(event) && event->elapsed_ms < 1000;
	case EVENT_BUILD_STEP_CACHED:
		return is_folded(report) || (!report->verbosity && !is_instruction(event));
	default:
		return false;
	}
}

static bool is_hidden(const struct report *report, const struct event *event)
{
	enum event_type type = event->type;

	if (report->is_quiet)
		return type != EVENT_WARNING && type != EVENT_STEP_FAIL &&
		       type != EVENT_BUILD_STEP_FAIL && type != EVENT_LEFT_OUT;
	if (type == EVENT_IMAGE)
		return !report->verbosity;
	if (say_is_build_step(type))
		return is_hidden_build_step(report, event);
	return type == EVENT_PROGRESS || (type == EVENT_STEP_START && report->is_tty);
}

static bool ends_step(enum event_type type)
{
	return type == EVENT_STEP_DONE || type == EVENT_STEP_FAIL;
}

static void begin_step(struct lane *lane, const struct event *event, struct slice label)
{
	struct report *report = lane->report;

	buf_reset(&lane->name);
	say_label(event, &lane->name);
	log_reset(&lane->log);
	lane->has_step = true;
	if (report->is_tty && !report->is_quiet)
		status_begin(&report->status, lane, label);
}

/* An event is one line, whatever stands in it. */
static void flatten(struct buf *line)
{
	for (size_t i = 0; i < line->len; i++)
		if (line->data[i] == '\n')
			line->data[i] = ' ';
}

/* Of a step that failed, unless they stand above anyway. */
static void print_last_lines(struct lane *lane, struct slice text)
{
	AUTO(buf_release) struct buf safe = BUF_INIT(LIMIT_STREAM_LINE);
	struct slice rest, line;

	if (shows_log(lane->report, EVENT_BUILD_LOG))
		return;
	safe_add(&safe, text);
	rest = buf_slice(&safe);
	while (slice_cut(&rest, '\n', &line))
		print_foreign(lane->report, &lane->image, line);
}

static void print_cached(struct lane *lane, const struct event *event)
{
	AUTO(buf_release) struct buf line = BUF_INIT(LIMIT_STREAM_LINE);
	unsigned count = lane->cached_count;

	if (!count)
		return;
	lane->cached_count = 0;
	say_label(event, &line);
	buf_add_format(&line, ": %u step%s cached", count, count == 1 ? "" : "s");
	print(lane->report, DIM, buf_slice(&line));
}

static void set_speaker(struct lane *lane, const struct event *event)
{
	buf_reset(&lane->speaker);
	if (event->digest)
		buf_add_text(&lane->speaker, event->digest);
}

/* Steps that run side by side write in turn: who does stands above. */
static void take_log(struct lane *lane, const struct event *event)
{
	struct report *report = lane->report;
	bool is_other = event->type == EVENT_BUILD_LOG &&
			!slice_equal(buf_slice(&lane->speaker), slice_of(event->digest));

	if (is_other) {
		log_flush(&lane->log);
		set_speaker(lane, event);
		buf_reset(&report->line);
		say_build_step(event, &report->line);
		flatten(&report->line);
	}
	if (is_other && event->digest && shows_log(report, event->type))
		print(report, NULL, buf_slice(&report->line));
	log_add(&lane->log, event);
}

/* What changes in place. */
static void follow_build_step(struct lane *lane, const struct event *event)
{
	struct report *report = lane->report;

	if (event->type == EVENT_BUILD_STEP_START) {
		live_begin(&lane->live, event, time_monotonic_ms());
	} else {
		live_end(&lane->live, event->digest);
		buf_reset(&lane->text);
	}
	if (event->type == EVENT_BUILD_STEP_CACHED && is_folded(report))
		lane->cached_count += is_instruction(event);
	if (event->type == EVENT_BUILD_STEP_FAIL)
		print_last_lines(lane, event->text);
	status_touch(&report->status);
}

static void follow(struct lane *lane, const struct event *event, struct slice line)
{
	struct report *report = lane->report;
	bool is_shown = report->is_tty && !report->is_quiet;

	if (event->type == EVENT_STEP_START)
		begin_step(lane, event, line);
	if (event->type == EVENT_PROGRESS && is_shown)
		status_set(&report->status, lane, line);
	if (say_is_build_step(event->type) && event->digest && event->subject)
		follow_build_step(lane, event);
	if (ends_step(event->type))
		status_begin(&report->status, lane, SLICE(""));
	if (event->type == EVENT_STEP_FAIL)
		recall(lane);
}

static void say_flat(const struct report *report, const struct event *event, struct buf *line)
{
	buf_reset(line);
	if (report->is_crowd && event->type == EVENT_READY && event->image) {
		safe_add(line, slice_of(event->image));
		buf_add_text(line, ": ");
	}
	say_event(event, line);
	flatten(line);
}

static void show_event(struct lane *lane, const struct event *event)
{
	struct report *report = lane->report;
	struct buf *line = &report->line;

	log_flush(&lane->log);
	say_flat(report, event, line);
	follow(lane, event, buf_slice(line));
	if (!is_hidden(report, event)) {
		if (say_is_build_step(event->type) || ends_step(event->type))
			print_cached(lane, event);
		print(report, colour_of(event->type), buf_slice(line));
		if (say_is_build_step(event->type))
			set_speaker(lane, event);
	}
	if (ends_step(event->type)) {
		log_reset(&lane->log);
		lane->has_step = false;
	}
}

static bool is_log(enum event_type type)
{
	return type == EVENT_BUILD_LOG || type == EVENT_TEST_LOG || type == EVENT_CONTAINER_LOG;
}

static void text_event(struct report *report, const struct event *event)
{
	struct lane *lane;

	if (event->type == EVENT_TICK) {
		status_touch(&report->status);
		return;
	}
	report->is_crowd |= event->type == EVENT_CREW;
	lane = status_lane(&report->status, report->is_crowd ? event->image : NULL);
	if (is_log(event->type))
		take_log(lane, event);
	else
		show_event(lane, event);
}

static void text_error(struct report *report, const struct error *error)
{
	const char *hint = error_get_hint(error);
	bool has_colours = report->has_colours;
	struct slice rest = slice_of(error->message), line = SLICE("");

	status_end(&report->status);
	slice_cut(&rest, '\n', &line);
	fprintf(report->err, "%serror:%s %.*s\n", has_colours ? "\033[1;31m" : "",
		has_colours ? "\033[m" : "", (int)line.len, line.data);
	while (slice_cut(&rest, '\n', &line))
		print_foreign(report, &report->status.first.image, line);
	if (hint)
		fprintf(report->err, "hint: %s\n", hint);
	fflush(report->err);
}

const struct report_target report_text = { text_event, text_error };
