/* SPDX-License-Identifier: MIT */
#include "flow/archive/save.h"

#include "flow/build/build.h"
#include "flow/build/identity.h"
#include "flow/publish/direct.h"
#include "flow/publish/platform-index.h"

#define DOCKER_PREFIX "docker-archive:"

/* An image on its way into a file. */
struct saving {
	struct jobs *jobs;
	const char *target;
	char *tag; /* :<sha7>, of all platforms */
	struct reference reference;
	struct registry *registry;
	struct registry_manifest *manifests; /* of each platform */
};

static void saving_release(struct saving *saving)
{
	for (size_t i = 0; saving->manifests && i < saving->jobs->len; i++)
		registry_manifest_release(&saving->manifests[i]);
	free(saving->manifests);
	registry_free(saving->registry);
	reference_release(&saving->reference);
	free(saving->tag);
}

static bool has_prefix(const char *file)
{
	return str_starts(file, "oci:") || str_starts(file, "oci-archive:") ||
	       str_starts(file, DOCKER_PREFIX);
}

bool save_is_stdout(const char *file)
{
	const char *colon = has_prefix(file) ? strchr(file, ':') : NULL;

	return !strcmp(colon ? colon + 1 : file, "-");
}

static int check_platforms(const struct jobs *jobs, const char *target, struct error *err)
{
	if (jobs->len == 1 || !str_starts(target, DOCKER_PREFIX))
		return 0;
	error_set(err, ERROR_INPUT, "'%s' is for %zu platforms: a Docker archive has room for one",
		  jobs->items[0].repository, jobs->len);
	return error_hint(err, "-o oci-archive:FILE and -o oci:FOLDER take them all; --platform "
			       "names one");
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
static int check_holder(const struct saving *saving, struct error *err)
{
	AUTO(registry_image_release) struct registry_image held = REGISTRY_IMAGE_INIT;
	const struct job *job = &saving->jobs->items[0];
	int status = registry_read_image(saving->registry, saving->tag, job->settings->sha_env,
					 &held, err);

	if (status <= 0)
		return status;
	if (image_commit_is(&held.commit, job->sha))
		return 0;
	return error_set(err, ERROR_CONFLICT, "'%s:%s' holds commit %s there, not %s",
			 job->repository, saving->tag,
			 held.commit.sha[0] ? held.commit.sha : "(none)", job->sha);
}

static int open_target(struct saving *saving, struct error *err)
{
	const struct job *job = &saving->jobs->items[0];
	size_t count = saving->jobs->len;

	saving->tag = job->is_secondary ? identity_tag(job->settings, job->sha, err)
					: str_copy(job->tag, err);
	saving->manifests = calloc(count, sizeof(*saving->manifests));
	if (!saving->manifests)
		return error_set_memory(err);
	for (size_t i = 0; i < count; i++)
		saving->manifests[i] = (struct registry_manifest)REGISTRY_MANIFEST_INIT;
	if (!saving->tag || reference_parse(job->reference, &saving->reference, err))
		return -1;
	return registry_open_target(saving->target, &saving->reference, &saving->registry, err);
}

/* Its blobs. */
static int bring(const struct saving *saving, size_t i, struct error *err)
{
	struct registry_manifest *manifest = &saving->manifests[i];
	struct bringing bringing =
		bringing_of(&saving->jobs->items[i], saving->registry, &saving->reference);

	bringing.step = "save";
	return direct_bring(&bringing, NULL, manifest, err)
		       ? -1
		       : registry_adapt_manifest(saving->registry, manifest, err);
}

/* Of several platforms each has its digest alone, and their index the tag. */
static int put_index(const struct saving *saving, struct error *err)
{
	AUTO(registry_manifest_release) struct registry_manifest index = REGISTRY_MANIFEST_INIT;
	size_t count = saving->jobs->len;
	AUTOFREE const struct registry_manifest **all = calloc(count, sizeof(*all));

	if (!all)
		return error_set_memory(err);
	for (size_t i = 0; i < count; i++) {
		all[i] = &saving->manifests[i];
		if (registry_put_manifest(saving->registry, all[i]->digest.text, all[i], err))
			return -1;
	}
	if (platform_index_of(saving->jobs, all, &index, err))
		return -1;
	return registry_put_manifest(saving->registry, saving->tag, &index, err);
}

static int write_image(struct saving *saving, struct error *err)
{
	if (open_target(saving, err) || check_holder(saving, err))
		return -1;
	for (size_t i = 0; i < saving->jobs->len; i++)
		if (bring(saving, i, err))
			return -1;
	if (saving->jobs->len > 1
		    ? put_index(saving, err)
		    : registry_put_manifest(saving->registry, saving->tag, saving->manifests, err))
		return -1;
	return registry_finish(saving->registry, err);
}

int save_image(struct jobs *jobs, const char *file, struct error *err)
{
	struct job *job = &jobs->items[0];
	AUTOFREE char *target =
		has_prefix(file) ? str_copy(file, err) : str_format(err, DOCKER_PREFIX "%s", file);
	AUTO(saving_release) struct saving saving = { .jobs = jobs, .target = target };
	struct step step;

	if (!target || check_platforms(jobs, target, err))
		return -1;
	for (size_t i = 0; i < jobs->len; i++)
		if (find_image(&jobs->items[i], err))
			return -1;
	if (step_is_dry(job, "save", "save '%s' to '%s'", job->reference, file))
		return 0;
	step = step_start(job, "save", NULL);
	if (write_image(&saving, err)) {
		error_wrap(err, "cannot save '%s'", job->reference);
		return step_fail(&step);
	}
	step_done(&step, file);
	return 0;
}
