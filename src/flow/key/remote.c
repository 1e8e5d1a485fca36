/* SPDX-License-Identifier: MIT */
#include "flow/key/remote.h"

#include "base/str.h"
#include "flow/build/identity.h"
#include "image/reference.h"
#include "net/retry.h"

/* A question whose answer only saves time is asked once. */
static int open_registry(struct job *job, struct reference *reference, struct registry **registry,
			 struct error *err)
{
	static const struct retry once = { .attempts = 1 };

	if (reference_parse(job->repository, reference, err) ||
	    job_open_registry(job, reference, registry, err))
		return -1;
	registry_set_retry(*registry, &once);
	return 0;
}

static int take(struct job *job, const struct registry_image *image, struct key_found *found,
		struct error *err)
{
	const char *digest = image->manifest.digest.text;
	const char *sha = image_env_get(&image->config.env, job->settings->sha_env);

	found->reference = str_format(err, "%s@%s", job->repository, digest);
	found->id = str_copy(image->config_digest.text, err);
	found->why = str_format(err, "'%s' of commit %.7s in the registry has the same content",
				job->repository, sha);
	if (!found->reference || !found->id || !found->why)
		return -1;
	found->place = KEY_FOUND_REGISTRY;
	return 1;
}

static int is_no_use(struct key_found *found, char *why)
{
	free(found->why);
	found->why = why;
	return why ? 0 : -1;
}

static int judge(struct job *job, const struct remote_hint *hint,
		 const struct registry_image *image, struct key_found *found, struct error *err)
{
	const struct engine_image view = identity_view(&image->config);

	if (key_is_of(job, &view) &&
	    (!hint->sha || str_equal(identity_sha(&view, job->settings->sha_env), hint->sha)))
		return take(job, image, found, err);
	return is_no_use(found, str_format(err,
					   "'%s' in the registry is not what '%s' is said to be: "
					   "its stamp does not match",
					   hint->name, job->repository));
}

int remote_try(struct job *job, const struct remote_hint *hint, struct key_found *found,
	       struct error *err)
{
	AUTO(registry_image_release) struct registry_image image = REGISTRY_IMAGE_INIT;
	AUTO(reference_release) struct reference reference = { 0 };
	AUTO(registry_freep) struct registry *registry = NULL;
	enum registry_answer answer;

	if (open_registry(job, &reference, &registry, err))
		return -1;
	answer = registry_read_image(registry, hint->name, job->settings->sha_env, &image, err);
	if (answer == REGISTRY_YES)
		return judge(job, hint, &image, found, err);
	if (answer == REGISTRY_NO)
		return 0;
	if (error_is(err, ERROR_INTERRUPTED) || error_is(err, ERROR_MEMORY))
		return -1;
	is_no_use(found, str_format(err, "whether the registry has its content is not known: %s",
				    err->message));
	error_clear(err);
	return found->why ? 0 : error_set_memory(err);
}

bool remote_has_key_tag(const struct job *job)
{
	return strv_has(&job->settings->tags, "{key}");
}
