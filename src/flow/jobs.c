/* SPDX-License-Identifier: MIT */
#include "flow/jobs.h"

#include "base/str.h"
#include "image/platform.h"

void jobs_release(struct jobs *jobs)
{
	for (size_t i = 0; i < jobs->len; i++)
		job_release(&jobs->items[i]);
	free(jobs->items);
	*jobs = (struct jobs){ 0 };
}

/* Index of the platform that the host runs; -1: none of them. */
static int find_own(const struct strv *platforms)
{
	AUTO(platform_release) struct platform own = { 0 };
	struct error ignored = { 0 };

	return platform_of_host(&own, &ignored) ? -1 : platform_find(platforms, 0, &own);
}

/* An index cannot tell linux/arm64 from linux/arm64/v8. */
static int check_differ(const struct strv *platforms, struct error *err)
{
	for (size_t i = 0; i < platforms->len; i++) {
		AUTO(platform_release) struct platform platform = { 0 };
		int same;

		if (platform_parse(platforms->items[i], &platform, err))
			return -1;
		same = platform_find(platforms, i + 1, &platform);
		if (same < 0)
			continue;
		error_set(err, ERROR_INPUT, "image.platform: '%s' and '%s' are the same",
			  platforms->items[i], platforms->items[same]);
		return error_hint(err, "name one of them, in image.untestedPlatforms too");
	}
	return 0;
}

static int add(struct jobs *jobs, struct run *run, const struct job_subject *subject,
	       struct error *err)
{
	struct job *job = &jobs->items[jobs->len++];

	*job = (struct job)JOB_INIT;
	return job_init(job, run, subject, err);
}

/* All but the one at `own`, which stands first already. */
static int add_others(struct jobs *jobs, struct run *run, const struct job_subject *subject,
		      int own, struct error *err)
{
	const struct strv *platforms = &subject->settings->platforms;

	for (size_t i = 0; i < platforms->len; i++)
		if ((int)i != own &&
		    add(jobs, run,
			&(struct job_subject){ .name = subject->name,
					       .settings = subject->settings,
					       .platform = platforms->items[i],
					       .is_secondary = platforms->len > 1 },
			err))
			return -1;
	return 0;
}

int jobs_open(struct run *run, const char *name, const struct settings *settings,
	      struct jobs *ret_jobs, struct error *err)
{
	const struct strv *platforms = &settings->platforms;
	struct job_subject subject = { .name = name, .settings = settings };
	AUTO(jobs_release) struct jobs jobs = { 0 };
	int own = find_own(platforms);

	if (check_differ(platforms, err))
		return -1;
	if (run->options.uses_worktree && platforms->len && own < 0)
		own = 0;
	jobs.items = calloc(platforms->len + 1, sizeof(*jobs.items));
	if (!jobs.items)
		return error_set_memory(err);
	subject.platform = own < 0 ? NULL : platforms->items[own];
	if ((own >= 0 || !platforms->len) && add(&jobs, run, &subject, err))
		return -1;
	if (!run->options.uses_worktree && add_others(&jobs, run, &subject, own, err))
		return -1;
	*ret_jobs = jobs;
	jobs = (struct jobs){ 0 };
	return 0;
}
