/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * A registry's own certificates, where docker and podman keep them: the folder
 * "host[:port]" in /etc/docker/certs.d or /etc/containers/certs.d, or below
 * the home folder in .config/docker/certs.d or .config/containers/certs.d. In
 * it every NAME.crt is an authority, and NAME.cert with NAME.key is ours; of
 * several of ours the first one in byte order counts, for libcurl takes one.
 */
#include <stdbool.h>

#include "base/str.h"

struct certificates {
	struct strv authorities;  /* paths, in byte order */
	char *ca_file;		  /* all of them in one; NULL: the system's alone */
	char *client_certificate; /* NULL: none */
	char *client_key;
	bool has_others; /* of ours, which do not count */
	int bundle_fd; /* of `ca_file`, if it is a file in memory; else 0 */
};

void certificates_release(struct certificates *certificates);
/* The first folder that has any of them. None is success; a certificate
 * without its key, or a key without one, is ERROR_INPUT. */
int certificates_find(const char *host, struct certificates *ret_certificates,
		      struct error *err) CHECK;
/* Adds those authorities to these. */
int certificates_add_authorities(struct certificates *certificates,
				 const struct certificates *other, struct error *err) CHECK;
