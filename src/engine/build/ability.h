/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * What the BuildKit inside an engine can do, so that it is said before the
 * build starts.
 */
#include "engine/api.h"
#include "engine/build/build.h"

/* Refuses (ERROR_UNSUPPORTED) what its frontend would stumble over. */
int ability_check(const struct api *api, const struct engine_build *build, struct error *err) CHECK;

/* Can it export a cache of that type? If not, a warning says what happens
 * instead. The engine's store must be known. */
bool ability_has_cache_export(const struct api *api, const char *type);
