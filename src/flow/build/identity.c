/* SPDX-License-Identifier: MIT */
#include "flow/build/identity.h"

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

struct engine_image identity_view(const struct image_config *config)
{
	return (struct engine_image){ .env = config->env,
				      .labels = config->labels,
				      .layers = config->diff_ids };
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

char *identity_tag(const struct settings *settings, const char *sha, struct error *err)
{
	return str_format(err, "%s%.*s", settings->tag_prefix ? settings->tag_prefix : "",
			  (int)settings->sha_length, sha);
}

/* Behind the prefix, if it is there. A prefix does not end in a digit of a SHA. */
static const char *skip_prefix(const char *prefix, const char *tag)
{
	return prefix && str_starts(tag, prefix) ? tag + strlen(prefix) : tag;
}

/* Length of the leading hexadecimal digits if there are 7 to 40, else 0. */
static size_t short_sha_length(const char *tag)
{
	size_t len = strspn(tag, "0123456789abcdef");

	return len >= 7 && len <= 40 ? len : 0;
}

static bool is_dirty(const char *behind)
{
	return str_starts(behind, DIRTY "-") && str_is_hex(behind + strlen(DIRTY "-"), 8);
}

int identity_tag_platform(const char *prefix, const char *tag, struct platform *ret_platform,
			  struct error *err)
{
	AUTOFREE char *text = NULL;
	struct error ignored = { 0 };
	size_t len;
	char *dash;

	tag = skip_prefix(prefix, tag);
	len = short_sha_length(tag);
	if (!len || tag[len] != '-' || is_dirty(tag + len))
		return 0;
	text = str_copy(tag + len + 1, err);
	if (!text)
		return -1;
	for (dash = text; (dash = strchr(dash, '-')); dash++)
		*dash = '/';
	return !platform_parse(text, ret_platform, &ignored);
}

bool identity_tag_is_ours(const char *prefix, const char *tag)
{
	AUTO(platform_release) struct platform platform = { 0 };
	struct error ignored = { 0 };
	size_t len;

	tag = skip_prefix(prefix, tag);
	len = short_sha_length(tag);
	return len && (!tag[len] || is_dirty(tag + len) ||
		       identity_tag_platform(NULL, tag, &platform, &ignored) > 0);
}

bool identity_tag_misleads(const struct settings *settings, const char *tag, const char *sha)
{
	const char *digits = skip_prefix(settings->tag_prefix, tag);
	size_t len = short_sha_length(digits);

	return len == (size_t)settings->sha_length && identity_tag_is_ours(NULL, digits) &&
	       (digits[len] || strncmp(digits, sha, len) != 0);
}

static bool names_platform_of(const char *tag, const struct engine_image *image)
{
	const struct platform have = { image->os, image->architecture, image->variant };
	AUTO(platform_release) struct platform named = { 0 };
	struct error ignored = { 0 };

	return identity_tag_platform(NULL, tag, &named, &ignored) > 0 &&
	       platform_matches(&have, &named);
}

bool identity_tag_matches(const char *prefix, const char *tag, const char *sha,
			  const struct engine_image *image)
{
	size_t len;

	tag = skip_prefix(prefix, tag);
	len = short_sha_length(tag);
	if (!len || strncmp(tag, sha, len) != 0)
		return false;
	if (str_is_hex(sha, 40))
		return !tag[len] || names_platform_of(tag, image);
	return is_dirty(tag + len) && strlen(sha) > 40 && !strcmp(sha + 40, DIRTY);
}
