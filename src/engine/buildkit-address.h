/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * Where a BuildKit daemon listens: buildkit:///path/to/socket, or
 * buildkit://HOST[:PORT][?tls=FOLDER|none]. The folder holds ca.pem, cert.pem and
 * key.pem as with buildctl's --tlsdir, those that are needed. Without it TLS has the
 * system's authorities, and on loopback there is none. Inside engine/ only.
 */
#include <stdbool.h>

#include "base/error.h"

#define BUILDKIT_SCHEME "buildkit://"

struct buildkit_address {
	char *place;  /* the URL without what follows '?' */
	char *socket; /* NULL: TCP */
	char *host;   /* IPv6 without brackets */
	int port;
	bool is_plain;
	/* PEM files; NULL: none */
	char *ca_file, *certificate, *key;
};

void buildkit_address_release(struct buildkit_address *address);
/* ERROR_INPUT says what is wrong with it. */
int buildkit_address_parse(const char *url, struct buildkit_address *ret_address,
			   struct error *err) CHECK;
