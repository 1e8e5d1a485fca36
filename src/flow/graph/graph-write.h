/* SPDX-License-Identifier: MIT */
#pragma once
/* A graph as text for people and for the machines that build it: its wanted images. */
#include "base/buf.h"
#include "codec/json.h"
#include "flow/graph/graph.h"

/* In the order of the words of --format. */
enum graph_format {
	GRAPH_TEXT,	/* a tree, children below their parents */
	GRAPH_DOT,	/* Graphviz */
	GRAPH_JSON,	/* one object */
	GRAPH_MAKEFILE, /* GNU make: a target an image */
	GRAPH_GITHUB,	/* one line: {"levels":[MATRIX...]}, none of which waits for itself */
	GRAPH_GITLAB,	/* a child pipeline: a job an image */
};

/* Appends it, a line feed behind each line. Names are quoted as the format has it. */
int graph_write(const struct graph *graph, enum graph_format format, struct buf *out,
		struct error *err) CHECK;

/* Adds "commit" and "images" to an object. */
int graph_add_to(const struct graph *graph, struct json_writer *writer, struct error *err) CHECK;
