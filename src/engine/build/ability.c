/* SPDX-License-Identifier: MIT */
#include "engine/build/ability.h"

#include <string.h>

#include "context/context.h"
#include "context/dockerfile.h"

/* API 1.42 is Docker 23, whose frontend is the first that reads heredocs. */
#define HEREDOCS 42

static bool reads_heredocs(const struct api *api)
{
	int64_t minor;

	return str_to_int(api->engine.info.api_version + strlen("1."), HEREDOCS, 1000, &minor);
}

int ability_check(const struct api *api, const struct engine_build *build, struct error *err)
{
	const struct dockerfile *dockerfile = context_dockerfile(build->context);
	bool is_builtin = !dockerfile->syntax || build->uses_builtin_frontend;

	if (!dockerfile->heredoc_line || !is_builtin || reads_heredocs(api))
		return 0;
	error_set(err, ERROR_UNSUPPORTED, "%s:%d: a heredoc needs Docker 23 or newer, this is %s",
		  context_dockerfile_path(build->context), dockerfile->heredoc_line,
		  api->engine.info.version);
	return error_hint(err, "the line '# syntax=docker/dockerfile:1' brings a newer frontend");
}

bool ability_has_cache_export(const struct api *api, const char *type)
{
	struct event_sink *sink = api->engine.sink;

	if (!strcmp(type, "inline"))
		return true;
	if (!strcmp(type, "registry") || !strcmp(type, "gha")) {
		if (api->engine.info.has_containerd_store)
			return true;
		event_warning(sink,
			      "this engine's image store exports only an inline cache: "
			      "nothing is exported to '%s' (image.cacheTo)",
			      type);
		return false;
	}
	event_warning(sink, "no cache of type '%s' can be exported: nothing is (image.cacheTo)",
		      type);
	return false;
}
