/* SPDX-License-Identifier: MIT */
#include "flow/archive/save.h"

#include "flow/build/build.h"
#include "flow/publish/direct.h"

#define LAYOUT_PREFIX "oci:"

static int check_one_platform(const struct jobs *jobs, const char *file, struct error *err)
{
	if (jobs->len == 1)
		return 0;
	error_set(err, ERROR_INPUT, "'%s' is for %zu platforms: '%s' has room for one",
		  jobs->items[0].repository, jobs->len, file);
	return error_hint(err, "--platform names one; 'git image publish --to oci:FOLDER' takes "
			       "them all");
}

static int find_image(struct job *job, struct error *err)
{
	if (run_engine(job->run, err) || run_begin(job->run, err) || plan_job(job, err))
		return -1;
	if (job->image.id || job->run->options.is_dry_run)
		return 0;
	error_set(err, ERROR_INPUT, "'%s' is not built", job->reference);
	return error_hint(err, "'git image build' builds it, 'git image make' does all");
}

/* In a layout that is there the tag may be another commit's. */
static int check_holder(struct job *job, struct registry *registry, struct error *err)
{
	AUTO(registry_image_release) struct registry_image held = REGISTRY_IMAGE_INIT;
	int status = registry_read_image(registry, job->tag, job->settings->sha_env, &held, err);

	if (status <= 0)
		return status;
	if (image_commit_is(&held.commit, job->sha))
		return 0;
	return error_set(err, ERROR_CONFLICT, "'%s' holds commit %s there, not %s", job->reference,
			 held.commit.sha[0] ? held.commit.sha : "(none)", job->sha);
}

static int write_image(struct job *job, const char *target, struct error *err)
{
	AUTO(registry_manifest_release) struct registry_manifest manifest = REGISTRY_MANIFEST_INIT;
	AUTO(registry_freep) struct registry *registry = NULL;
	AUTO(reference_release) struct reference reference = { 0 };
	struct bringing bringing;

	if (reference_parse(job->reference, &reference, err) ||
	    registry_open_target(target, &reference, &registry, err) ||
	    check_holder(job, registry, err))
		return -1;
	bringing = bringing_of(job, registry, &reference);
	bringing.step = "save";
	if (direct_bring(&bringing, NULL, &manifest, err) ||
	    registry_adapt_manifest(registry, &manifest, err) ||
	    registry_put_manifest(registry, job->tag, &manifest, err))
		return -1;
	return registry_finish(registry, err);
}

int save_image(struct jobs *jobs, const char *file, struct error *err)
{
	struct job *job = &jobs->items[0];
	AUTOFREE char *target = str_starts(file, LAYOUT_PREFIX)
					? str_copy(file, err)
					: str_format(err, "docker-archive:%s", file);
	struct step step;

	if (!target || check_one_platform(jobs, file, err) || find_image(job, err))
		return -1;
	if (step_is_dry(job, "save", "save '%s' to '%s'", job->reference, file))
		return 0;
	step = step_start(job, "save", NULL);
	if (write_image(job, target, err)) {
		error_wrap(err, "cannot save '%s'", job->reference);
		return step_fail(&step);
	}
	step_done(&step, file);
	return 0;
}
