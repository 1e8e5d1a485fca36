/* SPDX-License-Identifier: MIT */
#include "git/commit.h"

#include <limits.h>

#include "git/history.h"
#include "git/tags.h"

/* More commits than this away, a tag says little about a version. */
#define COMMITS_MAX 10000
/* As git: the first ten that are met are compared. */
#define CANDIDATES_MAX 10

struct candidate {
	const struct git_tag_name *tag;
	unsigned depth;
	uint32_t flag;
};

/* The best one of the commit. */
static const struct git_tag_name *find_tag(const struct git_tag_names *tags, const git_oid *commit)
{
	char sha[GIT_OID_HEXSZ + 1];

	git_oid_tostr(sha, sizeof(sha), commit);
	return git_tag_names_find(tags, sha);
}

/* All that waits is below these tags already: nothing more to count for them,
 * and who comes later is not nearer. */
static bool is_covered(const struct history *history, uint32_t flags)
{
	for (size_t i = 0; i < history->queue_len; i++)
		if ((history->nodes[history->queue[i]].flags & flags) != flags)
			return false;
	return true;
}

/* The flags of the candidates that are nearest so far. */
static uint32_t nearest_flags(const struct candidate *candidates, size_t count)
{
	unsigned depth = UINT_MAX;
	uint32_t flags = 0;

	for (size_t i = 0; i < count; i++) {
		if (candidates[i].depth < depth)
			flags = 0;
		if (candidates[i].depth > depth)
			continue;
		depth = candidates[i].depth;
		flags |= candidates[i].flag;
	}
	return flags;
}

/* Newest first: each tag met is a candidate; its depth is the number of
 * commits met that are not below it. */
static int find_candidates(struct history *history, const struct git_tag_names *tags,
			   struct candidate *candidates, size_t *ret_count, struct error *err)
{
	unsigned seen = 0;
	size_t count = 0;

	while (history->queue_len && history->len < COMMITS_MAX) {
		uint32_t index = history->queue[0], nearest;
		struct history_node *node = &history->nodes[index];
		const struct git_tag_name *tag = find_tag(tags, &node->oid);

		if (tag && count == CANDIDATES_MAX)
			break;
		history_pop(history, &index);
		if (tag) {
			candidates[count] = (struct candidate){ tag, seen, 1U << count };
			node->flags |= candidates[count++].flag;
		}
		seen++;
		for (size_t i = 0; i < count; i++)
			if (!(node->flags & candidates[i].flag))
				candidates[i].depth++;
		nearest = nearest_flags(candidates, count);
		if (count && (node->flags & nearest) == nearest && is_covered(history, nearest))
			break;
		if (history_push_parents(history, index, err))
			return -1;
	}
	*ret_count = count;
	return 0;
}

/* Counts the rest of the commits that are not below the tag. */
static int finish_depth(struct history *history, struct candidate *best, struct error *err)
{
	uint32_t index;

	while (history->len < COMMITS_MAX && history_pop(history, &index)) {
		if (!(history->nodes[index].flags & best->flag))
			best->depth++;
		else if (is_covered(history, best->flag))
			break;
		if (history_push_parents(history, index, err))
			return -1;
	}
	return 0;
}

int commit_nearest_tag(struct git_repo *repo, const char *sha, char **ret_tag, struct error *err)
{
	AUTO(history_release) struct history history = { 0 };
	AUTO(git_tag_names_release) struct git_tag_names tags = { 0 };
	struct candidate candidates[CANDIDATES_MAX], *best = candidates;
	size_t count = 0;
	char *text;
	git_oid oid;

	if (repo_parse_oid(sha, &oid, err) || git_tag_names_read(repo, &tags, err))
		return -1;
	*ret_tag = NULL;
	if (!tags.len)
		return 0;
	if (history_open(&history, repo, err) || history_push(&history, &oid, 0, NULL, err) ||
	    find_candidates(&history, &tags, candidates, &count, err))
		return -1;
	for (size_t i = 1; i < count; i++)
		if (candidates[i].depth < best->depth)
			best = &candidates[i];
	if (!count || finish_depth(&history, best, err))
		return count ? -1 : 0;
	if (history.len >= COMMITS_MAX)
		return 0;
	text = best->depth ? str_format(err, "%s-%u-g%.7s", best->tag->name, best->depth, sha)
			   : str_copy(best->tag->name, err);
	if (!text)
		return -1;
	*ret_tag = text;
	return 0;
}
