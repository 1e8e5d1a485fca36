/* SPDX-License-Identifier: MIT */
#include "flow/key/reuse.h"

#include "flow/build/identity.h"
#include "flow/key/key.h"

/* The stamp covers the key, so that a label that was inherited proves nothing. */
static bool has_key(const struct job *job, const struct engine_image *image)
{
	return identity_sha(image, job->settings->sha_env) &&
	       str_equal(strmap_get(&image->labels, LABEL_KEY), job->key) &&
	       str_equal(strmap_get(&image->labels, LABEL_REPOSITORY), job->repository);
}

/* After the classic builder the parent is what was built; the stamped image itself
 * is as good where a stamp replaces the one before. */
static int take_content(struct job *job, const struct engine_image *image, struct error *err)
{
	context_free(TAKE(job->context));
	job->is_from_buildkit = !image->parent && job->run->engine->info.kind != ENGINE_PODMAN;
	job->content_id = str_copy(image->parent ? image->parent : image->id, err);
	return job->content_id ? 1 : -1;
}

static int try_image(struct job *job, const char *name, struct error *err)
{
	AUTO(engine_image_release) struct engine_image image = { 0 };
	struct engine *engine = job->run->engine;
	AUTOFREE char *why = NULL;

	if (engine->ops->inspect_image(engine, name, &image, err)) {
		if (!error_is(err, ERROR_NOT_FOUND))
			return -1;
		error_clear(err);
		return 0;
	}
	if (!has_key(job, &image))
		return 0;
	why = str_format(err, "nothing that goes in has changed since '%s'", name);
	if (!why)
		return -1;
	step_skip(job, "build", why);
	return take_content(job, &image, err);
}

static int try_parent(struct job *job, struct error *err)
{
	const struct commit *commit = &job->run->commit;
	AUTOFREE char *tag = NULL, *name = NULL;

	if (!commit->parent[0])
		return 0;
	tag = identity_tag(job->settings, commit->parent, err);
	name = tag ? str_format(err, "%s:%s", job->repository, tag) : NULL;
	return name ? try_image(job, name, err) : -1;
}

int reuse_content(struct job *job, struct error *err)
{
	AUTO(job_key_release) struct job_key key = { 0 };
	const struct run_options *options = &job->run->options;
	int status;

	if (job_key_find(job, &key, err))
		return -1;
	job->key = TAKE(key.text);
	if (!job->key || job->is_secondary || options->ignores_cache || options->pulls_bases)
		return 0;
	/* Only a build has a cache to export. */
	if (job->settings->cache_to.len)
		return 0;
	status = try_image(job, job->latest, err);
	return status ? status : try_parent(job, err);
}
