/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "cli/work.h"
#include "flow/build/build.h"
#include "flow/graph/graph.h"
#include "flow/key/reuse.h"
#include "flow/ledger/ledger.h"
#include "flow/ledger/why-ledger.h"
#include "flow/ledger/why.h"
#include "report/report.h"

/* The images of another commit of the same repository, as they would be built today. */
struct past_images {
	struct run run;
	struct commit commit;
	struct configuration configuration;
	struct graph graph;
};

static void past_images_close(struct past_images *past)
{
	graph_release(&past->graph);
	configuration_release(&past->configuration);
	if (past->run.repo) {
		past->run.commit = (struct commit){ 0 };
		run_close(&past->run);
	}
	commit_release(&past->commit);
}

/* What has to be said of the configuration was said of the present one. */
static int past_images_open(struct past_images *past, struct work *work, const char *revision,
			    struct error *err)
{
	const struct strv none = { 0 };

	if (run_fork(&work->run, &past->run, err))
		return -1;
	past->run.sink = NULL;
	past->run.commit = (struct commit){ 0 };
	if (commit_resolve(past->run.repo, revision, &past->commit, err))
		return -1;
	past->run.commit = past->commit;
	if (configure_read(&past->run, &past->configuration, err) ||
	    options_apply(work->cli->options, &past->configuration, NULL, err))
		return error_wrap(err, "%.7s", past->commit.sha);
	return graph_open(&past->run, &past->configuration, &none, &past->graph, err);
}

/* NULL: that commit has no such image. */
static struct job *past_images_find(const struct past_images *past, const struct job *job)
{
	for (size_t i = 0; i < past->graph.len; i++) {
		const struct jobs *jobs = &past->graph.images[i].jobs;

		for (size_t j = 0; j < jobs->len; j++)
			if (!strcmp(jobs->items[j].name, job->name) &&
			    (jobs->len == 1 || str_equal(jobs->items[j].platform, job->platform)))
				return &jobs->items[j];
	}
	return NULL;
}

struct answer_why {
	struct job *job;
	struct why why;
	const char *than;    /* the commit it was compared with; NULL: none */
	const char *than_at; /* when that was built; NULL: not said */
	const char *same;    /* the first commit of those that have the same; NULL: none */
	const char *unknown; /* why there is no key; NULL: there is one */
	const char *next;    /* "nothing", "stamp", "build", "unknown"; NULL: not asked */
	char *next_why;
};

static void answer_release(struct answer_why *answer)
{
	why_release(&answer->why);
	free(answer->next_why);
}

static void print_json(struct report *report, const struct answer_why *answer)
{
	struct json_writer *writer = report_open(report, "why");
	const struct why *why = &answer->why;

	if (!writer)
		return;
	json_add_text(writer, "image", answer->job->name);
	json_add_text(writer, "commit", answer->job->run->commit.sha);
	json_add_text(writer, "key", answer->job->key);
	json_add_text(writer, "unknown", answer->unknown);
	json_add_text(writer, "sameSince", answer->same);
	json_add_text(writer, "than", answer->than);
	json_add_text(writer, "thanAt", answer->than_at);
	json_add_bool(writer, "differs", why->has_difference);
	if (why->has_difference) {
		json_add_texts(writer, "parents", &why->parents);
		json_add_text(writer, "kind", why->kind);
		json_add_text(writer, "name", why->name);
		json_add_text(writer, "change", why->change);
		json_add_text(writer, "before", why->before);
		json_add_text(writer, "after", why->after);
		json_add_int(writer, "more", why->more);
	}
	json_add_text(writer, "next", answer->next);
	json_add_text(writer, "nextWhy", answer->next_why);
	report_close(report);
}

static void print_difference(struct report *report, const struct answer_why *answer)
{
	AUTO(buf_release) struct buf text = BUF_INIT(LIMIT_NOTE);

	why_add_text(&answer->why, &text);
	if (answer->unknown)
		report_result(report, "  always built: %s", answer->unknown);
	else if (answer->same && answer->why.has_difference)
		report_result(report,
			      "  the same since %.7s, which was built since %.7s because %s",
			      answer->same, answer->than, text.data);
	else if (answer->same)
		report_result(report, "  the same since %.7s, the first build on record",
			      answer->same);
	else if (answer->why.has_difference)
		report_result(report, "  not the same as in %.7s: %s", answer->than, text.data);
	else if (answer->than)
		report_result(report, "  the same as in %.7s", answer->than);
	else
		report_result(report, "  no build of it is on record");
}

static void print(struct report *report, const struct answer_why *answer)
{
	print_json(report, answer);
	report_result(report, "%s  %s", answer->job->reference, answer->job->run->commit.subject);
	print_difference(report, answer);
	if (!answer->next)
		return;
	if (!strcmp(answer->next, "nothing"))
		report_result(report, "  'make' has nothing to build: %s", answer->next_why);
	else if (!strcmp(answer->next, "unknown"))
		report_result(report, "  what 'make' would do is not known: %s", answer->next_why);
	else
		report_result(report, "  'make' would %s it: %s", answer->next, answer->next_why);
}

static int look_for_image(struct job *job, struct answer_why *answer, struct error *err)
{
	static const char *const words[] = {
		[REUSE_KEEP] = "nothing",
		[REUSE_STAMP] = "stamp",
		[REUSE_BUILD] = "build",
	};
	AUTO(reuse_release) struct reuse reuse = { 0 };

	if (run_engine(job->run, err) || plan_job(job, err) || reuse_choose(job, &reuse, err))
		return -1;
	answer->next = words[reuse.way];
	answer->next_why = TAKE(reuse.why);
	return 0;
}

/* An engine that does not answer is no error: only this line is missing then. */
static int find_next(struct job *job, struct answer_why *answer, struct error *err)
{
	struct error found = { 0 };

	if (!look_for_image(job, answer, &found))
		return 0;
	if (error_is(&found, ERROR_INTERRUPTED) || error_is(&found, ERROR_MEMORY)) {
		*err = found;
		return -1;
	}
	answer->next = "unknown";
	return str_replace(&answer->next_why, found.message, err);
}

/* With what was before, if the ledger has it. */
static int compare(struct work *work, const struct why_past *past, struct answer_why *answer,
		   struct error *err)
{
	AUTO(past_images_close) struct past_images images = { 0 };
	struct job *job = answer->job;
	const struct why_build *build = &past->other;
	struct why_side before = { .has_other_seal = !build->is_sealed };
	struct why_side after = { .job = job, .inputs = &job->key_inputs };

	if (past->same.sha[0])
		answer->same = past->same.sha;
	if (!build->sha[0] || !job->key)
		return 0;
	answer->than = build->sha;
	answer->than_at = build->at;
	if (past_images_open(&images, work, build->sha, err)) {
		if (!error_is(err, ERROR_INPUT) && !error_is(err, ERROR_NOT_FOUND))
			return -1;
		error_clear(err);
	}
	before.job = past_images_find(&images, job);
	before.inputs = build->inputs.len ? &build->inputs : NULL;
	if (!before.job && !before.inputs)
		return 0;
	return why_find(&before, &after, &answer->why, err);
}

static int find_key(struct job *job, struct job_key *key, struct error *err)
{
	if (job_key_keep(job, err))
		return -1;
	return job->key ? 0 : job_key_find(job, key, err);
}

static int show_job(struct work *work, struct job *job, bool is_alone, struct error *err)
{
	AUTO(answer_release) struct answer_why answer = { .job = job };
	AUTO(why_past_release) struct why_past past = { 0 };
	AUTO(job_key_release) struct job_key key = { 0 };

	if (find_key(job, &key, err) || why_past_find(job, is_alone, &past, err))
		return -1;
	answer.unknown = key.unknown;
	if (compare(work, &past, &answer, err) || find_next(job, &answer, err))
		return -1;
	print(work->cli->report, &answer);
	return 0;
}

static int show(struct work *work, struct jobs *jobs, struct error *err)
{
	for (size_t i = 0; i < jobs->len; i++)
		if (show_job(work, &jobs->items[i], jobs->len == 1, err))
			return -1;
	return 0;
}

struct range {
	struct work work; /* of the second commit; first, so that a step finds the rest */
	struct past_images past;
};

static int compare_job(struct range *range, struct job *job, struct error *err)
{
	AUTO(answer_release) struct answer_why answer = { .job = job };
	struct why_side before = { .job = past_images_find(&range->past, job) };
	struct why_side after = { .job = job };

	if (!before.job) {
		report_result(range->work.cli->report, "%s  is no image of %.7s", job->name,
			      range->past.commit.sha);
		return 0;
	}
	answer.than = range->past.commit.sha;
	if (why_find(&before, &after, &answer.why, err))
		return -1;
	print(range->work.cli->report, &answer);
	return 0;
}

static int show_range(struct work *work, struct jobs *jobs, struct error *err)
{
	for (size_t i = 0; i < jobs->len; i++)
		if (compare_job((struct range *)work, &jobs->items[i], err))
			return -1;
	return 0;
}

static void range_close(struct range *range)
{
	past_images_close(&range->past);
	work_close(&range->work);
}

/* The words behind "A..B" are images; an end that is left out is HEAD. */
static int why_range(struct cli *cli, const char *dots, struct error *err)
{
	const struct strv *words = &cli->options->words;
	AUTO(range_close) struct range range = { 0 };
	struct options options = *cli->options;
	struct cli inner = { .options = &options, .report = cli->report, .sink = cli->sink };
	AUTOFREE char *from = str_copy_slice(
		(struct slice){ words->items[0], (size_t)(dots - words->items[0]) }, err);

	if (!from)
		return -1;
	options.words = (struct strv){ .items = words->items + 1, .len = words->len - 1 };
	/* Of a commit that is named so nobody takes the work tree for it. */
	options.commit = dots[2] && strcmp(dots + 2, "HEAD") ? dots + 2 : "HEAD^{commit}";
	if (work_open(&range.work, &inner, err) || run_read_seal(&range.work.run, err) ||
	    run_engine_if_any(&range.work.run, err) ||
	    past_images_open(&range.past, &range.work, from[0] ? from : "HEAD", err))
		return -1;
	return run_engine_if_any(&range.past.run, err) || work_each(&range.work, show_range, err)
		       ? -1
		       : 0;
}

/* Its words are images, or A..B; a commit alone is neither. */
static int hint_commit(const struct work *work, const struct strv *words, struct error *err)
{
	AUTO(commit_release) struct commit commit = { 0 };
	struct error ignored = { 0 };

	if (!error_is(err, ERROR_INPUT) || !words->len || !work->run.repo ||
	    commit_resolve(work->run.repo, words->items[0], &commit, &ignored))
		return -1;
	return error_hint(err, "two commits are compared as A..B: 'git image why %.100s^..%.100s'",
			  words->items[0], words->items[0]);
}

int cmd_why(struct cli *cli, struct error *err)
{
	const struct strv *words = &cli->options->words;
	const char *dots = words->len ? strstr(words->items[0], "..") : NULL;
	AUTO(work_close) struct work work = { 0 };

	if (dots && dots[2] == '.')
		return error_set(err, ERROR_USAGE, "'%s': two commits are compared as A..B",
				 words->items[0]);
	if (dots && cli->options->commit)
		return error_set(err, ERROR_USAGE, "--commit and '%s' exclude each other",
				 words->items[0]);
	if (dots)
		return why_range(cli, dots, err);
	if (work_open(&work, cli, err))
		return hint_commit(&work, words, err);
	if (run_read_seal(&work.run, err) ||
	    (!cli->options->is_dry_run && ledger_refresh(work.run.repo, work.run.sink, err)) ||
	    run_engine_if_any(&work.run, err) || work_each(&work, show, err))
		return -1;
	return 0;
}
