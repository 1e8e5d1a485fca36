/* SPDX-License-Identifier: MIT */
#include "flow/publish/publish.h"

#include "base/str.h"
#include "flow/build/identity.h"
#include "flow/index/index.h"
#include "flow/publish/ahead.h"
#include "flow/publish/forward.h"
#include "flow/publish/known.h"
#include "flow/publish/publish-extra.h"
#include "flow/publish/publish-tag.h"
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
	for (size_t i = 0; publication->parts && i < publication->jobs->len; i++) {
		struct publication *part = &publication->parts[i];

		part->registry = NULL;
		part->reference = (struct reference){ 0 };
		publication_release(part);
	}
	free(publication->parts);
	publish_extra_release(publication);
	registry_manifest_release(&publication->held);
	registry_manifest_release(&publication->manifest);
	registry_free(publication->registry);
	reference_release(&publication->reference);
	free(publication->tag);
	free(publication->name);
	*publication = (struct publication)PUBLICATION_INIT;
}

static int check_tested(struct job *job, struct error *err)
{
	if (job->is_tested)
		return 0;
	if (job->is_exempt) {
		event_notice(job->run->sink, "'%s' is published untested: image.untestedPlatforms",
			     job->reference);
		return 0;
	}
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
	return check_tested(job, err);
}

int publish_check_registry(const struct job *job, struct error *err)
{
	if (job_has_registry(job))
		return 0;
	error_set(err, ERROR_INPUT, "no registry is set for '%s'", job->repository);
	return error_hint(err, "git config image.registry HOST[/NAMESPACE]");
}

static int open_registry(struct publication *publication, struct error *err)
{
	struct job *job = publication->job;

	if (reference_parse(job->reference, &publication->reference, err) ||
	    publish_check_registry(job, err))
		return -1;
	if (job->ahead) {
		if (ahead_await(job->ahead, err))
			return -1;
		publication->registry = ahead_take_registry(job->ahead);
		return 0;
	}
	return job_open_registry(job, &publication->reference, &publication->registry, err);
}

int publication_init(struct publication *publication, struct jobs *jobs, struct error *err)
{
	struct job *job = &jobs->items[0];

	*publication = (struct publication)PUBLICATION_INIT;
	publication->job = job;
	publication->jobs = jobs->len > 1 ? jobs : NULL;
	/* Of several platforms the plain tag names their index, also where the
	 * first one's own tag is its platform's. */
	if (job->is_secondary)
		publication->tag = identity_tag(job->settings, job->sha, err);
	else
		publication->tag = str_copy(job->tag, err);
	if (publication->tag)
		publication->name = str_format(err, "%s:%s", job->repository, publication->tag);
	return publication->name ? publish_extra_init(publication, err) : -1;
}

static int check_all(struct publication *publication,
		     int (*check)(struct job *job, struct error *err), struct error *err)
{
	struct jobs *jobs = publication->jobs;

	for (size_t i = 0; jobs && i < jobs->len; i++)
		if (check(&jobs->items[i], err))
			return -1;
	return jobs ? 0 : check(publication->job, err);
}

/* A dry run refuses what the real one would, as far as it is known without the image. */
static int plan(struct publication *publication, struct error *err)
{
	struct jobs *jobs = publication->jobs;
	struct job *job = publication->job;

	if (check_all(publication, check_tested, err) || publish_check_registry(job, err))
		return -1;
	for (size_t i = 0; jobs && i < jobs->len; i++)
		step_is_dry(&jobs->items[i], "publish", "publish '%s:%s'", job->repository,
			    jobs->items[i].platform_tag);
	step_is_dry(job, "publish", "publish '%s', then '%s' if it may move", publication->name,
		    job->latest);
	for (size_t i = 0; i < publication->tags.len; i++)
		step_is_dry(job, "publish", "publish '%s:%s'%s", job->repository,
			    publication->tags.items[i].name,
			    publication->tags.items[i].is_moving ? " if it may move" : "");
	return 0;
}

static int begin(struct publication *publication, struct error *err)
{
	publication->step = step_start(publication->job, "publish", NULL);
	if (check_all(publication, check_publishable, err) || open_registry(publication, err))
		return -1;
	if (publication->jobs ? publish_index_open(publication, err)
			      : publish_tag_look(publication, err))
		return -1;
	return publish_extra_open(publication, err);
}

static int end_step(struct publication *publication)
{
	if (publication->step.job)
		step_fail(&publication->step);
	publication->step.job = NULL;
	return -1;
}

/* Says which one failed, and that its step has ended. */
static int finish(struct publication *publication, int status, struct error *err)
{
	if (!status)
		return 0;
	error_wrap(err, "cannot publish '%s'", publication->name);
	return end_step(publication);
}

static bool is_dry(const struct publication *publication)
{
	return publication->job->run->options.is_dry_run;
}

int publish_open(struct publication *publication, struct error *err)
{
	return finish(publication,
		      is_dry(publication) ? plan(publication, err) : begin(publication, err), err);
}

int publish_blobs(struct publication *publication, struct error *err)
{
	int status;

	if (is_dry(publication))
		return 0;
	status = publication->jobs ? publish_index_bring(publication, err)
				   : publish_tag_bring(publication, err);
	publication->is_pushed = !publish_tag_is_known(publication);
	return finish(publication, status, err);
}

int publish_tags(struct publication *publication, struct error *err)
{
	int status;

	if (is_dry(publication))
		return 0;
	status = publication->jobs ? publish_index_put(publication, err)
				   : publish_tag_put(publication, err);
	if (!status)
		status = publish_extra_put(publication, err);
	return finish(publication, status, err);
}

int publish_latest(struct publication *publication, struct error *err)
{
	if (is_dry(publication))
		return 0;
	return finish(publication, forward_move(publication, err), err);
}

static enum latest_outcome latest_outcome(const struct publication *publication)
{
	return publication->moving[publication->moving_len - 1].outcome;
}

static int add_record(const struct publication *publication, struct job *job, struct error *err)
{
	struct record *record = job_add_record(job, RECORD_PUBLICATION, err);

	if (!record || str_replace(&record->reference, publication->name, err) ||
	    str_replace(&record->digest, publication->manifest.digest.text, err) ||
	    str_replace(&record->latest, latest_outcome_name(latest_outcome(publication)), err))
		return -1;
	record->is_untested = !job->is_tested;
	record->is_forced = job->run->options.moves_latest;
	return 0;
}

static int add_records(const struct publication *publication, struct error *err)
{
	struct jobs *jobs = publication->jobs;

	/* A file on this machine is no publication that others would find. */
	if (publication->job->settings->to)
		return 0;
	for (size_t i = 0; jobs && i < jobs->len; i++)
		if (add_record(publication, &jobs->items[i], err))
			return -1;
	return jobs ? 0 : add_record(publication, publication->job, err);
}

static void report(const struct publication *publication, const char *reference, bool was_there)
{
	const struct job *job = publication->job;

	event_emit(job->run->sink,
		   &(struct event){ .type = EVENT_PUBLISHED,
				    .step = "publish",
				    .image = job->name,
				    .subject = reference,
				    .digest = publication->manifest.digest.text,
				    .detail = was_there ? "already published" : NULL });
}

static void report_all(const struct publication *publication)
{
	report(publication, publication->name, publication->was_there);
	for (size_t i = 0; i < publication->fixed_len; i++)
		report(publication, publication->fixed[i].name, publication->fixed[i].was_there);
	for (size_t i = 0; i < publication->moving_len; i++) {
		const struct moving_tag *moving = &publication->moving[i];

		if (moving->outcome == LATEST_MOVED || moving->outcome == LATEST_ALREADY)
			report(publication, moving->reference, moving->outcome == LATEST_ALREADY);
	}
}

/* The next commit's image has most of these layers too. */
static void keep_layers(const struct publication *publication)
{
	const struct job *job = publication->job;

	if (job->settings->to)
		return;
	for (size_t i = 0; publication->parts && i < publication->jobs->len; i++)
		keep_layers(&publication->parts[i]);
	if (!publication->parts)
		known_layers_keep(job->run->state_folder, &publication->reference,
				  &job->image.layers, &publication->manifest);
}

int publish_confirm(struct publication *publication, struct error *err)
{
	if (is_dry(publication))
		return 0;
	keep_layers(publication);
	if (forward_confirm(publication, err) || registry_finish(publication->registry, err))
		return end_step(publication);
	report_all(publication);
	if (add_records(publication, err) || index_note(publication, err))
		return end_step(publication);
	step_done(&publication->step, publication->job->settings->to);
	publication->step.job = NULL;
	return 0;
}
