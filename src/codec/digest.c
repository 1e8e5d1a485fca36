/* SPDX-License-Identifier: MIT */
#include "codec/digest.h"

#include <assert.h>
#include <openssl/evp.h>

#include "base/str.h"

static const char prefix[] = "sha256:";

int digest_init(struct digest *digest, struct error *err)
{
	EVP_MD_CTX *state = EVP_MD_CTX_new();

	if (!state)
		return error_set_memory(err);
	if (!EVP_DigestInit_ex(state, EVP_sha256(), NULL)) {
		EVP_MD_CTX_free(state);
		return error_set(err, ERROR_SYSTEM, "libcrypto has no SHA-256");
	}
	digest->state = state;
	return 0;
}

void digest_release(struct digest *digest)
{
	EVP_MD_CTX_free(digest->state);
	digest->state = NULL;
}

/* Once SHA-256 is there, nothing below can fail but by our own misuse. */
static void expect(int is_good)
{
	assert(is_good);
	(void)is_good;
}

void digest_add(struct digest *digest, const void *data, size_t len)
{
	expect(EVP_DigestUpdate(digest->state, data, len));
}

void digest_finish_bytes(struct digest *digest, uint8_t ret_bytes[DIGEST_BYTES])
{
	expect(EVP_DigestFinal_ex(digest->state, ret_bytes, NULL));
	expect(EVP_DigestInit_ex(digest->state, NULL, NULL));
}

struct digest_text digest_finish(struct digest *digest)
{
	static const char digits[] = "0123456789abcdef";
	uint8_t bytes[DIGEST_BYTES];
	struct digest_text result;
	char *out = result.text;

	digest_finish_bytes(digest, bytes);
	memcpy(out, prefix, sizeof(prefix) - 1);
	out += sizeof(prefix) - 1;
	for (size_t i = 0; i < sizeof(bytes); i++) {
		*out++ = digits[bytes[i] >> 4];
		*out++ = digits[bytes[i] & 15];
	}
	*out = '\0';
	return result;
}

int digest_of(struct slice data, struct digest_text *ret_text, struct error *err)
{
	AUTO(digest_release) struct digest digest = { 0 };

	if (digest_init(&digest, err))
		return -1;
	digest_add(&digest, data.data, data.len);
	*ret_text = digest_finish(&digest);
	return 0;
}

bool digest_is_valid(const char *text)
{
	return text && str_starts(text, prefix) && str_is_hex(text + sizeof(prefix) - 1, 64);
}
