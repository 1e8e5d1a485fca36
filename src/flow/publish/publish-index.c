/* SPDX-License-Identifier: MIT */
#include "flow/publish/publish-tag.h"

#include "base/str.h"
#include "image/index.h"

static void release_descriptors(struct descriptor *descriptors, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		free(descriptors[i].media_type);
		free(descriptors[i].digest);
		platform_release(&descriptors[i].platform);
	}
}

static int describe(const struct publication *part, struct descriptor *descriptor,
		    struct error *err)
{
	const struct registry_manifest *manifest = &part->manifest;

	descriptor->size = (int64_t)manifest->bytes.len;
	if (str_replace(&descriptor->media_type, manifest->media_type, err) ||
	    str_replace(&descriptor->digest, manifest->digest.text, err))
		return -1;
	return platform_parse(part->job->platform, &descriptor->platform, err);
}

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

static int describe_parts(struct publication *publication, struct descriptor *descriptors,
			  struct error *err)
{
	for (size_t i = 0; i < publication->jobs->len; i++)
		if (describe(&publication->parts[i], &descriptors[i], err))
			return error_wrap(err, "%s", publication->jobs->items[i].platform);
	return 0;
}

/* Of the platforms' manifests, once all of them are known. */
static int make_index(struct publication *publication, struct error *err)
{
	size_t count = publication->jobs->len;
	AUTOFREE struct descriptor *descriptors = calloc(count, sizeof(*descriptors));
	AUTO(buf_release) struct buf text = BUF_INIT(0);
	const char *type = NULL;
	int status;

	if (!descriptors)
		return error_set_memory(err);
	status = describe_parts(publication, descriptors, err);
	if (!status)
		status = index_of_platforms(descriptors, count, &text, &type, err);
	release_descriptors(descriptors, count);
	if (status || registry_manifest_of(&text, type, &publication->manifest, err))
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
