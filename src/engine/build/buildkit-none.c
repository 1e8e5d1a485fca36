/* SPDX-License-Identifier: MIT */
/* In the place of all that speaks BuildKit, for a program without it. */
#include "engine/build/buildkit.h"

int api_build_buildkit(struct api *api, const struct engine_build *build, char **ret_id,
		       struct error *err)
{
	(void)api;
	(void)build;
	(void)ret_id;
	error_set(err, ERROR_UNSUPPORTED, "this git-image was built without BuildKit");
	return 1;
}
