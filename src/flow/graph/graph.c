/* SPDX-License-Identifier: MIT */
#include "flow/graph/graph.h"

#include <string.h>

#include "flow/config/folder-files.h"

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

static int refuse_name(const struct run *run, const char *name, struct error *err)
{
	return error_set(err, ERROR_INPUT,
			 "no image '%s' in commit %.7s: there is no section [image \"%s\"] in its "
			 ".gitimage",
			 name, run->commit.sha, name);
}

static int check_names(const struct run *run, const struct strv *known, const struct strv *names,
		       struct error *err)
{
	for (size_t i = 0; i < names->len; i++)
		if (!strv_has(known, names->items[i]))
			return refuse_name(run, names->items[i], err);
	return 0;
}

static int add_image(struct graph *graph, struct run *run,
		     const struct configuration *configuration, const char *name, struct error *err)
{
	struct graph_image *image = &graph->images[graph->len++];

	image->is_named = true;
	image->is_wanted = true;
	if (str_replace(&image->name, name, err) ||
	    settings_resolve(configuration, name, &image->settings, err) ||
	    folder_files_apply(run, configuration, name, &image->settings, err))
		return -1;
	return jobs_open(run, name, &image->settings, &image->jobs, err);
}

int graph_open(struct run *run, const struct configuration *configuration, const struct strv *names,
	       struct graph *ret_graph, struct error *err)
{
	AUTO(graph_release) struct graph graph = { 0 };
	AUTO(strv_release) struct strv known = { 0 };

	if (configuration_images(configuration, &known, err) ||
	    check_names(run, &known, names, err))
		return -1;
	graph.images = calloc(known.len + 1, sizeof(*graph.images));
	if (!graph.images)
		return error_set_memory(err);
	if (!known.len && add_image(&graph, run, configuration, NULL, err))
		return -1;
	for (size_t i = 0; i < known.len; i++)
		if ((!names->len || strv_has(names, known.items[i])) &&
		    add_image(&graph, run, configuration, known.items[i], err))
			return -1;
	*ret_graph = graph;
	graph = (struct graph){ 0 };
	return 0;
}
