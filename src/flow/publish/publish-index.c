/* SPDX-License-Identifier: MIT */
#include "flow/publish/publish-tag.h"

#include "base/str.h"
#include "flow/publish/platform-index.h"

static int open_part(struct publication *whole, size_t i, struct error *err)
{
	struct publication *part = &whole->parts[i];
	struct job *job = &whole->jobs->items[i];

	*part = (struct publication)PUBLICATION_INIT;
	part->job = job;
	part->registry = whole->registry;
	part->reference = whole->reference;
	part->tag = str_copy(job->platform_tag, err);
	part->name = str_format(err, "%s:%s", job->repository, job->platform_tag);
	return part->tag && part->name ? publish_tag_look(part, err) : -1;
}

int publish_index_open(struct publication *publication, struct error *err)
{
	struct jobs *jobs = publication->jobs;

	publication->parts = calloc(jobs->len, sizeof(*publication->parts));
	if (!publication->parts)
		return error_set_memory(err);
	for (size_t i = 0; i < jobs->len; i++)
		if (open_part(publication, i, err))
			return error_wrap(err, "%s", jobs->items[i].platform);
	return publish_tag_look(publication, err);
}

static int each_part(struct publication *publication,
		     int (*act)(struct publication *publication, struct error *err),
		     struct error *err)
{
	for (size_t i = 0; i < publication->jobs->len; i++)
		if (act(&publication->parts[i], err))
			return error_wrap(err, "%s", publication->jobs->items[i].platform);
	return 0;
}

/* Of the platforms' manifests, once all of them are known. */
static int make_index(struct publication *publication, struct error *err)
{
	const struct jobs *jobs = publication->jobs;
	AUTOFREE const struct registry_manifest **manifests = calloc(jobs->len, sizeof(*manifests));

	if (!manifests)
		return error_set_memory(err);
	for (size_t i = 0; i < jobs->len; i++)
		manifests[i] = &publication->parts[i].manifest;
	if (platform_index_of(jobs, manifests, &publication->manifest, err))
		return -1;
	return publish_tag_offer(publication, err);
}

int publish_index_bring(struct publication *publication, struct error *err)
{
	bool are_known = true;

	if (each_part(publication, publish_tag_bring, err))
		return -1;
	for (size_t i = 0; i < publication->jobs->len; i++)
		are_known = are_known && publish_tag_is_known(&publication->parts[i]);
	return are_known ? make_index(publication, err) : 0;
}

int publish_index_put(struct publication *publication, struct error *err)
{
	if (each_part(publication, publish_tag_put, err))
		return -1;
	if (!publish_tag_is_known(publication) && make_index(publication, err))
		return -1;
	return publish_tag_put(publication, err);
}
