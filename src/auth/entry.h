/* SPDX-License-Identifier: MIT */
#pragma once
/* One entry of "auths", as docker and podman write it. */
#include "auth/credentials.h"
#include "codec/json.h"

/* Sets a secret of the credentials; a control character in it, which could
 * end a header line, is ERROR_INPUT. Empty text sets nothing. */
int entry_set(struct secret *secret, struct slice text, struct error *err) CHECK;
/* Leaves the credentials empty if the entry says nothing, as it does where a
 * helper keeps the secret. ERROR_INPUT names the field. */
int entry_read(const struct json *entry, struct credentials *ret_credentials,
	       struct error *err) CHECK;
