/* SPDX-License-Identifier: MIT */
/* Looks at everything a release needs and says what is amiss, all of it. */
#include <string.h>

#include "base/path.h"
#include "base/str.h"
#include "cli/work.h"
#include "registry/registry.h"
#include "report/report.h"

struct doctor {
	struct cli *cli;
	size_t amiss;
};

static void say(struct doctor *doctor, const char *what, bool is_fine, const char *detail)
{
	struct json_writer *writer = report_open(doctor->cli->report, "check");

	doctor->amiss += !is_fine;
	if (writer) {
		json_add_text(writer, "what", what);
		json_add_bool(writer, "ok", is_fine);
		json_add_text(writer, "detail", detail);
		report_close(doctor->cli->report);
	}
	report_result(doctor->cli->report, "%-5s %-11s %s", is_fine ? "ok" : "AMISS", what, detail);
}

static void say_error(struct doctor *doctor, const char *what, const struct error *err)
{
	const char *hint = error_get_hint(err);

	say(doctor, what, false, err->message);
	/* Who reads this need not be sent here. */
	if (hint && !strstr(hint, "git image doctor"))
		report_result(doctor->cli->report, "%-5s %-11s hint: %s", "", "", hint);
}

static void check_program(struct doctor *doctor, const char *program, const char *used_for)
{
	AUTOFREE char *path = path_find_program(program);

	say(doctor, program, true, path ? path : used_for);
}

static void say_engine(struct doctor *doctor, const char *what, const struct engine_info *info)
{
	struct error err = { 0 };
	AUTOFREE char *text = NULL;

	text = info->kind == ENGINE_BUILDKIT
		       ? str_format(&err, "BuildKit %s, %s", info->version, info->url)
		       : str_format(&err, "%s %s, API %s, %s",
				    info->kind == ENGINE_PODMAN ? "Podman" : "Docker",
				    info->version, info->api_version, info->url);
	say(doctor, what, true, text ? text : info->url);
}

static void check_engines(struct doctor *doctor, struct work *work)
{
	struct run *run = &work->run;
	struct engine *engine;
	struct error err = { 0 };

	if (run_engine(run, &err)) {
		say_error(doctor, "engine", &err);
		return;
	}
	say_engine(doctor, "engine", &run->engine->info);
	if (run_has_containers(run))
		return;
	if (!run->options.trial_engine)
		say(doctor, "trials", true,
		    "no engine for them: nothing is tried (image.trialEngine)");
	else if (run_trial_engine(run, &engine, &err))
		say_error(doctor, "trials", &err);
	else
		say_engine(doctor, "trials", &engine->info);
}

static void check_registry(struct doctor *doctor, struct job *job)
{
	AUTO(reference_release) struct reference reference = { 0 };
	AUTO(registry_freep) struct registry *registry = NULL;
	struct registry_digest digest;
	struct error err = { 0 };
	enum registry_answer answer;

	if (!job_has_registry(job)) {
		say(doctor, "registry", true,
		    "none is set: nothing can be published (image.registry)");
		return;
	}
	if (reference_parse(job->latest, &reference, &err) ||
	    job_open_registry(job, &reference, &registry, &err)) {
		say_error(doctor, "registry", &err);
		return;
	}
	answer = registry_exists(registry, "latest", &digest, &err);
	if (answer == REGISTRY_UNKNOWN)
		say_error(doctor, "registry", &err);
	else
		say(doctor, "registry", true,
		    answer ? "answers; :latest is there" : "answers; there is no :latest yet");
}

static void check_context(struct doctor *doctor, struct job *job)
{
	struct error err = { 0 };

	if (job_open_context(job, &err))
		say_error(doctor, "Dockerfile", &err);
	else
		say(doctor, "Dockerfile", true, "is in the commit");
}

static int check_image(struct work *work, struct jobs *jobs, struct error *err)
{
	struct doctor *doctor = work->doctor;
	struct job *job = &jobs->items[0];

	(void)err;
	say(doctor, "image", true, job->reference);
	check_context(doctor, job);
	check_registry(doctor, job);
	return 0;
}

static void check_state(struct doctor *doctor, struct work *work)
{
	struct error err = { 0 };

	if (run_read_seal(&work->run, &err))
		say_error(doctor, "state", &err);
	else
		say(doctor, "state", true, work->run.state_folder);
}

int cmd_doctor(struct cli *cli, struct error *err)
{
	struct doctor doctor = { .cli = cli };
	AUTO(work_close) struct work work = { .doctor = &doctor };

	check_program(&doctor, "git",
		      "not found: blobs over 8 MiB take twice their size in memory");
	if (work_open(&work, cli, err))
		return -1;
	say(&doctor, "repository", true,
	    repo_is_shallow(work.run.repo)
		    ? "shallow: ancestry is not known (git fetch --unshallow --filter=tree:0)"
		    : repo_git_folder(work.run.repo));
	check_state(&doctor, &work);
	work.run.options.is_dry_run = true; /* it only looks */
	check_engines(&doctor, &work);
	if (work_each(&work, check_image, err))
		return -1;
	return doctor.amiss ? error_set(err, ERROR_NO, "%zu of the checks found something amiss",
					doctor.amiss)
			    : 0;
}
