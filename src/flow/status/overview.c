/* SPDX-License-Identifier: MIT */
#include "flow/status/overview.h"

#include "base/str.h"
#include "flow/build/build.h"
#include "flow/key/reuse.h"
#include "flow/publish/publish.h"
#include "flow/status/overview-ask.h"
#include "flow/trial/retest.h"

/* On the way: a row may be of several jobs, one a platform. */
struct reading {
	struct run *run;
	struct inquiry *inquiries; /* one a job */
	size_t count;
	struct overview overview;
};

const char *overview_state_name(enum overview_state state)
{
	static const char *const names[] = {
		[OVERVIEW_UNKNOWN] = "unknown", [OVERVIEW_BUILD] = "build",
		[OVERVIEW_STAMP] = "stamp",	[OVERVIEW_PULL] = "pull",
		[OVERVIEW_HAVE] = "have",	[OVERVIEW_PUBLISHED] = "published",
	};

	return names[state];
}

void overview_release(struct overview *overview)
{
	for (size_t i = 0; i < overview->len; i++) {
		free(overview->rows[i].reason);
		free(overview->rows[i].trial);
		free(overview->rows[i].digest);
	}
	free(overview->rows);
	*overview = (struct overview){ 0 };
}

static void reading_release(struct reading *reading)
{
	free(reading->inquiries);
	overview_release(&reading->overview);
}

/* What ends all; anything else is what is not known of one image. */
static bool is_fatal(const struct error *err)
{
	return error_is(err, ERROR_INTERRUPTED) || error_is(err, ERROR_MEMORY);
}

/* The state of a row is that of the job that has most to be done. */
static int lower(struct overview_row *row, const struct job *job, enum overview_state state,
		 const char *reason, struct error *err)
{
	if (row->reason && state >= row->state)
		return 0;
	free(row->reason);
	row->state = state;
	row->reason = job->is_secondary ? str_format(err, "%s: %s", job->platform, reason)
					: str_copy(reason, err);
	return row->reason ? 0 : -1;
}

static int note_trial(struct overview_row *row, const struct job *job,
		      const struct record_list *list, struct error *err)
{
	const struct record *trial = record_find_trial(list, job->name, job->image.id,
						       job->settings->trust == TRUST_ALL);

	row->is_tested = job->is_tested;
	return trial ? str_replace(&row->trial, trial->result, err) : 0;
}

/* Of this very image: what is published of another content of the commit says nothing. */
static int note_publication(struct overview_row *row, const struct job *job,
			    const struct record_list *list, struct error *err)
{
	const struct record *publication = record_find_publication(list, job->name);

	if (!publication || !str_equal(publication->id, job->image.id))
		return 0;
	return str_replace(&row->digest, publication->digest, err);
}

static int judge_present(struct overview_row *row, struct job *job, struct error *err)
{
	const struct record_list *list;
	const char *reason = "no trial of it is on record";
	AUTOFREE char *spared = NULL;

	if (run_records(job->run, &list, err) ||
	    (!job->is_tested && retest_foresee(job, &spared, err)))
		return -1;
	if (!job->is_secondary &&
	    (note_trial(row, job, list, err) || note_publication(row, job, list, err)))
		return -1;
	if (job->is_tested || job->is_exempt)
		reason = row->digest ? "publication on record" : "tested";
	else if (spared)
		reason = spared;
	else if (row->trial)
		reason = "its last trial does not count or failed";
	return lower(row, job, row->digest ? OVERVIEW_PUBLISHED : OVERVIEW_HAVE, reason, err);
}

static int judge_pinned(struct overview_row *row, struct job *job, struct error *err)
{
	return lower(row, job, job->image.id ? OVERVIEW_HAVE : OVERVIEW_PULL,
		     "pinned to its digest", err);
}

static int judge_known(struct overview_row *row, struct job *job, struct error *err)
{
	AUTO(reuse_release) struct reuse reuse = { 0 };

	if (job->settings->digest)
		return judge_pinned(row, job, err);
	if (plan_inspected(job, err) || reuse_choose(job, &reuse, err))
		return -1;
	if (reuse.way == REUSE_KEEP)
		return judge_present(row, job, err);
	return lower(row, job, reuse.way == REUSE_STAMP ? OVERVIEW_STAMP : OVERVIEW_BUILD,
		     reuse.why, err);
}

static int judge(struct overview_row *row, struct inquiry *inquiry, struct error *err)
{
	struct error *own = &inquiry->err;

	if (!own->kind && !judge_known(row, inquiry->job, own))
		return 0;
	if (!is_fatal(own))
		return lower(row, inquiry->job, OVERVIEW_UNKNOWN, own->message, err);
	*err = *own;
	return -1;
}

static int collect(struct reading *reading, struct graph *graph, struct error *err)
{
	size_t jobs = 0;

	for (size_t i = 0; i < graph->len; i++)
		jobs += graph->images[i].is_wanted ? graph->images[i].jobs.len : 0;
	reading->inquiries = calloc(jobs + 1, sizeof(*reading->inquiries));
	reading->overview.rows = calloc(graph->len + 1, sizeof(*reading->overview.rows));
	if (!reading->inquiries || !reading->overview.rows)
		return error_set_memory(err);
	for (size_t i = 0; i < graph->len; i++) {
		struct jobs *all = &graph->images[i].jobs;

		if (!graph->images[i].is_wanted)
			continue;
		reading->overview.rows[reading->overview.len++].job = &all->items[0];
		for (size_t k = 0; k < all->len; k++)
			reading->inquiries[reading->count++].job = &all->items[k];
	}
	return 0;
}

/* Meanwhile the keys are found, which takes about as long. What is wrong with one is said
 * when it is asked for again. */
static int inquire(struct reading *reading, struct error *err)
{
	AUTO(inquirers_freep)
	struct inquirers *inquirers =
		inquirers_start(reading->run, reading->inquiries, reading->count, err);

	for (size_t i = 0; inquirers && i < reading->count; i++)
		if (job_key_keep(reading->inquiries[i].job, err)) {
			if (is_fatal(err))
				return -1;
			error_clear(err);
		}
	return inquirers ? inquirers_await(inquirers, err) : -1;
}

/* Without an engine nothing is known, for one and the same reason. */
static int ask_engine(struct reading *reading, struct error *err)
{
	struct error engine_err = { 0 };

	if (!run_engine(reading->run, &engine_err))
		return inquire(reading, err);
	if (is_fatal(&engine_err)) {
		*err = engine_err;
		return -1;
	}
	event_warning(reading->run->sink, "%s", engine_err.message);
	error_set(&engine_err, engine_err.kind, "the engine cannot be asked");
	for (size_t i = 0; i < reading->count; i++)
		reading->inquiries[i].err = engine_err;
	return 0;
}

static int judge_all(struct reading *reading, struct error *err)
{
	struct overview *overview = &reading->overview;
	size_t row = 0;

	for (size_t i = 0; i < reading->count; i++) {
		if (row + 1 < overview->len &&
		    overview->rows[row + 1].job == reading->inquiries[i].job)
			row++;
		if (judge(&overview->rows[row], &reading->inquiries[i], err))
			return -1;
	}
	return 0;
}

int overview_read(struct run *run, struct graph *graph, struct overview *ret_overview,
		  struct error *err)
{
	AUTO(reading_release) struct reading reading = { .run = run };

	if (collect(&reading, graph, err) || ask_engine(&reading, err) || judge_all(&reading, err))
		return -1;
	*ret_overview = reading.overview;
	reading.overview = (struct overview){ 0 };
	return 0;
}
