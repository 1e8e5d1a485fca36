/* SPDX-License-Identifier: MIT */
#include "flow/key/reuse.h"

#include <string.h>

#include "base/str.h"
#include "flow/build/identity.h"
#include "flow/ensure/pull.h"
#include "flow/key/key-tags.h"

void reuse_release(struct reuse *reuse)
{
	key_found_release(&reuse->found);
	free(reuse->why);
	*reuse = (struct reuse){ 0 };
}

static int choose(struct reuse *reuse, enum reuse_way way, const char *why, struct error *err)
{
	reuse->way = way;
	return str_replace(&reuse->why, why, err);
}

static const struct record *find_build(const struct job *job, const struct record_list *list)
{
	for (size_t i = 0; i < list->len; i++)
		if (list->items[i].kind == RECORD_BUILD && list->items[i].inputs.len &&
		    str_equal(list->items[i].image, job->name) &&
		    str_equal(list->items[i].id, job->image.id))
			return &list->items[i];
	return NULL;
}

/* Of what is noted as a hash only the own ones can be compared. */
static bool is_comparable(const struct record *build, const char *name, const char *value)
{
	return !str_starts(name, "base/") && !str_starts(name, "frontend/") &&
	       (build->is_sealed || (value && !str_is_hex(value, 64)));
}

static const char *find_difference(const struct record *build, const struct strmap *a,
				   const struct strmap *b)
{
	for (size_t i = 0; i < a->len; i++) {
		const struct strmap_entry *entry = &a->entries[i];

		if (is_comparable(build, entry->key, entry->value) &&
		    !str_equal(entry->value, strmap_get(b, entry->key)))
			return entry->key;
	}
	return NULL;
}

/* "build arg/PORT" becomes "build arg 'PORT' is not ...". */
static int tell_difference(const char *name, struct reuse *reuse, struct error *err)
{
	const char *slash = strchr(name, '/');
	AUTOFREE char *why = NULL;

	if (!slash || !slash[1])
		why = str_format(err, "the image that is there was made of another %.*s",
				 (int)strcspn(name, "/"), name);
	else
		why = str_format(err, "the image that is there was made with another %.*s '%s'",
				 (int)(slash - name), name, slash + 1);
	reuse->is_replacement = true;
	return why ? choose(reuse, REUSE_BUILD, why, err) : -1;
}

/* An engine or registry is not asked for that. */
static int compare(struct job *job, const struct record *build, struct reuse *reuse,
		   struct error *err)
{
	AUTO(job_key_release) struct job_key now = { 0 };
	AUTO(strmap_release) struct strmap note = { 0 };
	const char *difference;

	if (job_key_find_own(job, &now, err) || key_note(&now.inputs, &job->run->seal, &note, err))
		return -1;
	difference = now.unknown ? NULL : find_difference(build, &note, &build->inputs);
	if (!difference && !now.unknown)
		difference = find_difference(build, &build->inputs, &note);
	return difference ? tell_difference(difference, reuse, err) : 0;
}

static int judge_own(struct job *job, struct reuse *reuse, struct error *err)
{
	const struct record_list *list;
	const struct record *build;

	if (choose(reuse, REUSE_KEEP, "already built", err))
		return -1;
	if (job->is_dirty)
		return 0;
	if (run_records(job->run, &list, err))
		return -1;
	build = find_build(job, list);
	if (build && compare(job, build, reuse, err))
		return -1;
	if (reuse->way != REUSE_KEEP)
		return 0;
	context_free(TAKE(job->context));
	return job_key_take(job, err);
}

/* Why nothing is to be looked for; NULL: it is. Only a build has a cache to export. */
static const char *must_build(const struct job *job)
{
	const struct run_options *options = &job->run->options;

	if (options->ignores_cache)
		return "--no-cache";
	if (options->pulls_bases)
		return "--pull";
	if (options->rebuilds)
		return "--rebuild";
	return job->settings->cache_to.len ? "its cache is to be exported" : NULL;
}

/* Once nothing is found by what was remembered, what is asked for now is looked up. */
static int look_up(struct job *job, struct key_found *found, struct error *err)
{
	int status;

	if (key_lookup(job, found, err))
		return -1;
	if (found->place)
		return 0;
	status = job_key_renew(job, err);
	if (status <= 0)
		return status;
	key_found_release(found);
	return key_lookup(job, found, err);
}

static int find_other(struct job *job, struct reuse *reuse, struct error *err)
{
	const char *forced = must_build(job);
	struct key_found *found = &reuse->found;

	if (forced)
		return job_key_keep(job, err) || job_key_renew(job, err) < 0
			       ? -1
			       : choose(reuse, REUSE_BUILD, forced, err);
	if (look_up(job, found, err))
		return -1;
	if (found->place == KEY_FOUND_REGISTRY && !job->run->engine->ops->pull)
		return choose(reuse, REUSE_BUILD, "the engine cannot pull", err);
	if (found->place)
		return choose(reuse, REUSE_STAMP, found->why, err);
	/* Why it is built although it is there was said before. */
	return reuse->is_replacement ? 0 : choose(reuse, REUSE_BUILD, found->why, err);
}

int reuse_choose(struct job *job, struct reuse *ret_reuse, struct error *err)
{
	AUTO(reuse_release) struct reuse reuse = { .way = REUSE_BUILD };
	const struct run_options *options = &job->run->options;

	if (job->image.id && !options->ignores_cache && !options->pulls_bases &&
	    !options->rebuilds && judge_own(job, &reuse, err))
		return -1;
	if (reuse.way == REUSE_BUILD && find_other(job, &reuse, err))
		return -1;
	*ret_reuse = reuse;
	reuse = (struct reuse){ 0 };
	return 0;
}

/* After the classic builder the parent is what was built; the stamped image itself
 * is as good where a stamp replaces the one before. */
static int take_content(struct job *job, const char *id, const char *parent, struct error *err)
{
	context_free(TAKE(job->context));
	job->is_from_buildkit = !parent && job->run->engine->info.kind != ENGINE_PODMAN;
	job->content_id = str_copy(parent ? parent : id, err);
	return job->content_id ? 1 : -1;
}

/* The engine has checked every byte, so that it is the image whose config was read. */
static int pull_content(struct job *job, const char *name, struct error *err)
{
	AUTO(engine_image_release) struct engine_image image = { 0 };
	struct engine *engine = job->run->engine;
	const struct pull pull = { .engine = engine,
				   .sink = job->run->sink,
				   .reference = name,
				   .platform = job->platform,
				   .image = job->name };
	AUTOFREE char *id = NULL;

	if (pull_image(&pull, &id, err) || engine->ops->inspect_image(engine, id, &image, err))
		return -1;
	if (!key_is_of(job, &image))
		return error_set(err, ERROR_PROTOCOL, "'%s' is not what the registry said", name);
	job->is_pulled = true;
	return take_content(job, image.id, image.parent, err);
}

/* Without it the image is built: that is not worth a failure. */
static int pull_or_not(struct job *job, const struct reuse *reuse, struct error *err)
{
	if (pull_content(job, reuse->found.reference, err) >= 0) {
		step_skip(job, "build", reuse->why);
		return 1;
	}
	if (error_is(err, ERROR_INTERRUPTED) || error_is(err, ERROR_MEMORY))
		return -1;
	event_notice(job->run->sink, "it is built instead: %s", err->message);
	error_clear(err);
	return 0;
}

void reuse_keep(const struct job *job)
{
	const struct run *run = job->run;
	const char *key = strmap_get(&job->image.labels, LABEL_KEY);

	if (key && job->image.id && !run->options.is_dry_run)
		key_tags_keep(run->state_folder, job->repository, key, job->tag, job->image.id);
}

int reuse_take(struct job *job, const struct reuse *reuse, struct error *err)
{
	if (reuse->is_replacement && reuse->way == REUSE_BUILD)
		event_notice(job->run->sink, "'%s': %s", job->reference, reuse->why);
	if (reuse->found.is_disappointed)
		event_notice(job->run->sink, "%s", reuse->found.why);
	if (reuse->way != REUSE_STAMP)
		return 0;
	if (reuse->found.place == KEY_FOUND_LOCAL) {
		step_skip(job, "build", reuse->why);
		return take_content(job, reuse->found.id, reuse->found.parent, err);
	}
	if (step_is_dry(job, "pull", "pull '%s'", reuse->found.reference))
		return 1;
	return pull_or_not(job, reuse, err);
}
