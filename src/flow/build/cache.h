/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * Caches that a build takes from and gives to. Both are the user's alone: what
 * is taken lands in the engine's own cache, for the builds of every repository
 * there; what is given leaves the machine.
 */
#include "engine/build/build.h"
#include "flow/config/settings.h"

enum cache_way { CACHE_FROM, CACHE_TO };

struct cache {
	char *type;
	struct strmap attrs;
};

void cache_release(struct cache *cache);
/*
 * Reads "type=TYPE,NAME=VALUE,..."; short for it are an image's name (CACHE_FROM,
 * type=registry) and "inline" (CACHE_TO). Types: registry, which needs ref=REF;
 * gha; inline (CACHE_TO). A token is refused, it comes from the environment.
 */
int cache_parse(const char *text, enum cache_way way, struct cache *ret_cache,
		struct error *err) CHECK;

struct cache_list {
	struct cache *caches;
	struct engine_cache *items; /* borrow from `caches` */
	size_t len;
};

/* Wiped: a token may be in it. */
void cache_list_release(struct cache_list *list);
/* What settings.cache_from or cache_to says. GitHub's cache gets the address and the
 * token of the job (ACTIONS_...); without these it is left out with a warning. */
int cache_list_open(const struct strv *texts, enum cache_way way, struct event_sink *sink,
		    struct cache_list *ret_list, struct error *err) CHECK;
