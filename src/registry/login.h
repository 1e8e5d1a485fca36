/* SPDX-License-Identifier: MIT */
#pragma once
/* Whether a registry lets somebody in. */
#include "auth/credentials.h"
#include "registry/registry.h"

/*
 * Asks the registry at "host[:port]" for its version (GET /v2/), with these
 * credentials once it wants to see some. ERROR_DENIED if they are wrong.
 * `ret_asks` is false if it lets anybody in: then nothing is known of them.
 */
int registry_log_in(const char *host, const struct credentials *credentials,
		    const struct registry_options *options, bool *ret_asks,
		    struct error *err) CHECK;
