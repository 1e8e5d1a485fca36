/* SPDX-License-Identifier: MIT */
#include "flow/archive/load.h"

#include <string.h>

#include "base/limits.h"
#include "flow/build/build.h"
#include "flow/build/identity.h"
#include "flow/key/reuse.h"
#include "image/config.h"
#include "image/manifest.h"

static int refuse(struct error *err, const char *what)
{
	error_set(err, ERROR_INPUT, "%s", what);
	return error_hint(err, "only images that git-image stamped are loaded; docker load takes "
			       "any");
}

/* Of all platforms the same. */
static int check_siblings(const struct load_archive *archive, const char *label, struct error *err)
{
	const char *first = strmap_get(&load_archive_image(archive, 0)->labels, label);

	for (size_t i = 1; i < load_archive_count(archive); i++) {
		const struct engine_image *image = load_archive_image(archive, i);
		const char *other = strmap_get(&image->labels, label);

		if (!str_equal(other, first))
			return error_set(err, ERROR_INPUT,
					 "its images differ: by the label '%s' they are of '%.60s' "
					 "and '%.60s'",
					 label, first ? first : "", other ? other : "");
	}
	return 0;
}

const char *load_find_commit(const struct load_archive *archive, struct error *err)
{
	const struct engine_image *image = load_archive_image(archive, 0);
	const char *sha = strmap_get(&image->labels, LABEL_REVISION);

	if (!sha || !strmap_get(&image->labels, LABEL_STAMP)) {
		refuse(err, "the image has no stamp of git-image");
		return NULL;
	}
	if (check_siblings(archive, LABEL_REVISION, err) ||
	    check_siblings(archive, LABEL_TITLE, err))
		return NULL;
	if (str_is_hex(sha, 40))
		return sha;
	error_set(err, ERROR_INPUT, "the image is of '%.60s', which is no commit", sha);
	error_hint(err, "images of a work tree are not loaded: commit, then build and save");
	return NULL;
}

static int check_stamp(const struct job *job, const struct engine_image *image, struct error *err)
{
	const char *name = job->settings->sha_env;
	const char *sha = identity_sha(image, name);

	if (!sha && !image_env_get(&image->env, name)) {
		error_set(err, ERROR_INPUT, "the image has no variable %s", name);
		return error_hint(err, "image.shaEnv names the variable that holds the SHA");
	}
	if (!sha)
		return refuse(err, "the image's stamp does not match its layers and SHA");
	if (strcmp(sha, job->sha) != 0)
		return error_set(err, ERROR_INPUT,
				 "the image's %s is %.60s, but its label '%s' says %s", name, sha,
				 LABEL_REVISION, job->sha);
	return 0;
}

/* 1, 0, -1. Unless one is asked for, an image is for the machine's own. */
static int is_for(const struct job *job, const struct engine_image *image, struct error *err)
{
	const struct platform have = { image->os, image->architecture, image->variant };
	AUTO(platform_release) struct platform wanted = { 0 };

	if (job->platform ? platform_parse(job->platform, &wanted, err)
			  : platform_of_host(&wanted, err))
		return -1;
	return platform_matches(&have, &wanted);
}

bool load_is_of(const struct jobs *jobs, const struct load_archive *archive, bool is_only)
{
	const struct engine_image *image = load_archive_image(archive, 0);

	return is_only || str_equal(strmap_get(&image->labels, LABEL_TITLE), jobs->items[0].name);
}

int load_pick(const struct job *job, const struct load_archive *archive, size_t *ret_at,
	      struct error *err)
{
	for (size_t i = 0; i < load_archive_count(archive); i++) {
		int status = is_for(job, load_archive_image(archive, i), err);

		if (status < 0)
			return -1;
		if (!status)
			continue;
		*ret_at = i;
		return 1;
	}
	return 0;
}

int load_refuse_platform(const struct load_archive *archive, struct error *err)
{
	AUTO(buf_release) struct buf names = BUF_INIT(LIMIT_PEER_TEXT);

	for (size_t i = 0; i < load_archive_count(archive); i++) {
		const struct engine_image *image = load_archive_image(archive, i);

		buf_add_format(&names, "%s%.20s/%.20s", i ? "," : "", image->os ? image->os : "?",
			       image->architecture ? image->architecture : "?");
	}
	error_set(err, ERROR_INPUT, "the image is for %s, which is not asked for here", names.data);
	return error_hint(err, "--platform %.200s takes it", names.data);
}

/* 1 if the engine has the image of the archive, 0, -1. Its ID is the configuration's digest,
 * or that of a manifest, which also tells how layers are compressed. */
static int is_there(const struct job *job, const struct engine_image *image, struct error *err)
{
	AUTO(manifest_release) struct manifest manifest = { 0 };
	AUTO(buf_release) struct buf bytes = BUF_INIT(LIMIT_JSON_DOCUMENT);
	struct engine *engine = job->run->engine;
	const char *id = job->image.id;
	AUTOFREE char *type = NULL;

	if (!id || !strcmp(id, image->id))
		return id != NULL;
	if (!engine->ops->read_manifest)
		return 0;
	if (engine->ops->read_manifest(engine, id, &bytes, &type, err)) {
		if (!error_is(err, ERROR_UNSUPPORTED))
			return -1;
		error_clear(err);
		return 0;
	}
	if (manifest_parse(buf_slice(&bytes), type, &manifest, err))
		return -1;
	return str_equal(manifest.config.digest, image->id);
}

/* What the engine has now is what was checked. */
static int verify(const struct job *job, const struct engine_image *image, struct error *err)
{
	int status = is_there(job, image, err);

	if (status)
		return status < 0 ? -1 : 0;
	return error_set(err, ERROR_SYSTEM, "the engine made %.19s of it, expected %.19s",
			 job->image.id, image->id);
}

static int load(struct job *job, struct load_archive *archive, const struct engine_image *image,
		struct error *err)
{
	const struct engine_load from = { .from = load_archive_engine(archive),
					  .id = image->id,
					  .name = job->reference };
	struct engine *engine = job->run->engine;

	if (engine->ops->load_image(engine, &from, err))
		return -1;
	engine_image_release(&job->image);
	if (engine->ops->inspect_image(engine, job->reference, &job->image, err))
		return -1;
	return verify(job, image, err);
}

/* In place of another build of the commit, which goes unless somebody uses it. */
static int load_over(struct job *job, struct load_archive *archive,
		     const struct engine_image *image, struct error *err)
{
	AUTOFREE char *former = job->image.id ? TAKE(job->image.id) : NULL;
	struct step step;

	if (step_is_dry(job, "load", "load %.19s as '%s'", image->id, job->reference))
		return 0;
	step = step_start(job, "load", NULL);
	if (load(job, archive, image, err)) {
		error_wrap(err, "cannot load '%s'", job->reference);
		return step_fail(&step);
	}
	if (former && strcmp(former, job->image.id) != 0) {
		event_notice(job->run->sink,
			     "'%s' was another build of this commit (%.19s): it is replaced",
			     job->reference, former);
		drop_untagged(job, former);
	}
	event_emit(job->run->sink, &(struct event){ .type = EVENT_IMAGE,
						    .step = "load",
						    .image = job->name,
						    .subject = job->reference,
						    .digest = job->image.id });
	step_done(&step, NULL);
	return 0;
}

/* Only to a later commit: whoever loads an image of another branch, or beside a foreign
 * one, has not asked for more. */
static int move_latest(struct job *job, struct error *err)
{
	AUTO(engine_image_release) struct engine_image held = { 0 };
	enum commit_relation relation = COMMIT_UNKNOWN;
	int status = engine_find_image(job->run->engine, job->latest, &held, err);
	const char *sha;

	if (status <= 0)
		return status ? -1 : tag_latest(job, err);
	sha = identity_sha(&held, job->settings->sha_env);
	if (sha && commit_relate(job->run->repo, job->run->commit.sha, sha, &relation, err))
		return -1;
	if (job->run->options.moves_latest || relation == COMMIT_SAME ||
	    relation == COMMIT_ANCESTOR)
		return tag_latest(job, err);
	event_notice(job->run->sink,
		     "'%s' stays: it holds %.7s, which is no ancestor of %.7s (--move-latest moves "
		     "it)",
		     job->latest, sha ? sha : "?", job->run->commit.sha);
	return 0;
}

static int open_engine(struct job *job, struct error *err)
{
	struct run *run = job->run;

	if (run_engine(run, err) || run_begin(run, err))
		return -1;
	if (!run->engine->ops->load_image)
		return error_set(err, ERROR_INPUT, "a BuildKit daemon loads no images");
	return job_lock(job, err);
}

static int take(struct job *job, struct load_archive *archive, const struct engine_image *image,
		struct error *err)
{
	int status;

	if (open_engine(job, err) || plan_job(job, err))
		return -1;
	status = is_there(job, image, err);
	if (status > 0)
		step_skip(job, "load", "it is here");
	else if (status < 0 || load_over(job, archive, image, err))
		return -1;
	reuse_keep(job);
	return job->image.id && !job->is_secondary ? move_latest(job, err) : 0;
}

int load_image(struct job *job, struct load_archive *archive, size_t at, struct error *err)
{
	const struct engine_image *image = load_archive_image(archive, at);
	int status;

	if (check_stamp(job, image, err) || load_archive_check(archive, at, err))
		return -1;
	status = take(job, archive, image, err);
	job_unlock(job);
	return status;
}
