/* SPDX-License-Identifier: MIT */
#include "engine/stamp.h"

#include "engine/api.h"
#include "engine/stamp-config.h"

int api_stamp(struct engine *engine, const struct engine_stamp *stamp, char **ret_id,
	      struct error *err)
{
	AUTO(json_freep) struct json *image = NULL;
	struct api *api = api_of(engine);

	if (api_get_image(api, stamp->content_id, &image, err))
		return -1;
	return api_is_podman(api) ? stamp_load(api, stamp, image, ret_id, err)
				  : stamp_commit(api, stamp, image, ret_id, err);
}
