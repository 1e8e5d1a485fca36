/* SPDX-License-Identifier: MIT */
#include "flow/trial/ready.h"

#include <string.h>
#include <unistd.h>

#include "base/str.h"
#include "base/time.h"

#define PROBE_INTERVAL_MS 100
#define PAUSE_FIRST_MS	  20
#define PAUSE_LAST_MS	  500
#define PROBE_TIMEOUT_MS  30000 /* Docker's default for a health check */
#define PROBE_OUTPUT	  400	/* of the last check, shown in an error */

#define LOOK_INTERVAL_US 20000
#define LOG_PAUSE_US	 100000

#define NO_PROBE   -1
#define HUNG_PROBE -2

struct wait {
	struct job *job;
	struct engine_watch *watch;
	struct strv probe; /* empty: nothing to run */
	int64_t probe_timeout_ms;
	int64_t started_ms;
	int64_t pause_ms;
	struct buf output; /* of the last probe */
	int exit_code;	   /* of the last probe; NO_PROBE, HUNG_PROBE */
	bool is_ready;
	bool is_plain;	  /* no check at all */
	bool uses_health; /* the engine's health events count */
};

static void wait_release(struct wait *wait)
{
	engine_watch_free(wait->watch);
	strv_release(&wait->probe);
	buf_release(&wait->output);
}

static bool has_health_check(const struct engine_image *image)
{
	return image->health_test.len && strcmp(image->health_test.items[0], "NONE") != 0;
}

int64_t ready_probe_interval(const struct job *job)
{
	return job->trial_engine->info.has_start_interval && !job->settings->ready.ends &&
			       has_health_check(&job->image) && !job->image.health_start_interval_ms
		       ? PROBE_INTERVAL_MS
		       : 0;
}

/* HEALTHCHECK CMD is argv, CMD-SHELL goes to the image's shell. */
static int health_argv(const struct engine_image *image, struct strv *argv, struct error *err)
{
	const struct strv *test = &image->health_test;
	bool is_shell = !strcmp(test->items[0], "CMD-SHELL");

	if (is_shell && image->shell.len) {
		if (strv_copy(argv, &image->shell, err))
			return -1;
	} else if (is_shell && (strv_add(argv, "/bin/sh", err) || strv_add(argv, "-c", err))) {
		return -1;
	}
	for (size_t i = 1; i < test->len; i++)
		if (strv_add(argv, test->items[i], err))
			return -1;
	return 0;
}

static int choose_probe(struct wait *wait, struct error *err)
{
	const struct engine_image *image = &wait->job->image;
	const struct settings_command *ready = &wait->job->settings->ready;

	wait->probe_timeout_ms = PROBE_TIMEOUT_MS;
	if (ready->ends)
		return 0;
	if (ready->text)
		return strv_copy(&wait->probe, &ready->argv, err);
	if (!has_health_check(image)) {
		wait->is_plain = true;
		event_notice(wait->job->run->sink,
			     "no HEALTHCHECK in '%s' and no image.ready: it counts as ready after "
			     "running for %d s",
			     wait->job->name, LIMIT_PLAIN_READY_MS / 1000);
		return 0;
	}
	wait->uses_health = true;
	if (image->health_timeout_ms)
		wait->probe_timeout_ms = image->health_timeout_ms;
	return health_argv(image, &wait->probe, err);
}

/* Somebody who hears the log of a trial's container. */
struct listener {
	struct job *job;
	bool has_heard;
};

static int emit_log(void *arg, const void *data, size_t len, struct error *err)
{
	struct listener *listener = arg;
	struct job *job = listener->job;

	(void)err;
	listener->has_heard = true;
	event_emit(job->run->sink, &(struct event){ .type = EVENT_CONTAINER_LOG,
						    .step = "trial",
						    .image = job->name,
						    .text = { data, len } });
	return 0;
}

/* What it last said, for a person to see why; best effort. The engine may still be writing
 * it down when it tells of the end. */
static void show_logs(struct job *job)
{
	struct engine *engine = job->trial_engine;
	struct listener listener = { .job = job };
	const struct engine_logs logs = { .lines = LIMIT_LOG_LINES,
					  .sink = emit_log,
					  .sink_arg = &listener };
	struct error ignored = { 0 };

	for (int i = 0; i < 2 && !listener.has_heard; i++) {
		if (i)
			usleep(LOG_PAUSE_US);
		if (engine->ops->container_logs(engine, job->trial_id, &logs, &ignored))
			error_clear(&ignored);
	}
}

static void add_last_probe(const struct wait *wait, struct buf *text)
{
	struct slice output = slice_trim(buf_slice(&wait->output));

	if (wait->exit_code == NO_PROBE)
		return;
	if (wait->exit_code == HUNG_PROBE)
		buf_add_text(text, "; its last check did not end");
	else
		buf_add_format(text, "; its last check gave exit code %d", wait->exit_code);
	if (output.len)
		buf_add_format(text, ": '%.*s'", (int)output.len, output.data);
}

static int hint_no_service(const struct job *job, struct error *err)
{
	return error_hint(err,
			  "if it runs no service: image.%s.ready = exit, for which its command has "
			  "to end with 0, or exit:COMMAND",
			  job->name);
}

static int fail(struct wait *wait, const char *what, struct error *err)
{
	AUTO(buf_release) struct buf text = BUF_INIT(LIMIT_ERROR_MESSAGE);

	buf_add_format(&text, "'%s' %s", wait->job->reference, what);
	add_last_probe(wait, &text);
	show_logs(wait->job);
	return error_set(err, ERROR_NOT_READY, "%s", text.data);
}

/* Its end may be what is awaited. After an OOM event it may still run: another of its
 * processes was killed. */
static int judge_end(struct wait *wait, struct error *err)
{
	AUTO(engine_container_state_release) struct engine_container_state state = { 0 };
	struct engine *engine = wait->job->trial_engine;
	bool ends = wait->job->settings->ready.ends;
	AUTOFREE char *what = NULL;

	if (engine->ops->inspect_container(engine, wait->job->trial_id, &state, err))
		return -1;
	if (ends && !state.is_running && !state.exit_code) {
		wait->is_ready = true;
		return 0;
	}
	if (state.is_running)
		what = str_copy("ran out of memory before it was ready", err);
	else
		what = str_format(err, "ended with exit code %d%s%s", state.exit_code,
				  state.is_oom_killed ? " (out of memory)" : "",
				  ends ? "" : " before it was ready");
	if (what)
		fail(wait, what, err);
	return what && !state.is_running && !state.exit_code ? hint_no_service(wait->job, err) : -1;
}

/* Waits up to `wait_ms` for the engine to say something that decides. */
static int look_at_events(struct wait *wait, int64_t wait_ms, struct error *err)
{
	int64_t deadline = time_monotonic_ms() + wait_ms;
	struct engine_event event;

	for (;;) {
		int64_t left = deadline - time_monotonic_ms();
		int status = engine_watch_next(wait->watch, left > 0 ? left : 0, &event, err);

		if (status < 0)
			return -1;
		if (!status)
			return 0;
		if (event.type == ENGINE_EVENT_DIE || event.type == ENGINE_EVENT_OOM)
			return judge_end(wait, err);
		if (!wait->uses_health)
			continue;
		if (event.type == ENGINE_EVENT_UNHEALTHY)
			return fail(wait, "is unhealthy", err);
		if (event.type == ENGINE_EVENT_HEALTHY) {
			wait->is_ready = true;
			return 0;
		}
	}
}

static int keep_output(void *arg, const void *data, size_t len, struct error *err)
{
	struct buf *output = arg;

	(void)err;
	buf_add(output, data, output->len + len > output->max ? output->max - output->len : len);
	return 0;
}

static int64_t time_left(const struct wait *wait)
{
	return wait->started_ms + wait->job->settings->ready_timeout_ms - time_monotonic_ms();
}

/* Any failure of the exec itself may be the container's end: events tell. */
static int probe(struct wait *wait, struct error *err)
{
	AUTO(buf_release) struct buf output = BUF_INIT(PROBE_OUTPUT);
	struct engine *engine = wait->job->trial_engine;
	int64_t limit_ms = time_left(wait);
	struct engine_exec_result result = { 0 };
	bool is_cut = limit_ms < wait->probe_timeout_ms;

	if (!is_cut)
		limit_ms = wait->probe_timeout_ms;
	if (engine->ops->exec(engine, wait->job->trial_id,
			      &(struct engine_exec){ .argv = &wait->probe,
						     .timeout_ms = limit_ms > 0 ? limit_ms : 1,
						     .sink = keep_output,
						     .sink_arg = &output },
			      &result, err)) {
		struct error cause = *err;

		if (error_is(err, ERROR_INTERRUPTED) || look_at_events(wait, 1000, err))
			return -1;
		*err = cause;
		return wait->is_ready ? 0 : -1;
	}
	/* One that only ran out of our own time says less than the one before. */
	if (result.has_timed_out && is_cut && wait->exit_code != NO_PROBE)
		return 0;
	buf_release(&wait->output);
	wait->output = output;
	buf_init(&output, 0);
	wait->exit_code = result.has_timed_out ? HUNG_PROBE : result.exit_code;
	wait->is_ready |= !wait->exit_code;
	return 0;
}

static int fail_late(struct wait *wait, struct error *err)
{
	int64_t limit_ms = wait->job->settings->ready_timeout_ms;
	AUTOFREE char *what =
		str_format(err, "%s within %d s (image.readyTimeout)",
			   wait->job->settings->ready.ends ? "did not end" : "was not ready",
			   (int)(limit_ms / 1000));

	return what ? fail(wait, what, err) : -1;
}

static int await(struct wait *wait, struct error *err)
{
	int64_t first_ms = wait->is_plain ? LIMIT_PLAIN_READY_MS : 0;

	if (wait->job->settings->ready.ends)
		first_ms = time_left(wait);
	for (;;) {
		if (look_at_events(wait, first_ms, err))
			return -1;
		if (!wait->is_ready && wait->probe.len && probe(wait, err))
			return -1;
		if (wait->is_plain || wait->is_ready)
			return 0;
		if (time_left(wait) <= 0)
			return fail_late(wait, err);
		if (look_at_events(wait, wait->pause_ms, err))
			return -1;
		if (wait->is_ready)
			return 0;
		wait->pause_ms += wait->pause_ms / 2;
		if (wait->pause_ms > PAUSE_LAST_MS)
			wait->pause_ms = PAUSE_LAST_MS;
	}
}

int ready_explain_start(const struct job *job, const char *what, struct error *err)
{
	/* The words of Docker, and of Podman. */
	bool has_no_command = strcasestr(err->message, "no command specified") ||
			      strcasestr(err->message, "no command or entrypoint");
	bool is_start = !strcmp(what, "start");

	if (has_no_command) {
		error_set(err, ERROR_NOT_READY, "'%s' has nothing to run: no CMD, no ENTRYPOINT",
			  job->reference);
		return hint_no_service(job, err);
	}
	if (is_start && (error_is(err, ERROR_SYSTEM) || error_is(err, ERROR_NOT_FOUND)))
		err->kind = ERROR_NOT_READY;
	return error_wrap(err, "cannot %s a container of '%s'", what, job->reference);
}

int ready_await(struct job *job, int64_t *ret_ms, struct error *err)
{
	AUTO(wait_release)
	struct wait wait = { .job = job,
			     .pause_ms = PAUSE_FIRST_MS,
			     .exit_code = NO_PROBE,
			     .output = BUF_INIT(PROBE_OUTPUT) };
	struct engine *engine = job->trial_engine;

	if (choose_probe(&wait, err) || engine->ops->watch(engine, job->trial_id, &wait.watch, err))
		return -1;
	wait.started_ms = time_monotonic_ms();
	if (engine->ops->start_container(engine, job->trial_id, err))
		return ready_explain_start(job, "start", err);
	if (await(&wait, err))
		return -1;
	*ret_ms = time_monotonic_ms() - wait.started_ms;
	event_emit(job->run->sink, &(struct event){ .type = EVENT_READY,
						    .step = "trial",
						    .image = job->name,
						    .subject = job->reference,
						    .elapsed_ms = *ret_ms });
	return 0;
}

void ready_explain_end(struct job *job, int64_t wait_ms, struct error *err)
{
	AUTO(engine_container_state_release) struct engine_container_state state = { 0 };
	int64_t deadline = time_monotonic_ms() + wait_ms;
	struct engine *engine = job->trial_engine;
	struct error ignored = { 0 };

	for (;;) {
		engine_container_state_release(&state);
		if (engine->ops->inspect_container(engine, job->trial_id, &state, &ignored))
			return;
		if (!state.is_running)
			break;
		if (time_monotonic_ms() >= deadline)
			return;
		usleep(LOOK_INTERVAL_US);
	}
	show_logs(job);
	error_clear(err);
	error_set(err, ERROR_TEST, "'%s' ended with exit code %d%s while its tests ran",
		  job->reference, state.exit_code, state.is_oom_killed ? " (out of memory)" : "");
}
