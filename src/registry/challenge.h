/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * What a 401 asks for (RFC 9110 11.6.1): any number of header lines with any
 * number of challenges each. Only Bearer and Basic concern us.
 */
#include <stdbool.h>

#include "net/http.h"

struct challenge {
	bool is_bearer; /* preferred if both were offered */
	char *realm;	/* NULL: none; for Bearer, the token server's URL */
	char *service;
	char *scope;
	char *error; /* "insufficient_scope": what was sent is not enough (RFC 6750 3.1) */
};

void challenge_release(struct challenge *challenge);
/* Was the token good, but not for what was asked? */
bool challenge_is_insufficient(const struct challenge *challenge);
/* 1 if there is one that we can answer, 0 if not. */
int challenge_read(const struct http_response *response, struct challenge *ret_challenge,
		   struct error *err) CHECK;
