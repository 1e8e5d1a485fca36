/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * A BuildKit daemon as an engine. It only builds: what it exports goes into an OCI
 * layout in our state folder, one for each daemon, where it is stamped and named and
 * from where it is published. Containers it has none. Inside engine/ only.
 */
#include "engine/engine.h"

/* As engine_open(), of a URL that begins with BUILDKIT_SCHEME. */
int buildkitd_open(const char *url, struct event_sink *sink, struct engine **ret_engine,
		   struct error *err) CHECK;
