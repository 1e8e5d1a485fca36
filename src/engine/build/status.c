/* SPDX-License-Identifier: MIT */
#include "engine/build/status.h"

#include <stdio.h>

#include "base/limits.h"
#include "base/str.h"
#include "codec/protobuf.h"
#include "context/dockerfile.h"
#include "engine/api.h"
#include "engine/build/status-message.h"
#include "engine/build/status-vertex.h"
#include "engine/stream.h"

/* "sha256:" and 64 digits; longer ones are none. */
#define DIGEST_MAX 128
/* The name of what is transferred. */
#define SUBJECT_MAX 128
/* Of an instruction in an error, which has its line. */
#define ERROR_NAME_MAX 160

struct build_status {
	struct build_status_options options;
	struct vertices vertices;
	struct vertex *failed; /* the first one, and no victim of another */
	size_t warning_count;
	bool is_full; /* and a notice says so */
};

struct build_status *build_status_new(const struct build_status_options *options, struct error *err)
{
	struct build_status *status = calloc(1, sizeof(*status));

	if (!status) {
		error_set_memory(err);
		return NULL;
	}
	status->options = *options;
	return status;
}

void build_status_free(struct build_status *status)
{
	if (!status)
		return;
	vertices_release(&status->vertices);
	free(status);
}

void build_status_freep(struct build_status **status)
{
	build_status_free(*status);
}

static void emit(const struct build_status *status, struct event event, const struct vertex *vertex)
{
	event.step = status->options.step;
	event.image = status->options.image;
	event.subject = vertex ? vertex->name : event.subject;
	event.digest = vertex ? vertex->digest : NULL;
	event.where = vertex ? vertex->where : NULL;
	event_emit(status->options.sink, &event);
}

static int locate(const struct build_status *status, struct vertex *vertex, struct error *err)
{
	const struct build_status_options *options = &status->options;
	struct vertex_number number;
	int line;

	if (!options->parsed || !vertex_number_parse(vertex->name, &number))
		return 0;
	line = dockerfile_step_line(options->parsed, number.stage, number.number, number.total);
	if (!line)
		return 0;
	vertex->where = str_format(err, "%s:%d", options->dockerfile, line);
	return vertex->where ? 0 : -1;
}

/* NULL in `*ret_vertex` if there is no room for one more. */
static int have_vertex(struct build_status *status, const struct vertex_message *message,
		       struct vertex **ret_vertex, struct error *err)
{
	struct vertex *vertex = vertices_find(&status->vertices, message->digest);
	bool is_valid = message->digest.len && message->digest.len <= DIGEST_MAX &&
			!memchr(message->digest.data, '\0', message->digest.len);

	*ret_vertex = vertex;
	if (vertex || !is_valid)
		return 0;
	if (status->vertices.len == LIMIT_BUILD_STEPS) {
		if (!status->is_full)
			event_notice(status->options.sink,
				     "the build has more than %d steps: the others are not shown",
				     LIMIT_BUILD_STEPS);
		status->is_full = true;
		return 0;
	}
	vertex = vertices_add(&status->vertices, message->digest, message->name, err);
	*ret_vertex = vertex;
	return vertex ? locate(status, vertex, err) : -1;
}

/* A source runs twice: to learn what it is, and to be fetched. And BuildKit tells
 * first what became of a step in another build, which may have been canceled. */
static bool may_run(const struct vertex *vertex, int64_t started_ns)
{
	bool has_ended = vertex->state == VERTEX_DONE || vertex->state == VERTEX_FAILED;

	return !has_ended || started_ns > vertex->completed_ns;
}

static void start(struct build_status *status, struct vertex *vertex, int64_t started_ns)
{
	if (vertex->state == VERTEX_RUNNING || !may_run(vertex, started_ns))
		return;
	if (status->failed == vertex)
		status->failed = NULL;
	vertex->state = VERTEX_RUNNING;
	vertex->started_ns = started_ns;
	emit(status, (struct event){ .type = EVENT_BUILD_STEP_START }, vertex);
}

static void emit_line(const struct build_status *status, struct vertex *vertex)
{
	emit(status, (struct event){ .type = EVENT_BUILD_LOG, .text = buf_slice(&vertex->line) },
	     vertex);
	vertex_end_line(vertex);
}

/* What is left of the output if it does not end with a line feed. */
static int flush(const struct build_status *status, struct vertex *vertex, struct error *err)
{
	struct slice end = SLICE("\n");
	int has_line = vertex->line.len ? vertex_next_line(vertex, &end, err) : 0;

	if (has_line > 0)
		emit_line(status, vertex);
	return has_line < 0 ? -1 : 0;
}

static int64_t elapsed_ms(const struct vertex *vertex)
{
	int64_t ns = vertex->completed_ns - vertex->started_ns;

	return vertex->started_ns && ns > 0 ? ns / 1000000 : 0;
}

static int succeed(const struct build_status *status, struct vertex *vertex, bool is_cached,
		   struct error *err)
{
	if (flush(status, vertex, err))
		return -1;
	vertex->state = VERTEX_DONE;
	vertex->is_cached = is_cached;
	vertex_forget_output(vertex);
	emit(status,
	     (struct event){ .type = is_cached ? EVENT_BUILD_STEP_CACHED : EVENT_BUILD_STEP_DONE,
			     .elapsed_ms = elapsed_ms(vertex) },
	     vertex);
	return 0;
}

/* Told at the end: its last lines may come behind. An error begins with the command and
 * ends with the reason, which is what stays of one that is too long. */
static int fail(struct build_status *status, struct vertex *vertex, struct slice error,
		struct error *err)
{
	if (error.len > LIMIT_BUILD_ERROR)
		error = slice_skip(error, error.len - LIMIT_BUILD_ERROR);
	vertex->state = VERTEX_FAILED;
	free(vertex->error);
	vertex->error = str_copy_slice(error, err);
	if (!vertex->error)
		return -1;
	if (!status->failed && !vertex_is_victim(vertex))
		status->failed = vertex;
	return 0;
}

static int end(struct build_status *status, struct vertex *vertex,
	       const struct vertex_message *message, struct error *err)
{
	if (!message->completed_ns || !may_run(vertex, message->started_ns))
		return 0;
	if (status->failed == vertex)
		status->failed = NULL;
	vertex->completed_ns = message->completed_ns;
	if (message->started_ns)
		vertex->started_ns = message->started_ns;
	if (message->error.len)
		return fail(status, vertex, message->error, err);
	return succeed(status, vertex, message->is_cached, err);
}

/* What has begun and not ended yet in this very message: its output is in it, too.
 * What was cached has none. */
static int take_begin(struct build_status *status, struct slice bytes, struct error *err)
{
	struct vertex_message message;
	struct vertex *vertex;

	if (vertex_message_read(bytes, &message, err) ||
	    have_vertex(status, &message, &vertex, err))
		return -1;
	if (!vertex)
		return 0;
	if (message.is_cached && message.completed_ns)
		return end(status, vertex, &message, err);
	if (message.started_ns && !message.completed_ns)
		start(status, vertex, message.started_ns);
	return 0;
}

static int take_end(struct build_status *status, struct slice bytes, struct error *err)
{
	struct vertex_message message;
	struct vertex *vertex;

	if (vertex_message_read(bytes, &message, err))
		return -1;
	vertex = vertices_find(&status->vertices, message.digest);
	if (!vertex)
		return 0;
	if (message.started_ns && !message.completed_ns)
		start(status, vertex, message.started_ns);
	return end(status, vertex, &message, err);
}

/* "transferring context:" is "context", layers have their digests. */
static int take_transfer(struct build_status *status, struct slice bytes, struct error *err)
{
	struct transfer_message message;
	char subject[SUBJECT_MAX + 1];

	if (transfer_message_read(bytes, &message, err))
		return -1;
	if (!message.bytes && !message.total)
		return 0;
	if (slice_starts(message.id, "transferring "))
		message.id = slice_skip(message.id, strlen("transferring "));
	if (message.id.len && message.id.data[message.id.len - 1] == ':')
		message.id.len--;
	snprintf(subject, sizeof(subject), "%.*s",
		 message.id.len < SUBJECT_MAX ? (int)message.id.len : SUBJECT_MAX, message.id.data);
	emit(status,
	     (struct event){ .type = EVENT_PROGRESS,
			     .subject = subject,
			     .bytes = message.bytes,
			     .total = message.total },
	     NULL);
	return 0;
}

static int add_output(const struct build_status *status, struct vertex *vertex, struct slice text,
		      struct error *err)
{
	while (text.len) {
		int has_line = vertex_next_line(vertex, &text, err);

		if (has_line < 0)
			return -1;
		if (has_line)
			emit_line(status, vertex);
	}
	return 0;
}

static int take_output(struct build_status *status, struct slice bytes, struct error *err)
{
	struct output_message message;
	struct vertex *vertex;

	if (output_message_read(bytes, &message, err))
		return -1;
	vertex = vertices_find(&status->vertices, message.digest);
	if (vertex && vertex->state != VERTEX_DONE)
		return add_output(status, vertex, message.text, err);
	emit(status, (struct event){ .type = EVENT_BUILD_LOG, .text = message.text }, NULL);
	return 0;
}

static int take_warning(struct build_status *status, struct slice bytes, struct error *err)
{
	struct event_sink *sink = status->options.sink;
	struct warning_message message;

	if (warning_message_read(bytes, &message, err))
		return -1;
	if (!message.text.len || ++status->warning_count > LIMIT_BUILD_WARNINGS)
		return 0;
	if (message.line)
		event_warning(sink, "%s:%d: %s", status->options.dockerfile, message.line,
			      str_brief(message.text).text);
	else
		event_warning(sink, "%s", str_brief(message.text).text);
	return 0;
}

/* In this order whatever the order in the message: a step's output comes after
 * its begin and before its end. */
static const struct {
	uint32_t number;
	int (*take)(struct build_status *status, struct slice bytes, struct error *err);
} parts[] = {
	{ 1, take_begin },   { 2, take_transfer }, { 3, take_output },
	{ 4, take_warning }, { 1, take_end },
};

int build_status_take(struct build_status *status, struct slice message, struct error *err)
{
	for (size_t i = 0; i < ARRAY_SIZE(parts); i++) {
		struct slice rest = message;
		struct protobuf_field field;
		int more;

		while ((more = protobuf_next(&rest, &field, err)) > 0)
			if (field.number == parts[i].number &&
			    parts[i].take(status, field.bytes, err))
				break;
		if (more)
			return error_wrap(err, "the progress of BuildKit");
	}
	return 0;
}

void build_status_tick(const struct build_status *status)
{
	event_emit(status->options.sink, &(struct event){ .type = EVENT_TICK });
}

static void tell_failure(const struct build_status *status, struct vertex *vertex)
{
	if (vertex->state != VERTEX_FAILED || vertex->is_told)
		return;
	vertex->is_told = true;
	emit(status,
	     (struct event){ .type = EVENT_BUILD_STEP_FAIL,
			     .detail = vertex_reason(vertex).text,
			     .elapsed_ms = elapsed_ms(vertex),
			     .text = buf_slice(&vertex->tail) },
	     vertex);
}

/* Its victims before what failed. */
int build_status_finish(struct build_status *status, struct error *err)
{
	for (size_t i = 0; i < status->vertices.len; i++) {
		struct vertex *vertex = status->vertices.items[i];

		if (flush(status, vertex, err))
			return -1;
		if (vertex != status->failed)
			tell_failure(status, vertex);
	}
	if (status->failed)
		tell_failure(status, status->failed);
	return 0;
}

bool build_status_has_begun(const struct build_status *status)
{
	return status->vertices.len > 0;
}

void build_status_count(const struct build_status *status, struct engine_build_result *result)
{
	result->step_count = result->cached_count = 0;
	for (size_t i = 0; i < status->vertices.len; i++) {
		const struct vertex *vertex = status->vertices.items[i];

		if (!vertex->is_instruction || vertex->state != VERTEX_DONE)
			continue;
		result->step_count++;
		result->cached_count += vertex->is_cached;
	}
}

/* Without those parts of the daemon that passed it on, the outer first. */
static struct slice skip_layers(struct slice text)
{
	static const char *const layers[] = {
		"failed to solve: ",
		"rpc error: code = Unknown desc = ",
		"failed to solve with frontend dockerfile.v0: ",
		"failed to build LLB: ",
		"failed to create LLB definition: ",
	};

	for (size_t i = 0; i < ARRAY_SIZE(layers); i++)
		if (slice_starts(text, layers[i]))
			text = slice_skip(text, strlen(layers[i]));
	return text;
}

/* "dockerfile parse error on line 3: unknown instruction: X"; older ones lack "on". */
static bool cut_line(struct slice *text, struct slice *ret_line)
{
	struct slice rest = *text;

	if (!slice_starts(rest, "dockerfile parse error "))
		return false;
	rest = slice_skip(rest, strlen("dockerfile parse error "));
	rest = slice_skip(rest, slice_starts(rest, "on ") ? 3 : 0);
	if (!slice_starts(rest, "line "))
		return false;
	rest = slice_skip(rest, 5);
	if (!slice_cut(&rest, ':', ret_line) || ret_line->len > 7)
		return false;
	*text = slice_trim(rest);
	return true;
}

static int set_solve_error(const struct build_status *status, const char *failure,
			   struct error *err)
{
	struct slice text = skip_layers(slice_of(failure)), line;
	bool has_line = cut_line(&text, &line);
	enum error_kind kind = stream_failure_kind(failure);

	error_set(err, kind == ERROR_SYSTEM || has_line ? ERROR_BUILD : kind, "%s",
		  str_brief(text).text);
	if (has_line)
		error_wrap(err, "%s:%.*s", status->options.dockerfile, (int)line.len, line.data);
	return -1;
}

/* What a base or a registry refuses is their doing, all else the Dockerfile's. */
static int set_step_error(const struct vertex *vertex, struct error *err)
{
	enum error_kind kind = stream_failure_kind(vertex->error);
	struct vertex_number number;
	bool is_numbered = vertex_number_parse(vertex->name, &number);
	const char *name = is_numbered && vertex->where ? number.instruction.data : vertex->name;

	if (str_starts(name, "[internal] "))
		name += strlen("[internal] ");
	error_set(err, kind == ERROR_SYSTEM || vertex->is_instruction ? ERROR_BUILD : kind,
		  "%.*s%s: %s", ERROR_NAME_MAX, name, strlen(name) > ERROR_NAME_MAX ? "..." : "",
		  vertex_reason(vertex).text);
	return vertex->where ? error_wrap(err, "%s", vertex->where) : -1;
}

int build_status_error(const struct build_status *status, const char *failure, struct error *err)
{
	if (status->failed)
		set_step_error(status->failed, err);
	else
		set_solve_error(status, failure, err);
	return api_check_disk(status->failed ? status->failed->error : failure, err);
}
