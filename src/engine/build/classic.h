/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * The classic builder: POST /build with the context as a tar stream, for
 * Podman and for a Docker without BuildKit.
 */
#include "engine/build/build.h"

struct api;

/* As the table's `build`. What this builder cannot do is ERROR_UNSUPPORTED. */
int api_build_classic(struct api *api, const struct engine_build *build, char **ret_id,
		      struct error *err) CHECK;
