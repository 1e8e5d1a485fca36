/* SPDX-License-Identifier: MIT */
#include "cli/work.h"
#include "flow/build/identity.h"
#include "flow/publish/forward.h"
#include "flow/publish/tags.h"
#include "report/report.h"

/* What one image gets, in the order of a publication. */
struct answer_sheet {
	const struct job *job;
	struct report *report;
	char *own; /* the tag of the short SHA */
	char *about_latest;
	bool has_latest;
	struct tag_list given, left_out;
};

static void answer_sheet_release(struct answer_sheet *sheet)
{
	free(sheet->own);
	free(sheet->about_latest);
	tag_list_release(&sheet->given);
	tag_list_release(&sheet->left_out);
}

static int explain_latest(struct answer_sheet *sheet, struct error *err)
{
	const struct job *job = sheet->job;
	const char *deploy = job->settings->deploy;
	int status = job->run->options.moves_latest ? 1 : forward_is_deployed(job, err);

	if (status < 0)
		return -1;
	sheet->has_latest = status;
	if (status)
		sheet->about_latest = str_copy("moves if what it holds is an ancestor", err);
	else
		sheet->about_latest = str_format(err, "%.7s is not on branch '%s' (image.deploy)",
						 job->run->commit.sha, deploy);
	return sheet->about_latest ? 0 : -1;
}

static int fill(struct answer_sheet *sheet, struct error *err)
{
	const struct job *job = sheet->job;

	sheet->own = identity_tag(job->settings, job->run->commit.sha, err);
	if (!sheet->own || tags_explain(job, &sheet->given, &sheet->left_out, err))
		return -1;
	return explain_latest(sheet, err);
}

static void print_names(const struct answer_sheet *sheet)
{
	const char *repository = sheet->job->repository;

	report_result(sheet->report, "%s:%s", repository, sheet->own);
	for (size_t i = 0; i < sheet->given.len; i++)
		report_result(sheet->report, "%s:%s", repository, sheet->given.items[i].name);
	if (sheet->has_latest)
		report_result(sheet->report, "%s:latest", repository);
}

static void explain(const struct answer_sheet *sheet, const char *name, const char *rule,
		    const char *why, const char *moves)
{
	report_result(sheet->report, "  %-20s %-20s %s%s", name, rule, why, moves);
}

/* A rule that is the tag itself, or that came to none, tells no more than where it stands. */
static void explain_tag(const struct answer_sheet *sheet, const struct tag *tag)
{
	explain(sheet, tag->name, strcmp(tag->name, tag->rule) ? tag->rule : tag->key, tag->why,
		tag->is_moving ? "; moves forward only" : "");
}

static void explain_all(const struct answer_sheet *sheet)
{
	report_result(sheet->report, "%s", sheet->job->repository);
	explain(sheet, sheet->own, "image.shaLength", "the SHA of the commit", "");
	for (size_t i = 0; i < sheet->given.len; i++)
		explain_tag(sheet, &sheet->given.items[i]);
	if (sheet->has_latest)
		explain(sheet, "latest", "image.deploy", sheet->about_latest, "");
	if (!sheet->has_latest || sheet->left_out.len)
		report_result(sheet->report, "left out:");
	for (size_t i = 0; i < sheet->left_out.len; i++)
		explain_tag(sheet, &sheet->left_out.items[i]);
	if (!sheet->has_latest)
		explain(sheet, "latest", "image.deploy", sheet->about_latest, "");
}

static void add_entry(struct json_writer *writer, const struct tag *tag)
{
	json_open_object(writer, NULL);
	json_add_text(writer, "tag", tag->name);
	json_add_text(writer, "rule", tag->rule);
	json_add_text(writer, "why", tag->why);
	json_add_bool(writer, "moves", tag->is_moving);
	json_close_object(writer);
}

static void add_entries(struct json_writer *writer, const char *key, const struct tag *first,
			const struct tag_list *list, const struct tag *last)
{
	json_open_array(writer, key);
	if (first)
		add_entry(writer, first);
	for (size_t i = 0; i < list->len; i++)
		add_entry(writer, &list->items[i]);
	if (last)
		add_entry(writer, last);
	json_close_array(writer);
}

static void print_json(const struct answer_sheet *sheet)
{
	struct json_writer *writer = report_open(sheet->report, "tags");
	char latest_name[] = "latest", latest_rule[] = "image.deploy";
	char own_rule[] = "image.shaLength", own_why[] = "the SHA of the commit";
	const struct tag own = { .name = sheet->own, .rule = own_rule, .why = own_why };
	const struct tag latest = { .name = latest_name,
				    .rule = latest_rule,
				    .why = sheet->about_latest,
				    .is_moving = true };

	if (!writer)
		return;
	json_add_text(writer, "image", sheet->job->name);
	json_add_text(writer, "repository", sheet->job->repository);
	json_add_text(writer, "commit", sheet->job->run->commit.sha);
	add_entries(writer, "tags", &own, &sheet->given, sheet->has_latest ? &latest : NULL);
	add_entries(writer, "leftOut", NULL, &sheet->left_out, sheet->has_latest ? NULL : &latest);
	report_close(sheet->report);
}

static int print(struct work *work, struct jobs *jobs, struct error *err)
{
	AUTO(answer_sheet_release)
	struct answer_sheet sheet = { .job = &jobs->items[0], .report = work->cli->report };

	/* What is pinned is never published. */
	if (sheet.job->settings->digest)
		return 0;
	if (fill(&sheet, err))
		return -1;
	if (work->cli->options->explains)
		explain_all(&sheet);
	else
		print_names(&sheet);
	print_json(&sheet);
	return 0;
}

int cmd_tags(struct cli *cli, struct error *err)
{
	AUTO(work_close) struct work work = { 0 };

	if (work_open(&work, cli, err) || work_each(&work, print, err))
		return -1;
	return 0;
}
