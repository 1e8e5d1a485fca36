/* SPDX-License-Identifier: MIT */
#include "registry/pool.h"

#include "registry/client.h"

/* The first owns what the others are beside of. */
void registry_pool_release(struct registry_pool *pool)
{
	while (pool->count)
		registry_free(pool->items[--pool->count]);
	free(pool->items);
	pool->items = NULL;
}

static int open_next(struct registry_pool *pool, const struct reference *reference,
		     struct registry *beside, struct registry **ret_registry, struct error *err)
{
	if (beside)
		return registry_open_beside(reference, beside, ret_registry, err);
	return registry_open(reference, pool->options, ret_registry, err);
}

struct registry *registry_pool_get(struct registry_pool *pool, const struct reference *reference,
				   struct error *err)
{
	struct registry *beside = pool->count ? pool->items[0] : NULL, *registry = NULL;
	struct registry **items;

	for (size_t i = 0; i < pool->count; i++) {
		if (!str_equal(pool->items[i]->host, reference->host))
			continue;
		if (str_equal(pool->items[i]->repository, reference->repository))
			return pool->items[i];
		beside = pool->items[i];
	}
	items = realloc(pool->items, (pool->count + 1) * sizeof(*items));
	if (!items) {
		error_set_memory(err);
		return NULL;
	}
	pool->items = items;
	if (open_next(pool, reference, beside, &registry, err))
		return NULL;
	if (pool->retry)
		registry_set_retry(registry, pool->retry);
	items[pool->count++] = registry;
	return registry;
}
