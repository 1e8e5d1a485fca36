/* SPDX-License-Identifier: MIT */
#include "flow/publish/publish-tag.h"

#include <string.h>

#include "auth/credentials.h"
#include "base/interrupt.h"
#include "base/str.h"
#include "flow/publish/ahead.h"
#include "flow/publish/blobs-known.h"
#include "image/manifest.h"

bool publish_tag_is_known(const struct publication *publication)
{
	return publication->manifest.bytes.len;
}

static void take(struct registry_manifest *to, struct registry_manifest *from)
{
	registry_manifest_release(to);
	*to = *from;
	*from = (struct registry_manifest)REGISTRY_MANIFEST_INIT;
}

/* Is it an image of that config? That is what was tested, however its layers
 * are compressed. */
static bool has_config(const struct registry_manifest *held, const char *digest)
{
	AUTO(manifest_release) struct manifest manifest = { 0 };
	struct error ignored = { 0 };

	return held->bytes.len &&
	       !manifest_parse(buf_slice(&held->bytes), held->media_type, &manifest, &ignored) &&
	       str_equal(manifest.config.digest, digest);
}

/* Is what a tag holds the image that was tested? The ID is the digest of the
 * config, or of the manifest where the engine keeps manifests. */
static bool holds_image(const struct job *job, const struct registry_manifest *held)
{
	return !strcmp(held->digest.text, job->image.id) || has_config(held, job->image.id);
}

static bool holds(const struct publication *publication, const struct registry_manifest *held)
{
	if (publish_tag_is_known(publication))
		return !strcmp(held->digest.text, publication->manifest.digest.text);
	return holds_image(publication->job, held);
}

static const char *held_sha(const struct registry_image *held)
{
	return held->commit.sha[0] ? held->commit.sha : NULL;
}

static int check_commit(const struct publication *publication, const struct registry_image *held,
			struct error *err)
{
	const struct image_commit *commit = &held->commit;
	const char *sha = publication->job->sha;

	if (!held_sha(held))
		return error_set(err, ERROR_CONFLICT,
				 "'%s' in the registry holds an image without a commit",
				 publication->name);
	if (image_commit_is(commit, sha))
		return 0;
	return error_set(err, ERROR_CONFLICT, "'%s' in the registry holds commit %s%s, not %s",
			 publication->name, commit->sha, commit->is_dirty ? "-dirty" : "", sha);
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

int publish_tag_look(struct publication *publication, struct error *err)
{
	AUTO(registry_image_release) struct registry_image held = REGISTRY_IMAGE_INIT;
	struct job *job = publication->job;
	int status = registry_read_image(publication->registry, publication->tag,
					 job->settings->sha_env, &held, err);

	if (status <= 0)
		return status;
	if (check_commit(publication, &held, err))
		return -1;
	if (publication->jobs || !holds_image(job, &held.manifest)) {
		take(&publication->held, &held.manifest);
		return 0;
	}
	if (check_platform(job, &held, err))
		return -1;
	take(&publication->manifest, &held.manifest);
	publication->was_there = true;
	return 0;
}

/* The tag may hold it already, or the same image with other layers' bytes. */
static bool is_held(const struct publication *publication)
{
	AUTO(manifest_release) struct manifest manifest = { 0 };
	const struct registry_manifest *made = &publication->manifest;
	struct error ignored = { 0 };

	if (!strcmp(publication->held.digest.text, made->digest.text))
		return true;
	return !manifest_parse(buf_slice(&made->bytes), made->media_type, &manifest, &ignored) &&
	       manifest.config.digest && has_config(&publication->held, manifest.config.digest);
}

int publish_tag_offer(struct publication *publication, struct error *err)
{
	const struct registry_manifest *manifest = &publication->manifest;

	if (!is_held(publication))
		return registry_put_manifest(publication->registry, manifest->digest.text, manifest,
					     err);
	take(&publication->manifest, &publication->held);
	publication->was_there = true;
	return 0;
}

/* 1: the image's blobs are there and its manifest is known; 0: the engine pushes. */
static int bring(struct publication *publication, struct error *err)
{
	struct job *job = publication->job;
	struct bringing bringing = bringing_of(job, publication->registry, &publication->reference);
	int status = 0;

	if (job->ahead)
		status = ahead_await(job->ahead, err)
				 ? -1
				 : ahead_take_manifest(job->ahead, &publication->manifest, err);
	return status ? status : blobs_bring(&bringing, &publication->manifest, err);
}

static int offer(struct publication *publication, struct error *err)
{
	return registry_adapt_manifest(publication->registry, &publication->manifest, err)
		       ? -1
		       : publish_tag_offer(publication, err);
}

/* Was the manifest refused for a layer that :latest names, but that is lost? */
static bool is_lacking(const struct publication *publication, const struct error *refusal)
{
	struct error ignored = { 0 };

	return (refusal->http_status == 400 || refusal->http_status == 404) &&
	       !blobs_are_there(publication->registry, &publication->manifest, &ignored);
}

/* Once more, of layers that the registry proves to have and those that are sent. */
static int bring_again(struct publication *publication, bool is_direct, struct error *err)
{
	struct job *job = publication->job;
	struct bringing bringing = bringing_of(job, publication->registry, &publication->reference);
	int status;

	error_clear(err);
	registry_manifest_release(&publication->manifest);
	bringing.asks_all = true;
	bringing.is_direct = is_direct;
	status = blobs_bring(&bringing, &publication->manifest, err);
	return status > 0 ? offer(publication, err) : status;
}

int publish_tag_bring(struct publication *publication, struct error *err)
{
	int status = publication->was_there ? 0 : bring(publication, err);

	if (status <= 0 || !offer(publication, err))
		return status < 0 ? -1 : 0;
	if (!is_lacking(publication, err))
		return -1;
	event_notice(publication->job->run->sink,
		     "the registry has lost a layer that it names: it is brought");
	return bring_again(publication, false, err);
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

/* The engine passes on what the registry said, or the status alone. */
static bool is_refused_to_engine(const char *message)
{
	static const char *const texts[] = { "400 Bad Request", "409 Conflict",
					     "412 Precondition Failed" };

	if (strcasestr(message, "immutab") || strcasestr(message, "overwrit"))
		return true;
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++)
		if (strstr(message, "/manifests/") && strstr(message, texts[i]))
			return true;
	return false;
}

/* Of answers to a PUT of a manifest that was taken by digest: it is the tag that
 * may not be set. */
static bool is_refused(const struct error *err)
{
	switch (err->http_status) {
	case 400:
	case 403:
	case 409:
	case 412:
		return true;
	default:
		return is_refused_to_engine(err->message);
	}
}

int publish_explain_refusal(const char *name, const struct registry_digest *held, struct error *err)
{
	const struct error refusal = *err;

	if (!held->text[0] || !is_refused(err))
		return -1;
	error_set(err, ERROR_CONFLICT,
		  "'%s' in the registry holds %.19s and may not be changed: %s", name, held->text,
		  refusal.message);
	return error_hint(err, "the registry does not let a tag be moved that is there");
}

/* Somebody may have put the very same there meanwhile. */
static int accept_refusal(struct publication *publication, struct error *err)
{
	struct registry_digest now = { "" };
	struct error ignored = { 0 };

	if (!is_refused(err) || registry_exists(publication->registry, publication->tag, &now,
						&ignored) != REGISTRY_YES)
		return -1;
	if (strcmp(now.text, publication->manifest.digest.text) != 0)
		return publish_explain_refusal(publication->name, &now, err);
	error_clear(err);
	return 0;
}

static int send(struct publication *publication, struct error *err)
{
	if (!publish_tag_is_known(publication)) {
		if (push_under_tag(publication, err))
			return publish_explain_refusal(publication->name, &publication->held.digest,
						       err);
		return 0;
	}
	if (registry_put_manifest(publication->registry, publication->tag, &publication->manifest,
				  err))
		return accept_refusal(publication, err);
	return 0;
}

static int refuse_other(const struct publication *publication, const struct registry_image *held,
			struct error *err)
{
	bool is_known = publish_tag_is_known(publication);

	error_set(err, ERROR_CONFLICT,
		  "'%s' in the registry holds %.19s of commit %s after the push, expected %s "
		  "%.19s of %s",
		  publication->name, held->manifest.digest.text,
		  held_sha(held) ? held->commit.sha : "(none)", is_known ? "manifest" : "image",
		  is_known ? publication->manifest.digest.text : publication->job->image.id,
		  publication->job->sha);
	return is_known ? -1
			: error_hint(err, "image.publish = direct sends the very image without "
					  "the engine's push");
}

/* What the registry serves is what the trial ran: 1, -1. 0: of what the engine pushed only
 * the commit is ours, and we may go another way. */
static int read_back(struct publication *publication, struct error *err)
{
	AUTO(registry_image_release) struct registry_image held = REGISTRY_IMAGE_INIT;
	struct job *job = publication->job;
	int status = registry_read_image(publication->registry, publication->tag,
					 job->settings->sha_env, &held, err);
	bool is_ours = str_equal(held.commit.sha, job->sha);

	if (status < 0)
		return -1;
	if (!status)
		return error_set(err, ERROR_PROTOCOL,
				 "'%s' is not in the registry after the push of it",
				 publication->name);
	if (is_ours && !publish_tag_is_known(publication) && !holds(publication, &held.manifest) &&
	    job->settings->publish == PUBLISH_AUTO)
		return 0;
	if (!is_ours || !holds(publication, &held.manifest))
		return refuse_other(publication, &held, err);
	if (!publication->jobs && check_platform(job, &held, err))
		return -1;
	take(&publication->manifest, &held.manifest);
	return 1;
}

/* Podman pushes layers that it once pulled with zstd as such, for which it writes a
 * configuration of its own: the health check is lost. */
static int replace_pushed(struct publication *publication, struct error *err)
{
	event_notice(publication->job->run->sink,
		     "the engine has pushed another image than it holds: ours goes without it");
	if (bring_again(publication, true, err) || send(publication, err))
		return -1;
	return read_back(publication, err) > 0 ? 0 : -1;
}

int publish_tag_put(struct publication *publication, struct error *err)
{
	const struct registry_manifest *held = &publication->held;
	int status;

	if (publication->was_there)
		return 0;
	if (held->bytes.len)
		event_notice(publication->job->run->sink,
			     "'%s' in the registry is another build of this commit (%.19s): it is "
			     "replaced by the one that was tested",
			     publication->name, held->digest.text);
	if (send(publication, err))
		return -1;
	status = read_back(publication, err);
	return status ? (status < 0 ? -1 : 0) : replace_pushed(publication, err);
}
