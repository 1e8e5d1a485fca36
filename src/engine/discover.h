/* SPDX-License-Identifier: MIT */
#pragma once
/* Where a container engine may be found. Inside engine/ only. */
#include "base/str.h"

/* The engine that the environment names: DOCKER_HOST, else the docker context in use.
 * NULL without an error: none. `ret_origin` says where it stands. */
int discover_named(char **ret_url, char **ret_origin, struct error *err) CHECK;
/* The sockets that engines usually listen on, the likely ones first. */
int discover_usual(struct strv *urls, struct error *err) CHECK;
