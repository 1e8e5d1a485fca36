/* SPDX-License-Identifier: MIT */
#include "cli/work.h"
#include "flow/build/identity.h"
#include "report/report.h"

/* Of several platforms the plain tag, which names them all. */
static int print(struct work *work, struct jobs *jobs, struct error *err)
{
	const struct job *job = &jobs->items[0];
	AUTOFREE char *tag = job->is_dirty ? str_copy(job->tag, err)
					   : identity_tag(job->settings, job->sha, err);
	struct json_writer *writer;

	if (!tag)
		return -1;
	if (job->settings->digest)
		report_result(work->cli->report, "%s", job->reference);
	else
		report_result(work->cli->report, "%s:%s", job->repository, tag);
	writer = report_open(work->cli->report, "ref");
	if (!writer)
		return 0;
	json_add_text(writer, "image", job->name);
	json_add_text(writer, "repository", job->repository);
	json_add_text(writer, "tag", job->settings->digest ? NULL : tag);
	json_add_text(writer, "digest", job->settings->digest);
	json_add_text(writer, "sha", job->sha);
	report_close(work->cli->report);
	return 0;
}

int cmd_ref(struct cli *cli, struct error *err)
{
	AUTO(work_close) struct work work = { 0 };

	if (work_open(&work, cli, err) || work_each(&work, print, err))
		return -1;
	return 0;
}
