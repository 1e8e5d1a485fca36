/* SPDX-License-Identifier: MIT */
#pragma once
/* An image from its registry into an engine, with the credentials of that registry. */
#include "engine/engine.h"

struct pull {
	struct engine *engine;
	struct event_sink *sink;
	const char *reference; /* "name:tag" or "name@digest" */
	const char *platform;  /* NULL: the engine's own */
	const char *image;     /* for events; may be NULL */
};

/* As engine_ops.pull; ERROR_UNSUPPORTED where there is none. The step is told. */
int pull_image(const struct pull *pull, char **ret_id, struct error *err) CHECK;
