/* SPDX-License-Identifier: MIT */
#include "engine/build/build.h"

#include "engine/api.h"
#include "engine/build/classic.h"

void engine_build_result_release(struct engine_build_result *result)
{
	strv_release(&result->stages);
	*result = (struct engine_build_result){ 0 };
}

static int choose(const struct api *api, const struct engine_build *build,
		  enum engine_builder *ret_builder, struct error *err)
{
	if (build->builder == ENGINE_BUILDER_BUILDKIT && !api->engine.info.has_buildkit)
		return error_set(err, ERROR_UNSUPPORTED, "%s has no BuildKit",
				 api_is_podman(api) ? "Podman" : "this engine");
	*ret_builder = ENGINE_BUILDER_CLASSIC;
	return 0;
}

int api_build(struct engine *engine, const struct engine_build *build, char **ret_id,
	      struct error *err)
{
	struct api *api = api_of(engine);
	enum engine_builder builder;

	if (choose(api, build, &builder, err))
		return -1;
	if (build->result)
		build->result->builder = builder;
	return api_build_classic(api, build, ret_id, err);
}
