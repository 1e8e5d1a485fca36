/* SPDX-License-Identifier: MIT */
#include "trust/seal.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <unistd.h>

#include "base/path.h"
#include "base/str.h"

static int read_key(const char *path, struct seal *seal, struct error *err)
{
	AUTO(buf_release) struct buf content = BUF_INIT(crypto_auth_KEYBYTES + 1);
	int status = path_read(path, &content, err);

	if (!status && content.len != crypto_auth_KEYBYTES)
		status = error_set(err, ERROR_INPUT, "'%s' is no key of %d bytes; remove it", path,
				   (int)crypto_auth_KEYBYTES);
	if (!status)
		status = secret_set(&seal->key, buf_slice(&content), err);
	if (content.capacity)
		secret_wipe(content.data, content.capacity);
	return status;
}

/* The link makes the key appear whole, and once: who comes second finds it. */
static int make_key(const char *folder, const char *path, struct error *err)
{
	AUTOFREE char *temporary = str_format(err, "%s/seal.%ld.new", folder, (long)getpid());
	unsigned char key[crypto_auth_KEYBYTES];
	int status;

	if (!temporary || path_make_folders(folder, 0700, err))
		return -1;
	if (sodium_init() < 0)
		return error_set(err, ERROR_SYSTEM, "libsodium does not start");
	crypto_auth_keygen(key);
	status = path_write(temporary, (struct slice){ (char *)key, sizeof(key) }, 0600, err);
	secret_wipe(key, sizeof(key));
	if (status)
		return -1;
	if (link(temporary, path) && errno != EEXIST)
		status = error_set_errno(err, errno, "cannot make '%s'", path);
	unlink(temporary);
	return status;
}

int seal_open(const char *folder, enum seal_mode mode, struct seal *ret_seal, struct error *err)
{
	AUTOFREE char *path = path_join(folder, "seal.key", err);

	if (!path)
		return -1;
	if (!read_key(path, ret_seal, err))
		return 0;
	if (!error_is(err, ERROR_NOT_FOUND) || mode == SEAL_READ || make_key(folder, path, err))
		return -1;
	error_clear(err);
	return read_key(path, ret_seal, err);
}

void seal_release(struct seal *seal)
{
	secret_release(&seal->key);
}

struct seal_text seal_make(const struct seal *seal, struct slice text)
{
	unsigned char mac[crypto_auth_BYTES];
	struct seal_text result;

	crypto_auth(mac, (const unsigned char *)text.data, text.len,
		    (const unsigned char *)seal->key.data);
	sodium_bin2hex(result.text, sizeof(result.text), mac, sizeof(mac));
	return result;
}

bool seal_is_valid(const struct seal *seal, struct slice text, const char *claimed)
{
	struct seal_text expected = seal_make(seal, text);

	return strlen(claimed) == sizeof(expected.text) - 1 &&
	       !sodium_memcmp(expected.text, claimed, sizeof(expected.text));
}
