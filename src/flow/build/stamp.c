/* SPDX-License-Identifier: MIT */
#include "flow/build/build.h"

#include <string.h>

#include "base/interrupt.h"
#include "base/str.h"
#include "base/time.h"
#include "engine/stamp.h"
#include "flow/build/identity.h"
#include "flow/publish/documents.h"
#include "image/config.h"

/* A label that has no value is not set; one of a base image goes. */
static int set_label(struct strmap *labels, const char *key, const char *value, struct error *err)
{
	return strmap_set(labels, key, value ? value : "", err);
}

static int set_labels(struct job *job, struct strmap *labels, struct error *err)
{
	const struct commit *commit = &job->run->commit;
	AUTOFREE char *url = NULL, *source = NULL, *version = NULL;

	if (repo_remote_url(job->run->repo, "origin", &url, err) ||
	    (url && !(source = repo_url_without_credentials(url, err))) ||
	    commit_nearest_tag(job->run->repo, commit->sha, &version, err))
		return -1;
	if (set_label(labels, LABEL_REVISION, job->sha, err) ||
	    set_label(labels, LABEL_CREATED, time_rfc3339(commit->time).text, err) ||
	    set_label(labels, LABEL_SOURCE, source, err) ||
	    set_label(labels, LABEL_VERSION, version ? version : job->tag, err) ||
	    set_label(labels, LABEL_TITLE, job->name, err) ||
	    set_label(labels, LABEL_REF_NAME, job->tag, err))
		return -1;
	return 0;
}

static int mismatch(const struct job *job, const char *what, const char *expected,
		    const char *actual, struct error *err)
{
	return error_set(err, ERROR_SYSTEM, "'%s' has %s '%s', expected '%s'", job->reference, what,
			 actual ? actual : "(none)", expected);
}

/* Promise 1: read from the image's config, never by running it. */
static int verify(const struct job *job, const struct strv *layers, const char *stamp,
		  struct error *err)
{
	const struct engine_image *image = &job->image;
	const char *sha = image_env_get(&image->env, job->settings->sha_env);
	const char *revision = strmap_get(&image->labels, LABEL_REVISION);

	if (!str_equal(sha, job->sha))
		return mismatch(job, job->settings->sha_env, job->sha, sha, err);
	if (!str_equal(revision, job->sha))
		return mismatch(job, LABEL_REVISION, job->sha, revision, err);
	if (!str_equal(strmap_get(&image->labels, LABEL_STAMP), stamp))
		return mismatch(job, LABEL_STAMP, stamp, strmap_get(&image->labels, LABEL_STAMP),
				err);
	for (size_t i = 0; i < layers->len || i < image->layers.len; i++) {
		const char *wanted = i < layers->len ? layers->items[i] : NULL;
		const char *found = i < image->layers.len ? image->layers.items[i] : NULL;

		if (!str_equal(wanted, found))
			return mismatch(job, "layer", wanted ? wanted : "(none)", found, err);
	}
	return 0;
}

static void keep(const char *state_folder, const struct engine_documents *documents)
{
	documents_keep(state_folder, buf_slice(&documents->config));
	documents_keep(state_folder, buf_slice(&documents->manifest));
}

static int stamp_layers(struct job *job, const struct strv *layers, struct error *err)
{
	AUTO(strmap_release) struct strmap labels = { 0 }, env = { 0 };
	struct digest_text stamp;
	AUTO(engine_documents_release)
	struct engine_documents documents = ENGINE_DOCUMENTS_INIT;
	struct engine *engine = job->run->engine;
	AUTOFREE char *id = NULL;

	if (identity_stamp(job->key, job->sha, layers, &stamp, err) ||
	    set_labels(job, &labels, err) || strmap_set(&labels, LABEL_STAMP, stamp.text, err) ||
	    set_label(&labels, LABEL_KEY, job->key, err) ||
	    strmap_set(&labels, LABEL_REPOSITORY, job->repository, err) ||
	    set_label(&labels, ENGINE_CONTENT_LABEL, NULL, err) ||
	    strmap_set(&env, job->settings->sha_env, job->sha, err))
		return -1;
	if (engine->ops->stamp(engine,
			       &(struct engine_stamp){
				       .content_id = job->content_id,
				       .env = &env,
				       .labels = &labels,
				       .created = job->run->commit.time,
				       .repository = job->repository,
				       .tag = job->tag,
				       .is_from_buildkit = job->is_from_buildkit,
				       .has_inline_cache = job->has_inline_cache,
				       .documents = &documents,
			       },
			       &id, err))
		return -1;
	if (!job->is_dirty)
		keep(job->run->state_folder, &documents);
	engine_image_release(&job->image);
	if (engine->ops->inspect_image(engine, job->reference, &job->image, err))
		return -1;
	return verify(job, layers, stamp.text, err);
}

static bool is_ours(const struct job *job, const struct engine_image *image)
{
	return identity_sha(image, job->settings->sha_env) ||
	       str_equal(strmap_get(&image->labels, ENGINE_CONTENT_LABEL), job->repository);
}

void drop_untagged(struct job *job, const char *id)
{
	AUTO(engine_image_release) struct engine_image image = { 0 };
	struct engine *engine = job->run->engine;
	bool was_shielded = interrupt_shield(true);
	struct error ignored = { 0 };

	/* Removal by ID takes a last tag along, even unforced: look first. */
	if (!engine->ops->inspect_image(engine, id, &image, &ignored) && !image.tags.len &&
	    is_ours(job, &image) && !run_is_held(job->run, id) &&
	    engine->ops->remove_image(engine, id, &ignored))
		error_clear(&ignored); /* a container or a child uses it */
	interrupt_shield(was_shielded);
}

int stamp_image(struct job *job, struct error *err)
{
	AUTO(engine_image_release) struct engine_image content = { 0 };
	AUTOFREE char *replaced = NULL;
	struct engine *engine = job->run->engine;
	struct step step;

	if (step_is_dry(job, "stamp", "stamp it with %s=%s as '%s'", job->settings->sha_env,
			job->sha, job->reference))
		return 0;
	step = step_start(job, "stamp", NULL);
	replaced = job->image.id ? TAKE(job->image.id) : NULL;
	if (engine->ops->inspect_image(engine, job->content_id, &content, err) ||
	    stamp_layers(job, &content.layers, err)) {
		error_wrap(err, "cannot stamp '%s'", job->reference);
		return step_fail(&step);
	}
	if (replaced)
		drop_untagged(job, replaced);
	if (job->is_from_buildkit || job->is_pulled)
		drop_untagged(job, job->content_id);
	event_emit(job->run->sink, &(struct event){ .type = EVENT_IMAGE,
						    .step = "stamp",
						    .image = job->name,
						    .subject = job->reference,
						    .digest = job->image.id });
	step_done(&step, NULL);
	return 0;
}

/* What :latest holds and whether it may move; :latest never goes back. */
static int judge_latest(struct job *job, const struct engine_image *holder, bool *ret_may_move,
			struct error *err)
{
	const char *sha = identity_sha(holder, job->settings->sha_env);
	enum commit_relation relation;

	*ret_may_move = true;
	if (!sha || !str_is_hex(sha, 40) || job->run->options.moves_latest)
		return 0;
	if (commit_relate(job->run->repo, job->run->commit.sha, sha, &relation, err))
		return -1;
	if (relation != COMMIT_DESCENDANT)
		return 0;
	*ret_may_move = false;
	event_notice(job->run->sink,
		     "'%s' stays: it holds %.7s, a later commit than %.7s ('git image release "
		     "--move-latest' moves it, also in the registry)",
		     job->latest, sha, job->run->commit.sha);
	return 0;
}

/* Users of what was there may not expect it to lose its name, which may be its only one. */
static void warn_of_holder(const struct job *job, const struct engine_image *holder)
{
	const char *id =
		str_starts(holder->id, "sha256:") ? holder->id + strlen("sha256:") : holder->id;

	if (is_ours(job, holder) ||
	    str_equal(strmap_get(&holder->labels, LABEL_REPOSITORY), job->repository))
		return;
	event_warning(job->run->sink,
		      "'%s' held the image %.12s, which git-image has not made; it is still here: "
		      "to give it a name again, use 'tag %.12s NAME' of docker or podman",
		      job->latest, id, id);
}

int tag_latest(struct job *job, struct error *err)
{
	AUTO(engine_image_release) struct engine_image former = { 0 };
	struct engine *engine = job->run->engine;
	bool may_move = true;
	struct step step;

	if (job->is_dirty || job->is_secondary || strv_has(&job->image.tags, job->latest) ||
	    step_is_dry(job, "tag", "tag it '%s'", job->latest))
		return 0;
	step = step_start(job, "tag", NULL);
	if (!engine->ops->inspect_image(engine, job->latest, &former, err)) {
		if (judge_latest(job, &former, &may_move, err))
			return step_fail(&step);
	} else if (!error_is(err, ERROR_NOT_FOUND)) {
		return step_fail(&step);
	}
	error_clear(err);
	if (may_move &&
	    engine->ops->tag_image(engine, job->image.id, job->repository, "latest", err)) {
		error_wrap(err, "cannot tag '%s'", job->latest);
		return step_fail(&step);
	}
	if (may_move && former.id) {
		warn_of_holder(job, &former);
		drop_untagged(job, former.id);
	}
	if (may_move)
		event_emit(job->run->sink, &(struct event){ .type = EVENT_TAG,
							    .step = "tag",
							    .image = job->name,
							    .subject = job->latest,
							    .digest = job->image.id });
	step_done(&step, NULL);
	return 0;
}
