/* SPDX-License-Identifier: MIT */
#include "engine/build/buildkit.h"

#include "base/limits.h"
#include "engine/api.h"
#include "engine/build/ability.h"
#include "engine/build/drive.h"

/* The engine's ID of the image: its configuration's digest, or in containerd's
 * store its manifest's. Both call it by this name. */
static int take_id(const struct strmap *response, char **ret_id, struct error *err)
{
	const char *id = strmap_get(response, "containerimage.digest");

	if (!id)
		return error_set(err, ERROR_PROTOCOL,
				 "the engine ended the build without an image");
	*ret_id = str_copy(id, err);
	return *ret_id ? 0 : -1;
}

/* Which of the wished cache exports the engine can do. */
static int choose_exports(struct api *api, const struct engine_build *build,
			  const struct engine_cache ***ret_exports, size_t *ret_count,
			  struct error *err)
{
	AUTOFREE const struct engine_cache **exports = NULL;
	size_t count = 0;

	if (!build->cache_to_count)
		return 0;
	exports = calloc(build->cache_to_count, sizeof(const struct engine_cache *));
	if (!exports)
		return error_set_memory(err);
	if (api_learn_store(api, err))
		return -1;
	for (size_t i = 0; i < build->cache_to_count; i++)
		if (ability_has_cache_export(api, build->cache_to[i].type))
			exports[count++] = &build->cache_to[i];
	*ret_exports = TAKE(exports);
	*ret_count = count;
	return 0;
}

static int build_linked(struct api *api, const struct link *link, struct session *session,
			struct strmap *ret_response, struct error *err)
{
	AUTOFREE const struct engine_cache **exports = NULL;
	struct solve solve = { .build = session->build,
			       .ref = session->uuid,
			       .session = session->uuid,
			       .exporter = SOLVE_EXPORTER_MOBY };

	if (choose_exports(api, session->build, &exports, &solve.cache_to_count, err))
		return -1;
	solve.cache_to = exports;
	return drive_build(link, session, &solve, ret_response, err);
}

int api_build_buildkit(struct api *api, const struct engine_build *build, char **ret_id,
		       struct error *err)
{
	struct session session = { .build = build, .sink = api->engine.sink };
	AUTO(strmap_release) struct strmap response = { 0 };
	AUTO(link_close) struct link link = { 0 };

	if (ability_check(api, build, err))
		return -1;
	session_name(&session);
	if (link_open_docker(api->engine.info.url, &session, &link, err))
		return error_is(err, ERROR_UNSUPPORTED) ? 1 : -1;
	if (build->result)
		build->result->builder = ENGINE_BUILDER_BUILDKIT;
	if (build_linked(api, &link, &session, &response, err))
		return -1;
	return take_id(&response, ret_id, err);
}
