/* SPDX-License-Identifier: MIT */
#include "flow/publish/publish-extra.h"

#include <string.h>

#include "base/str.h"
#include "flow/publish/publish-tag.h"

static int add_fixed(struct publication *publication, const struct tag *tag, struct error *err)
{
	struct publication *fixed = &publication->fixed[publication->fixed_len++];
	struct job *job = publication->job;

	*fixed = (struct publication)PUBLICATION_INIT;
	fixed->job = job;
	fixed->jobs = publication->jobs;
	fixed->tag = str_copy(tag->name, err);
	fixed->name = str_format(err, "%s:%s", job->repository, tag->name);
	return fixed->tag && fixed->name ? 0 : -1;
}

/* `tag` NULL: :latest. */
static int add_moving(struct publication *publication, const struct tag *tag, struct error *err)
{
	struct moving_tag *moving = &publication->moving[publication->moving_len++];

	*moving = (struct moving_tag){ .tag = tag, .name = tag ? tag->name : "latest" };
	moving->reference = str_format(err, "%s:%s", publication->job->repository, moving->name);
	return moving->reference ? 0 : -1;
}

int publish_extra_init(struct publication *publication, struct error *err)
{
	struct tag_list *tags = &publication->tags;

	if (tags_list(publication->job, tags, err))
		return -1;
	publication->fixed = calloc(tags->len + 1, sizeof(*publication->fixed));
	publication->moving = calloc(tags->len + 1, sizeof(*publication->moving));
	if (!publication->fixed || !publication->moving)
		return error_set_memory(err);
	for (size_t i = 0; i < tags->len; i++) {
		const struct tag *tag = &tags->items[i];

		if (tag->is_moving ? add_moving(publication, tag, err)
				   : add_fixed(publication, tag, err))
			return -1;
	}
	return add_moving(publication, NULL, err);
}

void publish_extra_release(struct publication *publication)
{
	for (size_t i = 0; i < publication->fixed_len; i++) {
		publication->fixed[i].registry = NULL;
		publication_release(&publication->fixed[i]);
	}
	for (size_t i = 0; i < publication->moving_len; i++)
		free(publication->moving[i].reference);
	free(publication->fixed);
	free(publication->moving);
	tag_list_release(&publication->tags);
}

int publish_extra_open(struct publication *publication, struct error *err)
{
	for (size_t i = 0; i < publication->fixed_len; i++) {
		publication->fixed[i].registry = publication->registry;
		if (publish_tag_look(&publication->fixed[i], err))
			return -1;
	}
	return 0;
}

static int put_fixed(const struct publication *publication, struct publication *fixed,
		     struct error *err)
{
	if (fixed->was_there)
		return 0;
	fixed->was_there = !strcmp(fixed->held.digest.text, publication->manifest.digest.text);
	if (registry_manifest_copy(&publication->manifest, &fixed->manifest, err))
		return -1;
	return publish_tag_put(fixed, err);
}

int publish_extra_put(struct publication *publication, struct error *err)
{
	for (size_t i = 0; i < publication->fixed_len; i++)
		if (put_fixed(publication, &publication->fixed[i], err))
			return error_wrap(err, "'%s'", publication->fixed[i].name);
	return 0;
}
