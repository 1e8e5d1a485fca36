/* SPDX-License-Identifier: MIT */
#include "flow/ensure/ensure-set.h"

#include <pthread.h>

#include "base/team.h"
#include "engine/connect.h"
#include "flow/graph/crew.h"
#include "flow/key/key.h"

void ensure_set_release(struct ensure_set *set)
{
	for (size_t i = 0; i < set->len; i++) {
		struct ensure_wish *wish = &set->wishes[i];

		for (size_t k = 0; k < wish->result_count; k++)
			ensured_release(&wish->results[k]);
		free(wish->results);
		free(wish->reference);
	}
	free(set->wishes);
}

/* ---- images of the graph ---- */

/* Their keys are read by several children at a time: so they are known before. */
static int settle_parents(struct job *job, struct error *err)
{
	for (size_t i = 0; i < job->parent_count; i++) {
		struct job *parent = job->parents[i].job;

		if (parent->is_parent)
			continue;
		parent->is_parent = true;
		if (settle_parents(parent, err) || job_key_keep(parent, err))
			return -1;
	}
	return 0;
}

/* Which images are wanted, and whose error comes before whose. */
static int want(struct run *run, struct graph *graph, struct ensure_set *set, struct error *err)
{
	for (size_t i = 0; i < graph->len; i++)
		graph->images[i].is_wanted = false;
	for (size_t i = 0; i < set->len; i++) {
		struct graph_image *image = set->wishes[i].image;

		if (!image)
			continue;
		image->is_wanted = true;
		if (!image->rank)
			image->rank = i + 1;
		if (image->parent_count && (run_engine(run, err) || run_begin(run, err)))
			return -1;
		for (size_t k = 0; k < image->jobs.len; k++)
			if (settle_parents(&image->jobs.items[k], err))
				return -1;
	}
	return 0;
}

/* What stands on them wants them by their commit. 1 as ensure_job(). */
static int ensure_needed(struct graph_image *image, struct error *err)
{
	for (size_t i = 0; i < image->jobs.len; i++) {
		AUTO(ensured_release) struct ensured ignored = { 0 };
		struct job *job = &image->jobs.items[i];
		int status;

		if (!job->is_parent || job->image.id)
			continue;
		status = ensure_job(job, &(struct ensure_options){ 0 }, &ignored, err);
		if (status)
			return status;
	}
	return 0;
}

/* From the first platform on that was not had before. */
static int ensure_wish(const struct ensure_set *set, struct ensure_wish *wish, struct error *err)
{
	struct jobs *jobs = &wish->image->jobs;
	const struct ensure_options options = { .by_content = wish->by_content,
						.is_forced = set->is_forced };

	if (!wish->results)
		wish->results = calloc(jobs->len, sizeof(*wish->results));
	if (!wish->results)
		return error_set_memory(err);
	for (; wish->result_count < jobs->len; wish->result_count++) {
		int status = ensure_job(&jobs->items[wish->result_count], &options,
					&wish->results[wish->result_count], err);

		if (status)
			return status;
	}
	return 0;
}

static int ensure_image(struct graph_image *image, void *arg, struct error *err)
{
	const struct ensure_set *set = arg;
	int status = 0;

	for (size_t i = 0; i < set->len && !status; i++)
		if (set->wishes[i].image == image)
			status = ensure_wish(set, &set->wishes[i], err);
	return !status && image->is_needed ? ensure_needed(image, err) : status;
}

static int ensure_ours(struct run *run, struct graph *graph, struct ensure_set *set,
		       struct error *err)
{
	const struct crew_work work = { .step = ensure_image, .arg = set, .at_once = set->at_once };

	return want(run, graph, set, err) ? -1 : crew_do(run, graph, &work, err);
}

/* ---- images of others ---- */

struct errand {
	struct ensure_set *set;
	struct error *errors; /* one a wish */
	/* From here on under the lock. */
	pthread_mutex_t lock;
	size_t next;
	bool is_stopped;
};

/* The number of wishes: nothing is left. */
static size_t take(struct errand *errand)
{
	size_t i;

	pthread_mutex_lock(&errand->lock);
	while (errand->next < errand->set->len && errand->set->wishes[errand->next].image)
		errand->next++;
	i = errand->is_stopped ? errand->set->len : errand->next++;
	pthread_mutex_unlock(&errand->lock);
	return i;
}

static int ensure_foreign_wish(const struct ensure_set *set, struct ensure_wish *wish,
			       struct engine *engine, struct error *err)
{
	const struct settings *settings = set->settings;
	const struct ensure_foreign foreign = {
		.engine = engine,
		.sink = set->sink,
		.reference = wish->reference,
		.platform = settings->platforms.len ? settings->platforms.items[0] : NULL,
		.policy = (enum ensure_policy)settings->ensure,
		.is_forced = set->is_forced,
		.is_dry_run = set->is_dry_run,
	};

	wish->results = calloc(1, sizeof(*wish->results));
	if (!wish->results)
		return error_set_memory(err);
	if (ensure_foreign(&foreign, wish->results, err))
		return -1;
	wish->result_count = 1;
	return 0;
}

static void work(struct errand *errand, struct engine *engine)
{
	struct ensure_set *set = errand->set;
	size_t i;

	while ((i = take(errand)) < set->len)
		if (ensure_foreign_wish(set, &set->wishes[i], engine, &errand->errors[i]) &&
		    error_is(&errand->errors[i], ERROR_INTERRUPTED))
			return;
}

/* By a connection of its own; without one the others do its work. */
static void work_apart(void *arg, size_t member)
{
	struct errand *errand = arg;
	struct error ignored = { 0 };
	struct engine *engine = NULL;

	if (!member) {
		work(errand, errand->set->engine);
		return;
	}
	if (engine_open(errand->set->engine->info.url, errand->set->sink, &engine, &ignored))
		return;
	work(errand, engine);
	engine->ops->close(engine);
}

static void halt(void *arg)
{
	struct errand *errand = arg;

	pthread_mutex_lock(&errand->lock);
	errand->is_stopped = true;
	pthread_mutex_unlock(&errand->lock);
}

static size_t count_theirs(const struct ensure_set *set)
{
	size_t count = 0;

	for (size_t i = 0; i < set->len; i++)
		count += !set->wishes[i].image;
	return count;
}

static int ensure_theirs(struct ensure_set *set, struct error *errors, struct error *err)
{
	struct errand errand = { .set = set, .errors = errors, .lock = PTHREAD_MUTEX_INITIALIZER };
	const struct team team = { .work = work_apart, .halt = halt, .arg = &errand };
	size_t count = count_theirs(set), most = set->is_dry_run ? 1 : crew_size(set->at_once);

	if (!count)
		return 0;
	if (!set->engine && engine_open(set->settings->engine, set->sink, &set->engine, err))
		return -1;
	if (count > most)
		count = most;
	if (count < 2 || !team_work(&team, count))
		work(&errand, set->engine);
	for (size_t i = 0; i < set->len; i++)
		if (errand.is_stopped || error_is(&errors[i], ERROR_INTERRUPTED))
			return error_set(err, ERROR_INTERRUPTED, "interrupted");
	return 0;
}

/* ---- */

static bool is_had(const struct ensure_wish *wish)
{
	return wish->result_count == (wish->image ? wish->image->jobs.len : 1);
}

/* `ours` is the error of the first of ours that counts. */
static int conclude(const struct ensure_set *set, const struct error *ours,
		    const struct error *errors, struct error *err)
{
	const struct error *first = NULL;
	bool has_ours = ours->kind;

	for (size_t i = 0; i < set->len; i++) {
		const struct ensure_wish *wish = &set->wishes[i];
		const struct error *why = wish->image ? ours : &errors[i];

		if (is_had(wish) || (wish->image && !has_ours))
			continue;
		has_ours &= !wish->image;
		if (first)
			event_warning(set->sink, "%s", why->message);
		else
			first = why;
	}
	if (!first && has_ours)
		first = ours;
	if (!first)
		return 0;
	*err = *first;
	return -1;
}

int ensure_all(struct run *run, struct graph *graph, struct ensure_set *set, struct error *err)
{
	AUTOFREE struct error *errors = calloc(set->len + 1, sizeof(*errors));
	struct error ours = { 0 };

	if (!errors)
		return error_set_memory(err);
	if (count_theirs(set) < set->len && ensure_ours(run, graph, set, &ours) &&
	    error_is(&ours, ERROR_INTERRUPTED)) {
		*err = ours;
		return -1;
	}
	if (ensure_theirs(set, errors, err)) {
		if (ours.kind)
			event_warning(set->sink, "%s", ours.message);
		return -1;
	}
	return conclude(set, &ours, errors, err);
}
