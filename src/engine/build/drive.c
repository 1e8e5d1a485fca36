/* SPDX-License-Identifier: MIT */
#include "engine/build/drive.h"

#include "base/limits.h"
#include "base/str.h"
#include "base/time.h"
#include "context/context.h"
#include "engine/build/status.h"

/* A clock on a terminal shows seconds. */
#define TICK_MS 500

struct drive {
	const struct link *link;
	struct grpc_call *solve, *status; /* NULL: ended, or not begun */
	struct strmap response;
	char *refusal;	     /* BuildKit's words for a build that failed */
	struct error broken; /* why Solve ended without any */
	struct error untold; /* why Status ended before the build */
	struct build_status *progress;
	int64_t deadline_ms; /* of Status, once Solve has ended */
	int64_t overdue_ms;  /* of all; INT64_MAX: never */
};

static void drive_release(struct drive *drive)
{
	if (drive->solve)
		grpc_cancel(drive->solve);
	if (drive->status)
		grpc_cancel(drive->status);
	strmap_release(&drive->response);
	free(drive->refusal);
	build_status_free(drive->progress);
}

static int take_response(struct grpc_call *call, void *arg, struct slice message, struct error *err)
{
	struct drive *drive = arg;

	(void)call;
	strmap_release(&drive->response);
	drive->response = (struct strmap){ 0 };
	return solve_read_response(message, &drive->response, err);
}

/* Status waits for a build to begin, in vain if Solve has failed before that. */
static void end_solve(struct grpc_call *call, void *arg, const struct grpc_status *status)
{
	struct drive *drive = arg;
	bool is_told = status->code == GRPC_OK || build_status_has_begun(drive->progress);

	(void)call;
	drive->solve = NULL;
	drive->deadline_ms = time_monotonic_ms() + (is_told ? LIMIT_STATUS_END_MS : 0);
	if (grpc_status_check(status, &drive->broken) && !status->error) {
		drive->refusal = str_copy(status->message, &drive->broken);
		if (drive->refusal)
			error_clear(&drive->broken);
	}
}

static int take_status(struct grpc_call *call, void *arg, struct slice message, struct error *err)
{
	struct drive *drive = arg;

	(void)call;
	return build_status_take(drive->progress, message, err);
}

static void end_status(struct grpc_call *call, void *arg, const struct grpc_status *status)
{
	struct drive *drive = arg;

	(void)call;
	drive->status = NULL;
	if (!grpc_status_check(status, &drive->untold))
		error_clear(&drive->untold);
}

static const struct grpc_handler on_solve = { .message = take_response, .ended = end_solve };
static const struct grpc_handler on_status = { .message = take_status, .ended = end_status };

/* A call with one message from us. */
static struct grpc_call *ask(struct drive *drive, const char *path,
			     const struct grpc_handler *handler, const struct buf *message,
			     struct error *err)
{
	const struct grpc_request request = { .path = path, .handler = handler, .arg = drive };
	struct grpc_call *call;

	if (buf_check(message, "what BuildKit is asked", err))
		return NULL;
	call = grpc_start(drive->link->control, &request, err);
	if (!call || (!grpc_send(call, buf_slice(message), err) && !grpc_close(call, err)))
		return call;
	grpc_cancel(call);
	return NULL;
}

static int begin(struct drive *drive, const struct solve *solve, struct error *err)
{
	AUTO(secret_buf_release) struct buf request = BUF_INIT(LIMIT_GRPC_MESSAGE);
	AUTO(buf_release) struct buf status = BUF_INIT(LIMIT_GRPC_MESSAGE);

	solve_put_request(&request, solve);
	solve_put_status_request(&status, solve->ref);
	drive->solve = ask(drive, SOLVE_PATH, &on_solve, &request, err);
	if (!drive->solve)
		return -1;
	drive->status = ask(drive, STATUS_PATH, &on_status, &status, err);
	return drive->status ? 0 : -1;
}

/* Solve's answer may come before the end of Status, or behind it. */
static bool is_over(const struct drive *drive)
{
	if (drive->solve)
		return false;
	return !drive->status || time_monotonic_ms() >= drive->deadline_ms;
}

/* How long there may be nothing to do. */
static int64_t time_left(const struct drive *drive)
{
	int64_t now = time_monotonic_ms(), left = TICK_MS;

	if (!drive->solve)
		left = drive->deadline_ms - now;
	else if (drive->overdue_ms - now < left)
		left = drive->overdue_ms - now;
	return left > 0 ? left : 0;
}

static int await_end(struct drive *drive, const struct session *session, struct error *err)
{
	while (!is_over(drive)) {
		if (session->error.kind != ERROR_NONE)
			return -1;
		if (drive->solve && time_monotonic_ms() >= drive->overdue_ms)
			return engine_build_overdue(session->build, err);
		build_status_tick(drive->progress);
		if (!link_drive(drive->link, time_left(drive), err))
			continue;
		/* A connection that breaks behind Solve's answer has done its work. */
		if (drive->solve || error_is(err, ERROR_INTERRUPTED))
			return -1;
		error_clear(err);
		return 0;
	}
	return 0;
}

/* Whose failure it was: ours goes first, for all else is an echo of it; then
 * what the build says of itself; then what became of the connections. */
static int fail(const struct drive *drive, const struct session *session, struct error *err)
{
	if (error_is(err, ERROR_INTERRUPTED))
		return -1;
	if (session->error.kind != ERROR_NONE) {
		*err = session->error;
		return -1;
	}
	if (drive->refusal)
		return build_status_error(drive->progress, drive->refusal, err);
	if (err->kind == ERROR_NONE)
		*err = drive->broken;
	return -1;
}

/* The last lines are told, also of a build that failed. */
static void finish(struct drive *drive, const struct session *session)
{
	struct error ignored = { 0 };
	struct error *why = &drive->untold;

	if (build_status_finish(drive->progress, &ignored) && why->kind == ERROR_NONE)
		*why = ignored;
	if (session->build->result)
		build_status_count(drive->progress, session->build->result);
	if (why->kind != ERROR_NONE && !drive->refusal && drive->broken.kind == ERROR_NONE)
		event_warning(session->sink, "the build went on unseen: %s", why->message);
}

int drive_build(const struct link *link, struct session *session, const struct solve *solve,
		struct strmap *ret_response, struct error *err)
{
	const struct engine_build *build = session->build;
	AUTO(drive_release) struct drive drive = { .link = link, .overdue_ms = INT64_MAX };
	const struct build_status_options progress = {
		.sink = session->sink,
		.step = build->step,
		.image = build->image,
		.dockerfile = context_dockerfile_path(build->context),
		.parsed = context_dockerfile(build->context),
	};

	drive.progress = build_status_new(&progress, err);
	if (build->timeout_ms)
		drive.overdue_ms = time_monotonic_ms() + build->timeout_ms;
	if (!drive.progress || begin(&drive, solve, err))
		return -1;
	if (await_end(&drive, session, err)) {
		finish(&drive, session);
		return fail(&drive, session, err);
	}
	finish(&drive, session);
	if (drive.refusal || drive.broken.kind != ERROR_NONE)
		return fail(&drive, session, err);
	if (context_check_worktree(build->context, err))
		return -1;
	*ret_response = drive.response;
	drive.response = (struct strmap){ 0 };
	return 0;
}
