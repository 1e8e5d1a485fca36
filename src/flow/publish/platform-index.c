/* SPDX-License-Identifier: MIT */
#include "flow/publish/platform-index.h"

#include "base/str.h"
#include "image/index.h"

static int describe(const struct job *job, const struct registry_manifest *manifest,
		    struct descriptor *descriptor, struct error *err)
{
	descriptor->size = (int64_t)manifest->bytes.len;
	if (str_replace(&descriptor->media_type, manifest->media_type, err) ||
	    str_replace(&descriptor->digest, manifest->digest.text, err) ||
	    platform_parse(job->platform, &descriptor->platform, err))
		return error_wrap(err, "%s", job->platform);
	return 0;
}

int platform_index_of(const struct jobs *jobs, const struct registry_manifest *const *manifests,
		      struct registry_manifest *ret_index, struct error *err)
{
	AUTO(manifest_release) struct manifest list = { 0 };
	AUTO(buf_release) struct buf text = BUF_INIT(0);
	const char *type = NULL;

	list.items = calloc(jobs->len, sizeof(*list.items));
	if (!list.items)
		return error_set_memory(err);
	list.item_count = jobs->len;
	for (size_t i = 0; i < jobs->len; i++)
		if (describe(&jobs->items[i], manifests[i], &list.items[i], err))
			return -1;
	if (index_of_platforms(list.items, list.item_count, &text, &type, err))
		return -1;
	return registry_manifest_of(&text, type, ret_index, err);
}
