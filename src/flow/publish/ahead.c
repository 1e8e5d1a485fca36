/* SPDX-License-Identifier: MIT */
#include "flow/publish/ahead.h"

#include "base/task.h"
#include "engine/connect.h"
#include "flow/job.h"
#include "flow/publish/blobs.h"

/* Each has connections and temporary files, until its set is published. */
#define AT_ONCE 4
static atomic_int count;

struct ahead {
	struct event_sink sink; /* first: a sink is its ahead */
	struct event_sink *out;
	atomic_bool is_awaited; /* before that its progress would hide the trial's */
	struct task task;
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

static void work(void *arg)
{
	struct ahead *ahead = arg;

	ahead->status = bring(ahead);
}

static int open_registry(struct ahead *ahead, struct job *job, struct error *err)
{
	if (reference_parse(job->reference, &ahead->reference, err))
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

	if (!ahead || atomic_fetch_add(&count, 1) >= AT_ONCE) {
		atomic_fetch_sub(&count, ahead ? 1 : 0);
		engine->ops->close(engine);
		free(ahead);
		return NULL;
	}
	ahead->engine = engine;
	ahead->sink.emit = emit;
	ahead->out = job->run->sink;
	ahead->task = (struct task)TASK_INIT;
	ahead->task.work = work;
	ahead->task.arg = ahead;
	ahead->manifest = (struct registry_manifest)REGISTRY_MANIFEST_INIT;
	if (open_registry(ahead, job, &ignored)) {
		ahead_free(ahead);
		return NULL;
	}
	ahead->tag = job->platform_tag ? job->platform_tag : job->tag;
	ahead->bringing = bringing_of(job, ahead->registry, &ahead->reference);
	ahead->bringing.engine = ahead->engine;
	ahead->bringing.sink = &ahead->sink;
	ahead->bringing.is_ahead = true;
	if (task_start(&ahead->task, &ignored)) {
		ahead_free(ahead);
		return NULL;
	}
	return ahead;
}

void ahead_free(struct ahead *ahead)
{
	if (!ahead)
		return;
	task_release(&ahead->task);
	if (ahead->engine)
		ahead->engine->ops->close(ahead->engine);
	registry_free(ahead->registry);
	registry_manifest_release(&ahead->manifest);
	reference_release(&ahead->reference);
	free(ahead);
	atomic_fetch_sub(&count, 1);
}

int ahead_await(struct ahead *ahead, struct error *err)
{
	atomic_store(&ahead->is_awaited, true);
	return task_await(&ahead->task, err);
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
