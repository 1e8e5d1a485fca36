/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * The images that a Dockerfile stands on: what FROM, COPY --from and RUN
 * --mount=from name, earlier stages and "scratch" apart, with the build
 * arguments filled in that FROM lines see (Dockerfile reference, "ARG and FROM").
 */
#include "base/str.h"
#include "context/dockerfile.h"

/*
 * 1 with the references as the builder would read them, each once, in their
 * order; 0 if there is more that only the builder knows, such as $TARGETARCH in a
 * name or what ADD fetches; -1.
 */
int dockerfile_bases(const struct dockerfile *dockerfile, const struct strmap *build_args,
		     struct strv *ret_bases, struct error *err) CHECK;
/*
 * Those of them that are known, of the stages down to `target` (as below), in any case:
 * what else there is only the builder knows.
 */
int dockerfile_known_bases(const struct dockerfile *dockerfile, const char *target,
			   const struct strmap *build_args, struct strv *ret_bases,
			   struct error *err) CHECK;
/*
 * The one of them that a stage (by its name or number; NULL: the last) begins with,
 * through the stages between. 1; 0 if there is none, or only the builder knows it; -1.
 */
int dockerfile_base_of(const struct dockerfile *dockerfile, const char *target,
		       const struct strmap *build_args, char **ret_base, struct error *err) CHECK;

/* The line of the first instruction that names this one of them. 0, or -1; no such
 * instruction gives line 0. */
int dockerfile_base_line(const struct dockerfile *dockerfile, const struct strmap *build_args,
			 const char *base, int *ret_line, struct error *err) CHECK;

/* Index of a stage by its name or number; NULL: the last. -1: none. */
int dockerfile_find_stage(const struct dockerfile *dockerfile, const char *target);
/* Index of the earlier stage that a stage begins with; -1: none, or only the builder
 * knows. */
int dockerfile_stage_below(const struct dockerfile *dockerfile, const struct strmap *build_args,
			   size_t stage, int *ret_below, struct error *err) CHECK;
struct base_replacements {
	const struct strmap *build_args;
	const struct strmap *names; /* the reference as dockerfile_bases() gives it: what is
				     * written in its place */
};

/* Appends `text`, which `dockerfile` was read from, with other bases (context/rewrite.h). */
int dockerfile_replace_bases(struct slice text, const struct dockerfile *dockerfile,
			     const struct base_replacements *replacements, struct buf *out,
			     struct error *err) CHECK;
