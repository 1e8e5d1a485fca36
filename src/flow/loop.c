/* SPDX-License-Identifier: MIT */
#include "flow/loop.h"

#include <unistd.h>

#include "base/interrupt.h"
#include "base/str.h"
#include "flow/build/build.h"
#include "flow/ensure/ensure.h"
#include "flow/key/key.h"
#include "flow/key/reuse.h"
#include "flow/prune.h"
#include "flow/publish/ahead.h"
#include "flow/publish/publish-set.h"
#include "flow/publish/tags.h"
#include "flow/strays.h"
#include "flow/trial/retest.h"
#include "flow/trial/trial.h"

/* Who prunes before the tests does it after them too: then one more may go. */
static bool prunes(const struct job *job, enum prune_when when)
{
	int chosen = job->settings->prune;

	if (chosen == PRUNE_AUTO)
		chosen = getenv("CI") ? PRUNE_NEVER : PRUNE_AFTER;
	return chosen == PRUNE_BEFORE || chosen == (int)when;
}

static int begin(struct job *job, struct error *err)
{
	if (run_engine(job->run, err) || run_begin(job->run, err) || job_lock(job, err))
		return -1;
	return plan_job(job, err);
}

/* What is to be stamped: of the same content, or built now. */
static int obtain_content(struct job *job, const struct reuse *reuse, struct error *err)
{
	const struct run *run = job->run;
	int status = reuse_take(job, reuse, err);

	if (status)
		return status;
	if (!run->options.is_dry_run && run->engine->info.has_buildkit &&
	    strays_drop_images(job, err))
		return -1;
	return build_content(job, err);
}

static int note_build(struct job *job, struct error *err)
{
	if (job->run->options.is_dry_run || job->is_dirty)
		return 0;
	return job_add_record(job, RECORD_BUILD, err) ? 0 : -1;
}

/* What a run that was killed has built, and did not come to note. */
static int keep(struct job *job, struct error *err)
{
	const struct record_list *list;

	reuse_keep(job);
	if (run_records(job->run, &list, err))
		return -1;
	return record_has_build(list, job->name, job->image.id, NULL) ? 0 : note_build(job, err);
}

/* Build and stamp unless the image is there; tags. The lock is held after it. */
static int obtain(struct job *job, struct error *err)
{
	AUTO(reuse_release) struct reuse reuse = { 0 };

	if (begin(job, err) || reuse_choose(job, &reuse, err))
		return -1;
	if (reuse.way == REUSE_KEEP) {
		step_skip(job, "build", reuse.why);
		return tag_latest(job, err) ? -1 : keep(job, err);
	}
	job->is_tested = false;
	if (obtain_content(job, &reuse, err) < 0 || stamp_image(job, err) || tag_latest(job, err))
		return -1;
	reuse_keep(job);
	return note_build(job, err);
}

/* Facts are written once everything that they speak of is done. */
static int record(struct job *job, struct error *err)
{
	struct run *run = job->run;
	struct step step;

	if (!job->records.len || job->is_dirty || run->options.is_dry_run)
		return 0;
	step = step_start(job, "record", RECORD_REF);
	if (record_add(run->repo, &run->seal, run->commit.sha, &job->records, err)) {
		error_wrap(err, "cannot record in " RECORD_REF);
		return step_fail(&step);
	}
	record_list_release(&job->records);
	step_done(&step, NULL);
	return 0;
}

/* A later failure must not hide an earlier one: it becomes a warning. */
static int keep_first(struct job *job, int status, struct error *first, struct error *later)
{
	if (!later->kind)
		return status;
	if (status) {
		event_warning(job->run->sink, "%s", later->message);
		return status;
	}
	*first = *later;
	return -1;
}

/* What a trial is part of. */
struct way {
	bool prunes;
	bool goes_ahead;	/* its blobs may be published meanwhile */
	struct jobs *published; /* NULL: nothing is */
};

/* What the engine was still making when another run was killed and this one began. */
static int sweep(struct job *job, struct error *err)
{
	if (!job->trial_engine || job->run->options.is_dry_run)
		return 0;
	return strays_sweep(job->run, job->trial_engine, err);
}

/* The trial's end, whatever came before: container, then, once this image has
 * passed, stale ones. */
static int clean_up(struct job *job, const struct way *way, int status, struct error *err)
{
	bool was_shielded = interrupt_shield(true);
	bool was_interrupted = status && error_is(err, ERROR_INTERRUPTED);
	struct error remove_err = { 0 }, prune_err = { 0 };

	if (trial_remove(job, &remove_err) || sweep(job, &remove_err))
		status = keep_first(job, status, err, &remove_err);
	if (way->prunes && job->is_tested && !was_interrupted && prunes(job, PRUNE_AFTER) &&
	    (job_lock(job, &prune_err) || prune_repository(job, &prune_err)))
		status = keep_first(job, status, err, &prune_err);
	job_unlock(job);
	interrupt_shield(was_shielded);
	return status;
}

/* A trial that was cut short by something else than itself is no fact. */
static bool is_fact(int status, const struct error *err)
{
	return !status || error_is(err, ERROR_NOT_READY) || error_is(err, ERROR_TEST);
}

static int start_trial(struct job *job, const struct way *way, struct error *err)
{
	if (trial_create(job, err))
		return -1;
	if (way->prunes && prunes(job, PRUNE_BEFORE) && prune_repository(job, err))
		return -1;
	job_unlock(job);
	return 0;
}

/* Trial, publication if wanted; cleaning up and the trial's record fill the wait
 * for :latest. */
static int try_and_publish(struct job *job, const struct way *way, struct error *err)
{
	AUTO(publication_set_release) struct publication_set set = { 0 };
	struct error confirm_err = { 0 }, record_err = { 0 };
	bool has_trial_fact;
	int status;

	if (way->goes_ahead)
		job->ahead = ahead_start(job);
	status = start_trial(job, way, err);
	if (!status)
		status = trial_run(job, err);
	if (status)
		ahead_free(TAKE(job->ahead));
	has_trial_fact = is_fact(status, err);
	if (!status && way->published)
		status = publish_set_begin(&way->published, 1, &set, err);
	status = clean_up(job, way, status, err);
	if (has_trial_fact && record(job, &record_err))
		status = keep_first(job, status, err, &record_err);
	if (set.len && (publish_set_confirm(&set, &confirm_err) || record(job, &confirm_err)))
		status = keep_first(job, status, err, &confirm_err);
	return status;
}

static int each(struct jobs *jobs, int (*one)(struct job *job, struct error *err),
		struct error *err)
{
	for (size_t i = 0; i < jobs->len; i++)
		if (!jobs->items[i].settings->digest && one(&jobs->items[i], err))
			return -1;
	return 0;
}

static int publish_all(struct jobs *const *all, size_t count, struct error *err)
{
	AUTO(publication_set_release) struct publication_set set = { 0 };

	if (publish_set_begin(all, count, &set, err) || publish_set_confirm(&set, err))
		return -1;
	for (size_t i = 0; i < count; i++)
		if (each(all[i], record, err))
			return -1;
	return 0;
}

/* Why no trial can be or needs to be; NULL: it does. */
static const char *is_spared(const struct job *job)
{
	if (job->is_tested)
		return "already tested";
	if (job->is_exempt)
		return "image.untestedPlatforms names its platform";
	return run_has_containers(job->run) || job->run->options.trial_engine
		       ? NULL
		       : "no engine to try it on (image.trialEngine)";
}

static int make(struct job *job, const struct way *way, struct error *err)
{
	AUTOFREE char *why_spared = NULL;
	const char *why_not;

	if (obtain(job, err))
		return -1;
	why_not = is_spared(job);
	if (!why_not && retest_spare(job, &why_spared, err))
		return -1;
	if (!why_not && !why_spared)
		return try_and_publish(job, way, err);
	step_skip(job, "trial", why_not ? why_not : why_spared);
	/* No trial will ever do it. */
	if ((job->is_exempt || why_spared) && prunes(job, PRUNE_AFTER) &&
	    prune_repository(job, err))
		return -1;
	job_unlock(job);
	return way->published ? publish_all(&way->published, 1, err) : record(job, err);
}

static int make_one(struct job *job, struct error *err)
{
	return make(job, &(struct way){ .prunes = true }, err);
}

static int make_to_publish(struct job *job, struct error *err)
{
	return make(job, &(struct way){ .prunes = true, .goes_ahead = true }, err);
}

int loop_build_job(struct job *job, struct error *err)
{
	if (obtain(job, err))
		return -1;
	job_unlock(job);
	return record(job, err);
}

/* The lock is held after it. */
static int need_image(struct job *job, struct error *err)
{
	if (begin(job, err))
		return -1;
	if (job->image.id)
		return 0;
	error_set(err, ERROR_INPUT, "'%s' is not built", job->reference);
	return error_hint(err, "'git image build' builds it, 'git image make' does all");
}

static int test_one(struct job *job, struct error *err)
{
	if (need_image(job, err))
		return -1;
	job->is_tested = false;
	return try_and_publish(job, &(struct way){ 0 }, err);
}

static int find_one(struct job *job, struct error *err)
{
	int status = need_image(job, err);

	job_unlock(job);
	return status;
}

static int prune_one(struct job *job, struct error *err)
{
	int status = begin(job, err);

	if (!status)
		status = prune_repository(job, err);
	job_unlock(job);
	return status;
}

/* Others read it at the same time. */
static int settle_key(struct job *job, struct error *err)
{
	return job->is_parent ? job_key_keep(job, err) : 0;
}

/* It is somebody's finished image. */
static int have_pinned(struct job *job, struct error *err)
{
	AUTO(ensured_release) struct ensured ensured = { 0 };

	if (run_engine(job->run, err) || run_begin(job->run, err))
		return -1;
	/* A BuildKit daemon has it from the registry, if it wants it. */
	if (!job->run->engine->ops->pull)
		return 0;
	if (ensure_pinned(job, &(struct ensure_pinned){ .policy = ENSURE_PULL_ONLY }, &ensured,
			  err))
		return -1;
	if (ensured.how == ENSURED_LOCAL)
		step_skip(job, "build", "it is pinned to its digest");
	return 0;
}

/* What others stand on, though there is nothing to do about it. */
static int have_all_pinned(struct jobs *jobs, struct error *err)
{
	for (size_t i = 0; i < jobs->len; i++)
		if (jobs->items[i].settings->digest && have_pinned(&jobs->items[i], err))
			return -1;
	return 0;
}

static int make_image(struct jobs *jobs, struct error *err)
{
	if (have_all_pinned(jobs, err))
		return -1;
	return each(jobs, make_one, err) || each(jobs, settle_key, err) ? -1 : 0;
}

static int make_image_to_publish(struct jobs *jobs, struct error *err)
{
	if (!jobs->items[0].is_published)
		return make_image(jobs, err);
	return each(jobs, make_to_publish, err) || each(jobs, settle_key, err) ? -1 : 0;
}

static int make_and_publish_image(struct jobs *jobs, struct error *err)
{
	const struct way way = { .prunes = true, .goes_ahead = true, .published = jobs };

	if (!jobs->items[0].is_published)
		return make_image(jobs, err);
	return make(&jobs->items[0], &way, err);
}

static int build_image(struct jobs *jobs, struct error *err)
{
	if (have_all_pinned(jobs, err))
		return -1;
	return each(jobs, loop_build_job, err) || each(jobs, settle_key, err) ? -1 : 0;
}

static int test_image(struct jobs *jobs, struct error *err)
{
	return each(jobs, test_one, err);
}

static int find_image(struct jobs *jobs, struct error *err)
{
	return each(jobs, find_one, err);
}

static int prune_image(struct jobs *jobs, struct error *err)
{
	return each(jobs, prune_one, err);
}

static void mark_parents(struct graph *graph)
{
	for (size_t i = 0; i < graph->len; i++) {
		struct jobs *jobs = &graph->images[i].jobs;

		for (size_t k = 0; k < jobs->len; k++)
			for (size_t n = 0; n < jobs->items[k].parent_count; n++) {
				struct job *parent = jobs->items[k].parents[n].job;

				parent->is_parent = true;
				parent->is_needed = true;
			}
	}
}

/* They are published once all of them are there. */
static void mark_published(struct jobs *const *all, size_t count)
{
	for (size_t i = 0; i < count; i++)
		for (size_t k = 0; k < all[i]->len; k++) {
			all[i]->items[k].is_needed = true;
			all[i]->items[k].is_published = true;
		}
}

static void warn_of_numbers(const struct graph *graph)
{
	for (size_t i = 0; i < graph->len; i++)
		if (graph->images[i].is_wanted)
			tags_warn_of_number(&graph->images[i].jobs.items[0]);
}

int loop_make(struct run *run, struct graph *graph, int64_t at_once, struct error *err)
{
	warn_of_numbers(graph);
	mark_parents(graph);
	return crew_run(run, graph, make_image, at_once, err);
}

int loop_build(struct run *run, struct graph *graph, int64_t at_once, struct error *err)
{
	mark_parents(graph);
	return crew_run(run, graph, build_image, at_once, err);
}

int loop_test(struct run *run, struct graph *graph, int64_t at_once, struct error *err)
{
	return crew_run(run, graph, test_image, at_once, err);
}

int loop_prune(struct run *run, struct graph *graph, int64_t at_once, struct error *err)
{
	return crew_run(run, graph, prune_image, at_once, err);
}

/* A pinned image is there, and a folder or an archive is for what was asked for, not for
 * what it stands on. */
static bool is_published(const struct graph_image *image)
{
	return image->is_wanted && !image->settings.digest &&
	       (image->is_named || !image->settings.to);
}

/* The jobs of all that are to be published. */
static struct jobs **list_published(struct graph *graph, size_t *ret_count, struct error *err)
{
	struct jobs **all = calloc(graph->len + 1, sizeof(struct jobs *));
	size_t count = 0;

	if (!all) {
		error_set_memory(err);
		return NULL;
	}
	for (size_t i = 0; i < graph->len; i++)
		if (is_published(&graph->images[i]))
			all[count++] = &graph->images[i].jobs;
	*ret_count = count;
	return all;
}

static int publish_graph(struct graph *graph, struct jobs *const *all, size_t count,
			 struct error *err)
{
	int status = count ? publish_all(all, count, err) : 0;

	for (size_t i = 0; i < graph->len; i++)
		graph->images[i].is_done &= !status;
	return status;
}

int loop_release(struct run *run, struct graph *graph, int64_t at_once, struct error *err)
{
	size_t count;
	AUTOFREE struct jobs **all = list_published(graph, &count, err);

	if (!all || publish_set_check(all, count, err))
		return -1;
	warn_of_numbers(graph);
	mark_parents(graph);
	mark_published(all, count);
	if (count == 1 && all[0]->len == 1)
		return crew_run(run, graph, make_and_publish_image, at_once, err);
	if (crew_run(run, graph, make_image_to_publish, at_once, err))
		return -1;
	return publish_graph(graph, all, count, err);
}

int loop_publish(struct run *run, struct graph *graph, int64_t at_once, struct error *err)
{
	size_t count;
	AUTOFREE struct jobs **all = list_published(graph, &count, err);

	if (!all || publish_set_check(all, count, err))
		return -1;
	mark_published(all, count);
	if (crew_run(run, graph, find_image, at_once, err))
		return -1;
	return publish_graph(graph, all, count, err);
}
