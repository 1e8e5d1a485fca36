/* SPDX-License-Identifier: MIT */
#include "registry/client.h"

#include "base/limits.h"
#include "codec/digest.h"

/* What an image names has to be there: its absence is no "no". */
static int missing(const char *what, const char *digest, struct error *err)
{
	return error_set(err, ERROR_PROTOCOL, "the registry lacks the %s %s of its own image", what,
			 digest);
}

static int get_blob(struct registry *registry, const struct descriptor *descriptor,
		    struct buf *ret_blob, struct error *err)
{
	AUTO(http_response_release) struct http_response response = HTTP_RESPONSE_INIT;
	AUTOFREE char *path = str_format(err, "blobs/%s", descriptor->digest);
	struct digest_text digest;

	if (!path ||
	    registry_send(registry, &(struct registry_request){ .method = "GET", .path = path },
			  &response, err))
		return -1;
	if (response.status == 404)
		return missing("config", descriptor->digest, err);
	if (response.status != 200)
		return registry_refusal(registry, &response, err);
	if (digest_of(buf_slice(&response.body), &digest, err))
		return -1;
	if (!str_equal(digest.text, descriptor->digest))
		return error_set(err, ERROR_PROTOCOL, "the registry sent %s instead of %s",
				 digest.text, descriptor->digest);
	buf_release(ret_blob);
	*ret_blob = response.body;
	buf_init(&response.body, 0);
	return 0;
}

static int get_config(struct registry *registry, const struct manifest *manifest,
		      struct buf *ret_config, struct error *err)
{
	if (manifest->is_index)
		return error_set(err, ERROR_PROTOCOL, "an index where an image was announced");
	if (manifest->config.size > (int64_t)LIMIT_JSON_DOCUMENT)
		return error_set(err, ERROR_PROTOCOL, "its config has %lld bytes, %lu are allowed",
				 (long long)manifest->config.size, LIMIT_JSON_DOCUMENT);
	return get_blob(registry, &manifest->config, ret_config, err);
}

static const struct descriptor *choose(const struct manifest *index,
				       const struct platform *platform, struct error *err)
{
	AUTO(platform_release) struct platform own = { 0 };
	const struct descriptor *image;

	if (platform) {
		image = manifest_for_platform(index, platform);
	} else {
		if (platform_of_host(&own, err))
			error_clear(err);
		image = own.os ? manifest_for_platform(index, &own) : NULL;
		image = image ? image : manifest_for_platform(index, NULL);
	}
	if (!image && platform)
		error_set(err, ERROR_NOT_FOUND, "it has no image for %s/%s", platform->os,
			  platform->architecture);
	else if (!image)
		error_set(err, ERROR_NOT_FOUND, "it has no image that names its platform");
	return image;
}

static int get_config_of_index(struct registry *registry, const struct manifest *index,
			       const struct platform *platform, struct buf *ret_config,
			       struct error *err)
{
	AUTO(registry_manifest_release) struct registry_manifest child = REGISTRY_MANIFEST_INIT;
	const struct descriptor *image = choose(index, platform, err);
	AUTO(manifest_release) struct manifest manifest = { 0 };
	enum registry_answer answer;

	if (!image)
		return -1;
	answer = registry_manifest(registry, image->digest, &child, err);
	if (answer == REGISTRY_NO)
		return missing("manifest", image->digest, err);
	if (answer == REGISTRY_UNKNOWN ||
	    manifest_parse(buf_slice(&child.bytes), child.media_type, &manifest, err))
		return -1;
	return get_config(registry, &manifest, ret_config, err);
}

static int find_config(struct registry *registry, const struct registry_manifest *manifest,
		       const struct platform *platform, struct buf *ret_config, struct error *err)
{
	AUTO(manifest_release) struct manifest parsed = { 0 };

	if (manifest_parse(buf_slice(&manifest->bytes), manifest->media_type, &parsed, err))
		return -1;
	return parsed.is_index ? get_config_of_index(registry, &parsed, platform, ret_config, err)
			       : get_config(registry, &parsed, ret_config, err);
}

int registry_config(struct registry *registry, const struct registry_manifest *manifest,
		    const struct platform *platform, struct buf *ret_config, struct error *err)
{
	if (find_config(registry, manifest, platform, ret_config, err))
		return registry_wrap(registry, manifest->digest.text, err);
	return 0;
}

static int fill_image(struct registry *registry, const char *sha_env, struct registry_image *image,
		      struct error *err)
{
	AUTO(buf_release) struct buf text = BUF_INIT(LIMIT_JSON_DOCUMENT);

	if (find_config(registry, &image->manifest, NULL, &text, err) ||
	    image_config_parse(buf_slice(&text), &image->config, err))
		return -1;
	if (!image_commit_of(&image->config.env, &image->config.labels, sha_env, &image->commit))
		image->commit = (struct image_commit){ 0 };
	return 0;
}

enum registry_answer registry_read_image(struct registry *registry, const char *tag_or_digest,
					 const char *sha_env, struct registry_image *ret_image,
					 struct error *err)
{
	AUTO(registry_image_release) struct registry_image image = REGISTRY_IMAGE_INIT;
	enum registry_answer answer;

	answer = registry_manifest(registry, tag_or_digest, &image.manifest, err);
	if (answer != REGISTRY_YES)
		return answer;
	if (fill_image(registry, sha_env, &image, err)) {
		registry_wrap(registry, tag_or_digest, err);
		return REGISTRY_UNKNOWN;
	}
	registry_image_release(ret_image);
	*ret_image = image;
	image = (struct registry_image)REGISTRY_IMAGE_INIT;
	return REGISTRY_YES;
}
