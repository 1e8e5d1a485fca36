/* SPDX-License-Identifier: MIT */
#pragma once
/* /images/load, which takes an image as a tar archive. Inside engine/ only. */
#include "engine/api.h"

/* `body` has the archive, as a body or a source, and its time limits. */
int load_send(struct api *api, struct http_request *body, struct error *err) CHECK;
