/* SPDX-License-Identifier: MIT */
#include "cli/work.h"

#include <string.h>

#include "base/str.h"
#include "flow/config/folder-files.h"
#include "git/worktree.h"
#include "report/report.h"

#define NOTICE_BUDGET_MS 50

/* The images that were named, all of which must be known; without any: all. */
static int pick_images(struct work *work, struct error *err)
{
	const struct strv *words = &work->cli->options->words;
	AUTO(strv_release) struct strv known = { 0 };

	if (configuration_images(&work->configuration, &known, err))
		return -1;
	if (!words->len || work->is_hook)
		return strv_copy(&work->images, &known, err);
	for (size_t i = 0; i < words->len; i++) {
		if (!strv_has(&known, words->items[i]))
			return error_set(err, ERROR_INPUT,
					 "no image '%s' in commit %.7s: there is no section "
					 "[image \"%s\"] in its .gitimage",
					 words->items[i], work->run.commit.sha, words->items[i]);
		if (!strv_has(&work->images, words->items[i]) &&
		    strv_add(&work->images, words->items[i], err))
			return -1;
	}
	return 0;
}

/* The engine is one for all images. */
static int choose_engine(struct work *work, struct error *err)
{
	AUTO(settings_release) struct settings settings = { 0 };

	if (settings_resolve(&work->configuration, NULL, &settings, err))
		return -1;
	free(work->engine_url);
	work->engine_url = TAKE(settings.engine);
	work->run.options.engine = work->engine_url;
	free(work->trial_engine_url);
	work->trial_engine_url = TAKE(settings.trial_engine);
	work->run.options.trial_engine = work->trial_engine_url;
	return 0;
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
			    .allows_untested = options->allows_untested,
			    .moves_latest = options->moves_latest,
		    },
		    cli->sink, &work->run, err))
		return -1;
	if (configure_read(&work->run, &work->configuration, err) ||
	    options_apply(options, &work->configuration, cli->sink, err) ||
	    configuration_hide_secrets(&work->configuration, err) || choose_engine(work, err))
		return -1;
	return pick_images(work, err);
}

void work_close(struct work *work)
{
	run_close(&work->run);
	configuration_release(&work->configuration);
	strv_release(&work->images);
	strv_release(&work->repositories);
	free(work->engine_url);
	free(work->trial_engine_url);
}

/* Two images under one name would be each other's tags. */
static int claim_repository(struct work *work, const struct job *job, struct error *err)
{
	if (!strv_has(&work->repositories, job->repository))
		return strv_add(&work->repositories, job->repository, err);
	error_set(err, ERROR_INPUT, "two images are both called '%s'", job->repository);
	return error_hint(err, "set image.NAME.repository for each, or image.registry for all");
}

/* After the answer: changed files of the context are not in the image. Nobody
 * wants to read that in a hook or on CI. */
static void notice_changes(struct work *work, const struct job *job)
{
	const struct options *options = work->cli->options;
	const char *folder = job->settings->context;
	int64_t files;

	if (work->is_hook || getenv("CI") || options->uses_worktree ||
	    (options->commit && strcmp(options->commit, "HEAD") != 0))
		return;
	files = worktree_count_changes(work->run.repo,
				       &(struct worktree_question){
					       .tree = work->run.commit.tree,
					       .prefix = strcmp(folder, ".") ? folder : "",
					       .budget_ms = NOTICE_BUDGET_MS,
				       });
	if (files > 0)
		event_notice(work->run.sink, "%d file%s changed since %.7s %s not in the image",
			     (int)files, files == 1 ? "" : "s", work->run.commit.sha,
			     files == 1 ? "is" : "are");
}

/* An image that was picked; its jobs borrow its settings. */
struct picked {
	struct settings settings;
	struct jobs jobs;
};

static void picked_release(struct picked *picked)
{
	jobs_release(&picked->jobs);
	settings_release(&picked->settings);
}

/* Of what it opened before an error, `picked` is the owner too. */
static int picked_open(struct work *work, const char *image, struct picked *picked,
		       struct error *err)
{
	if (settings_resolve(&work->configuration, image, &picked->settings, err) ||
	    folder_files_apply(&work->run, &work->configuration, image, &picked->settings, err) ||
	    jobs_open(&work->run, image, &picked->settings, &picked->jobs, err))
		return -1;
	return claim_repository(work, &picked->jobs.items[0], err);
}

static int work_one(struct work *work, const char *image, work_step *step, struct error *err)
{
	AUTO(picked_release) struct picked picked = { 0 };

	if (picked_open(work, image, &picked, err) || step(work, &picked.jobs, err))
		return -1;
	notice_changes(work, &picked.jobs.items[0]);
	return 0;
}

int work_each(struct work *work, work_step *step, struct error *err)
{
	strv_release(&work->repositories);
	if (!work->images.len)
		return work_one(work, NULL, step, err);
	for (size_t i = 0; i < work->images.len; i++)
		if (work_one(work, work->images.items[i], step, err))
			return -1;
	return 0;
}

static void report_references(struct work *work, const struct jobs *jobs)
{
	for (size_t i = 0; i < jobs->len && !work->run.options.is_dry_run; i++)
		report_result(work->cli->report, "%s", jobs->items[i].reference);
}

static int run_loop(struct work *work, struct jobs *jobs, struct error *err)
{
	if (work->loop(jobs, err))
		return -1;
	report_references(work, jobs);
	return 0;
}

int work_loop(struct cli *cli, int (*loop)(struct jobs *jobs, struct error *err), struct error *err)
{
	AUTO(work_close) struct work work = { .loop = loop };

	if (work_open(&work, cli, err) || work_each(&work, run_loop, err))
		return -1;
	return 0;
}

/* All images that were picked, at once. */
struct picked_set {
	struct picked *items;
	struct jobs **all; /* theirs */
	size_t len;
};

static void picked_set_release(struct picked_set *set)
{
	for (size_t i = 0; i < set->len; i++)
		picked_release(&set->items[i]);
	free(set->items);
	free(set->all);
}

static int picked_set_open(struct work *work, struct picked_set *set, struct error *err)
{
	size_t count = work->images.len ? work->images.len : 1;

	set->items = calloc(count, sizeof(*set->items));
	set->all = calloc(count, sizeof(struct jobs *));
	if (!set->items || !set->all)
		return error_set_memory(err);
	while (set->len < count) {
		const char *image = work->images.len ? work->images.items[set->len] : NULL;
		struct picked *picked = &set->items[set->len];

		set->all[set->len++] = &picked->jobs;
		if (picked_open(work, image, picked, err))
			return -1;
	}
	return 0;
}

int work_set(struct cli *cli, work_loop_set *loop, struct error *err)
{
	AUTO(work_close) struct work work = { 0 };
	AUTO(picked_set_release) struct picked_set set = { 0 };

	if (work_open(&work, cli, err) || picked_set_open(&work, &set, err) ||
	    loop(set.all, set.len, err))
		return -1;
	for (size_t i = 0; i < set.len; i++) {
		report_references(&work, set.all[i]);
		notice_changes(&work, &set.all[i]->items[0]);
	}
	return 0;
}
