/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * A walk over commits, newest first, that paints flags from children to
 * parents; private to this layer. It ends at missing commits and where a
 * shallow clone was cut off, and tells which those are.
 */
#include "git/internal.h"

/* A flag of every walk: what is below is known already. */
#define HISTORY_STALE (1U << 31)

struct history_node {
	git_oid oid;
	git_commit *commit; /* NULL if missing, or once its parents are pushed */
	int64_t time;
	uint32_t sequence; /* of equal times the first pushed comes first */
	uint32_t flags;
	bool is_queued;
	bool is_end; /* has parents that are not here, or is itself missing */
	bool is_missing;
};

struct history {
	struct git_repo *repo;
	bool is_repainting; /* a commit that gets a new flag is walked again */

	struct history_node *nodes; /* moves as it grows: keep the index */
	size_t len, capacity;
	uint32_t *slots; /* hash table of index + 1, 0 is free */
	size_t slot_count;
	uint32_t *queue; /* a heap, newest first */
	size_t queue_len, queue_capacity;
	size_t open; /* queued and not stale */
	uint32_t sequence;
	git_oid *cuts; /* where the clone ends, sorted */
	size_t cut_count;
};

int history_open(struct history *history, struct git_repo *repo, struct error *err) CHECK;
void history_release(struct history *history);

/* Adds flags to a commit; queues it if it is new, or repainted. */
int history_push(struct history *history, const git_oid *oid, uint32_t flags, uint32_t *ret_index,
		 struct error *err) CHECK;
/* The newest that waits; false if none does. */
bool history_pop(struct history *history, uint32_t *ret_index);
/* Pushes the parents of what was popped, with its flags. */
int history_push_parents(struct history *history, uint32_t index, struct error *err) CHECK;
