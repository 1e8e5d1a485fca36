/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * What we must know of a Dockerfile before a builder reads it: its stages and
 * what they stand on, which build arguments it declares, what the classic
 * builder does not understand. Lines, comments, directives, continuations and
 * heredocs are BuildKit's; variables are not expanded and instructions are not
 * validated, that is the builder's work.
 */
#include <stddef.h>

#include "base/buf.h"

/* Bytes of the text, without a break of the line in them. */
struct dockerfile_part {
	size_t begin, len;
};

/* A word, which a continued line may have torn into several of the Dockerfile's parts. */
struct dockerfile_place {
	size_t first, count;
};

struct dockerfile_stage {
	struct dockerfile_place base_place; /* with its quotes */
	char *base;	/* as written: an image, an earlier stage, "$VARIABLE" */
	char *name;	/* in lower case; NULL: none */
	char *platform; /* of FROM --platform; NULL: none */
	int line;
	bool has_healthcheck; /* of its own; HEALTHCHECK NONE is none */
};

/* An ARG, not one that waits in an ONBUILD. */
struct dockerfile_arg {
	char *name;
	char *value; /* as written, without quotes around; NULL: no default */
	int stage;   /* index; -1: before the first FROM, seen by FROM lines alone */
	int line;
};

/* COPY --from= and RUN --mount=from=: an image, a stage or its number. */
struct dockerfile_source {
	char *from;
	struct dockerfile_place place;
	int stage;
	int line;
};

/* RUN, COPY, ADD or WORKDIR, not one that waits in an ONBUILD. */
struct dockerfile_layer {
	int stage;
	int line;
};

struct dockerfile {
	char *syntax; /* of "# syntax="; NULL: none */
	int syntax_line;
	struct dockerfile_stage *stages; /* at least one */
	size_t stage_count;
	struct dockerfile_arg *args;
	size_t arg_count;
	struct dockerfile_source *sources;
	size_t source_count;
	struct dockerfile_layer *layers;
	size_t layer_count;
	struct dockerfile_part *parts; /* in their order */
	size_t part_count;
	int heredoc_line;   /* the first instruction with a heredoc; 0: none */
	int mount_line;	    /* the first with --mount; 0: none */
	int remote_line;    /* the first ADD that may fetch something; 0: none */
	int odd_mount_line; /* a --mount that we cannot take apart; 0: none */
};

/* `name` is for messages: "NAME:LINE: ...", ERROR_INPUT. */
int dockerfile_parse(struct slice text, const char *name, struct dockerfile *ret_dockerfile,
		     struct error *err) CHECK;
void dockerfile_release(struct dockerfile *dockerfile);

/*
 * Appends the text without a directive that names its syntax, in any of the
 * forms that BuildKit looks for at the top ("# syntax=", "// syntax="): the
 * line becomes a comment behind the other directives, so that these still count
 * and the lines keep their numbers.
 */
void dockerfile_disarm_syntax(struct slice text, struct buf *out);

/* The first ARG of that name; NULL if none declares it. */
const struct dockerfile_arg *dockerfile_find_arg(const struct dockerfile *dockerfile,
						 const char *name);

/* The line of step `number` of `total` as BuildKit counts them: a FROM that is no
 * earlier stage, then the layers of the stage. The stage is its name, or
 * "stage-INDEX", or anything if it is the only one. 0: not known, as with a base
 * that brings instructions of its own (ONBUILD). */
int dockerfile_step_line(const struct dockerfile *dockerfile, struct slice stage, int number,
			 int total);
