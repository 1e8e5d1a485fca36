/* SPDX-License-Identifier: MIT */
#pragma once
/* The names under which credentials for a registry are kept. */
#include "base/str.h"

/* Docker's own: the host, but an old URL for Docker Hub. */
const char *server_name(const char *host);
/* Every key that may stand for this repository (NULL: any) at exactly this
 * host, the most specific first. */
int server_list_keys(const char *host, const char *repository, struct strv *ret_keys,
		     struct error *err) CHECK;
