/* SPDX-License-Identifier: MIT */
#include "flow/graph/crew.h"

#include <pthread.h>
#include <stdio.h>

#include "base/host.h"
#include "base/team.h"

/* More of them make the machine slower, and the engine builds in parallel by itself. */
#define SIZE_PRESET 8

enum state { IS_UNWANTED, IS_WAITING, IS_RUNNING, IS_DONE, HAS_FAILED, IS_LEFT_OUT };

/* What became of an image. */
struct outcome {
	enum state state;
	size_t cause;	      /* IS_LEFT_OUT: the image that failed */
	size_t busy_children; /* they may look at it */
	struct error err;
};

struct crew {
	struct run *run;
	struct graph *graph;
	const struct crew_work *work;
	struct outcome *outcomes; /* one an image of the graph */
	struct run *forks;	  /* one a worker */
	size_t worker_count;
	/* From here on, and the states, under the lock. */
	pthread_mutex_t lock;
	pthread_cond_t changed;
	size_t first; /* none before it waits */
	size_t wanted_count, running_count;
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

	if (crew->outcomes[i].state != IS_WAITING || crew->outcomes[i].busy_children)
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

static void count_child(struct crew *crew, size_t i, int by)
{
	const struct graph_image *image = &crew->graph->images[i];

	crew->running_count += (size_t)by;
	for (size_t k = 0; k < image->parent_count; k++)
		crew->outcomes[image->parents[k]].busy_children += (size_t)by;
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
		count_child(crew, i, 1);
	}
	pthread_mutex_unlock(&crew->lock);
	return i;
}

/* None of them runs beside a child, so that their flags are ours. */
static void want_parents(struct crew *crew, size_t i)
{
	const struct graph_image *child = &crew->graph->images[i];

	for (size_t k = 0; k < child->parent_count; k++) {
		size_t at = child->parents[k];
		struct graph_image *image = &crew->graph->images[at];
		struct outcome *outcome = &crew->outcomes[at];

		if (image->is_needed ||
		    (outcome->state != IS_UNWANTED && outcome->state != IS_DONE))
			continue;
		crew->wanted_count += outcome->state == IS_UNWANTED;
		outcome->state = IS_WAITING;
		image->is_needed = true;
		if (!image->rank)
			image->rank = child->rank;
		if (at < crew->first)
			crew->first = at;
	}
	crew->outcomes[i].state = IS_WAITING;
	if (i < crew->first)
		crew->first = i;
	leave_out(crew);
}

static void finish(struct crew *crew, size_t i, int status)
{
	struct outcome *outcome = &crew->outcomes[i];

	pthread_mutex_lock(&crew->lock);
	outcome->state = status < 0 ? HAS_FAILED : IS_DONE;
	crew->graph->images[i].is_done = !status;
	if (status < 0 && error_is(&outcome->err, ERROR_INTERRUPTED))
		crew->is_stopped = true;
	else if (status < 0)
		leave_out(crew);
	else if (status)
		want_parents(crew, i);
	count_child(crew, i, -1);
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
		struct graph_image *image = &crew->graph->images[i];
		int status;

		hand_over(&image->jobs, run);
		status = crew->work->step(image, crew->work->arg, &crew->outcomes[i].err);
		hand_over(&image->jobs, crew->run);
		finish(crew, i, status);
	}
}

static void work_apart(void *arg, size_t member)
{
	struct crew *crew = arg;

	work(crew, &crew->forks[member]);
}

static void halt(void *arg)
{
	struct crew *crew = arg;

	pthread_mutex_lock(&crew->lock);
	crew->is_stopped = true;
	pthread_cond_broadcast(&crew->changed);
	pthread_mutex_unlock(&crew->lock);
}

static void dismiss(struct crew *crew)
{
	for (size_t i = 0; i < crew->worker_count; i++)
		run_close(&crew->forks[i]);
	free(crew->forks);
}

static int hire(struct crew *crew, size_t count, struct error *err)
{
	crew->forks = calloc(count, sizeof(*crew->forks));
	if (!crew->forks)
		return error_set_memory(err);
	for (; crew->worker_count < count; crew->worker_count++)
		if (run_fork(crew->run, &crew->forks[crew->worker_count], err))
			return -1;
	return 0;
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
	const struct team team = { .work = work_apart, .halt = halt, .arg = crew };

	/* What they share is started once, and dead runs are swept after. */
	if (run_engine(crew->run, err) || run_begin(crew->run, err) || hire(crew, count, err))
		return -1;
	announce(crew);
	if (!team_work(&team, crew->worker_count))
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

/* The graph's length: none has failed. */
static size_t find_first(const struct crew *crew)
{
	size_t first = crew->graph->len;

	for (size_t i = 0; i < crew->graph->len; i++)
		/* A rank of 0 is the greatest. */
		if (has_failed(crew, i) &&
		    (first == crew->graph->len ||
		     crew->graph->images[i].rank - 1 < crew->graph->images[first].rank - 1))
			first = i;
	return first;
}

/* Says what each came to; the error is the first one's. */
static int conclude(struct crew *crew, struct error *err)
{
	size_t first = crew->is_stopped ? crew->graph->len : find_first(crew);
	bool is_whole = count(crew, IS_DONE) == crew->wanted_count;

	for (size_t i = 0; i < crew->graph->len; i++) {
		struct error *why = &crew->outcomes[i].err;

		if (crew->outcomes[i].state == IS_LEFT_OUT)
			say_left_out(crew, i);
		if (!has_failed(crew, i))
			continue;
		if (crew->wanted_count > 1)
			error_wrap(why, "image '%s'", name_of(crew, i));
		if (i != first)
			event_warning(crew->run->sink, "%s", why->message);
	}
	if (crew->wanted_count > 1 && !(crew->run->options.is_dry_run && is_whole))
		sum_up(crew);
	if (first < crew->graph->len)
		*err = crew->outcomes[first].err;
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

int crew_do(struct run *run, struct graph *graph, const struct crew_work *how, struct error *err)
{
	AUTOFREE struct outcome *outcomes = calloc(graph->len + 1, sizeof(*outcomes));
	const struct run_options *options = &run->options;
	size_t size = options->uses_worktree || options->is_dry_run ? 1 : crew_size(how->at_once);
	struct crew crew = { .run = run,
			     .graph = graph,
			     .work = how,
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

static int step_with_jobs(struct graph_image *image, void *arg, struct error *err)
{
	crew_step *const *step = arg;

	return (*step)(&image->jobs, err);
}

int crew_run(struct run *run, struct graph *graph, crew_step *step, int64_t at_once,
	     struct error *err)
{
	return crew_do(
		run, graph,
		&(struct crew_work){ .step = step_with_jobs, .arg = &step, .at_once = at_once },
		err);
}
