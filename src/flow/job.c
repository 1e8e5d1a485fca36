/* SPDX-License-Identifier: MIT */
#include "flow/job.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/str.h"
#include "base/time.h"
#include "flow/build/identity.h"
#include "flow/config/configure.h"
#include "flow/publish/ahead.h"
#include "image/reference.h"

/* The work tree's tag needs its content, hence its context. */
static int name_dirty(struct job *job, struct error *err)
{
	const struct commit *commit = &job->run->commit;
	AUTOFREE char *clean = NULL;
	struct digest_text hash;

	if (job_open_context(job, err) || context_worktree_hash(job->context, &hash, err))
		return -1;
	job->is_dirty = true;
	job->sha = str_format(err, "%s-dirty", commit->sha);
	clean = identity_tag(job->settings, commit->sha, err);
	if (!clean)
		return -1;
	job->tag = str_format(err, "%s-dirty-%.8s", clean, hash.text + strlen("sha256:"));
	return job->sha && job->tag ? 0 : -1;
}

static int name_clean(struct job *job, struct error *err)
{
	const struct commit *commit = &job->run->commit;

	job->sha = str_copy(commit->sha, err);
	job->tag = identity_tag(job->settings, commit->sha, err);
	return job->sha && job->tag ? 0 : -1;
}

/* "linux/arm64" becomes the "linux-arm64" of a tag. */
static int name_platform(struct job *job, struct error *err)
{
	char *slash;

	job->platform_tag = str_format(err, "%s-%s", job->tag, job->platform);
	if (!job->platform_tag)
		return -1;
	for (slash = job->platform_tag; (slash = strchr(slash, '/')); slash++)
		*slash = '-';
	return job->is_secondary ? str_replace(&job->tag, job->platform_tag, err) : 0;
}

int job_init(struct job *job, struct run *run, const struct job_subject *subject, struct error *err)
{
	const struct settings *settings = subject->settings;
	struct image_name names;

	job->run = run;
	job->settings = settings;
	job->platform = subject->platform;
	job->is_secondary = subject->is_secondary;
	job->is_exempt = job->platform && strv_has(&settings->untested_platforms, job->platform);
	if (name_repository(run->repo, subject->name, settings, &names, err))
		return -1;
	job->name = names.name;
	job->repository = names.repository;
	if (run->options.uses_worktree ? name_dirty(job, err) : name_clean(job, err))
		return -1;
	if (settings->platforms.len > 1 && !job->is_dirty && name_platform(job, err))
		return -1;
	job->reference = settings->digest
				 ? str_format(err, "%s@%s", job->repository, settings->digest)
				 : str_format(err, "%s:%s", job->repository, job->tag);
	job->latest = str_format(err, "%s:latest", job->repository);
	/* To what stands on it. */
	if (settings->digest && str_replace(&job->key, settings->digest, err))
		return -1;
	return job->reference && job->latest ? 0 : -1;
}

bool job_has_registry(const struct job *job)
{
	AUTO(reference_release) struct reference reference = { 0 };
	struct error ignored = { 0 };

	if (job->settings->to)
		return true;
	return !reference_parse(job->repository, &reference, &ignored) &&
	       str_starts(reference.name, reference.host);
}

int job_open_registry(const struct job *job, const struct reference *reference,
		      struct registry **ret_registry, struct error *err)
{
	const struct registry_options options =
		settings_registry_options(job->settings, job->run->sink);

	if (job->settings->to)
		return registry_open_target(job->settings->to, reference, ret_registry, err);
	return registry_open(reference, &options, ret_registry, err);
}

void job_release(struct job *job)
{
	ahead_free(job->ahead);
	context_free(job->context);
	reference_release(&job->mount_source);
	engine_image_release(&job->image);
	record_list_release(&job->records);
	if (job->lock_fd >= 0)
		close(job->lock_fd);
	free(job->name);
	free(job->repository);
	free(job->sha);
	free(job->tag);
	free(job->platform_tag);
	free(job->reference);
	free(job->latest);
	free(job->key);
	free(job->why_no_key);
	strmap_release(&job->key_inputs);
	strmap_release(&job->slips);
	free(job->content_id);
	free(job->trial_id);
	free(job->trial_image);
	for (size_t i = 0; i < job->parent_count; i++)
		free(job->parents[i].base);
	free(job->parents);
	*job = (struct job)JOB_INIT;
}

int job_lock(struct job *job, struct error *err)
{
	if (job->run->options.is_dry_run || job->lock_fd >= 0)
		return 0;
	return run_lock(job->run, job->repository, &job->lock_fd, err);
}

void job_unlock(struct job *job)
{
	if (job->lock_fd >= 0 && job->is_needed && job->image.id)
		run_hold(job->run, job->image.id);
	cleanup_close(&job->lock_fd);
	job->lock_fd = -1;
}

int job_open_context(struct job *job, struct error *err)
{
	const struct settings *settings = job->settings;

	if (job->context)
		return 0;
	return context_open(
		&(struct context_options){
			.repo = job->run->repo,
			.tree_sha = job->run->commit.tree,
			.commit_sha = job->run->commit.sha,
			.memo_folder = job->run->state_folder,
			.folder = strcmp(settings->context, ".") ? settings->context : "",
			.dockerfile = settings->dockerfile,
			.base = settings->base,
			.base_stage = settings->variant_stage,
			.files = &settings->files,
			.allow_submodules = settings->submodules == SUBMODULES_EMPTY,
			.allow_lfs = settings->lfs == LFS_KEEP,
			.from_worktree = job->run->options.uses_worktree,
		},
		&job->context, err);
}

struct record *job_add_record(struct job *job, enum record_kind kind, struct error *err)
{
	struct record_list *list = &job->records;
	struct record *items = realloc(list->items, (list->len + 1) * sizeof(*items)), *record;

	if (!items) {
		error_set_memory(err);
		return NULL;
	}
	list->items = items;
	record = &items[list->len++];
	*record = (struct record){ .kind = kind };
	record->run = str_copy(job->run->id.text, err);
	record->image = str_copy(job->name, err);
	record->id = str_copy(job->image.id, err);
	record->at = str_copy(time_rfc3339(time_now()).text, err);
	if (kind == RECORD_BUILD && strmap_copy(&record->inputs, &job->key_inputs, err))
		return NULL;
	if (str_replace(&record->key, strmap_get(&job->image.labels, LABEL_KEY), err))
		return NULL;
	return record->run && record->image && record->id && record->at ? record : NULL;
}

static void emit(struct job *job, enum event_type type, const char *step, const char *detail,
		 int64_t elapsed_ms)
{
	event_emit(job->run->sink, &(struct event){
					   .type = type,
					   .step = step,
					   .image = job->name,
					   .subject = job->reference,
					   .digest = job->image.id,
					   .detail = detail,
					   .elapsed_ms = elapsed_ms,
				   });
}

struct step step_start(struct job *job, const char *name, const char *detail)
{
	emit(job, EVENT_STEP_START, name, detail, 0);
	return (struct step){ .job = job, .name = name, .started_ms = time_monotonic_ms() };
}

void step_done(const struct step *step, const char *detail)
{
	emit(step->job, EVENT_STEP_DONE, step->name, detail,
	     time_monotonic_ms() - step->started_ms);
}

int step_fail(const struct step *step)
{
	emit(step->job, EVENT_STEP_FAIL, step->name, NULL, time_monotonic_ms() - step->started_ms);
	return -1;
}

void step_skip(struct job *job, const char *name, const char *why)
{
	emit(job, EVENT_STEP_SKIP, name, why, 0);
}

bool step_is_dry(struct job *job, const char *name, const char *format, ...)
{
	char text[LIMIT_ERROR_MESSAGE];
	va_list args;

	if (!job->run->options.is_dry_run)
		return false;
	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	emit(job, EVENT_STEP_PLAN, name, text, 0);
	return true;
}
