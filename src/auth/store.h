/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * Keeps and forgets credentials where docker and podman would look for them,
 * and where credentials_find() does. Files are replaced whole, for their owner
 * alone; what else they hold stays as it is. A file that is a symbolic link is
 * written where the link leads.
 */
#include "auth/credentials.h"

struct store_place {
	char *text;    /* of the file, or the helper's program */
	bool is_plain; /* whoever reads the file has the password */
};

void store_place_release(struct store_place *place);

/*
 * User and password of "host[:port]". They replace what was found for the host
 * before, in the same place; else they go to docker's config.json, or podman's
 * auth.json if there is only that, and there to the helper that it names.
 */
int credentials_store(const char *host, const struct credentials *credentials,
		      struct store_place *ret_place, struct error *err) CHECK;
/* Erases them from all files and their helpers, those of single repositories
 * too; adds each place to `ret_places`: none, nobody was logged in. */
int credentials_erase(const char *host, struct strv *ret_places, struct error *err) CHECK;
