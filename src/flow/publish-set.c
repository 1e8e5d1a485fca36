/* SPDX-License-Identifier: MIT */
#include "flow/publish-set.h"

typedef int phase(struct publication *publication, struct error *err);

void publication_set_release(struct publication_set *set)
{
	for (size_t i = 0; i < set->len; i++)
		publication_release(&set->items[i]);
	free(set->items);
	*set = (struct publication_set){ 0 };
}

static int each(struct publication_set *set, phase *act, struct error *err)
{
	for (size_t i = 0; i < set->len; i++)
		if (act(&set->items[i], err))
			return -1;
	return 0;
}

/* Where the engine pushes, blobs may be missing yet: what may fail comes first. */
static int set_tags(struct publication_set *set, struct error *err)
{
	for (int turn = 0; turn < 2; turn++)
		for (size_t i = 0; i < set->len; i++)
			if (set->items[i].is_pushed == !turn && publish_tags(&set->items[i], err))
				return -1;
	return 0;
}

/* The step of the one that failed has ended. */
static int give_up(struct publication_set *set)
{
	for (size_t i = 0; i < set->len; i++)
		if (set->items[i].step.job)
			step_fail(&set->items[i].step);
	return -1;
}

static int name_all(struct publication_set *set, struct jobs *const *all, size_t count,
		    struct error *err)
{
	set->items = calloc(count, sizeof(*set->items));
	if (!set->items)
		return error_set_memory(err);
	for (size_t i = 0; i < count; i++, set->len++)
		if (publication_init(&set->items[i], all[i], err))
			return -1;
	return 0;
}

int publish_set_begin(struct jobs *const *all, size_t count, struct publication_set *ret_set,
		      struct error *err)
{
	AUTO(publication_set_release) struct publication_set set = { 0 };

	if (name_all(&set, all, count, err))
		return -1;
	if (each(&set, publish_open, err) || each(&set, publish_blobs, err) ||
	    set_tags(&set, err) || each(&set, publish_latest, err))
		return give_up(&set);
	*ret_set = set;
	set = (struct publication_set){ 0 };
	return 0;
}

int publish_set_confirm(struct publication_set *set, struct error *err)
{
	return each(set, publish_confirm, err) ? give_up(set) : 0;
}
