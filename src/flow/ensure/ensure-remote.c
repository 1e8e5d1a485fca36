/* SPDX-License-Identifier: MIT */
#include "flow/ensure/ensure-remote.h"

#include "flow/build/identity.h"
#include "flow/ensure/pull.h"
#include "flow/key/key-tags.h"
#include "flow/key/key.h"

static bool is_wanted(const struct job *job, const struct ensure_wanted *wanted,
		      const struct engine_image *image)
{
	if (!wanted->is_commit)
		return key_is_of(job, image);
	return str_equal(identity_sha(image, job->settings->sha_env), job->sha);
}

/* 1: it is what is wanted; 0: it is of no use, which was said; -1. */
static int judge(const struct job *job, const struct ensure_wanted *wanted,
		 const struct registry_image *found, struct error *err)
{
	const struct engine_image view = identity_view(&found->config);

	if (is_wanted(job, wanted, &view))
		return 1;
	if (wanted->is_commit && found->commit.sha[0] && !image_commit_is(&found->commit, job->sha))
		return error_set(err, ERROR_CONFLICT,
				 "'%s:%s' in the registry holds commit %s%s, not %s",
				 job->repository, wanted->tag, found->commit.sha,
				 found->commit.is_dirty ? "-dirty" : "", job->sha);
	event_warning(job->run->sink, "'%s:%s' in the registry does not count: %s", job->repository,
		      wanted->tag,
		      wanted->is_commit ? "git-image did not stamp it"
					: "it has not this content, or git-image did not stamp it");
	return 0;
}

static int pull(const struct job *job, const char *reference, struct engine_image *ret_image,
		struct error *err)
{
	const struct pull options = { .engine = job->run->engine,
				      .sink = job->run->sink,
				      .reference = reference,
				      .platform = job->platform,
				      .image = job->name };
	AUTOFREE char *id = NULL;

	return pull_image(&options, &id, err)
		       ? -1
		       : options.engine->ops->inspect_image(options.engine, id, ret_image, err);
}

/* Where the digest is a name like any other it would keep the image when its tag goes. */
static void drop_digest(const struct job *job, const char *reference)
{
	struct engine *engine = job->run->engine;
	struct error ignored = { 0 };

	if (engine->info.kind == ENGINE_PODMAN &&
	    engine->ops->remove_image(engine, reference, &ignored))
		event_warning(job->run->sink, "'%s' stays: %s", reference, ignored.message);
}

/* By digest, so that it is what was judged. */
static int pull_judged(struct job *job, const struct ensure_wanted *wanted, const char *digest,
		       struct error *err)
{
	AUTOFREE char *reference = str_format(err, "%s@%s", job->repository, digest);
	AUTO(engine_image_release) struct engine_image image = { 0 };
	struct engine *engine = job->run->engine;
	const char *key;
	int was_here = reference ? engine_find_image(engine, reference, &image, err) : -1;

	if (was_here < 0 || (!was_here && pull(job, reference, &image, err)))
		return -1;
	if (!is_wanted(job, wanted, &image))
		return error_set(err, ERROR_PROTOCOL,
				 "the engine has pulled something else than '%s'", reference);
	if (engine->ops->tag_image(engine, image.id, job->repository, wanted->local_tag, err))
		return -1;
	if (!was_here)
		drop_digest(job, reference);
	key = strmap_get(&image.labels, LABEL_KEY);
	if (key)
		key_tags_keep(job->run->state_folder, job->repository, key, wanted->local_tag,
			      image.id);
	return 0;
}

static int open_registry(const struct job *job, struct registry **ret_registry, struct error *err)
{
	AUTO(reference_release) struct reference reference = { 0 };

	return reference_parse(job->repository, &reference, err)
		       ? -1
		       : job_open_registry(job, &reference, ret_registry, err);
}

int ensure_find_remote(const struct job *job, const struct ensure_wanted *wanted,
		       struct registry_digest *ret_digest, struct error *err)
{
	AUTO(registry_image_release) struct registry_image found = REGISTRY_IMAGE_INIT;
	AUTO(registry_freep) struct registry *registry = NULL;
	enum registry_answer answer;
	int status;

	if (open_registry(job, &registry, err))
		return -1;
	answer = registry_read_image(registry, wanted->tag, job->settings->sha_env, &found, err);
	if (answer == REGISTRY_UNKNOWN)
		return error_wrap(err, "not known whether the registry has it");
	status = answer == REGISTRY_YES ? judge(job, wanted, &found, err) : 0;
	if (status > 0)
		*ret_digest = found.manifest.digest;
	return status;
}

int ensure_take_remote(struct job *job, const struct ensure_wanted *wanted, struct error *err)
{
	struct registry_digest digest = { "" };
	int status = ensure_find_remote(job, wanted, &digest, err);

	if (status < 0 && !error_is(err, ERROR_CONFLICT))
		return error_hint(err, "--policy none asks no registry");
	if (status <= 0)
		return status;
	if (step_is_dry(job, "pull", "pull '%s:%s'", job->repository, wanted->tag))
		return 1;
	return pull_judged(job, wanted, digest.text, err) ? -1 : 1;
}
