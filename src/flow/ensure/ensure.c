/* SPDX-License-Identifier: MIT */
#include "flow/ensure/ensure.h"

#include <string.h>

#include "base/cleanup.h"
#include "flow/build/build.h"
#include "flow/ensure/ensure-remote.h"
#include "flow/key/reuse.h"
#include "flow/loop.h"
#include "flow/publish/publish-content.h"

static const char *const how_names[] = {
	[ENSURED_LOCAL] = "local",
	[ENSURED_PULLED] = "pulled",
	[ENSURED_STAMPED] = "stamped",
	[ENSURED_BUILT] = "built",
};

const char *ensured_name(enum ensured_how how)
{
	return how_names[how];
}

void ensured_release(struct ensured *ensured)
{
	free(ensured->reference);
	free(ensured->id);
	*ensured = (struct ensured){ 0 };
}

int ensured_give(struct ensured *ensured, const char *reference, struct ensured *ret_ensured,
		 struct error *err)
{
	if (str_replace(&ensured->reference, reference, err))
		return -1;
	*ret_ensured = *ensured;
	*ensured = (struct ensured){ 0 };
	return 0;
}

struct ensuring {
	struct job *job;
	const struct ensure_options *options;
	struct ensured ensured;
	char *content_tag; /* NULL: not known (yet) */
	bool has_parents;  /* this is the call after that which asked for them */
};

static void ensuring_release(struct ensuring *ensuring)
{
	ensured_release(&ensuring->ensured);
	free(ensuring->content_tag);
}

static bool has_remote(const struct job *job)
{
	return job_has_registry(job) && !job->settings->to;
}

static bool may_pull(const struct ensuring *ensuring)
{
	const struct job *job = ensuring->job;

	return !ensuring->options->is_forced && ensure_may_pull(job->settings->ensure) &&
	       has_remote(job) && job->run->engine->ops->pull;
}

/* Nobody else finds what has a base that only this engine knows, or no version. */
static bool is_shared(const struct ensuring *ensuring)
{
	const struct job *job = ensuring->job;

	return ensuring->content_tag && job->settings->version && str_starts(job->key, "sha256:");
}

char *ensure_content_tag(struct job *job, struct error *err)
{
	const char *version = job->settings->version, *digits;

	if (job_key_keep(job, err))
		return NULL;
	if (!job->key) {
		error_set(err, ERROR_INPUT, "the content key of '%s' is not known before the build",
			  job->name);
		error_hint(err, "'git image key %s' tells why", job->name);
		return NULL;
	}
	digits = strchr(job->key, ':');
	return str_format(err, "%s-%.16s", version ? version : "latest",
			  digits ? digits + 1 : job->key);
}

/* Not being known is no obstacle to this: then there is no content tag. */
static int find_content_tag(struct ensuring *ensuring, struct error *err)
{
	struct job *job = ensuring->job;

	if (job_key_keep(job, err))
		return -1;
	if (job->key)
		ensuring->content_tag = ensure_content_tag(job, err);
	return job->key && !ensuring->content_tag ? -1 : 0;
}

/* Are they to be had before? A BuildKit daemon has pinned ones from their registry. */
static bool lacks_parents(const struct ensuring *ensuring)
{
	const struct job *job = ensuring->job;

	for (size_t i = 0; i < job->parent_count && !ensuring->has_parents; i++) {
		const struct job *parent = job->parents[i].job;

		if (!parent->image.id && (!parent->settings->digest || job->run->engine->ops->pull))
			return true;
	}
	return false;
}

/* Its parents are settled. What was found here goes with the plan, which is made once more. */
static int build(struct ensuring *ensuring, bool is_anew, struct error *err)
{
	struct job *job = ensuring->job;
	bool *rebuilds = &job->run->options.rebuilds, asked = *rebuilds;
	int status;

	engine_image_release(&job->image);
	*rebuilds |= is_anew;
	status = loop_build_job(job, err);
	*rebuilds = asked;
	ensuring->ensured.how = job->is_built ? ENSURED_BUILT : ENSURED_STAMPED;
	/* The build may have asked again for bases that were remembered. */
	free(TAKE(ensuring->content_tag));
	return status || find_content_tag(ensuring, err) ? -1 : 0;
}

static int push(struct ensuring *ensuring, struct error *err)
{
	struct job *job = ensuring->job;
	struct content_push push = { .tag = ensuring->content_tag,
				     .replaces = ensuring->options->is_forced };
	bool was_there;

	if (ensuring->ensured.how != ENSURED_BUILT || !ensure_may_push(job->settings->ensure) ||
	    !has_remote(job))
		return 0;
	if (!is_shared(ensuring)) {
		event_notice(job->run->sink, "'%s' is not pushed: %s", job->name,
			     job->settings->version
				     ? "its content is known to this engine only"
				     : "it has no version (VERSION in its folder, image.version)");
		return 0;
	}
	if (step_is_dry(job, "push", "push '%s:%s'", job->repository, push.tag))
		return 0;
	if (publish_content(job, &push, &was_there, err))
		return -1;
	ensuring->ensured.is_pushed = !was_there;
	return 0;
}

static int try_commit(struct ensuring *ensuring, struct error *err)
{
	struct job *job = ensuring->job;
	const struct ensure_wanted wanted = {
		.tag = job->platform_tag ? job->platform_tag : job->tag,
		.local_tag = job->tag,
		.is_commit = true,
	};
	int status = ensure_take_remote(job, &wanted, err);

	if (status > 0)
		ensuring->ensured.how = ENSURED_PULLED;
	if (status <= 0 || job->run->options.is_dry_run)
		return status;
	return plan_job(job, err) || job_key_take(job, err) ? -1 : 1;
}

static int try_content(struct ensuring *ensuring, struct error *err)
{
	const struct ensure_wanted wanted = { .tag = ensuring->content_tag,
					      .local_tag = ensuring->content_tag };

	return is_shared(ensuring) ? ensure_take_remote(ensuring->job, &wanted, err) : 0;
}

/* 1: the commit's image is here, and made of what is asked for; 0: it is not; -1. */
static int find_commit(struct job *job, struct error *err)
{
	AUTO(reuse_release) struct reuse reuse = { 0 };

	if (plan_job(job, err))
		return -1;
	if (!job->image.id)
		return 0;
	return reuse_choose(job, &reuse, err) ? -1 : reuse.way == REUSE_KEEP;
}

/* 1: it would be pulled, in a dry run; 0: what was pulled, if anything, is to be stamped. */
static int pull_to_stamp(struct ensuring *ensuring, struct error *err)
{
	int status = find_content_tag(ensuring, err) ? -1 : try_content(ensuring, err);

	if (status <= 0 || !ensuring->job->run->options.is_dry_run)
		return status < 0 ? -1 : 0;
	ensuring->ensured.how = ENSURED_PULLED;
	return 1;
}

/* Parents count for the key as they are: one that is kept, or was pulled, may have another base
 * than it would be built on now. */
static int by_commit(struct ensuring *ensuring, struct error *err)
{
	const struct ensure_options *options = ensuring->options;
	struct job *job = ensuring->job;
	int status = options->is_forced || ensuring->has_parents ? 0 : find_commit(job, err);
	bool pulls = !job->image.id && may_pull(ensuring);

	if (!status && pulls && !ensuring->has_parents)
		status = try_commit(ensuring, err);
	if (!status && lacks_parents(ensuring))
		return 1;
	if (!status && job_key_follow(job, err) < 0)
		return -1;
	if (!status && pulls)
		status = pull_to_stamp(ensuring, err);
	if (status)
		return status < 0 ? -1 : 0;
	return build(ensuring, options->is_forced, err) || push(ensuring, err) ? -1 : 0;
}

static int name_content(struct ensuring *ensuring, struct error *err)
{
	char **name = &ensuring->ensured.reference;

	free(ensuring->content_tag);
	ensuring->content_tag = ensure_content_tag(ensuring->job, err);
	if (!ensuring->content_tag)
		return -1;
	free(*name);
	*name = str_format(err, "%s:%s", ensuring->job->repository, ensuring->content_tag);
	return *name ? 0 : -1;
}

static int tag_content(const struct ensuring *ensuring, const char *id, struct error *err)
{
	const struct job *job = ensuring->job;
	struct engine *engine = job->run->engine;

	if (step_is_dry(ensuring->job, "tag", "tag it '%s:%s'", job->repository,
			ensuring->content_tag))
		return 0;
	return engine->ops->tag_image(engine, id, job->repository, ensuring->content_tag, err);
}

/* 1: an image of that name here has the content, and is called by the content tag now. */
static int try_here(struct ensuring *ensuring, const char *name, struct error *err)
{
	AUTO(engine_image_release) struct engine_image image = { 0 };
	struct job *job = ensuring->job;
	int status = engine_find_image(job->run->engine, name, &image, err);

	if (status > 0)
		status = key_is_made_here(job, &image, err);
	if (status <= 0)
		return status;
	if (!strv_has(&image.tags, ensuring->ensured.reference) &&
	    tag_content(ensuring, image.id, err))
		return -1;
	ensuring->ensured.id = TAKE(image.id);
	return 1;
}

/* By its tag, or by the digest that it has under another one. */
static int pull_content(struct ensuring *ensuring, const struct key_found *found, struct error *err)
{
	struct job *job = ensuring->job;
	int status = try_content(ensuring, err);

	if (!status && found->place == KEY_FOUND_REGISTRY) {
		const struct ensure_wanted wanted = { .tag = strchr(found->reference, '@') + 1,
						      .local_tag = ensuring->content_tag };

		status = ensure_take_remote(job, &wanted, err);
	}
	ensuring->ensured.how = ENSURED_PULLED;
	if (status <= 0 || job->run->options.is_dry_run)
		return status;
	return try_here(ensuring, ensuring->ensured.reference, err);
}

static int find_content(struct ensuring *ensuring, struct error *err)
{
	AUTO(key_found_release) struct key_found found = { 0 };
	struct job *job = ensuring->job;
	int status;

	if (name_content(ensuring, err))
		return -1;
	if (ensuring->options->is_forced)
		return 0;
	status = try_here(ensuring, ensuring->ensured.reference, err);
	if (!status)
		status = try_here(ensuring, job->reference, err);
	if (status || key_lookup(job, &found, err))
		return status > 0 ? 1 : -1;
	if (found.place == KEY_FOUND_LOCAL)
		status = try_here(ensuring, found.id, err);
	return status || !may_pull(ensuring) ? status : pull_content(ensuring, &found, err);
}

/* What is here under the commit's tag may be of other content: a base has moved since. */
static int build_content_image(struct ensuring *ensuring, struct error *err)
{
	struct job *job = ensuring->job;

	if (!ensuring->options->is_forced && plan_job(job, err))
		return -1;
	if (build(ensuring, ensuring->options->is_forced || job->image.id, err))
		return -1;
	if (job->run->options.is_dry_run)
		return push(ensuring, err);
	if (!ensuring->content_tag || !key_is_of(job, &job->image))
		return error_set(err, ERROR_SYSTEM,
				 "'%s' does not have the content key of its build", job->reference);
	if (name_content(ensuring, err) || push(ensuring, err))
		return -1;
	return tag_content(ensuring, job->image.id, err);
}

static int by_content(struct ensuring *ensuring, struct error *err)
{
	int status =
		ensuring->has_parents ? name_content(ensuring, err) : find_content(ensuring, err);

	if (status)
		return status < 0 ? -1 : 0;
	if (lacks_parents(ensuring))
		return 1;
	status = job_key_follow(ensuring->job, err);
	if (status > 0) {
		event_notice(ensuring->job->run->sink,
			     "'%s' has another content tag: its parents are not what would be "
			     "built now",
			     ensuring->job->name);
		status = find_content(ensuring, err);
	}
	if (status)
		return status < 0 ? -1 : 0;
	return build_content_image(ensuring, err);
}

int ensure_job(struct job *job, const struct ensure_options *options, struct ensured *ret_ensured,
	       struct error *err)
{
	AUTO(ensuring_release)
	struct ensuring ensuring = { .job = job,
				     .options = options,
				     .has_parents = job->has_parents };
	bool *pulls_nothing = &job->run->options.pulls_nothing, asked = *pulls_nothing;
	struct ensured *ensured = &ensuring.ensured;
	int status;

	if (run_engine(job->run, err) || run_begin(job->run, err))
		return -1;
	if (job->settings->digest)
		return ensure_pinned(job,
				     &(struct ensure_pinned){
					     .policy = (enum ensure_policy)job->settings->ensure,
					     .is_forced = options->is_forced },
				     ret_ensured, err);
	if (job_lock(job, err))
		return -1;
	*pulls_nothing = !may_pull(&ensuring);
	status = options->by_content ? by_content(&ensuring, err) : by_commit(&ensuring, err);
	*pulls_nothing = asked;
	job->has_parents = status > 0;
	job_unlock(job);
	if (status)
		return status;
	if (!ensured->id && job->image.id && str_replace(&ensured->id, job->image.id, err))
		return -1;
	return ensured_give(ensured, options->by_content ? ensured->reference : job->reference,
			    ret_ensured, err);
}
