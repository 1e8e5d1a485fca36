/* SPDX-License-Identifier: MIT */
#include "report/report.h"

#include <errno.h>
#include <stdarg.h>

#include "report/safe.h"
#include "report/target.h"

/* A log piece with its JSON escapes is the longest. */
#define LINE_MAX_LEN (8 * LIMIT_STREAM_LINE)

static void nothing_of_event(struct report *report, const struct event *event)
{
	(void)report;
	(void)event;
}

static void nothing_of_error(struct report *report, const struct error *error)
{
	(void)report;
	(void)error;
}

static const struct report_target report_nothing = { nothing_of_event, nothing_of_error };

static const struct report_target *target_of(enum report_kind kind)
{
	if (kind == REPORT_NONE)
		return &report_nothing;
	return kind == REPORT_JSON ? &report_json : &report_text;
}

static void emit(struct event_sink *sink, const struct event *event)
{
	struct report *report = (struct report *)sink;

	pthread_mutex_lock(&report->turn);
	report->target->event(report, event);
	pthread_mutex_unlock(&report->turn);
}

static bool is_terminal(FILE *file)
{
	const char *term = getenv("TERM");

	return fileno(file) >= 0 && isatty(fileno(file)) && term && strcmp(term, "dumb") != 0;
}

struct report *report_new(const struct report_options *options, struct error *err)
{
	struct report *report = malloc(sizeof(*report));
	const char *no_color = getenv("NO_COLOR");
	bool has_terminal = is_terminal(options->err);

	if (!report) {
		error_set_memory(err);
		return NULL;
	}
	*report = (struct report){
		.sink.emit = emit,
		.target = target_of(options->kind),
		.out = options->out,
		.err = options->err,
		.is_quiet = options->is_quiet,
		.is_tty = options->kind == REPORT_TTY ||
			  (options->kind == REPORT_AUTO && has_terminal),
		.has_colours = has_terminal && !(no_color && *no_color),
		.verbosity = options->verbosity,
		.line = BUF_INIT(LINE_MAX_LEN),
	};
	pthread_mutex_init(&report->turn, NULL);
	status_init(&report->status, options->err, report, report_text_line);
	return report;
}

void report_free(struct report *report)
{
	if (!report)
		return;
	pthread_mutex_destroy(&report->turn);
	status_release(&report->status);
	buf_release(&report->line);
	free(report);
}

void report_freep(struct report **report)
{
	report_free(*report);
}

struct event_sink *report_sink(struct report *report)
{
	return &report->sink;
}

void report_result(struct report *report, const char *format, ...)
{
	AUTO(buf_release) struct buf text = BUF_INIT(LINE_MAX_LEN);
	va_list args;

	if (report->target != &report_text)
		return;
	va_start(args, format);
	buf_add_args(&text, format, args);
	va_end(args);
	buf_reset(&report->line);
	safe_add(&report->line, buf_slice(&text));
	log_flush(&report->status.first.log);
	status_clear(&report->status);
	fprintf(report->out, "%s\n", report->line.data);
	fflush(report->out);
	status_draw(&report->status);
}

struct json_writer *report_open(struct report *report, const char *type)
{
	if (report->target != &report_json)
		return NULL;
	buf_reset(&report->line);
	report->writer = (struct json_writer)JSON_WRITER(&report->line);
	json_open_object(&report->writer, NULL);
	json_add_int(&report->writer, "v", 1);
	json_add_text(&report->writer, "type", type);
	return &report->writer;
}

/* A line that could not be made is left out whole: half an object helps nobody. */
void report_close(struct report *report)
{
	json_close_object(&report->writer);
	buf_add_char(&report->line, '\n');
	if (!report->line.has_failed)
		fwrite(report->line.data, 1, report->line.len, report->out);
	fflush(report->out);
}

void report_error(struct report *report, const struct error *error)
{
	report->target->error(report, error);
}

int report_finish(struct report *report, struct error *err)
{
	status_end(&report->status);
	if (fflush(report->out) || ferror(report->out))
		return error_set_errno(err, errno ? errno : EIO,
				       "cannot write to the standard output");
	return 0;
}
