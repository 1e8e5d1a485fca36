/* SPDX-License-Identifier: MIT */
#include "engine/build/build.h"

#include "engine/api.h"
#include "engine/build/buildkit.h"
#include "engine/build/classic.h"

void engine_build_result_release(struct engine_build_result *result)
{
	strv_release(&result->stages);
	*result = (struct engine_build_result){ 0 };
}

int engine_build_overdue(const struct engine_build *build, struct error *err)
{
	error_clear(err);
	return error_set(err, ERROR_BUILD, "it did not end within %lld s (image.buildTimeout)",
			 (long long)(build->timeout_ms / 1000));
}

/* As api_build_buildkit(), for any engine. */
static int try_buildkit(struct api *api, const struct engine_build *build, char **ret_id,
			struct error *err)
{
	int status = 1;

	if (!api->engine.info.has_buildkit)
		error_set(err, ERROR_UNSUPPORTED, "%s has no BuildKit",
			  api_is_podman(api) ? "Podman" : "this engine");
	else
		status = api_build_buildkit(api, build, ret_id, err);
	if (status > 0)
		error_hint(err, "'image.builder = auto' builds with what the engine has");
	return status;
}

int api_build(struct engine *engine, const struct engine_build *build, char **ret_id,
	      struct error *err)
{
	struct api *api = api_of(engine);

	if (build->builder != ENGINE_BUILDER_CLASSIC) {
		int status = try_buildkit(api, build, ret_id, err);

		if (status <= 0 || build->builder == ENGINE_BUILDER_BUILDKIT)
			return status ? -1 : 0;
		api->engine.info.has_buildkit = false;
		error_clear(err);
	}
	return api_build_classic(api, build, ret_id, err);
}
