/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "cli/work.h"
#include "flow/archive/load.h"
#include "flow/build/identity.h"
#include "report/report.h"

/* One file. Its commit is the one that counts, so that its configuration does, too. */
struct loading {
	struct work work; /* first, so that a step finds the rest */
	struct load_archive *archive;
	bool is_found;
};

static void print(struct work *work, const struct job *job)
{
	struct json_writer *writer;

	report_result(work->cli->report, "%s", job->reference);
	writer = report_open(work->cli->report, "loaded");
	if (!writer)
		return;
	json_add_text(writer, "image", job->name);
	json_add_text(writer, "reference", job->reference);
	json_add_text(writer, "id", job->image.id);
	json_add_text(writer, "commit", job->sha);
	report_close(work->cli->report);
}

/* Each platform that is asked for and there; one at least. */
static int take(struct work *work, struct jobs *jobs, struct error *err)
{
	struct loading *loading = (struct loading *)work;
	bool is_taken = false;

	if (!load_is_of(jobs, loading->archive, !work->images.len))
		return 0;
	loading->is_found = true;
	for (size_t i = 0; i < jobs->len; i++) {
		size_t at;
		int status = load_pick(&jobs->items[i], loading->archive, &at, err);

		if (status < 0 ||
		    (status && load_image(&jobs->items[i], loading->archive, at, err)))
			return -1;
		if (status && !work->run.options.is_dry_run)
			print(work, &jobs->items[i]);
		is_taken |= status;
	}
	return is_taken ? 0 : load_refuse_platform(loading->archive, err);
}

/* The repository at the commit of the image; the words of the command are no images. */
static int open_commit(struct loading *loading, struct cli *cli, const char *sha, struct error *err)
{
	if (!work_open(&loading->work, cli, err))
		return 0;
	if (!error_is(err, ERROR_NOT_FOUND))
		return -1;
	error_set(err, ERROR_INPUT, "it is of commit %s, which is not in this repository", sha);
	return error_hint(err, "git fetch brings that, if it is a commit of this repository");
}

static int check_commit(struct loading *loading, const char *revision, struct error *err)
{
	AUTO(commit_release) struct commit commit = { 0 };
	const char *sha = loading->work.run.commit.sha;

	if (!revision)
		return 0;
	if (commit_resolve(loading->work.run.repo, revision, &commit, err))
		return -1;
	return strcmp(commit.sha, sha)
		       ? error_set(err, ERROR_CONFLICT, "it is of commit %s, not of %s (--commit)",
				   sha, commit.sha)
		       : 0;
}

static int check_found(const struct loading *loading, struct error *err)
{
	const struct engine_image *image = load_archive_image(loading->archive, 0);
	const char *title = strmap_get(&image->labels, LABEL_TITLE);

	if (loading->is_found)
		return 0;
	error_set(err, ERROR_INPUT, "it is the image '%.60s', of which commit %.7s knows nothing",
		  title ? title : "", loading->work.run.commit.sha);
	return error_hint(err, "'git image graph --commit %.7s' shows the images of that commit",
			  loading->work.run.commit.sha);
}

static void loading_close(struct loading *loading)
{
	work_close(&loading->work);
	load_archive_free(loading->archive);
}

static int load_file(struct cli *cli, const char *file, struct error *err)
{
	AUTO(loading_close) struct loading loading = { .work = { .is_hook = true } };
	struct options options = *cli->options;
	struct cli own = *cli;
	const char *sha;

	own.options = &options;
	options.words = (struct strv){ 0 };
	if (load_archive_open(file, &loading.archive, err))
		return -1;
	sha = load_find_commit(loading.archive, err);
	options.commit = sha;
	if (!sha || open_commit(&loading, &own, sha, err) ||
	    check_commit(&loading, cli->options->commit, err))
		return error_wrap(err, "'%s'", file);
	if (work_each(&loading.work, take, err) || check_found(&loading, err))
		return error_wrap(err, "'%s'", file);
	return 0;
}

int cmd_load(struct cli *cli, struct error *err)
{
	const struct strv *files = &cli->options->words;

	for (size_t i = 0; i < files->len; i++)
		if (load_file(cli, files->items[i], err))
			return -1;
	return 0;
}
