/* SPDX-License-Identifier: MIT */
#include "flow/prune.h"

#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "flow/build/build.h"
#include "flow/build/identity.h"
#include "flow/key/key-tags.h"
#include "flow/strays.h"

/* Why a tag goes. */
#define STALE "a newer one is there"

/* A tag of our form in this repository, with the image behind it. */
struct candidate {
	struct engine_image image;
	char *tag;
	const char *sha;    /* in `image`; NULL: not stamped by us */
	const char *reason; /* why it stays; NULL: it goes */
	bool is_known;	    /* its commit is in this repository */
	bool is_later;	    /* and a descendant of ours */
	bool is_made;	    /* by git-image, not by somebody on top of ours */
	bool is_tested;
};

struct candidates {
	struct candidate *items;
	size_t len;
	struct engine_container_list containers;
};

static void candidates_release(struct candidates *list)
{
	for (size_t i = 0; i < list->len; i++) {
		engine_image_release(&list->items[i].image);
		free(list->items[i].tag);
	}
	free(list->items);
	engine_container_list_release(&list->containers);
}

/* Of several platforms each keeps house among its own tags; the first does it
 * for all that no other one does. */
static bool is_others(const struct job *job, const char *tag)
{
	const struct strv *platforms = &job->settings->platforms;
	AUTO(platform_release) struct platform named = { 0 };
	struct error ignored = { 0 };
	int at;

	if (identity_tag_platform(job->settings->tag_prefix, tag, &named, &ignored) <= 0)
		return job->is_secondary;
	at = platforms->len > 1 ? platform_find(platforms, 0, &named) : -1;
	return at < 0 ? job->is_secondary : strcmp(platforms->items[at], job->platform) != 0;
}

/* The tag behind "repository:"; NULL if it is not one to look at. */
static const char *own_tag(const struct job *job, const char *reference)
{
	size_t len = strlen(job->repository);
	const char *tag = reference + len + 1;

	if (strncmp(reference, job->repository, len) || reference[len] != ':')
		return NULL;
	return identity_tag_is_ours(job->settings->tag_prefix, tag) && !is_others(job, tag) ? tag
											    : NULL;
}

/* Another project may use the same name by mistake or malice: its commits are
 * not in our repository. A dirty one's SHA begins with its commit. */
static int look_up_commit(struct job *job, struct candidate *candidate, struct error *err)
{
	AUTO(commit_release) struct commit commit = { 0 };
	enum commit_relation relation = COMMIT_UNKNOWN;
	char sha[41] = "";

	memcpy(sha, candidate->sha, strnlen(candidate->sha, 40));
	candidate->is_known =
		str_is_hex(sha, 40) && !commit_resolve(job->run->repo, sha, &commit, err);
	if (!candidate->is_known && error_is(err, ERROR_MEMORY))
		return -1;
	error_clear(err);
	if (candidate->is_known &&
	    commit_relate(job->run->repo, job->run->commit.sha, sha, &relation, err))
		return -1;
	candidate->is_later = relation == COMMIT_DESCENDANT;
	return 0;
}

/* Whoever builds on ours and adds no layer inherits all that the stamp covers. Of a work
 * tree's image nothing is on record. */
static bool was_made(const struct job *job, const struct candidate *candidate,
		     const struct record_list *records)
{
	const char *key = strmap_get(&candidate->image.labels, LABEL_KEY);

	return record_has_build(records, job->name, candidate->image.id, NULL) ||
	       (key &&
		key_tags_has(job->run->state_folder, job->repository, key, candidate->image.id));
}

static int look_up_trial(struct job *job, struct candidate *candidate, struct error *err)
{
	AUTO(record_list_release) struct record_list records = { 0 };
	const struct record *trial;

	if (!candidate->sha)
		return 0;
	if (look_up_commit(job, candidate, err))
		return -1;
	candidate->is_made = candidate->is_known && candidate->sha[40];
	if (!candidate->is_known || candidate->sha[40])
		return 0;
	if (record_read(job->run->repo, &job->run->seal, candidate->sha, &records, err))
		return -1;
	trial = record_find_trial(&records, job->name, candidate->image.id,
				  job->settings->trust == TRUST_ALL);
	candidate->is_made = was_made(job, candidate, &records);
	candidate->is_tested = trial && str_equal(trial->result, "passed");
	return 0;
}

static int add_candidate(struct job *job, struct candidates *list, const char *reference,
			 struct error *err)
{
	struct candidate *items, *candidate;
	int status;

	items = realloc(list->items, (list->len + 1) * sizeof(*items));
	if (!items)
		return error_set_memory(err);
	list->items = items;
	candidate = &items[list->len];
	*candidate = (struct candidate){ 0 };
	status = engine_find_image(job->run->engine, reference, &candidate->image, err);
	if (status <= 0)
		return status; /* 0: somebody else was quicker */
	list->len++;
	candidate->tag = str_copy(own_tag(job, reference), err);
	if (!candidate->tag)
		return -1;
	candidate->sha = identity_sha(&candidate->image, job->settings->sha_env);
	return look_up_trial(job, candidate, err);
}

static int find_candidates(struct job *job, struct candidates *list, struct error *err)
{
	AUTO(engine_image_list_release) struct engine_image_list images = { 0 };
	struct engine *engine = job->run->engine;

	if (engine->ops->list_images(engine, job->repository, false, &images, err) ||
	    engine->ops->list_containers(engine, NULL, &list->containers, err))
		return -1;
	for (size_t i = 0; i < images.len; i++)
		for (size_t j = 0; j < images.items[i].tags.len; j++)
			if (own_tag(job, images.items[i].tags.items[j]) &&
			    add_candidate(job, list, images.items[i].tags.items[j], err))
				return -1;
	return 0;
}

static bool is_used(const struct candidates *list, const struct candidate *candidate)
{
	for (size_t i = 0; i < list->containers.len; i++)
		if (str_equal(list->containers.items[i].image_id, candidate->image.id))
			return true;
	return false;
}

/* Newest first; engines give RFC 3339 in UTC, which sorts as text. */
static int compare_age(const void *a, const void *b)
{
	const struct candidate *one = a, *other = b;

	return strcmp(other->image.created ? other->image.created : "",
		      one->image.created ? one->image.created : "");
}

/* The work tree's image does not replace that of the commit itself. */
static bool is_ours(const struct job *job, const struct candidate *candidate)
{
	return !strcmp(candidate->tag, job->tag) || str_equal(candidate->image.id, job->image.id) ||
	       !strcmp(candidate->sha, job->run->commit.sha);
}

static void judge(struct job *job, struct candidates *list)
{
	int64_t left = job->settings->keep;
	bool needs_tested = !job->is_tested || job->is_dirty;

	if (list->len)
		qsort(list->items, list->len, sizeof(*list->items), compare_age);
	for (size_t i = 0; i < list->len; i++) {
		struct candidate *candidate = &list->items[i];

		if (!candidate->sha ||
		    !identity_tag_matches(job->settings->tag_prefix, candidate->tag, candidate->sha,
					  &candidate->image))
			candidate->reason = "not stamped by git-image as this tag";
		else if (!candidate->is_known)
			candidate->reason = "its commit is not in this repository";
		else if (is_ours(job, candidate))
			candidate->reason = "this commit's";
		else if (!candidate->is_made)
			candidate->reason = "no build of it is on record";
		else if (is_used(list, candidate))
			candidate->reason = "a container uses it";
		else if (run_is_held(job->run, candidate->image.id))
			candidate->reason = "a run that is under way needs it";
		else if (needs_tested && candidate->is_tested) {
			candidate->reason = "the newest that passed its tests";
			needs_tested = false;
		} else if (left-- > 0)
			candidate->reason = "image.keep";
		else if (candidate->is_later)
			candidate->reason = "a later commit's";
	}
}

static void report(struct job *job, const struct candidate *candidate, const char *reference)
{
	if (!candidate->reason && step_is_dry(job, "prune", "remove '%s' (%s): %s", reference,
					      str_size(candidate->image.size).text, STALE))
		return;
	event_emit(job->run->sink, &(struct event){
					   .type = candidate->reason ? EVENT_KEEP : EVENT_PRUNE,
					   .step = "prune",
					   .image = job->name,
					   .subject = reference,
					   .digest = candidate->image.id,
					   .detail = candidate->reason ? candidate->reason : STALE,
					   .bytes = candidate->image.size,
				   });
}

static int apply(struct job *job, struct candidate *candidate, struct error *err)
{
	AUTOFREE char *reference = str_format(err, "%s:%s", job->repository, candidate->tag);
	struct engine *engine = job->run->engine;

	if (!reference)
		return -1;
	if (!candidate->reason && !job->run->options.is_dry_run &&
	    engine->ops->remove_image(engine, reference, err)) {
		if (error_is(err, ERROR_CONFLICT))
			candidate->reason = "the engine says it is used";
		else if (error_is(err, ERROR_NOT_FOUND))
			candidate->reason = "already gone";
		else
			return error_wrap(err, "cannot remove '%s'", reference);
		error_clear(err);
	}
	report(job, candidate, reference);
	return 0;
}

int prune_repository(struct job *job, struct error *err)
{
	AUTO(candidates_release) struct candidates list = { 0 };
	struct step step = step_start(job, "prune", NULL);

	if (find_candidates(job, &list, err))
		return step_fail(&step);
	judge(job, &list);
	for (size_t i = 0; i < list.len; i++)
		if (apply(job, &list.items[i], err))
			return step_fail(&step);
	if (!job->run->options.is_dry_run && strays_drop_images(job, err))
		return step_fail(&step);
	step_done(&step, NULL);
	return 0;
}
