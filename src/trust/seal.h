/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * A seal says "this user wrote this on a machine that shares this state
 * folder": HMAC-SHA-512-256 with a random key of 32 bytes that never leaves
 * the folder. It tells our own ledger lines from fetched ones; it convinces
 * nobody else.
 */
#include <stdbool.h>

#include "base/secret.h"

struct seal {
	struct secret key;
};

struct seal_text {
	char text[65]; /* 64 lower-case hexadecimal digits */
};

enum seal_mode {
	SEAL_READ, /* no key yet: ERROR_NOT_FOUND */
	SEAL_MAKE, /* no key yet: makes it (mode 0600); several at once end with the same */
};

/* Reads the key from `folder`. */
int seal_open(const char *folder, enum seal_mode mode, struct seal *ret_seal,
	      struct error *err) CHECK;
void seal_release(struct seal *seal);

struct seal_text seal_make(const struct seal *seal, struct slice text);
/* In constant time; false for anything that is no seal. */
bool seal_is_valid(const struct seal *seal, struct slice text, const char *claimed);
