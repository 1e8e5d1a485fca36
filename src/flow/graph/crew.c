/* SPDX-License-Identifier: MIT */
#include "flow/graph/crew.h"

#include <stdio.h>

#include "base/host.h"
#include "base/task.h"

/* More of them make the machine slower, and the engine builds in parallel by itself. */
#define SIZE_PRESET 8

enum state { IS_UNWANTED, IS_WAITING, IS_RUNNING, IS_DONE, HAS_FAILED, IS_LEFT_OUT };

/* What became of an image. */
struct outcome {
	enum state state;
	size_t cause; /* IS_LEFT_OUT: the image that failed */
	struct error err;
};

struct worker {
	struct crew *crew;
	struct run run; /* a fork */
	struct task task;
};

struct crew {
	struct run *run;
	struct graph *graph;
	crew_step *step;
	struct outcome *outcomes; /* one an image of the graph */
	size_t wanted_count;
	struct worker *workers;
	size_t worker_count;
	/* From here on, and the states, under the lock. */
	pthread_mutex_t lock;
	pthread_cond_t changed;
	size_t first; /* none before it waits */
	size_t running_count;
	bool is_stopped; /* nothing more begins */
};

size_t crew_size(int64_t asked)
{
	int preset = host_processor_count();

	if (asked > 0)
		return (size_t)asked;
	return (size_t)(preset < SIZE_PRESET ? preset : SIZE_PRESET);
}

static bool is_ready(const struct crew *crew, size_t i)
{
	const struct graph_image *image = &crew->graph->images[i];

	if (crew->outcomes[i].state != IS_WAITING)
		return false;
	for (size_t k = 0; k < image->parent_count; k++) {
		enum state state = crew->outcomes[image->parents[k]].state;

		if (state == IS_WAITING || state == IS_RUNNING)
			return false;
	}
	return true;
}

/* The number of images if none is. */
static size_t find_ready(struct crew *crew)
{
	size_t i, len = crew->graph->len;

	while (crew->first < len && crew->outcomes[crew->first].state != IS_WAITING)
		crew->first++;
	for (i = crew->first; i < len && !is_ready(crew, i); i++)
		;
	return i;
}

/* Its parents come before it, so that one pass finds all that stand on a failure. */
static void leave_out(struct crew *crew)
{
	for (size_t i = crew->first; i < crew->graph->len; i++) {
		const struct graph_image *image = &crew->graph->images[i];
		struct outcome *outcome = &crew->outcomes[i];

		for (size_t k = 0; outcome->state == IS_WAITING && k < image->parent_count; k++) {
			const struct outcome *parent = &crew->outcomes[image->parents[k]];

			if (parent->state != HAS_FAILED && parent->state != IS_LEFT_OUT)
				continue;
			outcome->state = IS_LEFT_OUT;
			outcome->cause =
				parent->state == HAS_FAILED ? image->parents[k] : parent->cause;
		}
	}
}

/* Waits for one that may begin; the number of images: nothing is left. */
static size_t take(struct crew *crew)
{
	size_t i, none = crew->graph->len;

	pthread_mutex_lock(&crew->lock);
	while ((i = find_ready(crew)) == none && crew->running_count && !crew->is_stopped)
		pthread_cond_wait(&crew->changed, &crew->lock);
	if (crew->is_stopped)
		i = none;
	if (i < none) {
		crew->outcomes[i].state = IS_RUNNING;
		crew->running_count++;
	}
	pthread_mutex_unlock(&crew->lock);
	return i;
}

static void finish(struct crew *crew, size_t i, int status)
{
	struct outcome *outcome = &crew->outcomes[i];

	pthread_mutex_lock(&crew->lock);
	outcome->state = status ? HAS_FAILED : IS_DONE;
	crew->graph->images[i].is_done = !status;
	if (status && error_is(&outcome->err, ERROR_INTERRUPTED))
		crew->is_stopped = true;
	else if (status)
		leave_out(crew);
	crew->running_count--;
	pthread_cond_broadcast(&crew->changed);
	pthread_mutex_unlock(&crew->lock);
}

/* Nothing that belongs to the run before goes along. */
static void hand_over(struct jobs *jobs, struct run *run)
{
	for (size_t i = 0; i < jobs->len; i++) {
		struct job *job = &jobs->items[i];

		if (job->run == run)
			continue;
		context_free(TAKE(job->context));
		job->trial_engine = NULL;
		job->run = run;
	}
}

static void work(struct crew *crew, struct run *run)
{
	size_t i;

	while ((i = take(crew)) < crew->graph->len) {
		struct jobs *jobs = &crew->graph->images[i].jobs;
		int status;

		hand_over(jobs, run);
		status = crew->step(jobs, &crew->outcomes[i].err);
		hand_over(jobs, crew->run);
		finish(crew, i, status);
	}
}

static void work_apart(void *arg)
{
	struct worker *worker = arg;

	work(worker->crew, &worker->run);
}

static void dismiss(struct crew *crew)
{
	for (size_t i = 0; i < crew->worker_count; i++) {
		task_release(&crew->workers[i].task);
		run_close(&crew->workers[i].run);
	}
	free(crew->workers);
}

static int hire(struct crew *crew, size_t count, struct error *err)
{
	crew->workers = calloc(count, sizeof(*crew->workers));
	if (!crew->workers)
		return error_set_memory(err);
	while (crew->worker_count < count) {
		struct worker *worker = &crew->workers[crew->worker_count];

		if (run_fork(crew->run, &worker->run, err))
			return -1;
		worker->crew = crew;
		worker->task = (struct task)TASK_INIT;
		worker->task.work = work_apart;
		worker->task.arg = worker;
		crew->worker_count++;
	}
	return 0;
}

/* As many as the system lets us. */
static size_t start(struct crew *crew)
{
	struct error ignored = { 0 };
	size_t count = 0;

	while (count < crew->worker_count && !task_start(&crew->workers[count].task, &ignored))
		count++;
	return count;
}

static void stop(struct crew *crew, size_t count)
{
	pthread_mutex_lock(&crew->lock);
	crew->is_stopped = true;
	pthread_cond_broadcast(&crew->changed);
	pthread_mutex_unlock(&crew->lock);
	for (size_t i = 0; i < count; i++)
		interrupt_raise(&crew->workers[i].task.interrupt);
	for (size_t i = 0; i < count; i++)
		task_stop(&crew->workers[i].task);
}

/* Ctrl-C reaches this thread alone. */
static void await(struct crew *crew, size_t count)
{
	struct error ignored = { 0 };

	for (size_t i = 0; i < count; i++) {
		if (!task_await(&crew->workers[i].task, &ignored))
			continue;
		stop(crew, count);
		return;
	}
}

static void announce(const struct crew *crew)
{
	char detail[64];

	snprintf(detail, sizeof(detail), "up to %zu at once", crew->worker_count);
	event_emit(crew->run->sink, &(struct event){ .type = EVENT_CREW,
						     .detail = detail,
						     .total = (int64_t)crew->wanted_count });
}

static int work_together(struct crew *crew, size_t count, struct error *err)
{
	size_t started;

	/* What they share is started once, and dead runs are swept after. */
	if (run_engine(crew->run, err) || run_begin(crew->run, err) || hire(crew, count, err))
		return -1;
	announce(crew);
	started = start(crew);
	if (started)
		await(crew, started);
	else
		work(crew, crew->run);
	return 0;
}

static const char *name_of(const struct crew *crew, size_t i)
{
	const struct graph_image *image = &crew->graph->images[i];

	return image->name ? image->name : image->jobs.items[0].name;
}

static size_t count(const struct crew *crew, enum state state)
{
	size_t sum = 0;

	for (size_t i = 0; i < crew->graph->len; i++)
		sum += crew->outcomes[i].state == state;
	return sum;
}

static bool has_failed(const struct crew *crew, size_t i)
{
	return crew->outcomes[i].state == HAS_FAILED &&
	       !error_is(&crew->outcomes[i].err, ERROR_INTERRUPTED);
}

static void say_left_out(const struct crew *crew, size_t i)
{
	char why[LIMIT_ERROR_MESSAGE];

	snprintf(why, sizeof(why), "'%s' failed", name_of(crew, crew->outcomes[i].cause));
	event_emit(crew->run->sink, &(struct event){ .type = EVENT_LEFT_OUT,
						     .image = name_of(crew, i),
						     .detail = why });
}

/* "6 images: 3 done, 1 failed (mid), 2 left out because of it" */
static void sum_up(const struct crew *crew)
{
	AUTO(buf_release) struct buf names = BUF_INIT(LIMIT_ERROR_MESSAGE / 2);
	AUTO(buf_release) struct buf text = BUF_INIT(LIMIT_ERROR_MESSAGE);
	size_t done = count(crew, IS_DONE), left_out = count(crew, IS_LEFT_OUT), failed = 0, rest;

	for (size_t i = 0; i < crew->graph->len; i++)
		if (has_failed(crew, i))
			buf_add_format(&names, "%s%s", failed++ ? ", " : "", name_of(crew, i));
	rest = crew->wanted_count - done - failed - left_out;
	buf_add_format(&text, "%zu images: %zu done", crew->wanted_count, done);
	if (failed)
		buf_add_format(&text, ", %zu failed (%s)", failed, names.data);
	if (left_out)
		buf_add_format(&text, ", %zu left out because of %s", left_out,
			       failed == 1 ? "it" : "them");
	if (rest)
		buf_add_format(&text, ", %zu interrupted", rest);
	event_notice(crew->run->sink, "%s", text.data);
}

/* Says what each came to; the error is the first one's. */
static int conclude(struct crew *crew, struct error *err)
{
	struct error *first = NULL;
	bool is_whole = count(crew, IS_DONE) == crew->wanted_count;

	for (size_t i = 0; i < crew->graph->len; i++) {
		struct error *why = &crew->outcomes[i].err;

		if (crew->outcomes[i].state == IS_LEFT_OUT)
			say_left_out(crew, i);
		if (!has_failed(crew, i))
			continue;
		if (crew->wanted_count > 1)
			error_wrap(why, "image '%s'", name_of(crew, i));
		if (first || crew->is_stopped)
			event_warning(crew->run->sink, "%s", why->message);
		else
			first = why;
	}
	if (crew->wanted_count > 1 && !(crew->run->options.is_dry_run && is_whole))
		sum_up(crew);
	if (first)
		*err = *first;
	else if (!is_whole)
		error_set(err, ERROR_INTERRUPTED, "interrupted");
	return is_whole ? 0 : -1;
}

static size_t want(struct crew *crew)
{
	size_t sum = 0;

	for (size_t i = 0; i < crew->graph->len; i++) {
		bool is_wanted = crew->graph->images[i].is_wanted;

		crew->outcomes[i].state = is_wanted ? IS_WAITING : IS_UNWANTED;
		sum += is_wanted;
	}
	return sum;
}

int crew_run(struct run *run, struct graph *graph, crew_step *step, int64_t at_once,
	     struct error *err)
{
	AUTOFREE struct outcome *outcomes = calloc(graph->len + 1, sizeof(*outcomes));
	const struct run_options *options = &run->options;
	size_t size = options->uses_worktree || options->is_dry_run ? 1 : crew_size(at_once);
	struct crew crew = { .run = run,
			     .graph = graph,
			     .step = step,
			     .outcomes = outcomes,
			     .lock = PTHREAD_MUTEX_INITIALIZER,
			     .changed = PTHREAD_COND_INITIALIZER };
	int status = 0;

	if (!outcomes)
		return error_set_memory(err);
	crew.wanted_count = want(&crew);
	if (size > crew.wanted_count)
		size = crew.wanted_count;
	if (size > 1)
		status = work_together(&crew, size, err);
	else
		work(&crew, run);
	dismiss(&crew);
	return status ? -1 : conclude(&crew, err);
}
