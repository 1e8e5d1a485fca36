/* SPDX-License-Identifier: MIT */
#include "flow/publish-tag.h"

#include <string.h>

#include "auth/credentials.h"
#include "base/interrupt.h"
#include "base/str.h"
#include "flow/blobs.h"
#include "image/manifest.h"

static bool is_known(const struct publication *publication)
{
	return publication->manifest.bytes.len;
}

/* Is what a tag holds the image that was tested? The ID is the digest of the
 * config, or of the manifest where the engine keeps manifests. */
static bool holds_image(const struct job *job, const struct registry_image *held)
{
	AUTO(manifest_release) struct manifest manifest = { 0 };
	struct error ignored = { 0 };

	if (!strcmp(held->manifest.digest.text, job->image.id))
		return true;
	return !manifest_parse(buf_slice(&held->manifest.bytes), held->manifest.media_type,
			       &manifest, &ignored) &&
	       str_equal(manifest.config.digest, job->image.id);
}

static bool holds(const struct publication *publication, const struct registry_image *held)
{
	if (is_known(publication))
		return !strcmp(held->manifest.digest.text, publication->manifest.digest.text);
	return holds_image(publication->job, held);
}

static const char *held_sha(const struct registry_image *held)
{
	return held->commit.sha[0] ? held->commit.sha : NULL;
}

/* 1 if the tag holds it already, 0 if it has to be sent. */
static int look_at_tag(struct publication *publication, struct error *err)
{
	AUTO(registry_image_release) struct registry_image held = REGISTRY_IMAGE_INIT;
	struct job *job = publication->job;
	int status = registry_read_image(publication->registry, publication->tag,
					 job->settings->sha_env, &held, err);

	if (status <= 0)
		return status;
	if (!held_sha(&held))
		return error_set(err, ERROR_CONFLICT,
				 "'%s' in the registry holds an image without a commit",
				 publication->name);
	if (strcmp(held.commit.sha, job->sha) != 0 || held.commit.is_dirty ||
	    held.commit.is_contradicted)
		return error_set(err, ERROR_CONFLICT,
				 "'%s' in the registry holds commit %s%s, not %s",
				 publication->name, held.commit.sha,
				 held.commit.is_dirty ? "-dirty" : "", job->sha);
	if (holds(publication, &held))
		return 1;
	event_notice(job->run->sink,
		     "'%s' in the registry is another build of this commit (%.19s): it is replaced "
		     "by the one that was tested",
		     publication->name, held.manifest.digest.text);
	return 0;
}

static int push(struct publication *publication, struct error *err)
{
	AUTO(credentials_release) struct credentials credentials = { 0 };
	const struct reference *reference = &publication->reference;
	AUTO(secret_release) struct secret auth = { 0 };
	struct job *job = publication->job;
	struct engine *engine = job->run->engine;
	AUTOFREE char *digest = NULL;

	if (credentials_find(reference->host, reference->repository, &credentials, err) ||
	    credentials_registry_auth(&credentials, reference->host, &auth, err))
		return -1;
	return engine->ops->push(engine,
				 &(struct engine_push){ .repository = job->repository,
							.tag = publication->tag,
							.registry_auth = auth.data,
							.step = "publish",
							.image = job->name },
				 &digest, err);
}

/* Engines push tags: one that the image does not have here is lent to it. */
static int push_under_tag(struct publication *publication, struct error *err)
{
	struct job *job = publication->job;
	struct engine *engine = job->run->engine;
	struct error ignored = { 0 };
	bool was_shielded;
	int status;

	if (str_equal(publication->tag, job->tag))
		return push(publication, err);
	if (engine->ops->tag_image(engine, job->image.id, job->repository, publication->tag, err))
		return -1;
	status = push(publication, err);
	was_shielded = interrupt_shield(true);
	if (engine->ops->remove_image(engine, publication->name, &ignored))
		event_warning(job->run->sink, "'%s' stays: %s", publication->name, ignored.message);
	interrupt_shield(was_shielded);
	return status;
}

/* 1: the image's blobs are there and its manifest is known; 0: the engine pushes. */
static int bring(struct publication *publication, struct error *err)
{
	const struct job *job = publication->job;

	return blobs_bring(&(struct bringing){ .engine = job->run->engine,
					       .registry = publication->registry,
					       .reference = &publication->reference,
					       .id = job->image.id,
					       .layers = &job->image.layers,
					       .size = job->image.size,
					       .platform = job->platform,
					       .settings = job->settings,
					       .state_folder = job->run->state_folder,
					       .sink = job->run->sink,
					       .step = "publish",
					       .image = job->name },
			   &publication->manifest, err);
}

/* Blobs first, then the tag. */
static int send(struct publication *publication, struct error *err)
{
	int status = is_known(publication) ? 1 : bring(publication, err);

	if (status <= 0)
		return status ? -1 : push_under_tag(publication, err);
	return registry_put_manifest(publication->registry, publication->tag,
				     &publication->manifest, err);
}

static int check_platform(const struct job *job, const struct registry_image *held,
			  struct error *err)
{
	AUTO(platform_release) struct platform wanted = { 0 };
	const struct platform *found = &held->config.platform;

	if (!job->platform_tag)
		return 0;
	if (platform_parse(job->platform, &wanted, err))
		return -1;
	if (platform_matches(found, &wanted))
		return 0;
	return error_set(err, ERROR_CONFLICT, "the image is for %s/%s, not for %s",
			 found->os ? found->os : "?",
			 found->architecture ? found->architecture : "?", job->platform);
}

/* What the registry serves is what the trial ran. */
static int read_back(struct publication *publication, struct error *err)
{
	AUTO(registry_image_release) struct registry_image held = REGISTRY_IMAGE_INIT;
	struct job *job = publication->job;
	int status = registry_read_image(publication->registry, publication->tag,
					 job->settings->sha_env, &held, err);
	bool is_index = is_known(publication);

	if (status < 0)
		return -1;
	if (!status)
		return error_set(err, ERROR_PROTOCOL,
				 "'%s' is not in the registry after the push of it",
				 publication->name);
	if (!str_equal(held.commit.sha, job->sha) || !holds(publication, &held))
		return error_set(err, ERROR_CONFLICT,
				 "'%s' in the registry holds %.19s of commit %s after the push, "
				 "expected image %.19s of %s",
				 publication->name, held.manifest.digest.text,
				 held_sha(&held) ? held.commit.sha : "(none)",
				 is_index ? publication->manifest.digest.text : job->image.id,
				 job->sha);
	if (!publication->jobs && check_platform(job, &held, err))
		return -1;
	registry_manifest_release(&publication->manifest);
	publication->manifest = held.manifest;
	held.manifest = (struct registry_manifest)REGISTRY_MANIFEST_INIT;
	return 0;
}

int publish_tag(struct publication *publication, struct error *err)
{
	int status = look_at_tag(publication, err);

	if (status < 0)
		return -1;
	publication->was_there = status;
	if (!status && send(publication, err))
		return -1;
	return read_back(publication, err);
}
