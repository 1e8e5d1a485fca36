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
