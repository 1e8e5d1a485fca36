/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "cli/work.h"
#include "flow/publish/unfinished.h"
#include "flow/status/overview.h"
#include "flow/status/standing.h"
#include "report/report.h"

/* Of one image or of many it begins so; NULL: nobody reads JSON. */
static struct json_writer *open_json(struct work *work, const struct job *job, const char *key)
{
	struct json_writer *writer = report_open(work->cli->report, "status");

	if (!writer)
		return NULL;
	json_add_text(writer, "image", job->name);
	json_add_text(writer, "commit", job->run->commit.sha);
	json_add_text(writer, "reference", job->reference);
	json_add_text(writer, "key", key);
	return writer;
}

static void print_json(struct work *work, struct job *job, const struct standing *standing)
{
	struct json_writer *writer = open_json(work, job, standing->key);

	if (!writer)
		return;
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
	json_add_text(writer, "next", standing->next);
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
	if (!standing->is_pinned)
		print_line(report, "tested", answer_name(standing->tested),
			   standing->tested_at ? standing->tested_at : NULL);
	if (standing->has_registry)
		print_line(report, "published", answer_name(standing->published),
			   standing->registry_error ? standing->registry_error : standing->digest);
	else if (!standing->is_pinned)
		print_line(report, "published", "no", "no registry is set (image.registry)");
	if (standing->latest_says)
		report_result(report, "  %-10s %.7s  %s", ":latest",
			      standing->latest_sha ? standing->latest_sha : "?",
			      standing->latest_says);
	report_result(report, "  %s", standing->next);
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

#define KEY_DIGITS 12

/* The digits that tell one from another; "local" ones are not told from shared ones. */
static const char *key_digits(const struct job *job)
{
	const char *colon = job->key ? strchr(job->key, ':') : NULL;

	return colon ? colon + 1 : "-";
}

static void print_row_json(struct work *work, const struct overview_row *row)
{
	const struct job *job = row->job;
	const char *built = row->state == OVERVIEW_UNKNOWN ? "unknown"
			    : row->state >= OVERVIEW_HAVE  ? "yes"
							   : "no";
	struct json_writer *writer = open_json(work, job, job->key);

	if (!writer)
		return;
	json_add_text(writer, "state", overview_state_name(row->state));
	json_add_text(writer, "reason", row->reason);
	json_add_text(writer, "built", built);
	json_add_text(writer, "id", job->image.id);
	json_add_text(writer, "tested",
		      row->state == OVERVIEW_UNKNOWN ? "unknown"
		      : row->is_tested		     ? "yes"
						     : "no");
	json_add_text(writer, "trial", row->trial);
	/* The registry is not asked: what is on record of it is a hint. */
	json_add_text(writer, "published", job_has_registry(job) ? "unknown" : "no");
	json_add_text(writer, "digestOnRecord", row->digest);
	report_close(work->cli->report);
}

static void print_table(struct work *work, const struct overview *overview)
{
	int width = (int)strlen("image");

	for (size_t i = 0; i < overview->len; i++) {
		int len = (int)strlen(overview->rows[i].job->name);

		width = len > width ? len : width;
	}
	report_result(work->cli->report, "%-*s  %-*s  %-9s  %s", width, "image", KEY_DIGITS, "key",
		      "state", "reason");
	for (size_t i = 0; i < overview->len; i++) {
		const struct overview_row *row = &overview->rows[i];

		print_row_json(work, row);
		report_result(work->cli->report, "%-*s  %-*.*s  %-9s  %s", width, row->job->name,
			      KEY_DIGITS, KEY_DIGITS, key_digits(row->job),
			      overview_state_name(row->state), row->reason);
	}
}

static int show_all(struct work *work, struct error *err)
{
	AUTO(overview_release) struct overview overview = { 0 };

	if (work->images.len <= 1)
		return work_each(work, show, err);
	if (overview_read(&work->run, &work->graph, &overview, err))
		return -1;
	print_table(work, &overview);
	work_notice_changes(work);
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

	if (work_open(&work, cli, err) || run_read_seal(&work.run, err) || show_all(&work, err))
		return -1;
	return remind(&work, err);
}
