/* SPDX-License-Identifier: MIT */
#include "flow/graph/graph.h"

#include "flow/key/key.h"

static const struct graph_image *find_image(const struct graph *graph, const char *name)
{
	for (size_t i = 0; i < graph->len; i++)
		if (str_equal(graph->images[i].name, name))
			return &graph->images[i];
	return NULL;
}

/* The finished image that it is, the platforms, and the parents by name, since their order
 * is that of each graph. */
static bool has_same_form(const struct graph *now, const struct graph_image *image,
			  const struct graph *then, const struct graph_image *before)
{
	if (image->jobs.len != before->jobs.len || image->parent_count != before->parent_count ||
	    !str_equal(image->settings.digest, before->settings.digest))
		return false;
	for (size_t i = 0; i < image->jobs.len; i++)
		if (!str_equal(image->jobs.items[i].platform, before->jobs.items[i].platform))
			return false;
	for (size_t i = 0; i < image->parent_count; i++) {
		const char *name = now->images[image->parents[i]].name;
		bool is_there = false;

		for (size_t j = 0; j < before->parent_count; j++)
			is_there |= str_equal(then->images[before->parents[j]].name, name);
		if (!is_there)
			return false;
	}
	return true;
}

/* 1, 0, -1. What cannot be read has changed: who builds it tells why. */
static int has_same_inputs(const struct graph_image *image, const struct graph_image *before,
			   struct error *err)
{
	AUTO(job_key_release) struct job_key now = { 0 }, then = { 0 };
	const struct key_input *a, *b;

	if (image->settings.digest)
		return 1;
	if (job_key_find_alone(&image->jobs.items[0], &now, err) ||
	    job_key_find_alone(&before->jobs.items[0], &then, err)) {
		if (!error_is(err, ERROR_INPUT))
			return -1;
		error_clear(err);
		return 0;
	}
	return !content_key_differ(&now.inputs, &then.inputs, &a, &b);
}

static int compare_image(const struct graph *graph, struct graph_image *image,
			 const struct graph *then, struct error *err)
{
	const struct graph_image *before = find_image(then, image->name);
	int status = 0;

	for (size_t i = 0; i < image->parent_count; i++)
		image->has_changed |= graph->images[image->parents[i]].has_changed;
	if (!image->has_changed && before && has_same_form(graph, image, then, before))
		status = has_same_inputs(image, before, err);
	if (status < 0)
		return -1;
	image->has_changed = !status;
	return 0;
}

int graph_compare(struct graph *graph, const struct graph *then, struct error *err)
{
	for (size_t i = 0; i < graph->len; i++)
		if (compare_image(graph, &graph->images[i], then, err))
			return -1;
	return 0;
}

void graph_keep_changed(struct graph *graph, bool with_parents)
{
	for (size_t i = 0; i < graph->len; i++)
		graph->images[i].is_wanted &= graph->images[i].has_changed;
	for (size_t i = graph->len; with_parents && i-- > 0;) {
		const struct graph_image *image = &graph->images[i];

		for (size_t j = 0; image->is_wanted && j < image->parent_count; j++)
			graph->images[image->parents[j]].is_wanted = true;
	}
}
