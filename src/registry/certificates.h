/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * A registry's own certificates, where docker and podman keep them: the folder
 * "host[:port]" in /etc/docker/certs.d or /etc/containers/certs.d, or below
 * the home folder in .config/docker/certs.d or .config/containers/certs.d.
 */
#include "base/error.h"

struct certificates {
	char *ca_file;		  /* ca.crt; NULL: the system's */
	char *client_certificate; /* client.cert with client.key; NULL: none */
	char *client_key;
};

void certificates_release(struct certificates *certificates);
/* The first folder that has any of them. None is success. */
int certificates_find(const char *host, struct certificates *ret_certificates,
		      struct error *err) CHECK;
