/* SPDX-License-Identifier: MIT */
#include "flow/build/parents.h"

#include <string.h>

#include "base/interrupt.h"
#include "codec/digest.h"
#include "context/bases.h"
#include "engine/stamp.h"
#include "flow/build/identity.h"
#include "flow/ensure/ensure-remote.h"
#include "flow/ensure/pull.h"
#include "flow/strays.h"
#include "image/config.h"

/* A parent on its way to a name. */
struct parent {
	struct parents *parents;
	const struct job *job; /* it is done, and nobody's now */
	char *tag;	       /* of STRAYS_BASE */
	char *name;	       /* what to write */
};

static void parent_release(struct parent *parent)
{
	free(parent->tag);
	free(parent->name);
}

/* One for each parent of each build of each run. */
static int choose_tag(struct parent *parent, struct error *err)
{
	const struct job *child = parent->parents->job;
	AUTOFREE char *text = str_format(err, "%s\n%s", child->reference, parent->job->image.id);
	struct digest_text hash;

	if (!text || digest_of(slice_of(text), &hash, err))
		return -1;
	parent->tag = strays_image_tag(child->run, hash.text, err);
	return parent->tag ? 0 : -1;
}

/* From now on it is ours to remove, whether or not it is there yet. In full: Podman
 * guesses short ones. */
static int claim_name(struct parent *parent, struct error *err)
{
	if (choose_tag(parent, err))
		return -1;
	parent->name =
		str_format(err, REFERENCE_DOCKER_HUB "/library/" STRAYS_BASE ":%s", parent->tag);
	return parent->name ? strv_add(&parent->parents->made, parent->name, err) : -1;
}

/* The stamped image without its commit: one content gives one image. */
static int remove_stamp(struct parent *parent, struct error *err)
{
	static const char *const keys[] = { LABEL_REVISION,   LABEL_CREATED, LABEL_SOURCE,
					    LABEL_VERSION,    LABEL_TITLE,   LABEL_REF_NAME,
					    LABEL_REPOSITORY, LABEL_STAMP,   LABEL_KEY };
	struct engine *engine = parent->parents->job->run->engine;
	AUTO(strmap_release) struct strmap labels = { 0 }, env = { 0 };
	AUTOFREE char *id = NULL;

	for (size_t i = 0; i < ARRAY_SIZE(keys); i++)
		if (strmap_set(&labels, keys[i], "", err))
			return -1;
	/* By this a later run knows it, should nothing name it any more. */
	if (strmap_set(&labels, ENGINE_CONTENT_LABEL, parent->job->repository, err) ||
	    strmap_set(&env, parent->job->settings->sha_env, "", err))
		return -1;
	return engine->ops->stamp(engine,
				  &(struct engine_stamp){ .content_id = parent->job->image.id,
							  .env = &env,
							  .labels = &labels,
							  .repository = STRAYS_BASE,
							  .tag = parent->tag,
							  .is_from_buildkit = true },
				  &id, err);
}

/* Does the builder take an image by its ID? */
static bool takes_ids(const struct job *job)
{
	const struct engine_info *info = &job->run->engine->info;

	return info->kind == ENGINE_PODMAN || !info->has_buildkit ||
	       job->settings->builder == BUILDER_CLASSIC;
}

static int take_local(struct parent *parent, struct error *err)
{
	const struct job *child = parent->parents->job;
	struct engine *engine = child->run->engine;
	AUTO(engine_image_release) struct engine_image image = { 0 };

	if (engine->ops->inspect_image(engine, parent->job->image.id, &image, err))
		return -1;
	/* What the classic builder made is the stamped one's parent. */
	if (image.parent && takes_ids(child)) {
		parent->name = str_copy(image.parent + strlen("sha256:"), err);
		return parent->name ? 0 : -1;
	}
	if (strays_sweep_images(child->run, engine, STRAYS_BASE, err) || claim_name(parent, err))
		return -1;
	return image.parent
		       ? engine->ops->tag_image(engine, image.parent, STRAYS_BASE, parent->tag, err)
		       : remove_stamp(parent, err);
}

static int refuse_unpublished(const struct parent *parent, struct error *err)
{
	error_set(err, ERROR_INPUT,
		  "'%s' is not published, and a BuildKit daemon takes images from registries alone",
		  parent->job->reference);
	return error_hint(err, "publish it first: git image release %s", parent->job->name);
}

/* By digest, so that it is what was judged. */
static int take_published(struct parent *parent, struct error *err)
{
	const struct job *job = parent->job;
	const struct ensure_wanted wanted = {
		.tag = job->platform_tag ? job->platform_tag : job->tag,
		.is_commit = true,
	};
	struct registry_digest digest = { "" };
	int status = job_has_registry(job) ? ensure_find_remote(job, &wanted, &digest, err) : 0;

	if (status <= 0)
		return status ? -1 : refuse_unpublished(parent, err);
	parent->name = str_format(err, "%s@%s", job->repository, digest.text);
	return parent->name ? 0 : -1;
}

/* What is pinned is somebody's image, and stays as it is. */
static int take_pinned(struct parent *parent, struct error *err)
{
	const struct job *child = parent->parents->job, *job = parent->job;
	struct engine *engine = child->run->engine;

	if (engine->info.kind == ENGINE_BUILDKIT)
		parent->name = str_copy(job->reference, err);
	else if (takes_ids(child))
		parent->name = str_copy(job->image.id + strlen("sha256:"), err);
	else if (strays_sweep_images(child->run, engine, STRAYS_BASE, err) ||
		 claim_name(parent, err) ||
		 engine->ops->tag_image(engine, job->image.id, STRAYS_BASE, parent->tag, err))
		return -1;
	return parent->name ? 0 : -1;
}

static int take_parent(struct parent *parent, bool is_local, struct error *err)
{
	if (parent->job->settings->digest)
		return take_pinned(parent, err);
	return is_local ? take_local(parent, err) : take_published(parent, err);
}

static int add_parent(struct parents *parents, const struct job_parent *from, struct error *err)
{
	AUTO(parent_release) struct parent parent = { .parents = parents, .job = from->job };
	bool is_local = parents->job->run->engine->info.kind != ENGINE_BUILDKIT;

	if (is_local && !from->job->image.id)
		return error_set(err, ERROR_INPUT, "there is no '%s' yet", from->job->reference);
	if (take_parent(&parent, is_local, err))
		return -1;
	return strmap_set(&parents->names, from->base, parent.name, err);
}

int parents_open(struct job *job, struct parents *ret_parents, struct error *err)
{
	AUTO(parents_release) struct parents parents = { .job = job };

	for (size_t i = 0; i < job->parent_count; i++) {
		const struct job_parent *parent = &job->parents[i];

		if (!parent->base || strmap_get(&parents.names, parent->base))
			continue;
		if (add_parent(&parents, parent, err))
			return error_wrap(err, "parent '%s'", parent->job->name);
	}
	*ret_parents = parents;
	parents = (struct parents){ 0 };
	return 0;
}

bool parents_are_local(const struct parents *parents)
{
	return parents->names.len && parents->job->run->engine->info.kind != ENGINE_BUILDKIT;
}

/* The last name takes along what only it holds. */
void parents_release(struct parents *parents)
{
	bool was_shielded = interrupt_shield(true);

	for (size_t i = 0; i < parents->made.len; i++) {
		struct engine *engine = parents->job->run->engine;
		struct error ignored = { 0 };

		if (engine->ops->remove_image(engine, parents->made.items[i], &ignored))
			error_clear(&ignored); /* the next run removes what is left */
	}
	interrupt_shield(was_shielded);
	strv_release(&parents->made);
	strmap_release(&parents->names);
}

int parents_pull_others(const struct parents *parents, const struct strmap *build_args,
			struct error *err)
{
	const struct job *job = parents->job;
	AUTO(strv_release) struct strv bases = { 0 };

	if (dockerfile_known_bases(context_dockerfile(job->context), job->settings->target,
				   build_args, &bases, err))
		return -1;
	for (size_t i = 0; i < bases.len; i++) {
		const struct pull pull = { .engine = job->run->engine,
					   .sink = job->run->sink,
					   .reference = bases.items[i],
					   .platform = job->platform,
					   .image = job->name };
		AUTOFREE char *id = NULL;

		if (!strmap_get(&parents->names, bases.items[i]) && pull_image(&pull, &id, err))
			return -1;
	}
	return 0;
}
