/* SPDX-License-Identifier: MIT */
#include "flow/build/build.h"

#include <string.h>

#include "base/str.h"
#include "flow/build/identity.h"
#include "flow/trial/retest.h"
#include "image/config.h"

static int refuse_holder(struct job *job, const char *holds, struct error *err)
{
	error_set(err, ERROR_CONFLICT, "'%s' holds %s, not commit %s", job->reference, holds,
		  job->sha);
	return error_hint(err, "remove that tag, or set image.shaLength to more than %d",
			  (int)job->settings->sha_length);
}

/* The tag must be free, or hold an image that we stamped with this commit: SHA, the label for
 * everybody and the stamp agree on it, and the stamp on the layers. Whoever adds no layer to
 * ours passes; of that only the record of its ID tells. */
static int check_holder(struct job *job, struct error *err)
{
	const char *name = job->settings->sha_env;
	const char *claimed = image_env_get(&job->image.env, name);
	const char *revision = strmap_get(&job->image.labels, LABEL_REVISION);
	const char *sha = identity_sha(&job->image, name);
	AUTOFREE char *holds = NULL;

	if (str_equal(sha, job->sha) && str_equal(revision, job->sha))
		return 0;
	if (claimed && strcmp(claimed, job->sha))
		holds = str_format(err, "commit %s", claimed);
	else if (sha)
		holds = str_format(err, "an image whose label '" LABEL_REVISION "' says '%s'",
				   revision ? revision : "");
	else
		holds = str_format(err, "an image that git-image did not stamp");
	return holds ? refuse_holder(job, holds, err) : -1;
}

static int look_up_trial(struct job *job, struct error *err)
{
	const struct settings *settings = job->settings;
	const struct record_list *list;
	const struct record *trial;

	if (job->is_dirty)
		return 0;
	if (run_records(job->run, &list, err))
		return -1;
	trial = record_find_trial(list, job->name, job->image.id, settings->trust == TRUST_ALL);
	job->is_tested = retest_accepts(settings, trial);
	return 0;
}

int plan_inspected(struct job *job, struct error *err)
{
	if (!job->image.id || job->settings->digest)
		return 0;
	return check_holder(job, err) ? -1 : look_up_trial(job, err);
}

int plan_inspect(struct job *job, struct engine *engine, struct error *err)
{
	return engine_find_image(engine, job->reference, &job->image, err) < 0 ? -1 : 0;
}

int plan_job(struct job *job, struct error *err)
{
	return plan_inspect(job, job->run->engine, err) ? -1 : plan_inspected(job, err);
}
