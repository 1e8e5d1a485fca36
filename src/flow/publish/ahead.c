/* SPDX-License-Identifier: MIT */
#include "flow/publish/ahead.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sys/eventfd.h>

#include "base/interrupt.h"
#include "engine/connect.h"
#include "flow/job.h"
#include "flow/publish/blobs.h"

struct ahead {
	struct event_sink sink; /* first: a sink is its ahead */
	struct event_sink *out;
	atomic_bool is_awaited; /* before that its progress would hide the trial's */
	pthread_t thread;
	bool is_running;
	struct interrupt interrupt;
	int ended_fd;
	struct reference reference;
	const char *tag;
	struct engine *engine;
	struct registry *registry;
	struct bringing bringing;
	/* The thread's until it has ended. */
	struct registry_manifest manifest;
	int status;
	struct error err;
};

static void emit(struct event_sink *sink, const struct event *event)
{
	struct ahead *ahead = (struct ahead *)sink;

	if (event->type != EVENT_PROGRESS || atomic_load(&ahead->is_awaited))
		event_emit(ahead->out, event);
}

/* What is there under the tag is this commit's, and most likely this image. */
static int bring(struct ahead *ahead)
{
	struct registry_digest held;
	int status = registry_exists(ahead->registry, ahead->tag, &held, &ahead->err);

	if (status)
		return status < 0 ? -1 : 0;
	return blobs_bring(&ahead->bringing, &ahead->manifest, &ahead->err);
}

static void *run(void *arg)
{
	struct ahead *ahead = arg;

	interrupt_bind(&ahead->interrupt);
	ahead->status = bring(ahead);
	if (eventfd_write(ahead->ended_fd, 1))
		return NULL; /* cannot be: it is the only write */
	return NULL;
}

/* Signals are the main thread's. */
static int start_thread(struct ahead *ahead)
{
	sigset_t all, before;
	int status;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	status = pthread_create(&ahead->thread, NULL, run, ahead);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	ahead->is_running = !status;
	return status ? -1 : 0;
}

static int open_ends(struct ahead *ahead, struct job *job, struct error *err)
{
	ahead->ended_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (ahead->ended_fd < 0 || interrupt_init(&ahead->interrupt, err) ||
	    reference_parse(job->reference, &ahead->reference, err))
		return -1;
	return job_open_registry(job, &ahead->reference, &ahead->registry, err);
}

static bool may_go(const struct job *job)
{
	return !job->run->options.is_dry_run && !job->is_dirty && job->image.id &&
	       job_has_registry(job);
}

/* The thread's own, so that neither waits for the other. */
static struct engine *open_engine(const struct job *job)
{
	struct engine *engine = NULL;
	struct error ignored = { 0 };

	if (may_go(job) &&
	    engine_open(job->run->engine->info.url, job->run->sink, &engine, &ignored))
		return NULL;
	return engine;
}

struct ahead *ahead_start(struct job *job)
{
	struct engine *engine = open_engine(job);

	return engine ? ahead_start_from(job, engine) : NULL;
}

struct ahead *ahead_start_from(struct job *job, struct engine *engine)
{
	struct ahead *ahead = calloc(1, sizeof(*ahead));
	struct error ignored = { 0 };

	if (!ahead) {
		engine->ops->close(engine);
		return NULL;
	}
	ahead->engine = engine;
	ahead->sink.emit = emit;
	ahead->out = job->run->sink;
	ahead->interrupt.fd = ahead->ended_fd = -1;
	ahead->manifest = (struct registry_manifest)REGISTRY_MANIFEST_INIT;
	if (open_ends(ahead, job, &ignored)) {
		ahead_free(ahead);
		return NULL;
	}
	ahead->tag = job->platform_tag ? job->platform_tag : job->tag;
	ahead->bringing = bringing_of(job, ahead->registry, &ahead->reference);
	ahead->bringing.engine = ahead->engine;
	ahead->bringing.sink = &ahead->sink;
	ahead->bringing.is_ahead = true;
	if (start_thread(ahead)) {
		ahead_free(ahead);
		return NULL;
	}
	return ahead;
}

static void join(struct ahead *ahead)
{
	if (ahead->is_running)
		pthread_join(ahead->thread, NULL);
	ahead->is_running = false;
}

void ahead_free(struct ahead *ahead)
{
	if (!ahead)
		return;
	if (ahead->is_running)
		interrupt_raise(&ahead->interrupt);
	join(ahead);
	if (ahead->engine)
		ahead->engine->ops->close(ahead->engine);
	registry_free(ahead->registry);
	registry_manifest_release(&ahead->manifest);
	reference_release(&ahead->reference);
	interrupt_release(&ahead->interrupt);
	cleanup_close(&ahead->ended_fd);
	free(ahead);
}

int ahead_await(struct ahead *ahead, struct error *err)
{
	struct pollfd fds[] = {
		{ .fd = ahead->ended_fd, .events = POLLIN },
		{ .fd = interrupt_shielded() ? -1 : interrupt_fd(), .events = POLLIN },
	};

	atomic_store(&ahead->is_awaited, true);
	while (ahead->is_running && !fds[0].revents) {
		if (interrupt_check(err))
			return -1;
		if (poll(fds, 2, -1) < 0 && errno != EINTR)
			return error_set_errno(err, errno, "cannot wait");
	}
	join(ahead);
	return 0;
}

struct registry *ahead_take_registry(struct ahead *ahead)
{
	return TAKE(ahead->registry);
}

int ahead_take_manifest(struct ahead *ahead, struct registry_manifest *ret_manifest,
			struct error *err)
{
	int status = ahead->status;

	if (status < 0)
		*err = ahead->err;
	if (status <= 0)
		return status;
	ahead->status = 0;
	registry_manifest_release(ret_manifest);
	*ret_manifest = ahead->manifest;
	ahead->manifest = (struct registry_manifest)REGISTRY_MANIFEST_INIT;
	return 1;
}
