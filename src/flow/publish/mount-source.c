/* SPDX-License-Identifier: MIT */
#include "flow/publish/mount-source.h"

#include <string.h>

#include "context/bases.h"
#include "flow/build/build.h"

/* What a name in the Dockerfile stands for: "base" may be another image of this commit, which
 * the builder is given by that name, and no repository of a public registry. */
static const char *meaning_of(const struct job *job, const char *name)
{
	for (size_t i = 0; i < job->parent_count; i++)
		if (str_equal(job->parents[i].base, name))
			return job->parents[i].job->reference;
	return name;
}

static int find(struct job *job, struct error *err)
{
	AUTO(reference_release) struct reference own = { 0 }, base = { 0 };
	AUTO(strmap_release) struct strmap build_args = { 0 };
	AUTOFREE char *text = NULL;
	int status;

	if (reference_parse(job->reference, &own, err) || job_open_context(job, err) ||
	    build_find_args(job, &build_args, err))
		return -1;
	status = dockerfile_base_of(context_dockerfile(job->context), job->settings->target,
				    &build_args, &text, err);
	if (status <= 0)
		return status;
	if (reference_parse(meaning_of(job, text), &base, err))
		return -1;
	if (strcmp(base.host, own.host) || !strcmp(base.repository, own.repository))
		return 0;
	job->mount_source = base;
	base = (struct reference){ 0 };
	return 0;
}

const struct reference *mount_source_of_job(struct job *job)
{
	struct error ignored = { 0 };

	/* Without it more is sent, nothing else. */
	if (!job->has_mount_source && !find(job, &ignored))
		job->has_mount_source = true;
	return job->mount_source.repository ? &job->mount_source : NULL;
}
