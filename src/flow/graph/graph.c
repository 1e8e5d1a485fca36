/* SPDX-License-Identifier: MIT */
#include "flow/graph/graph.h"

#include <string.h>

#include "base/limits.h"
#include "flow/config/configure.h"
#include "flow/config/folder-files.h"
#include "flow/graph/graph-parents.h"
#include "image/platform.h"

static void image_release(struct graph_image *image)
{
	jobs_release(&image->jobs);
	settings_release(&image->settings);
	free(image->parents);
	free(image->name);
}

void graph_release(struct graph *graph)
{
	for (size_t i = graph->len; i-- > 0;)
		image_release(&graph->images[i]);
	free(graph->images);
	*graph = (struct graph){ 0 };
}

static void drafts_release(struct drafts *drafts)
{
	for (size_t i = 0; i < drafts->len; i++) {
		struct draft *draft = &drafts->items[i];

		for (size_t j = 0; j < draft->parent_count; j++)
			free(draft->parents[j].base);
		free(draft->parents);
		reference_release(&draft->repository);
		image_release(&draft->image);
	}
	free(drafts->items);
}

/* Drafts become images, parents first. */
struct survey {
	struct run *run;
	struct drafts drafts;
	size_t *path; /* from the image that was asked for to the one that is looked at */
	size_t depth;
};

static void survey_release(struct survey *survey)
{
	drafts_release(&survey->drafts);
	free(survey->path);
}

static int init_draft(struct survey *survey, const char *name, struct error *err)
{
	struct draft *draft = &survey->drafts.items[survey->drafts.len++];
	struct settings *settings = &draft->image.settings;
	struct image_name names;
	int status;

	if (str_replace(&draft->image.name, name, err) ||
	    settings_resolve(survey->drafts.configuration, name, settings, err) ||
	    folder_files_apply(survey->run, survey->drafts.configuration, name, settings, err))
		return -1;
	if (name_repository(survey->run->repo, name, settings, &names, err))
		return -1;
	status = reference_parse(names.repository, &draft->repository, err);
	free(names.name);
	free(names.repository);
	if (status)
		return -1;
	draft->has_host = str_starts(draft->repository.name, draft->repository.host);
	return 0;
}

static int init_drafts(struct survey *survey, struct strv *known, struct error *err)
{
	if (known->len > LIMIT_IMAGES)
		return error_set(err, ERROR_INPUT, "commit %.7s has %zu images, more than %d",
				 survey->run->commit.sha, known->len, LIMIT_IMAGES);
	survey->drafts.items = calloc(known->len + 1, sizeof(*survey->drafts.items));
	survey->path = calloc(known->len + 1, sizeof(*survey->path));
	if (!survey->drafts.items || !survey->path)
		return error_set_memory(err);
	strv_sort(known);
	for (size_t i = 0; i < known->len; i++)
		if (init_draft(survey, known->items[i], err))
			return -1;
	return known->len ? 0 : init_draft(survey, NULL, err);
}

/* By which a child names its parent; NULL: not in its Dockerfile. */
static const char *find_base(const struct draft *child, size_t parent)
{
	for (size_t i = 0; i < child->parent_count; i++)
		if (child->parents[i].index == parent)
			return child->parents[i].base;
	return NULL;
}

/* "a -> b -> a" */
static int refuse_round(const struct survey *survey, size_t again, struct error *err)
{
	AUTO(buf_release) struct buf path = BUF_INIT(LIMIT_ERROR_MESSAGE);
	const struct draft *drafts = survey->drafts.items;
	const struct draft *last = &drafts[survey->path[survey->depth - 1]];
	const char *name = drafts[again].image.name, *base = find_base(last, again);

	for (size_t i = 0; i < survey->depth; i++)
		if (path.len || survey->path[i] == again)
			buf_add_format(&path, "%s -> ", drafts[survey->path[i]].image.name);
	error_set(err, ERROR_INPUT, "images stand on each other: %s%s", path.data, name);
	if (!base)
		return error_hint(err, "remove image.%s.parent = %s", last->image.name, name);
	return error_hint(err,
			  "the Dockerfile of '%s' names '%s'; if that is to be a foreign image, "
			  "give it its registry, its tag or its digest",
			  last->image.name, base);
}

/* As deep as there are images. */
static int visit(struct survey *survey, size_t index, struct error *err)
{
	struct draft *draft = &survey->drafts.items[index];
	struct graph_image *image = &draft->image;

	if (draft->state == DRAFT_DONE)
		return 0;
	if (draft->state == DRAFT_VISITED)
		return refuse_round(survey, index, err);
	draft->state = DRAFT_VISITED;
	survey->path[survey->depth++] = index;
	if (jobs_open(survey->run, image->name, &image->settings, &image->jobs, err))
		return -1;
	/* What is pinned is never built. */
	if (!image->settings.digest && draft_find_parents(&survey->drafts, draft, err))
		return -1;
	for (size_t i = 0; i < draft->parent_count; i++) {
		size_t parent = draft->parents[i].index;

		if (visit(survey, parent, err))
			return -1;
		if (image->level <= survey->drafts.items[parent].image.level)
			image->level = survey->drafts.items[parent].image.level + 1;
	}
	image->is_wanted = true;
	draft->state = DRAFT_DONE;
	survey->depth--;
	return 0;
}

static int visit_named(struct survey *survey, const struct strv *names, struct error *err)
{
	for (size_t i = 0; i < survey->drafts.len; i++) {
		struct graph_image *image = &survey->drafts.items[i].image;

		image->is_named = !names->len || (image->name && strv_has(names, image->name));
		if (image->is_named && visit(survey, i, err))
			return -1;
	}
	return 0;
}

/* Moves those that were visited; what they lend to their jobs moves with them. */
static int place(struct survey *survey, struct graph *graph, struct error *err)
{
	graph->images = calloc(survey->drafts.len, sizeof(*graph->images));
	if (!graph->images)
		return error_set_memory(err);
	for (size_t level = 0, left = survey->drafts.len; left; level++) {
		left = 0;
		for (size_t i = 0; i < survey->drafts.len; i++) {
			struct draft *draft = &survey->drafts.items[i];
			struct graph_image *image = &graph->images[graph->len];

			if (draft->state != DRAFT_DONE || draft->image.level != level) {
				left += draft->state == DRAFT_DONE && draft->image.level > level;
				continue;
			}
			draft->place = graph->len++;
			*image = draft->image;
			draft->image = (struct graph_image){ .level = level };
			for (size_t j = 0; j < image->jobs.len; j++)
				image->jobs.items[j].settings = &image->settings;
		}
	}
	return 0;
}

static bool is_for_same_platform(const struct job *a, const struct job *b)
{
	AUTO(platform_release) struct platform first = { 0 }, second = { 0 };
	struct error ignored = { 0 };

	if (str_equal(a->platform, b->platform))
		return true;
	return !(a->platform ? platform_parse(a->platform, &first, &ignored)
			     : platform_of_host(&first, &ignored)) &&
	       !(b->platform ? platform_parse(b->platform, &second, &ignored)
			     : platform_of_host(&second, &ignored)) &&
	       platform_matches(&first, &second);
}

static struct job *find_job(const struct graph_image *parent, const struct job *child)
{
	for (size_t i = 0; i < parent->jobs.len; i++)
		if (is_for_same_platform(&parent->jobs.items[i], child))
			return &parent->jobs.items[i];
	return NULL;
}

static int refuse_platform(const struct graph_image *image, const struct graph_image *parent,
			   const struct job *job, struct error *err)
{
	const char *platform = job->platform ? job->platform : "the engine's own platform";

	error_set(err, ERROR_INPUT, "'%s' is for %s, but its parent '%s' is not", image->name,
		  platform, parent->name);
	return error_hint(err, "image.%s.platform has to name it too", parent->name);
}

/* The parents of one job, which are for its platform. */
static int link_job(const struct graph *graph, const struct draft *draft,
		    const struct survey *survey, struct job *job, struct error *err)
{
	const struct graph_image *image = &graph->images[draft->place];

	job->parents = calloc(draft->parent_count + 1, sizeof(*job->parents));
	if (!job->parents)
		return error_set_memory(err);
	for (size_t i = 0; i < draft->parent_count; i++) {
		const struct draft_parent *from = &draft->parents[i];
		const struct graph_image *parent =
			&graph->images[survey->drafts.items[from->index].place];
		struct job *found = find_job(parent, job);

		if (!found && from->base && !draft->is_crossed)
			return refuse_platform(image, parent, job, err);
		job->parents[i].job = found ? found : &parent->jobs.items[0];
		job->parent_count++;
		if (str_replace(&job->parents[i].base, from->base, err))
			return -1;
	}
	return 0;
}

static int compare_indices(const void *a, const void *b)
{
	size_t x = *(const size_t *)a, y = *(const size_t *)b;

	return (x > y) - (x < y);
}

/* Each once, in order: several bases may name one image. */
static int link_image(const struct survey *survey, const struct draft *draft,
		      struct graph_image *image, struct error *err)
{
	size_t count = 0;

	image->parents = calloc(draft->parent_count + 1, sizeof(*image->parents));
	if (!image->parents)
		return error_set_memory(err);
	for (size_t i = 0; i < draft->parent_count; i++)
		image->parents[i] = survey->drafts.items[draft->parents[i].index].place;
	qsort(image->parents, draft->parent_count, sizeof(*image->parents), compare_indices);
	for (size_t i = 0; i < draft->parent_count; i++)
		if (!i || image->parents[i] != image->parents[i - 1])
			image->parents[count++] = image->parents[i];
	image->parent_count = count;
	return 0;
}

static int link_all(const struct survey *survey, struct graph *graph, struct error *err)
{
	for (size_t i = 0; i < survey->drafts.len; i++) {
		const struct draft *draft = &survey->drafts.items[i];
		struct graph_image *image = &graph->images[draft->place];

		if (draft->state != DRAFT_DONE || !draft->parent_count)
			continue;
		if (link_image(survey, draft, image, err))
			return -1;
		for (size_t j = 0; j < image->jobs.len; j++)
			if (link_job(graph, draft, survey, &image->jobs.items[j], err))
				return -1;
	}
	return 0;
}

static int check_names(const struct run *run, const struct configuration *configuration,
		       const struct strv *known, const struct strv *names, struct error *err)
{
	for (size_t i = 0; i < names->len; i++) {
		if (strv_has(known, names->items[i]))
			continue;
		error_set(err, ERROR_INPUT, "no image '%s' in commit %.7s", names->items[i],
			  run->commit.sha);
		return configuration_hint_image(configuration, names->items[i], err);
	}
	return 0;
}

int graph_open(struct run *run, const struct configuration *configuration, const struct strv *names,
	       struct graph *ret_graph, struct error *err)
{
	AUTO(survey_release)
	struct survey survey = { .run = run, .drafts.configuration = configuration };
	AUTO(graph_release) struct graph graph = { 0 };
	AUTO(strv_release) struct strv known = { 0 };

	if (configuration_images(configuration, &known, err) ||
	    check_names(run, configuration, &known, names, err) ||
	    init_drafts(&survey, &known, err) || visit_named(&survey, names, err) ||
	    place(&survey, &graph, err) || link_all(&survey, &graph, err))
		return -1;
	*ret_graph = graph;
	graph = (struct graph){ 0 };
	return 0;
}
