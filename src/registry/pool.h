/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * The repositories that a run asks, each opened once, all beside each other:
 * one token a repository, and connections shared at each host.
 */
#include "registry/registry.h"

struct registry_pool {
	const struct registry_options *options; /* may be NULL */
	const struct retry *retry;		/* NULL: the default */
	struct registry **items;
	size_t count;
};

void registry_pool_release(struct registry_pool *pool);
/* The reference's repository; belongs to the pool. NULL with err set. */
struct registry *registry_pool_get(struct registry_pool *pool, const struct reference *reference,
				   struct error *err) CHECK;
