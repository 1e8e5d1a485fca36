/* SPDX-License-Identifier: MIT */
#include "report/safe.h"
#include "report/target.h"

static void add_safe(struct json_writer *writer, const char *key, struct slice text)
{
	AUTO(buf_release) struct buf safe = BUF_INIT(LIMIT_STREAM_LINE);

	if (!text.data)
		return;
	safe_add(&safe, text);
	json_add_slice(writer, key, buf_slice(&safe));
}

static bool has_bytes(enum event_type type)
{
	return type == EVENT_PRUNE || type == EVENT_PROGRESS;
}

static bool has_elapsed(enum event_type type)
{
	return type == EVENT_STEP_DONE || type == EVENT_BUILD_STEP_DONE || type == EVENT_READY;
}

static bool is_urgent(enum event_type type)
{
	return type == EVENT_WARNING || type == EVENT_STEP_FAIL || type == EVENT_BUILD_STEP_FAIL ||
	       type == EVENT_CONTAINER_LOG || type == EVENT_LEFT_OUT;
}

static void json_event(struct report *report, const struct event *event)
{
	struct json_writer *writer;

	if (event->type == EVENT_TICK || (report->is_quiet && !is_urgent(event->type)))
		return;
	writer = report_open(report, event_type_name(event->type));
	add_safe(writer, "step", slice_of(event->step));
	add_safe(writer, "image", slice_of(event->image));
	add_safe(writer, "subject", slice_of(event->subject));
	add_safe(writer, "digest", slice_of(event->digest));
	add_safe(writer, "detail", slice_of(event->detail));
	add_safe(writer, "where", slice_of(event->where));
	add_safe(writer, "text", event->text);
	if (event->bytes || has_bytes(event->type))
		json_add_int(writer, "bytes", event->bytes);
	if (event->total)
		json_add_int(writer, "total", event->total);
	if (event->elapsed_ms || has_elapsed(event->type))
		json_add_int(writer, "elapsed_ms", event->elapsed_ms);
	report_close(report);
}

static void json_error(struct report *report, const struct error *error)
{
	struct json_writer *writer = report_open(report, "error");

	json_add_text(writer, "kind", error_kind_name(error->kind));
	json_add_int(writer, "exit", error_exit_code(error->kind));
	json_add_text(writer, "message", error->message);
	json_add_text(writer, "hint", error_get_hint(error));
	report_close(report);
}

const struct report_target report_json = { json_event, json_error };
