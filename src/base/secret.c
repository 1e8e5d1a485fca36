/* SPDX-License-Identifier: MIT */
#include "base/secret.h"

#include <sodium.h>

int secret_set(struct secret *secret, struct slice text, struct error *err)
{
	char *data;

	if (sodium_init() < 0)
		return error_set(err, ERROR_SYSTEM, "libsodium does not start");
	data = sodium_malloc(text.len + 1);
	if (!data)
		return error_set_memory(err);
	if (text.len)
		memcpy(data, text.data, text.len);
	data[text.len] = '\0';
	secret_release(secret);
	*secret = (struct secret){ data, text.len };
	return 0;
}

void secret_release(struct secret *secret)
{
	sodium_free(secret->data);
	*secret = (struct secret){ 0 };
}

void secret_wipe(void *data, size_t len)
{
	sodium_memzero(data, len);
}

void secret_buf_release(struct buf *buf)
{
	secret_wipe(buf->data, buf->capacity);
	buf_release(buf);
}
