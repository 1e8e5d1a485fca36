/* SPDX-License-Identifier: MIT */
#include "flow/ensure/ensure.h"
#include "flow/ensure/pull.h"
#include "image/platform.h"

/* 1, 0 if it is for another platform, -1. */
static int is_for(const char *platform, const struct engine_image *image, struct error *err)
{
	const struct platform have = { image->os, image->architecture, image->variant };
	AUTO(platform_release) struct platform wanted = { 0 };

	if (!platform)
		return 1;
	return platform_parse(platform, &wanted, err) ? -1 : platform_matches(&have, &wanted);
}

/* 1, 0 if the engine has not got it, -1. */
static int find_local(const struct ensure_foreign *foreign, char **ret_id, struct error *err)
{
	AUTO(engine_image_release) struct engine_image image = { 0 };
	int status = engine_find_image(foreign->engine, foreign->reference, &image, err);

	if (status > 0)
		status = is_for(foreign->platform, &image, err);
	if (status > 0)
		*ret_id = TAKE(image.id);
	return status;
}

static int refuse_pull(const struct ensure_foreign *foreign, struct error *err)
{
	error_set(err, ERROR_NO, "'%s' is not here, and nothing may be pulled", foreign->reference);
	return error_hint(err, "--policy pull-only pulls it");
}

static int pull_foreign(const struct ensure_foreign *foreign, char **ret_id, struct error *err)
{
	const struct pull pull = { .engine = foreign->engine,
				   .sink = foreign->sink,
				   .reference = foreign->reference,
				   .platform = foreign->platform };

	if (!pull_image(&pull, ret_id, err))
		return 0;
	/* The registry's own answer. */
	if (error_is(err, ERROR_NOT_FOUND))
		err->kind = ERROR_NO;
	return -1;
}

int ensure_foreign(const struct ensure_foreign *foreign, struct ensured *ret_ensured,
		   struct error *err)
{
	AUTO(ensured_release) struct ensured ensured = { 0 };
	int status = foreign->is_forced ? 0 : find_local(foreign, &ensured.id, err);

	if (!status) {
		ensured.how = ENSURED_PULLED;
		if (!ensure_may_pull(foreign->policy))
			return refuse_pull(foreign, err);
		if (foreign->is_dry_run)
			event_emit(foreign->sink, &(struct event){ .type = EVENT_STEP_PLAN,
								   .step = "pull",
								   .subject = foreign->reference,
								   .detail = "pull it" });
		else
			status = pull_foreign(foreign, &ensured.id, err);
	}
	return status < 0 ? -1 : ensured_give(&ensured, foreign->reference, ret_ensured, err);
}

int ensure_pinned(struct job *job, const struct ensure_pinned *options, struct ensured *ret_ensured,
		  struct error *err)
{
	AUTO(ensured_release) struct ensured ensured = { 0 };
	struct engine *engine = job->run->engine;
	const struct ensure_foreign foreign = { .engine = engine,
						.sink = job->run->sink,
						.reference = job->reference,
						.platform = job->platform,
						.policy = options->policy,
						.is_forced = options->is_forced,
						.is_dry_run = job->run->options.is_dry_run };

	if (ensure_foreign(&foreign, &ensured, err))
		return -1;
	engine_image_release(&job->image);
	if (ensured.id && engine->ops->inspect_image(engine, ensured.id, &job->image, err))
		return -1;
	*ret_ensured = ensured;
	ensured = (struct ensured){ 0 };
	return 0;
}
