/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * What pushes and pulls of the engine's own share. Inside engine/ only.
 */
#include "engine/api.h"
#include "engine/stream.h"

/* Emits the progress of one layer, if that is what a message tells; `step` and
 * `image` may be NULL. */
void carry_progress(const struct api *api, const struct json *message, const char *step,
		    const char *image);
/* POST with a value of X-Registry-Auth, NULL: anonymous; its answer goes, to the end,
 * through `stream`. */
int carry_send(struct api *api, const struct buf *url, const char *registry_auth,
	       struct stream *stream, struct error *err) CHECK;
