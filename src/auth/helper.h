/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * Credential helpers: programs docker-credential-NAME that speak the protocol
 * of docker-credential-helpers on standard input and output.
 */
#include "auth/credentials.h"

/* Asks, once in a run, for a server's credentials; leaves them empty if the helper has none.
 * ERROR_NOT_FOUND: no such program; ERROR_DENIED: what the helper says. */
int helper_get(const char *name, const char *server, struct credentials *ret_credentials,
	       struct error *err) CHECK;
/* Gives it user and password to keep. The same errors. */
int helper_store(const char *name, const char *server, const struct credentials *credentials,
		 struct error *err) CHECK;
/* What it does not have it may erase too. */
int helper_erase(const char *name, const char *server, struct error *err) CHECK;
