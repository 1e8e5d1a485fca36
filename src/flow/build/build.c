/* SPDX-License-Identifier: MIT */
#include "flow/build/build.h"

#include <stdio.h>
#include <string.h>

#include "base/host.h"
#include "base/limits.h"
#include "base/str.h"
#include "codec/digest.h"
#include "context/dockerfile.h"
#include "engine/build/build.h"
#include "flow/build/cache.h"
#include "flow/build/parents.h"
#include "flow/build/secrets.h"

static const struct dockerfile_arg *find_sha_arg(const struct job *job)
{
	return dockerfile_find_arg(context_dockerfile(job->context), job->settings->sha_env);
}

int build_find_args(struct job *job, struct strmap *ret_args, struct error *err)
{
	const struct strmap *unhashed = &job->settings->unhashed_build_args;

	if (strmap_copy(ret_args, &job->settings->build_args, err))
		return -1;
	for (size_t i = 0; i < unhashed->len; i++)
		if (strmap_set(ret_args, unhashed->entries[i].key, unhashed->entries[i].value, err))
			return -1;
	return find_sha_arg(job) ? strmap_set(ret_args, job->settings->sha_env, job->sha, err) : 0;
}

/* What a build reads beside its context. */
struct inputs {
	struct digest_text shared_key;
	struct strmap build_args;
	struct secrets secrets;
	struct cache_list cache_from, cache_to;
	struct parents parents;
};

static void inputs_release(struct inputs *inputs)
{
	strmap_release(&inputs->build_args);
	secrets_release(&inputs->secrets);
	cache_list_release(&inputs->cache_from);
	cache_list_release(&inputs->cache_to);
	parents_release(&inputs->parents);
}

/* What the user must answer, before anything begins. */
static int ask_user(struct job *job, struct inputs *inputs, struct error *err)
{
	const struct settings *settings = job->settings;
	struct event_sink *sink = job->run->sink;

	if (secrets_answer(settings, &inputs->secrets, err))
		return -1;
	if (cache_list_open(&settings->cache_from, CACHE_FROM, sink, &inputs->cache_from, err))
		return -1;
	return cache_list_open(&settings->cache_to, CACHE_TO, sink, &inputs->cache_to, err);
}

/* One for this folder of this repository on this host. */
static int find_shared_key(const struct job *job, struct digest_text *ret_key, struct error *err)
{
	AUTO(buf_release) struct buf text = BUF_INIT(4 * LIMIT_PATH);

	buf_add_format(&text, "%s\n%s\n%s", host_machine_id().text,
		       repo_common_folder(job->run->repo), job->settings->context);
	if (buf_check(&text, "the repository's path", err))
		return -1;
	return digest_of(buf_slice(&text), ret_key, err);
}

static void say_what_is_special(const struct job *job)
{
	const struct strv *missing = context_missing(job->context);
	const struct dockerfile *dockerfile = context_dockerfile(job->context);
	const struct dockerfile_arg *arg = find_sha_arg(job);
	const char *name = job->settings->sha_env;
	const char *path = context_dockerfile_path(job->context);

	if (arg)
		event_notice(job->run->sink,
			     "%s:%d declares ARG %s: every commit builds anew from there "
			     "on; without it the image still gets %s, stamped after the build",
			     path, arg->line, name, name);
	if (dockerfile->syntax && job->settings->frontend == FRONTEND_BUILTIN)
		event_notice(job->run->sink,
			     "%s:%d: \"# syntax=%s\" is left out (image.frontend = builtin)", path,
			     dockerfile->syntax_line, dockerfile->syntax);
	for (size_t i = 0; i < missing->len; i++)
		event_notice(job->run->sink,
			     "image.files leaves out '%s', which the context has not",
			     missing->items[i]);
}

/* Images of this commit in the place of their names. */
static int open_parents(struct job *job, struct inputs *inputs, struct error *err)
{
	const struct base_replacements replacements = { &inputs->build_args,
							&inputs->parents.names };

	if (parents_open(job, &inputs->parents, err))
		return -1;
	if (parents_are_local(&inputs->parents) && job->run->options.pulls_bases &&
	    parents_pull_others(&inputs->parents, &inputs->build_args, err))
		return -1;
	return context_set_bases(job->context, &replacements, err);
}

static int open_context(struct job *job, struct inputs *inputs, struct error *err)
{
	if (job_open_context(job, err) || build_find_args(job, &inputs->build_args, err) ||
	    find_shared_key(job, &inputs->shared_key, err))
		return -1;
	say_what_is_special(job);
	return job->parent_count ? open_parents(job, inputs, err) : 0;
}

static int build(struct job *job, const struct inputs *inputs, struct engine_build_result *result,
		 struct error *err)
{
	static const enum engine_builder builders[] = {
		[BUILDER_AUTO] = ENGINE_BUILDER_AUTO,
		[BUILDER_BUILDKIT] = ENGINE_BUILDER_BUILDKIT,
		[BUILDER_CLASSIC] = ENGINE_BUILDER_CLASSIC,
	};
	const struct settings *settings = job->settings;
	struct engine *engine = job->run->engine;
	bool has_local_bases = parents_are_local(&inputs->parents);
	struct engine_build options = {
		.context = job->context,
		.builder = builders[settings->builder],
		.uses_builtin_frontend = settings->frontend == FRONTEND_BUILTIN,
		.build_args = &inputs->build_args,
		.labels = &settings->labels,
		.target = settings->target,
		.platform = job->platform,
		.secrets = inputs->secrets.items,
		.secret_count = inputs->secrets.len,
		.ssh = inputs->secrets.ssh,
		.ssh_count = inputs->secrets.ssh_count,
		.cache_from = inputs->cache_from.items,
		.cache_from_count = inputs->cache_from.len,
		.cache_to = inputs->cache_to.items,
		.cache_to_count = inputs->cache_to.len,
		.content_label_value = job->repository,
		.shared_key = inputs->shared_key.text,
		.timeout_ms = settings->build_timeout_ms,
		.no_cache = job->run->options.ignores_cache,
		.pull = job->run->options.pulls_bases && !has_local_bases,
		.step = "build",
		.image = job->name,
		.result = result,
	};

	return engine->ops->build(engine, &options, &job->content_id, err);
}

/* The frontend that "# syntax=" names is pulled: offline that fails. */
static void hint_at_frontend(const struct job *job, struct error *err)
{
	const char *syntax = context_dockerfile(job->context)->syntax;

	if (syntax && job->settings->frontend != FRONTEND_BUILTIN && strstr(err->message, syntax))
		error_hint(err, "--frontend builtin leaves '# syntax=%s' out", syntax);
}

/* Does the failure speak of this base? Of a step's own output that is too easily said. */
static bool is_about(const struct error *err, const char *base)
{
	AUTO(buf_release) struct buf full = BUF_INIT(LIMIT_PATH), from = BUF_INIT(LIMIT_PATH);

	buf_add_format(&full, "library/%s", base);
	buf_add_format(&from, "FROM %s", base);
	if (full.has_failed || from.has_failed)
		return false;
	return strstr(err->message, full.data) || strstr(err->message, from.data) ||
	       (!error_is(err, ERROR_BUILD) && strstr(err->message, base));
}

static void hint_at_slip(const struct job *job, struct error *err)
{
	for (size_t i = 0; i < job->slips.len; i++) {
		const struct strmap_entry *slip = &job->slips.entries[i];

		if (is_about(err, slip->key))
			error_hint(err, "did you mean '%s', an image of this repository?",
				   slip->value);
	}
}

static bool gives_inline_cache(const struct cache_list *caches)
{
	for (size_t i = 0; i < caches->len; i++)
		if (str_equal(caches->items[i].type, "inline"))
			return true;
	return false;
}

int build_content(struct job *job, struct error *err)
{
	AUTO(inputs_release) struct inputs inputs = { 0 };
	AUTO(engine_build_result_release) struct engine_build_result result = { 0 };
	AUTOFREE char *summary = NULL;
	struct step step;

	if (ask_user(job, &inputs, err))
		return -1;
	if (step_is_dry(job, "build", "build '%s' of commit %.7s", job->settings->context,
			job->run->commit.sha))
		return 0;
	step = step_start(job, "build", NULL);
	if (open_context(job, &inputs, err)) {
		hint_at_slip(job, err);
		return step_fail(&step);
	}
	if (build(job, &inputs, &result, err)) {
		hint_at_frontend(job, err);
		hint_at_slip(job, err);
		return step_fail(&step);
	}
	context_free(TAKE(job->context));
	job->is_built = true;
	job->is_from_buildkit = result.builder == ENGINE_BUILDER_BUILDKIT;
	job->has_inline_cache = gives_inline_cache(&inputs.cache_to);
	summary = str_format(err, "%d of %d steps cached", result.cached_count, result.step_count);
	if (!summary)
		return step_fail(&step);
	step_done(&step, summary);
	return 0;
}
