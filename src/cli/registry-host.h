/* SPDX-License-Identifier: MIT */
#pragma once
/* The registry that login and logout are about. */
#include "cli/commands.h"

struct registry_host {
	char *host; /* "host[:port]", as references name it */
	struct settings settings;
};

void registry_host_release(struct registry_host *host);
/*
 * Of the word "HOST[:PORT]" or "https://HOST...", without one (NULL) of
 * image.registry. What the commit's .gitimage sets is anybody's text: it counts
 * only if the user sees the name before a secret goes there, `is_seen`.
 */
int registry_host_find(struct cli *cli, const char *word, bool is_seen,
		       struct registry_host *ret_host, struct error *err) CHECK;
