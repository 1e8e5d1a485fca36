/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * The steps of a build (BuildKit: vertexes) by their digests, each with the
 * last lines it wrote. For build/status.c alone.
 */
#include <stdint.h>

#include "base/buf.h"
#include "base/str.h"

enum vertex_state {
	VERTEX_WAITING,
	VERTEX_RUNNING,
	VERTEX_DONE,
	VERTEX_FAILED,
};

struct vertex {
	char *digest;
	char *name;  /* in one line: "[build 2/5] RUN make" */
	char *where; /* "Dockerfile:7"; NULL: not known */
	char *error; /* why it failed */
	enum vertex_state state;
	bool is_instruction; /* numbered and no FROM */
	bool is_cached;
	bool is_told;			  /* that it failed */
	int64_t started_ns, completed_ns; /* since 1970; 0: not yet */
	struct buf line;		  /* of its output, that has not ended */
	struct buf tail;		  /* lines before, each with its line feed */
	size_t tail_count;
};

struct vertices {
	struct vertex **items; /* in the order of their digests */
	size_t len;
};

void vertices_release(struct vertices *vertices);
/* NULL: there is none. */
struct vertex *vertices_find(const struct vertices *vertices, struct slice digest);
/* There is none of that digest yet. NULL without memory. */
struct vertex *vertices_add(struct vertices *vertices, struct slice digest, struct slice name,
			    struct error *err) CHECK;

/* What stands in "[build 2/5]" before the name of an instruction. */
struct vertex_number {
	struct slice stage; /* empty: the only one; may be a platform */
	int number, total;
	struct slice instruction; /* "RUN make" */
};
bool vertex_number_parse(const char *name, struct vertex_number *ret_number);

/* Cuts the next line of the output off `*text` into `vertex->line`. 1: it is
 * whole, with its line feed, and is to be passed to vertex_end_line(); 0: more
 * must come; -1. A line that is too long becomes several. */
int vertex_next_line(struct vertex *vertex, struct slice *text, struct error *err) CHECK;
/* The line is among the last ones, and `vertex->line` empty. */
void vertex_end_line(struct vertex *vertex);
/* Nothing is going to ask for its output. */
void vertex_forget_output(struct vertex *vertex);

/* It failed because another one did. */
bool vertex_is_victim(const struct vertex *vertex);
/* Why it failed, for a person: "exit code 2". */
struct str_brief vertex_reason(const struct vertex *vertex);
