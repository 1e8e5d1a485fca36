/* SPDX-License-Identifier: MIT */
#include "git/commit.h"
#include "git/history.h"

enum { LEFT = 1, RIGHT = 2 };

/*
 * Walks down from both until only common ancestors wait. A path from one of
 * the two to the other has no common ancestor but its end, so it is found
 * whatever the clocks of the commits say; and where such a path may leave the
 * repository the answer is open.
 */
static int paint(struct history *history, const uint32_t ends[2], enum commit_relation *ret,
		 struct error *err)
{
	bool is_open = false, has_common = false;
	struct history_node *node;
	uint32_t index;

	while (history->open && history_pop(history, &index)) {
		node = &history->nodes[index];
		if (history->nodes[ends[1]].flags & LEFT || history->nodes[ends[0]].flags & RIGHT)
			break;
		if ((node->flags & (LEFT | RIGHT)) == (LEFT | RIGHT)) {
			has_common = true;
			node->flags |= HISTORY_STALE;
		}
		if (node->is_end && !(node->flags & HISTORY_STALE))
			is_open = true;
		if (history_push_parents(history, index, err))
			return -1;
	}
	if (history->nodes[ends[1]].flags & LEFT)
		*ret = COMMIT_ANCESTOR;
	else if (history->nodes[ends[0]].flags & RIGHT)
		*ret = COMMIT_DESCENDANT;
	else if (is_open)
		*ret = COMMIT_UNKNOWN;
	else
		*ret = has_common ? COMMIT_DIVERGED : COMMIT_UNRELATED;
	return 0;
}

int commit_relate(struct git_repo *repo, const char *sha, const char *other,
		  enum commit_relation *ret_relation, struct error *err)
{
	AUTO(history_release) struct history history = { 0 };
	const char *names[2] = { sha, other };
	git_oid oids[2];
	uint32_t ends[2];

	if (str_equal(sha, other)) {
		*ret_relation = COMMIT_SAME;
		return 0;
	}
	*ret_relation = COMMIT_UNKNOWN;
	for (size_t i = 0; i < 2; i++)
		if (!str_is_hex(names[i], GIT_OID_HEXSZ) || git_oid_fromstr(&oids[i], names[i]))
			return 0;
	if (history_open(&history, repo, err))
		return -1;
	history.is_repainting = true;
	if (history_push(&history, &oids[0], LEFT, &ends[0], err) ||
	    history_push(&history, &oids[1], RIGHT, &ends[1], err))
		return -1;
	if (history.nodes[ends[0]].is_missing || history.nodes[ends[1]].is_missing)
		return 0;
	return paint(&history, ends, ret_relation, err);
}
