/* SPDX-License-Identifier: MIT */
#include "cli/work.h"

#include <stdio.h>
#include <string.h>

#include "base/str.h"
#include "base/time.h"
#include "git/worktree.h"
#include "report/report.h"

/* For all images together. */
#define NOTICE_BUDGET_MS 50

/* What is one for all images. */
static int choose_common(struct work *work, struct error *err)
{
	AUTO(settings_release) struct settings settings = { 0 };

	if (settings_resolve(&work->configuration, NULL, &settings, err))
		return -1;
	work->at_once = settings.jobs;
	free(work->engine_url);
	work->engine_url = TAKE(settings.engine);
	work->run.options.engine = work->engine_url;
	free(work->trial_engine_url);
	work->trial_engine_url = TAKE(settings.trial_engine);
	work->run.options.trial_engine = work->trial_engine_url;
	return 0;
}

/* Two images under one name would be each other's tags. */
static int claim_repository(struct strv *claimed, const struct job *job, struct error *err)
{
	if (!strv_has(claimed, job->repository))
		return strv_add(claimed, job->repository, err);
	error_set(err, ERROR_INPUT, "two images are both called '%s'", job->repository);
	return error_hint(err, "set image.NAME.repository for each, or image.registry for all");
}

/* Without the parents of those that were named, where a command leaves them alone. */
static int pick_images(struct work *work, struct error *err)
{
	bool takes_parents = work->is_hook || work->cli->options->command->takes_parents;
	AUTO(strv_release) struct strv claimed = { 0 };

	for (size_t i = 0; i < work->graph.len; i++) {
		struct graph_image *image = &work->graph.images[i];

		image->is_wanted &= takes_parents || image->is_named;
		if (!image->is_wanted)
			continue;
		if (image->name && strv_add(&work->images, image->name, err))
			return -1;
		if (claim_repository(&claimed, &image->jobs.items[0], err))
			return -1;
	}
	return 0;
}

/* All images as they were in another commit, under the same options. */
struct past_work {
	struct run run;
	struct configuration configuration;
	struct graph graph;
};

static void past_work_close(struct past_work *past)
{
	graph_release(&past->graph);
	configuration_release(&past->configuration);
	run_close(&past->run);
}

static void say_unchanged(struct work *work, const char *since)
{
	char why[80];

	snprintf(why, sizeof(why), "it has not changed since %.7s", since);
	for (size_t i = 0; i < work->graph.len; i++) {
		struct graph_image *image = &work->graph.images[i];

		if (image->is_named && !image->is_wanted)
			step_skip(&image->jobs.items[0], "build", why);
	}
}

static int leave_unchanged(struct work *work, struct error *err)
{
	AUTO(past_work_close) struct past_work past = { 0 };
	const struct options *options = work->cli->options;
	const struct strv all = { 0 };
	bool is_plan = options->command->id == COMMAND_GRAPH;

	if (options->uses_worktree)
		return error_set(err, ERROR_USAGE,
				 "'--since' compares commits, '--worktree' has none");
	if (run_open(&(struct run_options){ .revision = options->since }, NULL, &past.run, err) ||
	    configure_read(&past.run, &past.configuration, err) ||
	    options_apply(options, &past.configuration, NULL, err) ||
	    graph_open(&past.run, &past.configuration, &all, &past.graph, err))
		return error_wrap(err, "--since %s", options->since);
	if (graph_compare(&work->graph, &past.graph, err))
		return -1;
	graph_keep_changed(&work->graph, !is_plan);
	if (!is_plan)
		say_unchanged(work, past.run.commit.sha);
	return 0;
}

static int open_graph(struct work *work, struct error *err)
{
	const struct options *options = work->cli->options;
	const struct strv all = { 0 };
	const struct strv *names = work->is_hook ? &all : &options->words;

	if (graph_open(&work->run, &work->configuration, names, &work->graph, err))
		return -1;
	if (options->since && options->command->takes_parents && leave_unchanged(work, err))
		return -1;
	return pick_images(work, err);
}

int work_open(struct work *work, struct cli *cli, struct error *err)
{
	const struct options *options = cli->options;

	work->cli = cli;
	if (run_open(
		    &(struct run_options){
			    .revision = options->commit,
			    .uses_worktree = options->uses_worktree,
			    .is_dry_run = options->is_dry_run,
			    .ignores_cache = options->ignores_cache,
			    .pulls_bases = options->pulls_bases,
			    .rebuilds = options->rebuilds,
			    .allows_untested = options->allows_untested,
			    .moves_latest = options->moves_latest,
		    },
		    cli->sink, &work->run, err))
		return -1;
	if (configure_read(&work->run, &work->configuration, err) ||
	    options_apply(options, &work->configuration, cli->sink, err) ||
	    configuration_hide_secrets(&work->configuration, err) || choose_common(work, err))
		return -1;
	return open_graph(work, err);
}

void work_close(struct work *work)
{
	graph_release(&work->graph);
	run_close(&work->run);
	configuration_release(&work->configuration);
	strv_release(&work->images);
	free(work->engine_url);
	free(work->trial_engine_url);
}

/* After the answer: changed files of the context are not in the image. Nobody
 * wants to read that in a hook or on CI. */
static void notice_changes(struct work *work, const struct strv *folders, const char *where)
{
	const struct options *options = work->cli->options;
	int64_t files, start_ms = time_monotonic_ms();

	if (work->notice_ms >= NOTICE_BUDGET_MS || work->is_hook || getenv("CI") ||
	    options->uses_worktree || (options->commit && strcmp(options->commit, "HEAD") != 0))
		return;
	files = worktree_count_changes(work->run.repo,
				       &(struct worktree_question){
					       .tree = work->run.commit.tree,
					       .folders = folders,
					       .budget_ms = NOTICE_BUDGET_MS - work->notice_ms,
				       });
	work->notice_ms += time_monotonic_ms() - start_ms;
	if (files > 0)
		event_notice(work->run.sink, "%d file%s changed since %.7s %s not in the %s",
			     (int)files, files == 1 ? "" : "s", work->run.commit.sha,
			     files == 1 ? "is" : "are", where);
}

static int add_folder(struct strv *folders, const struct job *job, struct error *err)
{
	const char *folder = job->settings->context;

	return strv_add(folders, strcmp(folder, ".") ? folder : "", err);
}

static void notice_changes_of(struct work *work, const struct job *job)
{
	AUTO(strv_release) struct strv folders = { 0 };
	struct error ignored = { 0 };

	if (!add_folder(&folders, job, &ignored))
		notice_changes(work, &folders, "image");
}

void work_notice_changes(struct work *work)
{
	AUTO(strv_release) struct strv folders = { 0 };
	struct error ignored = { 0 };

	for (size_t i = 0; i < work->graph.len; i++)
		if (work->graph.images[i].is_wanted &&
		    add_folder(&folders, &work->graph.images[i].jobs.items[0], &ignored))
			return;
	notice_changes(work, &folders, "images");
}

int work_each(struct work *work, work_step *step, struct error *err)
{
	for (size_t i = 0; i < work->graph.len; i++) {
		struct graph_image *image = &work->graph.images[i];

		if (!image->is_wanted)
			continue;
		if (step(work, &image->jobs, err))
			return -1;
		notice_changes_of(work, &image->jobs.items[0]);
	}
	return 0;
}

/* The references of those that were named are the result. */
static void report_image(struct work *work, const struct graph_image *image)
{
	const struct jobs *jobs = &image->jobs;

	for (size_t i = 0; i < jobs->len && image->is_named && !work->run.options.is_dry_run; i++)
		report_result(work->cli->report, "%s", jobs->items[i].reference);
	notice_changes_of(work, &jobs->items[0]);
}

/* With --since there may be none. */
static bool is_any_wanted(const struct graph *graph)
{
	for (size_t i = 0; i < graph->len; i++)
		if (graph->images[i].is_wanted)
			return true;
	return false;
}

int work_run(struct work *work, loop_way *loop, struct error *err)
{
	int status = 0;

	if (is_any_wanted(&work->graph))
		status = loop(&work->run, &work->graph, work->at_once, err);
	for (size_t i = 0; i < work->graph.len; i++)
		if (work->graph.images[i].is_done)
			report_image(work, &work->graph.images[i]);
	return status;
}

int work_loop(struct cli *cli, loop_way *loop, struct error *err)
{
	AUTO(work_close) struct work work = { 0 };

	return work_open(&work, cli, err) || work_run(&work, loop, err) ? -1 : 0;
}
