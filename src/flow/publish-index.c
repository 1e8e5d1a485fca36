/* SPDX-License-Identifier: MIT */
#include "flow/publish-tag.h"

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

/* One platform's image; repository and registry are the whole's. */
static int publish_part(const struct publication *whole, struct job *job,
			struct descriptor *descriptor, struct error *err)
{
	struct publication part = {
		.job = job,
		.reference = whole->reference,
		.registry = whole->registry,
		.tag = job->platform_tag,
		.manifest = REGISTRY_MANIFEST_INIT,
	};
	int status = -1;

	part.name = str_format(err, "%s:%s", job->repository, part.tag);
	if (part.name && !publish_tag(&part, err))
		status = describe(&part, descriptor, err);
	registry_manifest_release(&part.manifest);
	free(part.name);
	return status ? error_wrap(err, "%s", job->platform) : 0;
}

static int make_index(struct publication *whole, const struct descriptor *descriptors,
		      struct error *err)
{
	AUTO(buf_release) struct buf text = BUF_INIT(0);
	const char *type = NULL;

	if (index_of_platforms(descriptors, whole->jobs->len, &text, &type, err))
		return -1;
	return registry_manifest_of(&text, type, &whole->manifest, err);
}

int publish_index(struct publication *publication, struct error *err)
{
	struct jobs *jobs = publication->jobs;
	AUTOFREE struct descriptor *descriptors = calloc(jobs->len, sizeof(*descriptors));
	int status = 0;

	if (!descriptors)
		return error_set_memory(err);
	for (size_t i = 0; i < jobs->len && !status; i++)
		status = publish_part(publication, &jobs->items[i], &descriptors[i], err);
	if (!status)
		status = make_index(publication, descriptors, err);
	release_descriptors(descriptors, jobs->len);
	return status ? -1 : publish_tag(publication, err);
}
