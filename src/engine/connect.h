/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * Finding a container engine and agreeing with it on a version of its API (the
 * Docker Engine API, 1.41 to 1.45). One call to the engine, one connection
 * that is kept.
 */
#include "engine/engine.h"

/*
 * Opens `url` ("unix:///path", or "buildkit://..." of a BuildKit daemon); NULL
 * looks for one: DOCKER_HOST, the docker context in use, the usual sockets
 * (Docker's and Podman's, root's and the user's), else Podman's API service is
 * started for as long as the engine is open, which is said as a notice. None:
 * ERROR_UNREACHABLE lists what was tried. An engine that was named and does not
 * answer is never replaced by another. `ret_engine` is closed by its ops->close.
 */
int engine_open(const char *url, struct event_sink *sink, struct engine **ret_engine,
		struct error *err) CHECK;
