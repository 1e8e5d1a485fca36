/* SPDX-License-Identifier: MIT */
#include "flow/build.h"

#include <stdio.h>
#include <string.h>

#include "auth/credentials.h"
#include "base/str.h"
#include "context/dockerfile.h"
#include "engine/build/build.h"
#include "image/reference.h"

/* A build arg named SHA goes in only if the Dockerfile declares it: then each
 * commit is another build. */
static int add_sha_arg(struct job *job, struct strmap *build_args, struct error *err)
{
	const char *name = job->settings->sha_env;
	const struct dockerfile_arg *arg =
		dockerfile_find_arg(context_dockerfile(job->context), name);

	if (!arg)
		return 0;
	event_notice(job->run->sink,
		     "Dockerfile:%d declares ARG %s: every commit builds anew from there on; "
		     "without it the image still gets %s, stamped after the build",
		     arg->line, name, name);
	return strmap_set(build_args, name, job->sha, err);
}

/* Credentials for the registries of the bases, and for no other. */
static int find_base_credentials(struct job *job, struct secret *ret_header, struct error *err)
{
	const struct dockerfile *dockerfile = context_dockerfile(job->context);
	AUTO(strv_release) struct strv hosts = { 0 };

	for (size_t i = 0; i < dockerfile->stage_count; i++) {
		AUTO(reference_release) struct reference reference = { 0 };

		if (!strcmp(dockerfile->stages[i].base, "scratch"))
			continue;
		if (reference_parse(dockerfile->stages[i].base, &reference, err)) {
			error_clear(err); /* a variable, or the engine's to complain about */
			continue;
		}
		if (!strv_has(&hosts, reference.host) && strv_add(&hosts, reference.host, err))
			return -1;
	}
	return hosts.len ? credentials_registry_config(&hosts, ret_header, err) : 0;
}

static enum engine_builder builder_of(const struct settings *settings)
{
	return settings->builder == BUILDER_CLASSIC ? ENGINE_BUILDER_CLASSIC : ENGINE_BUILDER_AUTO;
}

int build_content(struct job *job, struct error *err)
{
	const struct settings *settings = job->settings;
	struct engine *engine = job->run->engine;
	AUTO(strmap_release) struct strmap build_args = { 0 };
	AUTO(secret_release) struct secret credentials = { 0 };
	AUTO(engine_build_result_release) struct engine_build_result result = { 0 };
	AUTOFREE char *summary = NULL;
	struct step step;

	if (step_is_dry(job, "build", "build '%s' of commit %.7s", settings->context,
			job->run->commit.sha))
		return 0;
	step = step_start(job, "build", NULL);
	if (job_open_context(job, err) || strmap_copy(&build_args, &settings->build_args, err) ||
	    add_sha_arg(job, &build_args, err) || find_base_credentials(job, &credentials, err) ||
	    engine->ops->build(engine,
			       &(struct engine_build){
				       .context = job->context,
				       .builder = builder_of(settings),
				       .build_args = &build_args,
				       .labels = &settings->labels,
				       .target = settings->target,
				       .platform = settings->platform,
				       .registry_config = credentials.data,
				       .content_label_value = job->repository,
				       .no_cache = job->run->options.ignores_cache,
				       .pull = job->run->options.pulls_bases,
				       .step = step.name,
				       .image = job->name,
				       .result = &result,
			       },
			       &job->content_id, err))
		return step_fail(&step);
	context_free(TAKE(job->context));
	job->is_built = true;
	summary = str_format(err, "%d of %d steps cached", result.cached_count, result.step_count);
	if (!summary)
		return step_fail(&step);
	step_done(&step, summary);
	return 0;
}
