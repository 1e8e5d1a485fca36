/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * The builder BuildKit inside a Docker engine: one connection on which we call
 * (/grpc: Solve, Status) and one on which we are called (/session), both driven
 * by one loop on one thread. Nothing is sent that was not asked for.
 */
#include "engine/build/build.h"

struct api;

/*
 * As the table's `build`, but 1 if there is no BuildKit to ask: nothing was
 * begun, err (ERROR_UNSUPPORTED) says why. A build that is broken off, also by
 * Ctrl-C, ends in the engine too.
 */
int api_build_buildkit(struct api *api, const struct engine_build *build, char **ret_id,
		       struct error *err) CHECK;
