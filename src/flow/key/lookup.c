/* SPDX-License-Identifier: MIT */
#include "flow/key/key.h"

#include "flow/build/identity.h"

void key_found_release(struct key_found *found)
{
	free(found->id);
	free(found->reference);
	free(found->why);
	*found = (struct key_found){ 0 };
}

/* The stamp covers the key, so that a label that was inherited proves nothing. */
static bool has_key(const struct job *job, const struct engine_image *image)
{
	return identity_sha(image, job->settings->sha_env) &&
	       str_equal(strmap_get(&image->labels, LABEL_KEY), job->key) &&
	       str_equal(strmap_get(&image->labels, LABEL_REPOSITORY), job->repository);
}

static int try_local(struct job *job, const char *name, struct key_found *found, struct error *err)
{
	AUTO(engine_image_release) struct engine_image image = { 0 };
	struct engine *engine = job->run->engine;

	if (engine->ops->inspect_image(engine, name, &image, err)) {
		if (!error_is(err, ERROR_NOT_FOUND))
			return -1;
		error_clear(err);
		return 0;
	}
	if (!has_key(job, &image))
		return 0;
	found->reference = str_copy(name, err);
	found->why = str_format(err, "nothing that goes in has changed since '%s'", name);
	if (!found->reference || !found->why)
		return -1;
	found->id = TAKE(image.id);
	found->place = KEY_FOUND_LOCAL;
	return 1;
}

static int try_parent(struct job *job, struct key_found *found, struct error *err)
{
	const struct commit *commit = &job->run->commit;
	AUTOFREE char *tag = NULL, *name = NULL;

	if (!commit->parent[0])
		return 0;
	tag = identity_tag(job->settings, commit->parent, err);
	name = tag ? str_format(err, "%s:%s", job->repository, tag) : NULL;
	return name ? try_local(job, name, found, err) : -1;
}

static int give_up(struct key_found *found, const char *why, struct error *err)
{
	found->why = str_copy(why, err);
	return found->why ? 0 : -1;
}

static int look_around(struct job *job, struct key_found *found, struct error *err)
{
	int status;

	if (!job->key)
		return give_up(found, "what goes in is not known before the build", err);
	status = try_local(job, job->latest, found, err);
	if (!status)
		status = try_parent(job, found, err);
	if (!status)
		return give_up(found, "no image of its content is known", err);
	return status;
}

int key_lookup(struct job *job, struct key_found *ret_found, struct error *err)
{
	AUTO(key_found_release) struct key_found found = { 0 };

	if (job_key_keep(job, err) || look_around(job, &found, err) < 0)
		return -1;
	*ret_found = found;
	found = (struct key_found){ 0 };
	return 0;
}
