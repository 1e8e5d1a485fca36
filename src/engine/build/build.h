/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * What is to be built, for whichever builder does it: BuildKit over HTTP/2, or
 * the classic POST /build. What the chosen one cannot do, or would do wrongly
 * without a word, is refused before anything is sent.
 */
#include "base/secret.h"
#include "engine/engine.h"

struct context; /* context/context.h */

enum engine_builder {
	ENGINE_BUILDER_AUTO, /* BuildKit where the engine has it, else classic */
	ENGINE_BUILDER_BUILDKIT,
	ENGINE_BUILDER_CLASSIC,
};

/* What answers RUN --mount=type=secret,id=ID. */
struct engine_secret {
	const char *id;
	const struct secret *value;
};

/* What answers RUN --mount=type=ssh,id=ID: an agent's socket. */
struct engine_ssh {
	const char *id;
	const char *socket;
};

struct engine_cache {
	const char *type; /* "registry", "inline", "gha", ... */
	const struct strmap *attrs;
};

struct engine_build {
	struct context *context; /* with its Dockerfile; read once, or again from the start */
	enum engine_builder builder;
	bool uses_builtin_frontend;	 /* a line "# syntax=" counts as a comment */
	const struct strmap *build_args; /* may be NULL */
	const struct strmap *labels;	 /* may be NULL */
	const char *target;		 /* NULL: the last stage */
	const char *platform;		 /* "os/architecture"; NULL: the engine's */
	const struct engine_secret *secrets;
	size_t secret_count;
	const struct engine_ssh *ssh;
	size_t ssh_count;
	const struct engine_cache *cache_from, *cache_to;
	size_t cache_from_count, cache_to_count;
	/* Value of ENGINE_CONTENT_LABEL on what BuildKit makes: nothing names that
	 * image until it is stamped. NULL: no label. */
	const char *content_label_value;
	/* The same for each build of this folder on this host and for no other, so
	 * that BuildKit compares with what it was sent before. NULL: none. */
	const char *shared_key;
	int64_t timeout_ms; /* 0: none; then the engine's build is broken off, ERROR_BUILD */
	bool no_cache;
	bool pull;		  /* ask for newer bases */
	const char *step, *image; /* for EVENT_BUILD_LOG; may be NULL */
	/* Filled while it builds if not NULL; the caller releases it. */
	struct engine_build_result *result;
};

struct engine_build_result {
	enum engine_builder builder; /* that did it, never AUTO */
	int step_count;		     /* instructions that ran or were cached, FROM apart */
	int cached_count;	     /* of these, taken from the cache */
	/* Of the classic builder the last images of all stages but the last, as IDs or
	 * their first digits. Nothing names them and most have no child: engines
	 * call them dangling, and with them goes the next build's cache. */
	struct strv stages;
};

/* The error of a build that took longer than its timeout; -1. */
int engine_build_overdue(const struct engine_build *build, struct error *err);

void engine_build_result_release(struct engine_build_result *result);
