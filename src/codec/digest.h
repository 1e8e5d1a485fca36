/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * SHA-256 of bytes as they pass, and the digests of OCI (image-spec,
 * descriptor.md, "Digests"): "sha256:" and 64 lower-case hexadecimal digits,
 * the only algorithm we take.
 */
#include <stdint.h>

#include "base/error.h"
#include "base/slice.h"

#define DIGEST_BYTES 32

struct digest {
	void *state;
};

struct digest_text {
	char text[72];
};

int digest_init(struct digest *digest, struct error *err) CHECK;
void digest_release(struct digest *digest);
void digest_add(struct digest *digest, const void *data, size_t len);
/* The digest of all that was added; the next byte starts a new one. */
struct digest_text digest_finish(struct digest *digest);
/* The same as plain bytes. */
void digest_finish_bytes(struct digest *digest, uint8_t ret_bytes[DIGEST_BYTES]);

int digest_of(struct slice data, struct digest_text *ret_text, struct error *err) CHECK;
/* Exactly sha256:[a-f0-9]{64}. NULL is not valid. */
bool digest_is_valid(const char *text);
