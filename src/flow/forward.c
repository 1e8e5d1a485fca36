/* SPDX-License-Identifier: MIT */
#include "flow/forward.h"

#include <string.h>
#include <unistd.h>

#include "base/interrupt.h"
#include "base/str.h"
#include "base/time.h"

#define CONFIRM_MS     250
#define CONFIRM_FACTOR 10
/* How often the tag may change between our look and our write. */
#define ATTEMPTS 5

/* 1 if our commit is on the branch of that full name, 0 if not, or no such branch. */
static int is_on_branch(struct job *job, const char *folder, struct error *err)
{
	AUTOFREE char *name = str_format(err, "%s/%s", folder, job->settings->deploy);
	AUTO(commit_release) struct commit tip = { 0 };
	enum commit_relation relation;

	if (!name)
		return -1;
	if (commit_resolve(job->run->repo, name, &tip, err)) {
		if (error_is(err, ERROR_MEMORY))
			return -1;
		error_clear(err);
		return 0;
	}
	if (commit_relate(job->run->repo, job->run->commit.sha, tip.sha, &relation, err))
		return -1;
	return relation == COMMIT_SAME || relation == COMMIT_DESCENDANT;
}

/* Is our commit on the branch that is deployed, here or as last fetched? */
static int judge_branch(struct job *job, enum latest_outcome *outcome, struct error *err)
{
	static const char *const folders[] = { "refs/heads", "refs/remotes/origin" };

	if (!job->settings->deploy)
		return 0;
	for (size_t i = 0; i < ARRAY_SIZE(folders); i++) {
		int status = is_on_branch(job, folders[i], err);

		if (status)
			return status < 0 ? -1 : 0;
	}
	*outcome = LATEST_OTHER_BRANCH;
	event_notice(
		job->run->sink,
		"'%s' stays: %.7s is not on branch '%s' (image.deploy; --move-latest moves it)",
		job->latest, job->run->commit.sha, job->settings->deploy);
	return 0;
}

static int judge_relation(struct job *job, const char *held_sha, enum latest_outcome *outcome,
			  struct error *err)
{
	enum commit_relation relation = COMMIT_UNKNOWN;
	const char *why;

	if (held_sha[0] &&
	    commit_relate(job->run->repo, job->run->commit.sha, held_sha, &relation, err))
		return -1;
	switch (relation) {
	case COMMIT_SAME:
	case COMMIT_ANCESTOR:
		return 0;
	case COMMIT_DESCENDANT:
		*outcome = LATEST_SUPERSEDED;
		event_notice(job->run->sink,
			     "superseded: '%s' holds the later commit %.7s and stays", job->latest,
			     held_sha);
		return 0;
	case COMMIT_DIVERGED:
		why = "is on another line of history";
		break;
	case COMMIT_UNRELATED:
		why = "is of an unrelated history";
		break;
	default:
		why = held_sha[0] ? "is not known here (a shallow clone?)"
				  : "does not say of which commit it is";
	}
	*outcome = LATEST_UNDETERMINED;
	event_warning(job->run->sink, "'%s' stays: what it holds (%.7s) %s; --move-latest moves it",
		      job->latest, held_sha[0] ? held_sha : "?", why);
	return 0;
}

int forward_judge(struct job *job, const struct registry_image *held, enum latest_outcome *ret,
		  struct error *err)
{
	enum latest_outcome outcome = LATEST_MOVED;

	if (!job->run->options.moves_latest) {
		if (judge_branch(job, &outcome, err))
			return -1;
		if (outcome == LATEST_MOVED && held &&
		    judge_relation(job, held->commit.is_contradicted ? "" : held->commit.sha,
				   &outcome, err))
			return -1;
	}
	*ret = outcome;
	return 0;
}

/* Reads :latest and judges it; `ret_digest` is what was judged, "" if absent. */
static int look(struct publication *publication, struct registry_digest *ret_digest,
		struct error *err)
{
	AUTO(registry_image_release) struct registry_image held = REGISTRY_IMAGE_INIT;
	int status = registry_read_image(publication->registry, "latest",
					 publication->job->settings->sha_env, &held, err);

	if (status < 0)
		return -1;
	*ret_digest = held.manifest.digest;
	if (status && !strcmp(held.manifest.digest.text, publication->manifest.digest.text)) {
		publication->latest = LATEST_ALREADY;
		return 0;
	}
	return forward_judge(publication->job, status ? &held : NULL, &publication->latest, err);
}

/* Does :latest still hold what was judged? One HEAD. */
static int is_unchanged(struct publication *publication, const struct registry_digest *judged,
			struct error *err)
{
	struct registry_digest now = { "" };
	int status = registry_exists(publication->registry, "latest", &now, err);

	if (status < 0)
		return -1;
	return !strcmp(now.text, judged->text);
}

static int write_latest(struct publication *publication, struct error *err)
{
	int64_t begin = time_monotonic_ms(), took;

	if (registry_put_manifest(publication->registry, "latest", &publication->manifest, err))
		return -1;
	took = (time_monotonic_ms() - begin) * CONFIRM_FACTOR;
	publication->confirm_at_ms = time_monotonic_ms() + (took > CONFIRM_MS ? took : CONFIRM_MS);
	return 0;
}

static int move_latest(struct publication *publication, struct error *err)
{
	struct registry_digest judged;

	for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
		int unchanged;

		if (look(publication, &judged, err))
			return -1;
		if (publication->latest != LATEST_MOVED)
			return 0;
		unchanged = is_unchanged(publication, &judged, err);
		if (unchanged < 0)
			return -1;
		if (unchanged)
			return write_latest(publication, err);
	}
	return error_set(err, ERROR_CONFLICT, "it changed %d times while we looked", ATTEMPTS);
}

/* Right after the write, and once more later: ours, or a later commit's. */
static int read_after(struct publication *publication, struct error *err)
{
	struct registry_digest held;

	if (look(publication, &held, err))
		return -1;
	if (publication->latest == LATEST_ALREADY)
		publication->latest = LATEST_MOVED;
	else if (publication->latest == LATEST_MOVED)
		return 1; /* somebody put an older commit there */
	return 0;
}

int forward_latest(struct publication *publication, struct error *err)
{
	int status;

	if (move_latest(publication, err))
		return error_wrap(err, "'%s'", publication->job->latest);
	if (!publication->confirm_at_ms)
		return 0;
	status = read_after(publication, err);
	if (status > 0)
		status = write_latest(publication, err);
	if (publication->latest != LATEST_MOVED)
		publication->confirm_at_ms = 0; /* a later commit came: said already */
	return status ? error_wrap(err, "'%s'", publication->job->latest) : 0;
}

int forward_confirm(struct publication *publication, struct error *err)
{
	int status;

	for (;;) {
		int64_t left = publication->confirm_at_ms - time_monotonic_ms();

		if (left <= 0)
			break;
		if (interrupt_check(err))
			return -1;
		usleep((useconds_t)(left > 50 ? 50 : left) * 1000);
	}
	status = read_after(publication, err);
	if (status <= 0)
		return status;
	event_notice(publication->job->run->sink,
		     "'%s' was set to an older commit meanwhile: set again",
		     publication->job->latest);
	return write_latest(publication, err);
}
