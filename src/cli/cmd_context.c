/* SPDX-License-Identifier: MIT */
#include <string.h>
#include <unistd.h>

#include "cli/work.h"
#include "flow/build/context-file.h"
#include "report/report.h"

static void print(struct work *work, const struct job *job, const struct context_file_facts *facts)
{
	struct report *report = work->cli->report;
	const char *file = work->cli->options->output;
	long long files = facts->stats.files;
	struct json_writer *writer;

	if (work->run.options.is_dry_run || !strcmp(file, CONTEXT_FILE_STDOUT))
		return;
	report_result(report, "%s  %s  %lld file%s, %s", facts->digest.text, file, files,
		      files == 1 ? "" : "s", str_size(facts->stats.bytes).text);
	writer = report_open(report, "context");
	if (!writer)
		return;
	json_add_text(writer, "image", job->name);
	json_add_text(writer, "sha", job->sha);
	json_add_text(writer, "file", file);
	json_add_text(writer, "digest", facts->digest.text);
	json_add_int(writer, "files", facts->stats.files);
	json_add_int(writer, "bytes", facts->stats.bytes);
	report_close(report);
}

/* A platform has the same context as the next. */
static int write_one(struct work *work, struct jobs *jobs, struct error *err)
{
	struct context_file_facts facts;

	if (context_file_write(&jobs->items[0], work->cli->options->output, &facts, err))
		return -1;
	print(work, &jobs->items[0], &facts);
	return 0;
}

static int check_file(const struct options *options, struct error *err)
{
	const char *file = options->output;

	if (!file || !*file) {
		error_set(err, ERROR_USAGE, "context: no file is named");
		return error_hint(err, "git image context -o FILE, or - for standard output");
	}
	if (strcmp(file, CONTEXT_FILE_STDOUT) != 0)
		return 0;
	if (options->is_json)
		return error_set(err, ERROR_USAGE,
				 "'--json' and '-o -' both write to standard output");
	return isatty(STDOUT_FILENO)
		       ? error_set(err, ERROR_USAGE, "a tar is not written to a terminal")
		       : 0;
}

int cmd_context(struct cli *cli, struct error *err)
{
	AUTO(work_close) struct work work = { 0 };

	if (check_file(cli->options, err) || work_open(&work, cli, err))
		return -1;
	if (work.images.len > 1) {
		error_set(err, ERROR_INPUT, "%zu contexts do not go into one file",
			  work.images.len);
		return error_hint(err, "name one image: git image context -o FILE IMAGE");
	}
	return work_each(&work, write_one, err);
}
