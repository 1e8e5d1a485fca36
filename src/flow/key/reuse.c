/* SPDX-License-Identifier: MIT */
#include "flow/key/reuse.h"

#include "flow/key/key.h"

/* After the classic builder the parent is what was built; the stamped image itself
 * is as good where a stamp replaces the one before. */
static int take_content(struct job *job, const char *id, struct error *err)
{
	AUTO(engine_image_release) struct engine_image image = { 0 };
	struct engine *engine = job->run->engine;

	if (engine->ops->inspect_image(engine, id, &image, err))
		return -1;
	context_free(TAKE(job->context));
	job->is_from_buildkit = !image.parent && engine->info.kind != ENGINE_PODMAN;
	job->content_id = str_copy(image.parent ? image.parent : image.id, err);
	return job->content_id ? 1 : -1;
}

/* Only a build has a cache to export. */
static bool must_build(const struct job *job)
{
	const struct run_options *options = &job->run->options;

	return job->is_secondary || options->ignores_cache || options->pulls_bases ||
	       job->settings->cache_to.len;
}

int reuse_content(struct job *job, struct error *err)
{
	AUTO(key_found_release) struct key_found found = { 0 };

	if (must_build(job))
		return job_key_keep(job, err);
	if (key_lookup(job, &found, err))
		return -1;
	if (found.place != KEY_FOUND_LOCAL)
		return 0;
	step_skip(job, "build", found.why);
	return take_content(job, found.id, err);
}
