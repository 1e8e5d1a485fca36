/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * The classic builder: POST /build with the context as a tar stream, for
 * Podman and for a Docker without BuildKit. What it cannot do, or would do
 * wrongly without a word, is refused before anything is sent.
 */
#include "engine/engine.h"

struct dockerfile;

struct engine_build {
	http_source *source; /* the context as a tar archive */
	http_rewind *rewind;
	void *source_arg;
	const char *dockerfile;		 /* its path in the archive */
	const struct dockerfile *parsed; /* NULL: not looked into */
	const struct strmap *build_args; /* may be NULL */
	const struct strmap *labels;	 /* may be NULL */
	const char *target;		 /* NULL: the last stage */
	const char *platform;		 /* "os/architecture"; NULL: the engine's */
	const char *registry_config;	 /* value of X-Registry-Config; NULL: none */
	bool no_cache;
	bool pull;		  /* ask for newer bases */
	const char *step, *image; /* for EVENT_BUILD_LOG; may be NULL */
	/* Filled while it builds if not NULL; the caller releases it. */
	struct engine_build_result *result;
};

struct engine_build_result {
	int step_count;	  /* instructions that ran or were cached, FROM apart */
	int cached_count; /* of these, taken from the cache */
	/* The last images of all stages but the last, as IDs or their first digits. Nothing
	 * names them and most have no child: engines call them dangling, and with
	 * them goes the next build's cache. */
	struct strv stages;
};

void engine_build_result_release(struct engine_build_result *result);
