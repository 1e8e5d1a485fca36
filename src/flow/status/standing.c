/* SPDX-License-Identifier: MIT */
#include "flow/status/standing.h"

#include <stdio.h>
#include <string.h>

#include "base/str.h"
#include "base/time.h"
#include "flow/build/build.h"
#include "flow/key/reuse.h"
#include "flow/publish/publish.h"
#include "flow/trial/retest.h"
#include "image/reference.h"
#include "registry/registry.h"

/* How far back along the first parents a publication is looked for. */
#define SETBACK_COMMITS 100

void standing_release(struct standing *standing)
{
	char **texts[] = {
		&standing->built_id,	&standing->tested_result, &standing->tested_at,
		&standing->spared,	&standing->digest,	  &standing->latest_sha,
		&standing->latest_says, &standing->engine_error,  &standing->registry_error,
		&standing->key,		&standing->next,
	};

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++)
		free(*texts[i]);
	*standing = (struct standing){ 0 };
}

const char *answer_name(enum answer answer)
{
	return answer == ANSWER_YES ? "yes" : answer == ANSWER_NO ? "no" : "unknown";
}

/* What ends all; anything else is something that is not known. */
static bool is_fatal(const struct error *err)
{
	return error_is(err, ERROR_INTERRUPTED) || error_is(err, ERROR_MEMORY);
}

static int ask_engine(struct job *job, struct standing *standing, struct error *err)
{
	struct error engine_err = { 0 };

	if (run_engine(job->run, &engine_err) || plan_job(job, &engine_err)) {
		if (is_fatal(&engine_err)) {
			*err = engine_err;
			return -1;
		}
		return str_replace(&standing->engine_error, engine_err.message, err);
	}
	standing->built = job->image.id ? ANSWER_YES : ANSWER_NO;
	return str_replace(&standing->built_id, job->image.id, err);
}

static int ask_ledger(struct job *job, struct standing *standing, struct error *err)
{
	const struct record_list *list;
	const struct record *trial;

	if (job->is_dirty || standing->built != ANSWER_YES) {
		standing->tested = standing->built == ANSWER_UNKNOWN ? ANSWER_UNKNOWN : ANSWER_NO;
		return 0;
	}
	if (run_records(job->run, &list, err))
		return -1;
	trial = record_find_trial(list, job->name, job->image.id,
				  job->settings->trust == TRUST_ALL);
	standing->tested = retest_accepts(job->settings, trial) ? ANSWER_YES : ANSWER_NO;
	if (standing->tested == ANSWER_NO && retest_foresee(job, &standing->spared, err))
		return -1;
	if (!trial)
		return 0;
	if (str_replace(&standing->tested_result, trial->result, err))
		return -1;
	return str_replace(&standing->tested_at, trial->at, err);
}

/* The newest publication of the commit that is on record and reached :latest; its
 * time is "" if there is none. */
static int find_publication(const struct job *job, const char *sha, struct time_text *ret_at,
			    struct error *err)
{
	AUTO(record_list_release) struct record_list list = { 0 };
	const struct record *found;

	ret_at->text[0] = '\0';
	if (record_read(job->run->repo, &job->run->seal, sha, &list, err))
		return -1;
	found = record_find_publication(&list, job->name);
	if (!found || (!str_equal(found->latest, latest_outcome_name(LATEST_MOVED)) &&
		       !str_equal(found->latest, latest_outcome_name(LATEST_ALREADY))))
		return 0;
	snprintf(ret_at->text, sizeof(ret_at->text), "%s", found->at ? found->at : "");
	return 0;
}

/* When --move-latest was last used for the commit; "" if that is not on record. */
static int find_forced(const struct job *job, const char *sha, struct time_text *ret_at,
		       struct error *err)
{
	AUTO(record_list_release) struct record_list list = { 0 };

	ret_at->text[0] = '\0';
	if (record_read(job->run->repo, &job->run->seal, sha, &list, err))
		return -1;
	for (size_t i = 0; i < list.len; i++) {
		const struct record *record = &list.items[i];

		if (record->kind == RECORD_PUBLICATION && record->is_forced && record->at &&
		    str_equal(record->image, job->name) && strcmp(record->at, ret_at->text) > 0)
			snprintf(ret_at->text, sizeof(ret_at->text), "%s", record->at);
	}
	return 0;
}

static int tell_setback(struct job *job, const char *sha, const struct time_text *at,
			struct standing *standing, struct error *err)
{
	struct time_text forced_at;

	if (find_forced(job, standing->latest_sha, &forced_at, err))
		return -1;
	/* Somebody went back on purpose, and later. */
	if (strcmp(forced_at.text, at->text) >= 0)
		return str_replace(&standing->latest_says,
				   "an earlier commit, by --move-latest: 'publish' moves it", err);
	standing->is_set_back = true;
	free(standing->latest_says);
	standing->latest_says = str_format(err,
					   "an earlier commit than %.7s, which was published: "
					   "'publish' moves it again",
					   sha);
	return standing->latest_says ? 0 : -1;
}

/* :latest holds an earlier commit. Did it hold a later one before? Another
 * publisher took longer than promise 3 can see. */
static int look_for_setback(struct job *job, struct standing *standing, struct error *err)
{
	char sha[41];

	memcpy(sha, job->run->commit.sha, sizeof(sha));
	for (int i = 0; i < SETBACK_COMMITS && strcmp(sha, standing->latest_sha) != 0; i++) {
		AUTO(commit_release) struct commit parent = { 0 };
		struct time_text at;
		char name[48];

		if (find_publication(job, sha, &at, err))
			return -1;
		if (at.text[0])
			return tell_setback(job, sha, &at, standing, err);
		snprintf(name, sizeof(name), "%s^", sha);
		if (commit_resolve(job->run->repo, name, &parent, err)) {
			if (error_is(err, ERROR_MEMORY))
				return -1;
			error_clear(err);
			return 0;
		}
		memcpy(sha, parent.sha, sizeof(sha));
	}
	return 0;
}

static int describe_latest(struct job *job, struct standing *standing, struct error *err)
{
	static const char *const texts[] = {
		[COMMIT_SAME] = "this commit",
		[COMMIT_ANCESTOR] = "an earlier commit: 'publish' moves it",
		[COMMIT_DESCENDANT] = "a later commit",
		[COMMIT_DIVERGED] = "another line of history",
		[COMMIT_UNRELATED] = "an unrelated history",
		[COMMIT_UNKNOWN] = "a commit that is not known here",
	};
	enum commit_relation relation;

	if (!standing->latest_sha)
		return str_replace(&standing->latest_says, "an image without a commit", err);
	if (commit_relate(job->run->repo, job->run->commit.sha, standing->latest_sha, &relation,
			  err))
		return -1;
	if (relation == COMMIT_ANCESTOR && look_for_setback(job, standing, err))
		return -1;
	return standing->latest_says ? 0
				     : str_replace(&standing->latest_says, texts[relation], err);
}

/* What cannot be read there takes nothing from what is known of :<sha7>. */
static int read_latest(struct job *job, struct registry *registry, struct standing *standing,
		       struct error *err)
{
	AUTO(registry_image_release) struct registry_image latest = REGISTRY_IMAGE_INIT;
	struct error latest_err = { 0 };
	int found = registry_read_image(registry, "latest", job->settings->sha_env, &latest,
					&latest_err);

	if (found < 0 && is_fatal(&latest_err)) {
		*err = latest_err;
		return -1;
	}
	if (found < 0)
		return str_replace(&standing->latest_says, latest_err.message, err);
	if (!found)
		return 0;
	if (latest.commit.sha[0] && str_replace(&standing->latest_sha, latest.commit.sha, err))
		return -1;
	return describe_latest(job, standing, err);
}

static int read_registry(struct job *job, struct registry *registry, struct standing *standing,
			 struct error *err)
{
	AUTO(registry_image_release) struct registry_image image = REGISTRY_IMAGE_INIT;
	const char *sha_env = job->settings->sha_env;
	int found = registry_read_image(registry, job->tag, sha_env, &image, err);

	if (found < 0)
		return -1;
	standing->published =
		found && image_commit_is(&image.commit, job->sha) ? ANSWER_YES : ANSWER_NO;
	if (found && str_replace(&standing->digest, image.manifest.digest.text, err))
		return -1;
	return read_latest(job, registry, standing, err);
}

static int ask_registry(struct job *job, struct standing *standing, struct error *err)
{
	AUTO(reference_release) struct reference reference = { 0 };
	AUTO(registry_freep) struct registry *registry = NULL;
	struct error registry_err = { 0 };

	standing->has_registry = job_has_registry(job);
	if (!standing->has_registry || job->is_dirty) {
		standing->published = ANSWER_NO;
		return 0;
	}
	if (!reference_parse(job->reference, &reference, &registry_err) &&
	    !job_open_registry(job, &reference, &registry, &registry_err) &&
	    !read_registry(job, registry, standing, &registry_err))
		return 0;
	if (is_fatal(&registry_err)) {
		*err = registry_err;
		return -1;
	}
	return str_replace(&standing->registry_error, registry_err.message, err);
}

/* Of what is there already, or cannot be said. */
static const char *tell_trial(const struct standing *standing)
{
	if (standing->built == ANSWER_UNKNOWN)
		return "cannot say what 'make' would do: it is not known what is built";
	if (standing->is_pinned)
		return standing->built == ANSWER_YES
			       ? "'make' has nothing to do: it is pinned to its digest"
			       : "'make' would pull it: it is pinned to its digest";
	if (standing->tested == ANSWER_YES)
		return "'make' has nothing to do";
	if (standing->spared)
		return "'make' would not try it: the same content has passed (image.retest)";
	return standing->tested_result ? "'make' would try it again: its last trial failed"
				       : "'make' would try it: no trial of it is on record";
}

static char *tell_way(const struct standing *standing, const struct reuse *reuse, struct error *err)
{
	if (reuse->way == REUSE_KEEP)
		return str_copy(tell_trial(standing), err);
	if (reuse->way == REUSE_STAMP)
		return str_format(err, "'make' would stamp, tag and try it, without a build: %s",
				  reuse->why);
	if (standing->built == ANSWER_YES)
		return str_format(err, "'make' would build, stamp, tag and try it again: %s",
				  reuse->why);
	return str_copy("'make' would build, stamp, tag and try it: there is no image of this "
			"commit",
			err);
}

/* What 'make' itself would choose. */
static int foresee(struct job *job, struct standing *standing, struct error *err)
{
	AUTO(reuse_release) struct reuse reuse = { 0 };
	struct error reuse_err = { 0 };

	if (standing->built == ANSWER_UNKNOWN || standing->is_pinned) {
		standing->next = str_copy(tell_trial(standing), err);
	} else if (!reuse_choose(job, &reuse, &reuse_err)) {
		standing->next = tell_way(standing, &reuse, err);
	} else if (is_fatal(&reuse_err)) {
		*err = reuse_err;
		return -1;
	} else {
		standing->next = str_format(err, "'make' would fail: %s", reuse_err.message);
	}
	return standing->next ? str_replace(&standing->key, job->key, err) : -1;
}

int standing_read(struct job *job, struct standing *ret_standing, struct error *err)
{
	AUTO(standing_release) struct standing standing = { 0 };

	standing.is_pinned = job->settings->digest;
	if (ask_engine(job, &standing, err) ||
	    (!standing.is_pinned &&
	     (ask_ledger(job, &standing, err) || ask_registry(job, &standing, err))) ||
	    foresee(job, &standing, err))
		return -1;
	*ret_standing = standing;
	standing = (struct standing){ 0 };
	return 0;
}
