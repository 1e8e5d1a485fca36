/* SPDX-License-Identifier: MIT */
#include "cli/work.h"
#include "flow/publish/unfinished.h"
#include "flow/standing.h"
#include "report/report.h"

static void print_json(struct work *work, struct job *job, const struct standing *standing)
{
	struct json_writer *writer = report_open(work->cli->report, "status");

	if (!writer)
		return;
	json_add_text(writer, "image", job->name);
	json_add_text(writer, "commit", job->run->commit.sha);
	json_add_text(writer, "reference", job->reference);
	json_add_text(writer, "built", answer_name(standing->built));
	json_add_text(writer, "id", standing->built_id);
	json_add_text(writer, "tested", answer_name(standing->tested));
	json_add_text(writer, "trial", standing->tested_result);
	json_add_text(writer, "trialAt", standing->tested_at);
	json_add_text(writer, "published", answer_name(standing->published));
	json_add_text(writer, "digest", standing->digest);
	json_add_text(writer, "latest", standing->latest_sha);
	json_add_text(writer, "latestIs", standing->latest_says);
	json_add_bool(writer, "latestIsSetBack", standing->is_set_back);
	json_add_text(writer, "engineError", standing->engine_error);
	json_add_text(writer, "registryError", standing->registry_error);
	json_add_text(writer, "next", standing_next(standing));
	report_close(work->cli->report);
}

static void print_line(struct report *report, const char *label, const char *answer,
		       const char *detail)
{
	report_result(report, "  %-10s %s%s%s", label, answer, detail ? "  " : "",
		      detail ? detail : "");
}

static void print_text(struct work *work, struct job *job, const struct standing *standing)
{
	struct report *report = work->cli->report;

	report_result(report, "%s  %s", job->reference,
		      job->run->commit.subject ? job->run->commit.subject : "");
	print_line(report, "built", answer_name(standing->built),
		   standing->engine_error ? standing->engine_error : standing->built_id);
	print_line(report, "tested", answer_name(standing->tested),
		   standing->tested_at ? standing->tested_at : NULL);
	if (standing->has_registry)
		print_line(report, "published", answer_name(standing->published),
			   standing->registry_error ? standing->registry_error : standing->digest);
	else
		print_line(report, "published", "no", "no registry is set (image.registry)");
	if (standing->latest_says)
		report_result(report, "  %-10s %.7s  %s", ":latest",
			      standing->latest_sha ? standing->latest_sha : "?",
			      standing->latest_says);
	report_result(report, "  %s", standing_next(standing));
}

static int show(struct work *work, struct jobs *jobs, struct error *err)
{
	for (size_t i = 0; i < jobs->len; i++) {
		AUTO(standing_release) struct standing standing = { 0 };

		if (standing_read(&jobs->items[i], &standing, err))
			return -1;
		print_json(work, &jobs->items[i], &standing);
		print_text(work, &jobs->items[i], &standing);
	}
	return 0;
}

/* Nothing is published by this. */
static int remind(struct work *work, struct error *err)
{
	AUTO(journal_list_release) struct journal_list left = { 0 };
	const struct strv none = { 0 };

	return unfinished_find(&work->run, &none, &left, err);
}

int cmd_status(struct cli *cli, struct error *err)
{
	AUTO(work_close) struct work work = { 0 };

	if (work_open(&work, cli, err) || run_read_seal(&work.run, err) ||
	    work_each(&work, show, err))
		return -1;
	return remind(&work, err);
}
