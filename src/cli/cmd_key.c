/* SPDX-License-Identifier: MIT */
#include "cli/work.h"
#include "flow/key/key.h"
#include "report/report.h"

struct inquiry {
	struct work work;     /* first, so that a step finds the rest */
	struct error unknown; /* the first key that is not known, if any */
};

static void print_json(struct work *work, const struct job *job, const struct job_key *key)
{
	struct json_writer *writer = report_open(work->cli->report, "key");

	if (!writer)
		return;
	json_add_text(writer, "image", job->name);
	json_add_text(writer, "commit", job->run->commit.sha);
	json_add_text(writer, "platform", job->platform);
	json_add_text(writer, "key", key->text);
	json_add_text(writer, "unknown", key->unknown);
	if (work->cli->options->explains) {
		json_open_array(writer, "inputs");
		for (size_t i = 0; i < key->inputs.len; i++) {
			const struct key_input *input = &key->inputs.inputs[i];

			json_open_object(writer, NULL);
			json_add_text(writer, "kind", key_kind_name(input->kind));
			json_add_text(writer, "name", input->name);
			json_add_text(writer, "value", input->value);
			json_close_object(writer);
		}
		json_close_array(writer);
	}
	report_close(work->cli->report);
}

static void print_text(struct work *work, const struct job *job, const struct job_key *key,
		       bool has_platforms)
{
	struct report *report = work->cli->report;
	bool names_image = work->images.len > 1 || has_platforms;

	if (key->text)
		report_result(report, "%s%s%s%s%s", key->text, names_image ? "  " : "",
			      names_image ? job->name : "", has_platforms ? "  " : "",
			      has_platforms ? job->platform : "");
	for (size_t i = 0; work->cli->options->explains && i < key->inputs.len; i++) {
		const struct key_input *input = &key->inputs.inputs[i];

		report_result(report, "  %-12s %s%s%s", key_kind_name(input->kind), input->name,
			      input->name[0] ? "  " : "", input->value);
	}
}

static int show(struct work *work, struct jobs *jobs, struct error *err)
{
	struct inquiry *inquiry = (struct inquiry *)work;

	for (size_t i = 0; i < jobs->len; i++) {
		AUTO(job_key_release) struct job_key key = { 0 };
		struct job *job = &jobs->items[i];
		struct error unknown = { 0 };

		if (job_key_find(job, &key, err))
			return -1;
		print_json(work, job, &key);
		print_text(work, job, &key, jobs->len > 1);
		if (key.text)
			continue;
		error_set(&unknown, ERROR_NO, "the key of '%s' is not known before the build: %s",
			  job->name, key.unknown);
		if (inquiry->unknown.kind)
			event_notice(work->run.sink, "%s", unknown.message);
		else
			inquiry->unknown = unknown;
	}
	return 0;
}

static void inquiry_close(struct inquiry *inquiry)
{
	work_close(&inquiry->work);
}

int cmd_key(struct cli *cli, struct error *err)
{
	AUTO(inquiry_close) struct inquiry inquiry = { 0 };

	if (work_open(&inquiry.work, cli, err) || run_engine_if_any(&inquiry.work.run, err) ||
	    work_each(&inquiry.work, show, err))
		return -1;
	if (!inquiry.unknown.kind)
		return 0;
	*err = inquiry.unknown;
	return -1;
}
