/* SPDX-License-Identifier: MIT */
#include "git/commit.h"

#include <limits.h>

#include "git/history.h"

/* More commits than this away, a tag says little about a version. */
#define COMMITS_MAX 10000
/* As git: the first ten that are met are compared. */
#define CANDIDATES_MAX 10

struct tag {
	git_oid commit;
	char *name;   /* without refs/tags/ */
	int64_t time; /* of an annotated one */
	bool is_annotated;
	size_t order;
};

struct tags {
	struct tag *items;
	size_t len, capacity;
};

struct candidate {
	const struct tag *tag;
	unsigned depth;
	uint32_t flag;
};

static void tags_release(struct tags *tags)
{
	for (size_t i = 0; i < tags->len; i++)
		free(tags->items[i].name);
	free(tags->items);
}

/* By commit; of several an annotated one comes first, the newest of those. */
static int compare_tags(const void *left, const void *right)
{
	const struct tag *a = left, *b = right;
	int order = git_oid_cmp(&a->commit, &b->commit);

	if (order)
		return order;
	if (a->is_annotated != b->is_annotated)
		return a->is_annotated ? -1 : 1;
	if (a->time != b->time)
		return a->time > b->time ? -1 : 1;
	return a->order < b->order ? -1 : 1;
}

static void read_tagger(struct git_repo *repo, const git_oid *oid, struct tag *tag)
{
	git_tag *object;
	const git_signature *tagger;

	if (git_tag_lookup(&object, repo->handle, oid))
		return;
	tag->is_annotated = true;
	tagger = git_tag_tagger(object);
	tag->time = tagger ? tagger->when.time : 0;
	git_tag_free(object);
}

/* A tag of something else than a commit, or of one that is missing, is none. */
static int add_tag(struct tags *tags, struct git_repo *repo, git_reference *ref, struct error *err)
{
	AUTO(repo_object_freep) git_object *peeled = NULL;
	const git_oid *target = git_reference_target(ref);
	struct tag tag = { .order = tags->len };

	if (!target || git_reference_peel(&peeled, ref, GIT_OBJECT_COMMIT))
		return 0;
	tag.commit = *git_object_id(peeled);
	if (!git_oid_equal(target, &tag.commit))
		read_tagger(repo, target, &tag);
	if (tags->len == tags->capacity) {
		size_t capacity = tags->capacity ? tags->capacity * 2 : 64;
		struct tag *items = reallocarray(tags->items, capacity, sizeof(*items));

		if (!items)
			return error_set_memory(err);
		tags->items = items;
		tags->capacity = capacity;
	}
	tag.name = str_copy(git_reference_name(ref) + strlen("refs/tags/"), err);
	if (!tag.name)
		return -1;
	tags->items[tags->len++] = tag;
	return 0;
}

static int read_tags(struct tags *tags, struct git_repo *repo, struct error *err)
{
	git_reference_iterator *iterator;
	git_reference *ref;
	int status = 0;

	if (git_reference_iterator_glob_new(&iterator, repo->handle, "refs/tags/*"))
		return repo_fail(err, "cannot read the tags");
	while (!status && !git_reference_next(&ref, iterator)) {
		status = add_tag(tags, repo, ref, err);
		git_reference_free(ref);
	}
	git_reference_iterator_free(iterator);
	if (!status && tags->len)
		qsort(tags->items, tags->len, sizeof(*tags->items), compare_tags);
	return status;
}

/* The best one of the commit. */
static const struct tag *find_tag(const struct tags *tags, const git_oid *commit)
{
	size_t low = 0, high = tags->len;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (git_oid_cmp(&tags->items[middle].commit, commit) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	if (low < tags->len && git_oid_equal(&tags->items[low].commit, commit))
		return &tags->items[low];
	return NULL;
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
static int find_candidates(struct history *history, const struct tags *tags,
			   struct candidate *candidates, size_t *ret_count, struct error *err)
{
	unsigned seen = 0;
	size_t count = 0;

	while (history->queue_len && history->len < COMMITS_MAX) {
		uint32_t index = history->queue[0], nearest;
		struct history_node *node = &history->nodes[index];
		const struct tag *tag = find_tag(tags, &node->oid);

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
	AUTO(tags_release) struct tags tags = { 0 };
	struct candidate candidates[CANDIDATES_MAX], *best = candidates;
	size_t count = 0;
	char *text;
	git_oid oid;

	if (repo_parse_oid(sha, &oid, err) || read_tags(&tags, repo, err))
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
