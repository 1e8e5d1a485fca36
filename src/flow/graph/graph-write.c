/* SPDX-License-Identifier: MIT */
#include "flow/graph/graph-write.h"

#include <string.h>

/* GitHub refuses a matrix of more. */
#define GITHUB_MATRIX_MAX 256

/* A wanted image. */
struct node {
	const struct graph_image *image;
	const char *name; /* as it is called, also without a section */
	const char *word; /* what the command line takes for it */
	size_t *parents;  /* nodes; the last one is done last */
	size_t parent_count;
};

struct view {
	struct node *nodes; /* parents first */
	size_t len;
	const char *commit;
};

static void view_release(struct view *view)
{
	for (size_t i = 0; i < view->len; i++)
		free(view->nodes[i].parents);
	free(view->nodes);
}

static int init_node(struct node *node, const struct graph_image *image, const size_t *places,
		     const struct graph *graph, struct error *err)
{
	*node = (struct node){
		.image = image,
		.name = image->name ? image->name : image->jobs.items[0].name,
		.word = image->name ? image->name : "",
		.parents = calloc(image->parent_count + 1, sizeof(*node->parents)),
	};
	if (!node->parents)
		return error_set_memory(err);
	for (size_t i = 0; i < image->parent_count; i++)
		if (graph->images[image->parents[i]].is_wanted)
			node->parents[node->parent_count++] = places[image->parents[i]];
	return 0;
}

static int view_open(struct view *view, const struct graph *graph, struct error *err)
{
	AUTOFREE size_t *places = calloc(graph->len, sizeof(*places));

	view->commit = graph->images[0].jobs.items[0].run->commit.sha;
	view->nodes = calloc(graph->len, sizeof(*view->nodes));
	if (!places || !view->nodes)
		return error_set_memory(err);
	for (size_t i = 0; i < graph->len; i++) {
		if (!graph->images[i].is_wanted)
			continue;
		places[i] = view->len++;
		if (init_node(&view->nodes[places[i]], &graph->images[i], places, graph, err))
			return -1;
	}
	return 0;
}

static bool is_child(const struct node *node, size_t parent)
{
	for (size_t i = 0; i < node->parent_count; i++)
		if (node->parents[i] == parent)
			return true;
	return false;
}

/* The next child from `begin` on; the number of nodes: there is none. */
static size_t next_child(const struct view *view, size_t parent, size_t begin)
{
	while (begin < view->len && !is_child(&view->nodes[begin], parent))
		begin++;
	return begin;
}

/* Each with its own children once, below its last parent. `indent` stands before all. */
static void write_children(const struct view *view, size_t parent, struct buf *indent,
			   struct buf *out)
{
	size_t next, len = indent->len;

	for (size_t i = next_child(view, parent, 0); i < view->len; i = next) {
		const struct node *node = &view->nodes[i];
		size_t last = node->parents[node->parent_count - 1];

		next = next_child(view, parent, i + 1);
		buf_add_format(out, "%s%s%s", indent->data, next < view->len ? "├── " : "└── ",
			       node->name);
		if (last != parent) {
			buf_add_format(out, " (below %s)\n", view->nodes[last].name);
			continue;
		}
		buf_add_char(out, '\n');
		buf_add_text(indent, next < view->len ? "│   " : "    ");
		write_children(view, i, indent, out);
		buf_truncate(indent, len);
	}
}

static void write_text(const struct view *view, struct buf *out)
{
	AUTO(buf_release) struct buf indent = BUF_INIT(8 * LIMIT_IMAGES);

	for (size_t i = 0; i < view->len; i++) {
		if (view->nodes[i].parent_count)
			continue;
		buf_add_format(out, "%s\n", view->nodes[i].name);
		write_children(view, i, &indent, out);
	}
}

/* Between quotes, in which dot, JSON and YAML are the same for what a name may hold. */
static void add_quoted(struct buf *out, const char *text)
{
	struct json_writer writer = JSON_WRITER(out);

	json_add_text(&writer, NULL, text);
}

static void write_dot(const struct view *view, struct buf *out)
{
	buf_add_text(out, "digraph images {\n\trankdir=LR;\n");
	for (size_t i = 0; i < view->len; i++) {
		const struct node *node = &view->nodes[i];

		buf_add_char(out, '\t');
		add_quoted(out, node->name);
		buf_add_text(out, ";\n");
		for (size_t j = 0; j < node->parent_count; j++) {
			buf_add_char(out, '\t');
			add_quoted(out, view->nodes[node->parents[j]].name);
			buf_add_text(out, " -> ");
			add_quoted(out, node->name);
			buf_add_text(out, ";\n");
		}
	}
	buf_add_text(out, "}\n");
}

static void add_image(struct json_writer *writer, const struct view *view, const struct node *node)
{
	const struct graph_image *image = node->image;

	json_open_object(writer, NULL);
	json_add_text(writer, "image", node->name);
	json_add_text(writer, "reference", image->jobs.items[0].reference);
	json_add_text(writer, "context", image->settings.context);
	json_add_int(writer, "level", (int64_t)image->level);
	json_open_array(writer, "parents");
	for (size_t i = 0; i < node->parent_count; i++)
		json_add_text(writer, NULL, view->nodes[node->parents[i]].name);
	json_close_array(writer);
	json_close_object(writer);
}

static void add_images(struct json_writer *writer, const struct view *view)
{
	json_add_text(writer, "commit", view->commit);
	json_open_array(writer, "images");
	for (size_t i = 0; i < view->len; i++)
		add_image(writer, view, &view->nodes[i]);
	json_close_array(writer);
}

static void write_json(const struct view *view, struct buf *out)
{
	struct json_writer writer = JSON_WRITER(out);

	json_open_object(&writer, NULL);
	add_images(&writer, view);
	json_close_object(&writer);
	buf_add_char(out, '\n');
}

/* What make would take for something else than a part of the name is escaped. */
static void add_target(struct buf *out, const struct node *node)
{
	buf_add_text(out, "image-");
	for (const char *c = node->name; *c; c++) {
		if (*c == '$')
			buf_add_char(out, '$');
		else if (strchr(" \\#%:;=|&?*~[]", *c))
			buf_add_char(out, '\\');
		buf_add_char(out, *c);
	}
}

static void write_rule(const struct view *view, const struct node *node, struct buf *out)
{
	add_target(out, node);
	buf_add_char(out, ':');
	for (size_t i = 0; i < node->parent_count; i++) {
		buf_add_char(out, ' ');
		add_target(out, &view->nodes[node->parents[i]]);
	}
	buf_add_text(out, "\n\t$(GIT_IMAGE) $(COMMAND) --commit $(COMMIT)");
	/* A name has nothing that a shell or make reads between these quotes. */
	if (*node->word)
		buf_add_format(out, " '%s'", node->word);
	buf_add_char(out, '\n');
}

static void write_targets(const struct view *view, const char *before, struct buf *out)
{
	buf_add_text(out, before);
	for (size_t i = 0; i < view->len; i++) {
		buf_add_char(out, ' ');
		add_target(out, &view->nodes[i]);
	}
	buf_add_char(out, '\n');
}

static void write_makefile(const struct view *view, struct buf *out)
{
	buf_add_format(out,
		       "# 'make -j images' makes them all, COMMAND=release publishes them too.\n"
		       "GIT_IMAGE ?= git image\nCOMMAND ?= make\nCOMMIT ?= %s\n",
		       view->commit);
	write_targets(view, "images:", out);
	write_targets(view, ".PHONY: images", out);
	for (size_t i = 0; i < view->len; i++)
		write_rule(view, &view->nodes[i], out);
}

/* Nodes from `begin` on that one matrix can hold: none waits for another. */
static size_t count_matrix(const struct view *view, size_t begin)
{
	size_t end = begin;

	while (end < view->len && end - begin < GITHUB_MATRIX_MAX &&
	       view->nodes[end].image->level == view->nodes[begin].image->level)
		end++;
	return end - begin;
}

static void write_github(const struct view *view, struct buf *out)
{
	struct json_writer writer = JSON_WRITER(out);

	json_open_object(&writer, NULL);
	json_open_array(&writer, "levels");
	for (size_t i = 0; i < view->len;) {
		size_t end = i + count_matrix(view, i);

		json_open_object(&writer, NULL);
		json_open_array(&writer, "image");
		for (; i < end; i++)
			json_add_text(&writer, NULL, view->nodes[i].word);
		json_close_array(&writer);
		json_close_object(&writer);
	}
	json_close_array(&writer);
	json_close_object(&writer);
	buf_add_char(out, '\n');
}

/* With a word before it no name is one of GitLab's own, as "pages" is. */
static void add_job(struct buf *out, const struct node *node)
{
	AUTO(buf_release) struct buf name = BUF_INIT(LIMIT_PATH);

	buf_add_format(&name, "image %s", node->name);
	add_quoted(out, name.data);
}

static void write_job(const struct view *view, const struct node *node, struct buf *out)
{
	add_job(out, node);
	buf_add_text(out, ":\n  extends: .git-image\n  variables:\n    IMAGE: ");
	add_quoted(out, node->word);
	buf_add_text(out, "\n  needs: [");
	for (size_t i = 0; i < node->parent_count; i++) {
		if (i)
			buf_add_text(out, ", ");
		add_job(out, &view->nodes[node->parents[i]]);
	}
	buf_add_text(out, "]\n");
}

static void write_gitlab(const struct view *view, struct buf *out)
{
	buf_add_text(
		out,
		"# What .git-image needs beside this (image, tags, another script) stands in\n"
		"# a second file, which the trigger includes, too.\n"
		".git-image:\n"
		"  stage: test\n"
		"  interruptible: false\n"
		"  script:\n"
		"    # :latest moves only to a descendant, which a shallow clone cannot tell.\n"
		"    - if [ \"$(git rev-parse --is-shallow-repository)\" = true ];\n"
		"      then git fetch --quiet --unshallow --filter=tree:0; fi\n"
		"    - git image \"${COMMAND:-release}\" ${IMAGE:+\"$IMAGE\"}\n");
	for (size_t i = 0; i < view->len; i++)
		write_job(view, &view->nodes[i], out);
	/* A pipeline without a job is an error. */
	if (!view->len)
		buf_add_text(out, "\"no image\":\n  stage: test\n  script:\n    - \"true\"\n");
}

int graph_write(const struct graph *graph, enum graph_format format, struct buf *out,
		struct error *err)
{
	static void (*const writers[])(const struct view *view, struct buf *out) = {
		[GRAPH_TEXT] = write_text,     [GRAPH_DOT] = write_dot,
		[GRAPH_JSON] = write_json,     [GRAPH_MAKEFILE] = write_makefile,
		[GRAPH_GITHUB] = write_github, [GRAPH_GITLAB] = write_gitlab,
	};
	AUTO(view_release) struct view view = { 0 };

	if (view_open(&view, graph, err))
		return -1;
	writers[format](&view, out);
	return buf_check(out, "the graph", err);
}

int graph_add_to(const struct graph *graph, struct json_writer *writer, struct error *err)
{
	AUTO(view_release) struct view view = { 0 };

	if (view_open(&view, graph, err))
		return -1;
	add_images(writer, &view);
	return 0;
}
