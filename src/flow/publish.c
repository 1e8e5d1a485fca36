/* SPDX-License-Identifier: MIT */
#include "flow/publish.h"

#include <string.h>

#include "auth/credentials.h"
#include "base/str.h"
#include "base/time.h"
#include "flow/forward.h"
#include "flow/identity.h"
#include "flow/upload.h"
#include "image/manifest.h"
#include "image/reference.h"

static const char *const outcome_names[] = {
	[LATEST_NOT_TRIED] = "",
	[LATEST_MOVED] = "moved",
	[LATEST_ALREADY] = "already",
	[LATEST_SUPERSEDED] = "superseded",
	[LATEST_UNDETERMINED] = "undetermined",
	[LATEST_OTHER_BRANCH] = "other-branch",
};

const char *latest_outcome_name(enum latest_outcome outcome)
{
	return outcome_names[outcome];
}

void publication_release(struct publication *publication)
{
	registry_manifest_release(&publication->manifest);
	registry_free(publication->registry);
	reference_release(&publication->reference);
	*publication = (struct publication){ 0 };
}

static int check_publishable(struct job *job, struct error *err)
{
	const char *sha;

	if (job->is_dirty)
		return error_set(err, ERROR_INPUT,
				 "'%s' is of the work tree, not of a commit: it is never published",
				 job->reference);
	if (!job->image.id) {
		error_set(err, ERROR_INPUT, "'%s' is not there to be published", job->reference);
		return error_hint(err, "'git image make' builds and tests it first");
	}
	sha = identity_sha(&job->image, job->settings->sha_env);
	if (!str_equal(sha, job->sha))
		return error_set(err, ERROR_INPUT, "'%s' holds %s, expected %s", job->reference,
				 sha ? sha : "no stamp of git-image", job->sha);
	if (job->is_tested)
		return 0;
	if (job->run->options.allows_untested) {
		event_warning(job->run->sink,
			      "'%s' has no passing trial on record: published "
			      "untested, as you asked",
			      job->reference);
		return 0;
	}
	error_set(err, ERROR_INPUT, "'%s' has no passing trial on record", job->reference);
	return error_hint(err, "'git image test' runs its trial; --untested publishes anyway");
}

static int open_registry(struct publication *publication, struct error *err)
{
	struct job *job = publication->job;

	if (reference_parse(job->reference, &publication->reference, err))
		return -1;
	if (!job_has_registry(job)) {
		error_set(err, ERROR_INPUT, "no registry is set for '%s'", job->repository);
		return error_hint(err, "git config image.registry HOST[/NAMESPACE]");
	}
	return registry_open(&publication->reference, job->run->sink, &publication->registry, err);
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

static const char *held_sha(const struct registry_image *held)
{
	return held->commit.sha[0] ? held->commit.sha : NULL;
}

/* 1 if :<sha7> holds our image already, 0 if it has to be pushed. */
static int look_at_tag(struct publication *publication, struct error *err)
{
	AUTO(registry_image_release) struct registry_image held = REGISTRY_IMAGE_INIT;
	struct job *job = publication->job;
	int status = registry_read_image(publication->registry, job->tag, job->settings->sha_env,
					 &held, err);

	if (status <= 0)
		return status;
	if (!held_sha(&held))
		return error_set(err, ERROR_CONFLICT,
				 "'%s' in the registry holds an image without a commit",
				 job->reference);
	if (strcmp(held.commit.sha, job->sha) != 0 || held.commit.is_dirty ||
	    held.commit.is_contradicted)
		return error_set(err, ERROR_CONFLICT,
				 "'%s' in the registry holds commit %s%s, not %s", job->reference,
				 held.commit.sha, held.commit.is_dirty ? "-dirty" : "", job->sha);
	if (holds_image(job, &held))
		return 1;
	event_notice(job->run->sink,
		     "'%s' in the registry is another build of this commit (%.19s): it is replaced "
		     "by the one that was tested",
		     job->reference, held.manifest.digest.text);
	return 0;
}

/* Without a push of the engine's: blobs first, then the tag. */
static int upload_tag(struct publication *publication, struct error *err)
{
	AUTO(registry_manifest_release) struct registry_manifest manifest = REGISTRY_MANIFEST_INIT;

	if (upload_image(publication, &manifest, err))
		return -1;
	return registry_put_manifest(publication->registry, publication->job->tag, &manifest, err);
}

static int push_tag(struct publication *publication, struct error *err)
{
	AUTO(credentials_release) struct credentials credentials = { 0 };
	const struct reference *reference = &publication->reference;
	AUTO(secret_release) struct secret auth = { 0 };
	struct job *job = publication->job;
	struct engine *engine = job->run->engine;
	AUTOFREE char *digest = NULL;

	if (!engine->ops->push)
		return upload_tag(publication, err);
	if (credentials_find(reference->host, reference->repository, &credentials, err) ||
	    credentials_registry_auth(&credentials, reference->host, &auth, err))
		return -1;
	return engine->ops->push(engine,
				 &(struct engine_push){ .repository = job->repository,
							.tag = job->tag,
							.registry_auth = auth.data,
							.step = "publish",
							.image = job->name },
				 &digest, err);
}

/* What the registry serves under :<sha7> is what the trial ran. */
static int read_back(struct publication *publication, struct error *err)
{
	AUTO(registry_image_release) struct registry_image held = REGISTRY_IMAGE_INIT;
	struct job *job = publication->job;
	int status = registry_read_image(publication->registry, job->tag, job->settings->sha_env,
					 &held, err);

	if (status < 0)
		return -1;
	if (!status)
		return error_set(err, ERROR_PROTOCOL,
				 "'%s' is not in the registry after the push of it",
				 job->reference);
	if (!str_equal(held.commit.sha, job->sha) || !holds_image(job, &held))
		return error_set(err, ERROR_CONFLICT,
				 "'%s' in the registry holds %.19s of commit %s after the push, "
				 "expected image %.19s of %s",
				 job->reference, held.manifest.digest.text,
				 held_sha(&held) ? held.commit.sha : "(none)", job->image.id,
				 job->sha);
	publication->manifest = held.manifest;
	held.manifest = (struct registry_manifest)REGISTRY_MANIFEST_INIT;
	return 0;
}

static int publish_tag(struct publication *publication, struct error *err)
{
	int status = look_at_tag(publication, err);

	if (status < 0)
		return -1;
	publication->was_there = status;
	if (!status && push_tag(publication, err))
		return -1;
	return read_back(publication, err);
}

int publish_begin(struct job *job, struct publication *ret_publication, struct error *err)
{
	struct publication publication = { .job = job, .manifest = REGISTRY_MANIFEST_INIT };

	if (step_is_dry(job, "publish", "publish '%s', then '%s' if it may move", job->reference,
			job->latest)) {
		*ret_publication = publication;
		return 0;
	}
	publication.step = step_start(job, "publish", NULL);
	if (check_publishable(job, err) || open_registry(&publication, err) ||
	    publish_tag(&publication, err) || forward_latest(&publication, err)) {
		struct step step = publication.step;

		publication_release(&publication);
		error_wrap(err, "cannot publish '%s'", job->reference);
		return step_fail(&step);
	}
	*ret_publication = publication;
	return 0;
}

static int add_record(struct publication *publication, struct error *err)
{
	struct job *job = publication->job;
	struct record *record = job_add_record(job, RECORD_PUBLICATION, err);

	if (!record || str_replace(&record->reference, job->reference, err) ||
	    str_replace(&record->digest, publication->manifest.digest.text, err) ||
	    str_replace(&record->latest, latest_outcome_name(publication->latest), err))
		return -1;
	record->is_untested = !job->is_tested;
	record->is_forced = job->run->options.moves_latest;
	return 0;
}

static void report(const struct publication *publication, const char *reference, const char *detail)
{
	const struct job *job = publication->job;

	event_emit(job->run->sink, &(struct event){ .type = EVENT_PUBLISHED,
						    .step = "publish",
						    .image = job->name,
						    .subject = reference,
						    .digest = publication->manifest.digest.text,
						    .detail = detail });
}

int publish_confirm(struct publication *publication, struct error *err)
{
	struct job *job = publication->job;

	if (job->run->options.is_dry_run)
		return 0;
	if (publication->confirm_at_ms && forward_confirm(publication, err)) {
		error_wrap(err, "'%s' is published, '%s' is not confirmed", job->reference,
			   job->latest);
		return step_fail(&publication->step);
	}
	report(publication, job->reference, publication->was_there ? "already published" : NULL);
	if (publication->latest == LATEST_MOVED || publication->latest == LATEST_ALREADY)
		report(publication, job->latest,
		       publication->latest == LATEST_ALREADY ? "already published" : NULL);
	if (add_record(publication, err))
		return step_fail(&publication->step);
	step_done(&publication->step, NULL);
	return 0;
}
