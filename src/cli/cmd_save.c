/* SPDX-License-Identifier: MIT */
#include <string.h>
#include <unistd.h>

#include "cli/work.h"
#include "flow/save.h"
#include "report/report.h"

struct saving {
	struct work work; /* first, so that a step finds the rest */
	const char *file;
	size_t count; /* of images that are meant */
};

static bool is_meant(const struct work *work, const struct jobs *jobs)
{
	const struct strv *words = &work->cli->options->words;

	return !words->len || strv_has(words, jobs->items[0].name);
}

static int count(struct work *work, struct jobs *jobs, struct error *err)
{
	(void)err;
	((struct saving *)work)->count += is_meant(work, jobs);
	return 0;
}

static int save(struct work *work, struct jobs *jobs, struct error *err)
{
	const struct saving *saving = (const struct saving *)work;
	struct json_writer *writer;
	const struct job *job = &jobs->items[0];

	if (!is_meant(work, jobs))
		return 0;
	if (save_image(jobs, saving->file, err))
		return -1;
	if (work->run.options.is_dry_run || !strcmp(saving->file, SAVE_STDOUT))
		return 0;
	report_result(work->cli->report, "%s", job->reference);
	writer = report_open(work->cli->report, "saved");
	if (!writer)
		return 0;
	json_add_text(writer, "image", job->name);
	json_add_text(writer, "reference", job->reference);
	json_add_text(writer, "file", saving->file);
	report_close(work->cli->report);
	return 0;
}

static int check_file(const struct options *options, struct error *err)
{
	const char *file = options->output;

	if (!file || !*file) {
		error_set(err, ERROR_USAGE, "save: no file is named");
		return error_hint(err, "git image save -o FILE, or oci:FOLDER, or - for standard "
				       "output");
	}
	if (strcmp(file, SAVE_STDOUT) != 0)
		return 0;
	if (options->is_json)
		return error_set(err, ERROR_USAGE,
				 "--json and '-o -' both write to standard output");
	return isatty(STDOUT_FILENO)
		       ? error_set(err, ERROR_USAGE, "an archive is not written to a terminal")
		       : 0;
}

static void saving_close(struct saving *saving)
{
	work_close(&saving->work);
}

int cmd_save(struct cli *cli, struct error *err)
{
	AUTO(saving_close) struct saving saving = { .file = cli->options->output };

	if (check_file(cli->options, err) || work_open(&saving.work, cli, err) ||
	    work_each(&saving.work, count, err))
		return -1;
	if (saving.count > 1) {
		error_set(err, ERROR_INPUT, "%zu images do not go into one file", saving.count);
		return error_hint(err, "name one of them: git image save -o FILE IMAGE");
	}
	return work_each(&saving.work, save, err);
}
