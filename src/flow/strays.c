/* SPDX-License-Identifier: MIT */
#include "flow/strays.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/str.h"
#include "base/time.h"
#include "engine/stamp.h"
#include "flow/build/build.h"
#include "flow/build/identity.h"

int strays_label(const struct run *run, int64_t lifetime_ms, struct strmap *labels,
		 struct error *err)
{
	char deadline[24];

	snprintf(deadline, sizeof(deadline), "%" PRId64, time_now() + lifetime_ms / 1000);
	if (strmap_set(labels, LABEL_RUN, run->id.text, err) ||
	    strmap_set(labels, LABEL_HOST, run->host.text, err) ||
	    strmap_set(labels, LABEL_BOOT, run->boot.text, err) ||
	    strmap_set(labels, LABEL_DEADLINE, deadline, err))
		return -1;
	return 0;
}

static bool is_stray(const struct run *run, const struct engine_container *container)
{
	const char *id = strmap_get(&container->labels, LABEL_RUN);
	const char *host = strmap_get(&container->labels, LABEL_HOST);
	const char *boot = strmap_get(&container->labels, LABEL_BOOT);
	const char *deadline = strmap_get(&container->labels, LABEL_DEADLINE);
	int64_t ends_at;

	if (!id || !host || !boot || !deadline)
		return false;
	if (!str_equal(host, run->host.text))
		return str_to_int(deadline, 0, INT64_MAX, &ends_at) && ends_at < time_now();
	return !str_equal(boot, run->boot.text) || !run_is_alive(run, id);
}

/* A container inherits its image's labels: then the label is not ours. */
static bool is_inherited(struct engine *engine, const struct engine_container *container)
{
	AUTO(engine_image_release) struct engine_image image = { 0 };
	struct error ignored = { 0 };

	if (engine->ops->inspect_image(engine, container->image_id, &image, &ignored))
		return !error_is(&ignored, ERROR_NOT_FOUND);
	return strmap_get(&image.labels, LABEL_RUN);
}

char *strays_image_tag(const struct run *run, const char *id, struct error *err)
{
	return str_format(err, "%.16s-%s-%.12s", run->host.text, run->id.text,
			  id + strlen("sha256:"));
}

/* The tag has our host, and a run that is dead. */
static bool is_stray_image(const struct run *run, const char *name)
{
	struct slice tag = slice_of(name), repository, host, id;
	char run_id[sizeof(run->id.text)];

	if (!slice_cut(&tag, ':', &repository) ||
	    (!slice_is(repository, STRAYS_IMAGE) && !slice_is(repository, STRAYS_BASE)))
		return false;
	if (!slice_cut(&tag, '-', &host) || !slice_cut(&tag, '-', &id) || host.len != 16 ||
	    strncmp(host.data, run->host.text, host.len) != 0)
		return false;
	snprintf(run_id, sizeof(run_id), "%.*s", (int)id.len, id.data);
	return !run_is_alive(run, run_id);
}

static int sweep_image(struct run *run, struct engine *engine, const struct engine_image *image,
		       struct error *err)
{
	for (size_t i = 0; i < image->tags.len; i++) {
		const char *name = image->tags.items[i];

		if (!is_stray_image(run, name))
			continue;
		event_notice(run->sink, "removing '%s', left by a run that was killed", name);
		if (!engine->ops->remove_image(engine, name, err))
			continue;
		/* Somebody else was quicker, or uses it. */
		if (!error_is(err, ERROR_NOT_FOUND) && !error_is(err, ERROR_CONFLICT))
			return error_wrap(err, "cannot remove '%s'", name);
		error_clear(err);
	}
	return 0;
}

int strays_sweep_images(struct run *run, struct engine *engine, const char *repository,
			struct error *err)
{
	AUTO(engine_image_list_release) struct engine_image_list list = { 0 };

	if (engine->ops->list_images(engine, repository, false, &list, err))
		return error_wrap(err, "cannot look for images of dead runs");
	for (size_t i = 0; i < list.len; i++)
		if (sweep_image(run, engine, &list.items[i], err))
			return -1;
	return 0;
}

int strays_sweep(struct run *run, struct engine *engine, struct error *err)
{
	AUTO(engine_container_list_release) struct engine_container_list list = { 0 };

	if (engine->ops->list_containers(engine, LABEL_RUN, &list, err))
		return error_wrap(err, "cannot look for containers of dead runs");
	for (size_t i = 0; i < list.len; i++) {
		const struct engine_container *container = &list.items[i];

		if (!is_stray(run, container) || is_inherited(engine, container))
			continue;
		event_notice(run->sink, "removing container %.12s, left by a run that was killed",
			     container->id);
		if (engine->ops->remove_container(engine, container->id, err))
			return error_wrap(err, "cannot remove container %.12s", container->id);
	}
	return engine == run->engine ? 0 : strays_sweep_images(run, engine, STRAYS_IMAGE, err);
}

int strays_drop_images(struct job *job, struct error *err)
{
	AUTO(engine_image_list_release) struct engine_image_list list = { 0 };
	struct engine *engine = job->run->engine;

	if (engine->ops->list_images(engine, NULL, true, &list, err))
		return -1;
	for (size_t i = 0; i < list.len; i++) {
		const struct strmap *labels = &list.items[i].labels;

		if (str_equal(strmap_get(labels, LABEL_REPOSITORY), job->repository) ||
		    str_equal(strmap_get(labels, ENGINE_CONTENT_LABEL), job->repository))
			drop_untagged(job, list.items[i].id);
	}
	return 0;
}
