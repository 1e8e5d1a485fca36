/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * URLs that peers send us (Location, realm), read strictly: http or https,
 * no user information, no white space, no second way to write an address.
 * What is an origin and what is a private address is decided here, so that
 * every rule about who may see a credential asks the same function.
 */
#include <stdbool.h>

#include "base/buf.h"

enum url_host {
	URL_HOST_NAME,	   /* a DNS name */
	URL_HOST_PUBLIC,   /* an address that the internet routes */
	URL_HOST_PRIVATE,  /* private, link-local, shared, unspecified, multicast, reserved */
	URL_HOST_LOOPBACK, /* 127.0.0.0/8, ::1 and the names localhost, *.localhost */
};

struct url {
	bool is_https;
	char *host; /* lower case, IPv6 without brackets */
	enum url_host host_kind;
	int port;
	char *path; /* from its '/' on, query included, fragment not; never empty */
};

void url_release(struct url *url);
/* ERROR_PROTOCOL says what is wrong with it. */
int url_parse(const char *text, struct url *ret_url, struct error *err) CHECK;
/* A reference such as Location: absolute, "//host/path" or "/path"; a relative
 * path is refused (RFC 9110 10.2.2 allows it, no registry sends it). */
int url_resolve(const struct url *base, const char *location, struct url *ret_url,
		struct error *err) CHECK;
/* The same scheme, host and port. */
bool url_is_same_origin(const struct url *a, const struct url *b);
/* "scheme://host[:port]", the port only if it is not the scheme's own. */
void url_add_origin(const struct url *url, struct buf *out);
/* All of it. */
void url_add(const struct url *url, struct buf *out);
/* Do two host names share a domain that one owner registered? Equal names do,
 * else at least two labels at the end that are no public suffix we know of. */
bool url_is_same_site(const char *host, const char *other);
