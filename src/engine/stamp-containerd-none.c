/* SPDX-License-Identifier: MIT */
/* Without BuildKit nothing is made that would need it. */
#include "engine/stamp-config.h"

int stamp_containerd(struct api *api, const struct engine_stamp *stamp, char **ret_id,
		     struct error *err)
{
	(void)api;
	(void)stamp;
	(void)ret_id;
	return error_set(err, ERROR_UNSUPPORTED, "git-image was built without BuildKit");
}
