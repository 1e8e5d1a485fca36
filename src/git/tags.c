/* SPDX-License-Identifier: MIT */
#include "git/tags.h"

#include "git/internal.h"

void git_tag_names_release(struct git_tag_names *tags)
{
	for (size_t i = 0; i < tags->len; i++)
		free(tags->items[i].name);
	free(tags->items);
	*tags = (struct git_tag_names){ 0 };
}

static int compare(const void *left, const void *right)
{
	const struct git_tag_name *a = left, *b = right;
	int order = strcmp(a->sha, b->sha);

	if (order)
		return order;
	if (a->is_annotated != b->is_annotated)
		return a->is_annotated ? -1 : 1;
	if (a->time != b->time)
		return a->time > b->time ? -1 : 1;
	return a->order < b->order ? -1 : 1;
}

static void read_tagger(struct git_repo *repo, const git_oid *oid, struct git_tag_name *tag)
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

static int add(struct git_tag_names *tags, struct git_repo *repo, git_reference *ref,
	       struct error *err)
{
	AUTO(repo_object_freep) git_object *peeled = NULL;
	const git_oid *target = git_reference_target(ref);
	struct git_tag_name tag = { .order = tags->len };

	if (!target || git_reference_peel(&peeled, ref, GIT_OBJECT_COMMIT))
		return 0;
	git_oid_tostr(tag.sha, sizeof(tag.sha), git_object_id(peeled));
	if (!git_oid_equal(target, git_object_id(peeled)))
		read_tagger(repo, target, &tag);
	if (tags->len == tags->capacity) {
		size_t capacity = tags->capacity ? tags->capacity * 2 : 64;
		struct git_tag_name *items = reallocarray(tags->items, capacity, sizeof(*items));

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

int git_tag_names_read(struct git_repo *repo, struct git_tag_names *ret_tags, struct error *err)
{
	AUTO(git_tag_names_release) struct git_tag_names tags = { 0 };
	git_reference_iterator *iterator;
	git_reference *ref;
	int status = 0;

	if (git_reference_iterator_glob_new(&iterator, repo->handle, "refs/tags/*"))
		return repo_fail(err, "cannot read the tags");
	while (!status && !git_reference_next(&ref, iterator)) {
		status = add(&tags, repo, ref, err);
		git_reference_free(ref);
	}
	git_reference_iterator_free(iterator);
	if (status)
		return -1;
	if (tags.len)
		qsort(tags.items, tags.len, sizeof(*tags.items), compare);
	*ret_tags = tags;
	tags = (struct git_tag_names){ 0 };
	return 0;
}

const struct git_tag_name *git_tag_names_find(const struct git_tag_names *tags, const char *sha)
{
	size_t low = 0, high = tags->len;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (strcmp(tags->items[middle].sha, sha) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	if (low < tags->len && !strcmp(tags->items[low].sha, sha))
		return &tags->items[low];
	return NULL;
}
