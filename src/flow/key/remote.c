/* SPDX-License-Identifier: MIT */
#include "flow/key/remote.h"

#include "base/str.h"
#include "flow/build/identity.h"
#include "flow/key/silence.h"
#include "image/reference.h"
#include "net/retry.h"

struct asking {
	struct job *job;
	struct registry *registry;
	struct reference reference;
};

static void asking_release(struct asking *asking)
{
	registry_free(asking->registry);
	reference_release(&asking->reference);
}

/* A question whose answer only saves time is asked once. */
static int open_registry(struct asking *asking, struct error *err)
{
	static const struct retry once = { .attempts = 1 };
	struct job *job = asking->job;

	if (reference_parse(job->repository, &asking->reference, err) ||
	    job_open_registry(job, &asking->reference, &asking->registry, err))
		return -1;
	registry_set_retry(asking->registry, &once);
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

static int is_unknown(struct key_found *found, const char *why, struct error *err)
{
	return is_no_use(
		found,
		str_format(err, "whether the registry has its content is not known: %s", why));
}

static int ask(struct asking *asking, const struct remote_hint *hint, struct key_found *found,
	       struct error *err)
{
	struct job *job = asking->job;
	AUTO(registry_image_release) struct registry_image image = REGISTRY_IMAGE_INIT;
	struct error asked = { 0 };

	switch (registry_read_image(asking->registry, hint->name, job->settings->sha_env, &image,
				    &asked)) {
	case REGISTRY_YES:
		return judge(job, hint, &image, found, err);
	case REGISTRY_NO:
		return 0;
	case REGISTRY_UNKNOWN:
		break;
	}
	if (error_is(&asked, ERROR_UNREACHABLE))
		silence_add(job->run->silence, asking->reference.host);
	if (!error_is(&asked, ERROR_INTERRUPTED) && !error_is(&asked, ERROR_MEMORY))
		return is_unknown(found, asked.message, err);
	*err = asked;
	return -1;
}

int remote_try(struct job *job, const struct remote_hint *hint, struct key_found *found,
	       struct error *err)
{
	AUTO(asking_release) struct asking asking = { .job = job };

	if (open_registry(&asking, err))
		return -1;
	if (silence_has(job->run->silence, asking.reference.host))
		return is_unknown(found, "it has not answered before", err);
	return ask(&asking, hint, found, err);
}

bool remote_has_key_tag(const struct job *job)
{
	return strv_has(&job->settings->tags, "{key}");
}
