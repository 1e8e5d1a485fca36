/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * Credentials for a registry, found where docker and podman keep them; first
 * found wins: $DOCKER_AUTH_CONFIG, the files of auth/files.h, what the CI
 * system gives (auth/ci.h). In each document credHelpers come before
 * credsStore, and that before auths. A host matches only itself, never a part
 * of its name. Nothing secret enters an error.
 */
#include <stdbool.h>

#include "base/secret.h"
#include "base/str.h"

/* Which ones are set says what they are; all empty: anonymous. */
struct credentials {
	struct secret user;
	struct secret password;
	struct secret identity_token; /* OAuth2 refresh token */
	struct secret registry_token; /* a bearer token as it is */
};

void credentials_release(struct credentials *credentials);
bool credentials_are_anonymous(const struct credentials *credentials);
/* Into empty ones. */
int credentials_copy(struct credentials *credentials, const struct credentials *from,
		     struct error *err) CHECK;

/* For "host[:port]" ("docker.io" for Docker Hub) and the repository there.
 * None found is success. A file or helper that does not work is an error:
 * ERROR_INPUT the file, ERROR_DENIED the helper's own message,
 * ERROR_NOT_FOUND there is no such helper. */
int credentials_find(const char *host, const char *repository, struct credentials *ret_credentials,
		     struct error *err) CHECK;

/* From now on no program that we start sees a variable that may hold
 * credentials. */
int credentials_hide_variables(struct error *err) CHECK;

/* base64(user:password), as in "Authorization: Basic ..." (RFC 7617). */
void credentials_add_basic(const struct credentials *credentials, struct buf *out);

/* The value of the engine's X-Registry-Auth header: JSON in base64 for URLs,
 * "{}" if anonymous: dockerd wants one in any case. */
int credentials_registry_auth(const struct credentials *credentials, const char *host,
			      struct secret *ret_header, struct error *err) CHECK;
/* The value of X-Registry-Config for a build: what is known for these hosts
 * (those of its FROM lines) and for no other. */
int credentials_registry_config(const struct strv *hosts, struct secret *ret_header,
				struct error *err) CHECK;
