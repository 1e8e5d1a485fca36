/* SPDX-License-Identifier: MIT */
#pragma once
/* What a container of an image starts with, as all engines and OCI spell it. Inside
 * engine/ only. */
#include "codec/json.h"
#include "engine/engine.h"

/* Labels, variables, shell, user and health check of an image's "config" (may be
 * missing); `health` NULL: it stands in there. */
int image_read_config(const struct json *config, const struct json *health,
		      struct engine_image *image, struct error *err) CHECK;
