/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * Podman's API service, started for one run on a socket of its own. It ends
 * when it is stopped, or by itself some seconds after its last client has gone,
 * so that a killed run leaves none behind. Inside engine/ only.
 */
#include "base/error.h"

struct podman_service;

/* Is there a podman to start? */
bool podman_service_is_there(void);
/* Starts it; the socket may not be there yet. */
struct podman_service *podman_service_start(struct error *err) CHECK;
/* Path of the socket; belongs to the service. */
const char *podman_service_socket(const struct podman_service *service);
/* It ended without being asked to. */
bool podman_service_has_ended(const struct podman_service *service);
/* Ends it and removes its socket; NULL is fine. */
void podman_service_stop(struct podman_service *service);
