/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * Names of images, by Docker's rules: [HOST/]PATH[:TAG][@DIGEST]. The first
 * component is a host if it has a '.' or ':' or is "localhost"; anything else
 * is a short name of Docker Hub ("app" is docker.io/library/app). Everything
 * in a parsed reference is valid, so that it may enter a URL as it is.
 */
#include <stdbool.h>

#include "base/buf.h"

#define REFERENCE_DOCKER_HUB "docker.io"

struct reference {
	char *name;	  /* as written, without tag and digest: "app", "[::1]:5000/a/b" */
	char *host;	  /* canonical: "docker.io", "localhost:5000", "[::1]:5000" */
	char *repository; /* canonical path at the host: "library/app" */
	char *tag;	  /* NULL: none was given */
	char *digest;	  /* the same; sha256 only */
};

void reference_release(struct reference *reference);
/* ERROR_INPUT says which rule the text breaks. */
int reference_parse(const char *text, struct reference *ret_reference, struct error *err) CHECK;

/* "name[:tag][@digest]", the name as it was written. */
void reference_format(const struct reference *reference, struct buf *out);
/* "host/path", in full: what two ways to write one repository share. */
void reference_format_canonical(const struct reference *reference, struct buf *out);
/* What to ask its repository for: the digest, else the tag, else "latest". */
const char *reference_wanted(const struct reference *reference);
bool reference_is_same_repository(const struct reference *a, const struct reference *b);

/* Of a "host[:port]": localhost, 127.0.0.0/8 or [::1]; there plain HTTP is fine. */
bool reference_is_loopback(const char *host);
/* [A-Za-z0-9_][A-Za-z0-9._-]{0,127} */
bool reference_is_valid_tag(const char *tag);
/* A name with neither tag nor digest; upper case has its own message. */
int reference_check_repository(const char *name, struct error *err) CHECK;
