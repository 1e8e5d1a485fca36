/* SPDX-License-Identifier: MIT */
#include "flow/publish/blobs.h"

#include "flow/job.h"
#include "flow/publish/mount-source.h"
#include "flow/publish/blobs-known.h"
#include "flow/publish/direct.h"

/* New layers that are, unpacked, at least one of so many parts of the image go direct. */
#define DIRECT_PART 4
/* While a trial goes on, all of an image that is no larger do, */
#define AHEAD_WHOLE (32 * (int64_t)MIB)
/* and of larger ones new layers of so many bytes. */
#define AHEAD_FROM (4 * (int64_t)MIB)

struct bringing bringing_of(struct job *job, struct registry *registry,
			    const struct reference *reference)
{
	return (struct bringing){
		.engine = job->run->engine,
		.registry = registry,
		.reference = reference,
		.id = job->image.id,
		.layers = &job->image.layers,
		.size = job->image.size,
		.platform = job->platform,
		.base = mount_source_of_job(job),
		.settings = job->settings,
		.state_folder = job->run->state_folder,
		.sink = job->run->sink,
		.step = "publish",
		.image = job->name,
	};
}

/* An engine that takes layers with zstd out of a registry is not every engine. */
static void drop_unwanted(const struct bringing *bringing, struct known_layers *known)
{
	if (bringing->settings->compression != LAYER_ZSTD)
		known_layers_drop(known, "+zstd");
}

static int find_known(const struct bringing *bringing, const struct platform *platform,
		      struct known_layers *known, struct error *err)
{
	if (known_layers_of_latest(bringing->registry, platform, known, err) ||
	    known_layers_of_before(bringing->state_folder, bringing->reference, known, err))
		return -1;
	if (bringing->asks_all)
		known_layers_doubt(known);
	drop_unwanted(bringing, known);
	return 0;
}

/* Layers that have to be brought: from the lowest one on of which nothing is known. */
static size_t count_missing(const struct bringing *bringing, const struct known_layers *known)
{
	const struct strv *layers = bringing->layers;
	size_t at = 0;

	while (at < layers->len && known_layers_find(known, layers->items[at]))
		at++;
	return layers->len - at;
}

/*
 * Docker with a graph driver compresses a layer on one core, some 35 MB/s. We do it on
 * all of them, but the engine writes the whole image to its disk before it gives
 * the first byte: our way costs 11 ms for each MB of the image and 13 for each that is
 * new, the engine's 45 for the new ones alone (small files, 2 cores). Beside a trial
 * only the processor's time counts. The containerd store has its layers
 * compressed, and Podman compresses on all cores, too: there only a trial makes
 * our way the quicker one.
 */
static bool is_quicker(const struct bringing *bringing, int64_t missing)
{
	const struct engine_info *info = &bringing->engine->info;

	if (bringing->is_ahead)
		return info->has_containerd_store || missing >= AHEAD_FROM ||
		       (missing && bringing->size <= AHEAD_WHOLE);
	return info->kind == ENGINE_DOCKER && !info->has_containerd_store &&
	       missing >= bringing->size / DIRECT_PART;
}

/* No engine pushes to a folder. */
static bool has_to_be_direct(const struct bringing *bringing)
{
	return bringing->settings->publish == PUBLISH_DIRECT || bringing->is_direct ||
	       registry_is_local(bringing->registry);
}

static int choose_direct(const struct bringing *bringing, size_t missing_count, bool *ret_is_direct,
			 struct error *err)
{
	struct engine *engine = bringing->engine;
	int64_t missing;

	*ret_is_direct = has_to_be_direct(bringing);
	if (*ret_is_direct || bringing->settings->publish != PUBLISH_AUTO)
		return 0;
	/* The engine would insist on TLS. */
	if (registry_is_plain(bringing->registry)) {
		*ret_is_direct = true;
		return 0;
	}
	if (!engine->ops->measure_layers)
		return 0;
	if (!engine->ops->measure_layers(engine, bringing->id, missing_count, &missing, err)) {
		*ret_is_direct = is_quicker(bringing, missing);
		return 0;
	}
	if (error_is(err, ERROR_INTERRUPTED) || error_is(err, ERROR_MEMORY))
		return -1;
	/* A containerd store may have dropped what it measures, and can push still. */
	error_clear(err);
	return 0;
}

/* The base's layers may be at the registry, but for a folder, which is asked for its own
 * alone. Those of a parent may have come there a moment ago, under no manifest yet. If they
 * cannot be read there they are brought. */
static int look_at_base(struct bringing *bringing, const struct platform *platform,
			struct known_layers *known, struct error *err)
{
	const struct reference *base =
		registry_is_local(bringing->registry) ? NULL : bringing->base;
	AUTO(registry_freep) struct registry *registry = NULL;
	AUTO(platform_release) struct platform host = { 0 };

	if (!base || (!platform && platform_of_host(&host, err)))
		return base ? -1 : 0;
	platform = platform ? platform : &host;
	if (registry_open_beside(base, bringing->registry, &registry, err) ||
	    known_layers_of_base(registry, reference_wanted(base), platform, known, err) ||
	    known_layers_of_before(bringing->state_folder, base, known, err)) {
		if (error_is(err, ERROR_INTERRUPTED) || error_is(err, ERROR_MEMORY))
			return -1;
		error_clear(err);
		return 0;
	}
	drop_unwanted(bringing, known);
	bringing->mount_from = base->repository;
	return 0;
}

/* What we cannot do, it may: our disk may be full. */
static int leave_to_engine(const struct bringing *bringing, struct error *err)
{
	if (!error_is(err, ERROR_UNSUPPORTED) && !error_is(err, ERROR_SYSTEM))
		return -1;
	event_notice(bringing->sink, "the engine has to push the layers: %s", err->message);
	error_clear(err);
	return 0;
}

static int bring_directly(const struct bringing *bringing, const struct known_layers *known,
			  struct registry_manifest *ret_manifest, struct error *err)
{
	AUTOFREE struct descriptor *descriptors =
		calloc(bringing->layers->len + 1, sizeof(*descriptors));

	if (!descriptors)
		return error_set_memory(err);
	if (blobs_prove_known(bringing, known, descriptors, err))
		return -1;
	if (!direct_bring(bringing, descriptors, ret_manifest, err)) {
		known_layers_keep(bringing->state_folder, bringing->reference, bringing->layers,
				  ret_manifest);
		return 1;
	}
	return has_to_be_direct(bringing) ? -1 : leave_to_engine(bringing, err);
}

/* With the base's layers there may be too little left for our way. */
static int bring_missing(struct bringing *bringing, const struct platform *platform,
			 struct known_layers *known, struct registry_manifest *ret_manifest,
			 struct error *err)
{
	size_t missing = count_missing(bringing, known);
	bool is_direct;

	if (choose_direct(bringing, missing, &is_direct, err))
		return -1;
	if (!is_direct)
		return 0;
	if (look_at_base(bringing, platform, known, err))
		return -1;
	if (count_missing(bringing, known) != missing &&
	    choose_direct(bringing, count_missing(bringing, known), &is_direct, err))
		return -1;
	return is_direct ? bring_directly(bringing, known, ret_manifest, err) : 0;
}

int blobs_bring(const struct bringing *bringing, struct registry_manifest *ret_manifest,
		struct error *err)
{
	AUTO(known_layers_release) struct known_layers known = { 0 };
	AUTO(platform_release) struct platform parsed = { 0 };
	const struct platform *platform = bringing->platform ? &parsed : NULL;
	struct bringing own = *bringing;
	int status;

	if (platform && platform_parse(bringing->platform, &parsed, err))
		return -1;
	if (!bringing->engine->ops->push) {
		if (look_at_base(&own, platform, &known, err))
			return -1;
		return direct_bring(&own, NULL, ret_manifest, err) ? -1 : 1;
	}
	if (find_known(bringing, platform, &known, err))
		return -1;
	status = blobs_bring_known(bringing, &known, ret_manifest, err);
	return status ? status : bring_missing(&own, platform, &known, ret_manifest, err);
}
