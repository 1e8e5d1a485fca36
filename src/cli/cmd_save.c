/* SPDX-License-Identifier: MIT */
#include <unistd.h>

#include "cli/work.h"
#include "flow/archive/save.h"
#include "report/report.h"

static int save(struct work *work, struct jobs *jobs, struct error *err)
{
	const char *file = work->cli->options->output;
	const struct job *job = &jobs->items[0];
	struct json_writer *writer;

	if (save_image(jobs, file, err))
		return -1;
	if (work->run.options.is_dry_run || save_is_stdout(file))
		return 0;
	report_result(work->cli->report, "%s", job->reference);
	writer = report_open(work->cli->report, "saved");
	if (!writer)
		return 0;
	json_add_text(writer, "image", job->name);
	json_add_text(writer, "reference", job->reference);
	json_add_text(writer, "file", file);
	report_close(work->cli->report);
	return 0;
}

static int check_file(const struct options *options, struct error *err)
{
	const char *file = options->output;

	if (!file || !*file) {
		error_set(err, ERROR_USAGE, "save: no file is named");
		return error_hint(err, "git image save -o FILE, oci-archive:FILE or oci:FOLDER; "
				       "FILE - is standard output");
	}
	if (!save_is_stdout(file))
		return 0;
	if (options->is_json)
		return error_set(err, ERROR_USAGE,
				 "--json and '-o -' both write to standard output");
	return isatty(STDOUT_FILENO)
		       ? error_set(err, ERROR_USAGE, "an archive is not written to a terminal")
		       : 0;
}

int cmd_save(struct cli *cli, struct error *err)
{
	AUTO(work_close) struct work work = { 0 };

	if (check_file(cli->options, err) || work_open(&work, cli, err))
		return -1;
	if (work.images.len < 2)
		return work_each(&work, save, err);
	error_set(err, ERROR_INPUT, "%zu images do not go into one file", work.images.len);
	return error_hint(err, "name one of them: git image save -o FILE IMAGE");
}
