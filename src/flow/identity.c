/* SPDX-License-Identifier: MIT */
#include "flow/identity.h"

#include <string.h>

#include "base/limits.h"
#include "base/str.h"
#include "image/config.h"

#define DIRTY "-dirty"

/* Length before text, so that no two lists give the same bytes. */
static void add_part(struct buf *encoded, const char *text)
{
	size_t count = strlen(text);

	for (int shift = 0; shift < 64; shift += 8)
		buf_add_char(encoded, (char)(count >> shift));
	buf_add(encoded, text, count);
}

int identity_stamp(const char *content_key, const char *sha, const struct strv *layers,
		   struct digest_text *ret_stamp, struct error *err)
{
	AUTO(buf_release) struct buf encoded = BUF_INIT(LIMIT_JSON_DOCUMENT);

	add_part(&encoded, "git-image stamp 1");
	add_part(&encoded, content_key ? content_key : "");
	add_part(&encoded, sha);
	for (size_t i = 0; i < layers->len; i++)
		add_part(&encoded, layers->items[i]);
	if (buf_check(&encoded, "the image's layers", err))
		return -1;
	return digest_of(buf_slice(&encoded), ret_stamp, err);
}

const char *identity_sha(const struct engine_image *image, const char *sha_env)
{
	const char *claimed = strmap_get(&image->labels, LABEL_STAMP);
	const char *sha = image_env_get(&image->env, sha_env);
	struct digest_text stamp;
	struct error ignored = { 0 };

	if (!claimed || !sha ||
	    identity_stamp(strmap_get(&image->labels, LABEL_KEY), sha, &image->layers, &stamp,
			   &ignored))
		return NULL;
	return strcmp(stamp.text, claimed) ? NULL : sha;
}

/* Length of the leading hexadecimal digits if there are 7 to 40, else 0. */
static size_t short_sha_length(const char *tag)
{
	size_t len = strspn(tag, "0123456789abcdef");

	return len >= 7 && len <= 40 ? len : 0;
}

bool identity_tag_is_ours(const char *tag)
{
	size_t len = short_sha_length(tag);

	if (!len)
		return false;
	if (!tag[len])
		return true;
	return str_starts(tag + len, DIRTY "-") && str_is_hex(tag + len + strlen(DIRTY "-"), 8);
}

bool identity_tag_matches(const char *tag, const char *sha)
{
	size_t len = short_sha_length(tag);

	if (!identity_tag_is_ours(tag) || strncmp(tag, sha, len))
		return false;
	return str_is_hex(sha, 40) ? !tag[len]
				   : tag[len] && strlen(sha) > 40 && !strcmp(sha + 40, DIRTY);
}
