/* SPDX-License-Identifier: MIT */
#include "flow/trial/trial-engine.h"

#include "flow/build/identity.h"
#include "flow/strays.h"

static bool is_elsewhere(const struct job *job)
{
	return job->trial_engine && job->trial_engine != job->run->engine;
}

/* Engines name an image by its configuration or by its manifest, so that an ID proves
 * nothing from one to the other: stamp and layers do. */
static int check_copy(struct job *job, struct error *err)
{
	AUTO(engine_image_release) struct engine_image image = { 0 };
	struct engine *engine = job->trial_engine;
	bool is_same;

	if (engine->ops->inspect_image(engine, job->trial_image, &image, err))
		return -1;
	is_same = str_equal(identity_sha(&image, job->settings->sha_env), job->sha) &&
		  image.layers.len == job->image.layers.len;
	for (size_t i = 0; is_same && i < image.layers.len; i++)
		is_same = !strcmp(image.layers.items[i], job->image.layers.items[i]);
	if (!is_same)
		return error_set(err, ERROR_SYSTEM, "'%s' came to %s as another image",
				 job->reference, engine->info.url);
	return 0;
}

static int take_there(struct job *job, struct error *err)
{
	AUTOFREE char *tag = strays_image_tag(job->run, job->image.id, err);
	struct engine *engine = job->trial_engine;

	job->trial_image = tag ? str_format(err, STRAYS_IMAGE ":%s", tag) : NULL;
	if (!job->trial_image)
		return -1;
	return engine->ops->load_image(engine,
				       &(struct engine_load){ .from = job->run->engine,
							      .id = job->image.id,
							      .name = job->trial_image },
				       err);
}

int trial_engine_open(struct job *job, struct error *err)
{
	struct step step;

	if (run_trial_engine(job->run, &job->trial_engine, err))
		return -1;
	if (!is_elsewhere(job))
		return str_replace(&job->trial_image, job->image.id, err);
	if (step_is_dry(job, "load", "take '%s' to %s", job->reference,
			job->trial_engine->info.url))
		return 0;
	step = step_start(job, "load", job->trial_engine->info.url);
	if (take_there(job, err) || check_copy(job, err)) {
		error_wrap(err, "cannot take '%s' to %s", job->reference,
			   job->trial_engine->info.url);
		return step_fail(&step);
	}
	step_done(&step, NULL);
	return 0;
}

int trial_engine_leave(struct job *job, struct error *err)
{
	AUTOFREE char *name = TAKE(job->trial_image);
	struct engine *engine = job->trial_engine;

	if (!name || !is_elsewhere(job) || !engine->ops->remove_image(engine, name, err))
		return 0;
	if (!error_is(err, ERROR_NOT_FOUND)) /* it never came there */
		return error_wrap(err, "cannot remove '%s'", name);
	error_clear(err);
	return 0;
}
