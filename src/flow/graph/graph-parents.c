/* SPDX-License-Identifier: MIT */
#include "flow/graph/graph-parents.h"

#include <limits.h>
#include <string.h>

#include "context/bases.h"
#include "flow/build/build.h"

static int add_parent(struct draft *draft, const char *base, size_t index, struct error *err)
{
	struct draft_parent *grown =
		realloc(draft->parents, (draft->parent_count + 1) * sizeof(*grown));

	if (!grown)
		return error_set_memory(err);
	draft->parents = grown;
	grown[draft->parent_count] = (struct draft_parent){ .index = index };
	if (str_replace(&grown[draft->parent_count].base, base, err))
		return -1;
	draft->parent_count++;
	return 0;
}

static bool is_ours(const struct reference *reference)
{
	return !reference->digest && (!reference->tag || !strcmp(reference->tag, "latest"));
}

/* One that nobody else can have published is meant only as it is written. */
static bool names_repository(const struct reference *reference, const struct draft *draft)
{
	if (!draft->has_host)
		return !strcmp(reference->name, draft->repository.name);
	return reference_is_same_repository(reference, &draft->repository);
}

/* The other image that a base names, by its name rather than by its repository; -1: none. */
static int find_base(const struct drafts *drafts, const struct draft *draft,
		     const struct reference *reference)
{
	int found = -1;

	for (size_t i = 0; i < drafts->len; i++) {
		const struct draft *other = &drafts->items[i];

		if (other == draft)
			continue;
		if (!strcmp(other->image.name, reference->name))
			return (int)i;
		if (found < 0 && names_repository(reference, other))
			found = (int)i;
	}
	return found;
}

/* Should the base not be had, the image of this repository that may be meant. */
static int note_slip(const struct drafts *drafts, struct draft *draft, const char *base,
		     const struct reference *reference, struct error *err)
{
	struct jobs *jobs = &draft->image.jobs;
	const char *nearest = NULL;
	unsigned least = UINT_MAX;

	for (size_t i = 0; i < drafts->len; i++) {
		const char *name = drafts->items[i].image.name;

		if (&drafts->items[i] != draft && str_is_nearer(reference->name, name, &least))
			nearest = name;
	}
	for (size_t i = 0; nearest && i < jobs->len; i++)
		if (strmap_set(&jobs->items[i].slips, base, nearest, err))
			return -1;
	return 0;
}

/* What the engine has as the base is what it will have as :latest of this image. */
static int refuse_itself(const struct draft *draft, const char *base,
			 const struct strmap *build_args, struct error *err)
{
	const struct job *job = &draft->image.jobs.items[0];
	const char *name = draft->image.name;
	int line;

	if (dockerfile_base_line(context_dockerfile(job->context), build_args, base, &line, err))
		return -1;
	error_set(err, ERROR_INPUT,
		  "%s:%d: '%s'%s is the name of this image itself: its :latest would be built on "
		  "itself again and again",
		  context_dockerfile_path(job->context), line, base,
		  str_equal(job->settings->base, base) ? " (image.base)" : "");
	return error_hint(
		err,
		"give the image another name (image.%s%srepository or image.registry), or "
		"name the base by another tag or its digest",
		name ? name : "", name ? "." : "");
}

static int add_base(const struct drafts *drafts, struct draft *draft, const char *base,
		    const struct strmap *build_args, struct error *err)
{
	AUTO(reference_release) struct reference reference = { 0 };
	int index = -1;

	if (!reference_parse(base, &reference, err)) {
		if (is_ours(&reference))
			index = find_base(drafts, draft, &reference);
		if (index < 0 && is_ours(&reference) &&
		    reference_is_same_repository(&reference, &draft->repository))
			return refuse_itself(draft, base, build_args, err);
		if (index < 0 && is_ours(&reference) &&
		    note_slip(drafts, draft, base, &reference, err))
			return -1;
	} else if (error_is(err, ERROR_INPUT)) {
		error_clear(err);
	} else {
		return -1;
	}
	return index < 0 ? 0 : add_parent(draft, base, (size_t)index, err);
}

static int add_bases(const struct drafts *drafts, struct draft *draft, struct error *err)
{
	struct job *job = &draft->image.jobs.items[0];
	const struct dockerfile *dockerfile = context_dockerfile(job->context);
	AUTO(strmap_release) struct strmap build_args = { 0 };
	AUTO(strv_release) struct strv bases = { 0 };

	for (size_t i = 0; i < dockerfile->stage_count; i++)
		draft->is_crossed |= dockerfile->stages[i].platform != NULL;
	if (build_find_args(job, &build_args, err) ||
	    dockerfile_known_bases(dockerfile, job->settings->target, &build_args, &bases, err))
		return -1;
	for (size_t i = 0; i < bases.len; i++)
		if (add_base(drafts, draft, bases.items[i], &build_args, err))
			return -1;
	return 0;
}

static bool has_parent(const struct draft *draft, size_t index)
{
	for (size_t i = 0; i < draft->parent_count; i++)
		if (draft->parents[i].index == index)
			return true;
	return false;
}

static int add_named(const struct drafts *drafts, struct draft *draft, const char *name,
		     struct error *err)
{
	for (size_t i = 0; i < drafts->len; i++)
		if (!strcmp(drafts->items[i].image.name, name))
			return has_parent(draft, i) ? 0 : add_parent(draft, NULL, i, err);
	error_set(err, ERROR_INPUT, "'image.%s.parent': no image '%s' in commit %.7s",
		  draft->image.name, name, draft->image.jobs.items[0].run->commit.sha);
	return configuration_hint_image(drafts->configuration, name, err);
}

int draft_find_parents(const struct drafts *drafts, struct draft *draft, struct error *err)
{
	const struct strv *named = &draft->image.settings.parents;

	if (job_open_context(&draft->image.jobs.items[0], err)) {
		if (!error_is(err, ERROR_INPUT))
			return -1;
		error_clear(err);
	} else if (add_bases(drafts, draft, err)) {
		return -1;
	}
	for (size_t i = 0; i < named->len; i++)
		if (add_named(drafts, draft, named->items[i], err))
			return -1;
	return 0;
}
