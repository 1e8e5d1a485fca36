/* SPDX-License-Identifier: MIT */
#include "engine/stamp.h"

#include "engine/api.h"
#include "engine/stamp-config.h"

void engine_documents_release(struct engine_documents *documents)
{
	buf_release(&documents->config);
	buf_release(&documents->manifest);
}

void stamp_keep(const struct engine_stamp *stamp, const struct buf *config,
		const struct buf *manifest)
{
	struct engine_documents *documents = stamp->documents;

	if (!documents)
		return;
	buf_reset(&documents->config);
	buf_reset(&documents->manifest);
	if (config)
		buf_add_slice(&documents->config, buf_slice(config));
	if (manifest)
		buf_add_slice(&documents->manifest, buf_slice(manifest));
}

/* What a load cannot do, /commit may still do; then the content image stays as a parent. */
static bool may_commit(const struct error *err)
{
	return error_is(err, ERROR_SYSTEM) || error_is(err, ERROR_UNSUPPORTED) ||
	       error_is(err, ERROR_PROTOCOL) || error_is(err, ERROR_NOT_FOUND);
}

static int stamp_docker(struct api *api, const struct engine_stamp *stamp, const struct json *image,
			char **ret_id, struct error *err)
{
	if (stamp->is_from_buildkit) {
		if (api_learn_store(api, err))
			return -1;
		if (!(api->engine.info.has_containerd_store
			      ? stamp_containerd(api, stamp, ret_id, err)
			      : stamp_graph(api, stamp, image, ret_id, err)))
			return 0;
		if (!may_commit(err))
			return -1;
		error_clear(err);
		stamp_keep(stamp, NULL, NULL);
	}
	return stamp_commit(api, stamp, image, ret_id, err);
}

int api_stamp(struct engine *engine, const struct engine_stamp *stamp, char **ret_id,
	      struct error *err)
{
	AUTO(json_freep) struct json *image = NULL;
	struct api *api = api_of(engine);

	if (api_get_image(api, stamp->content_id, &image, err))
		return -1;
	return api_is_podman(api) ? stamp_load(api, stamp, image, ret_id, err)
				  : stamp_docker(api, stamp, image, ret_id, err);
}
