/* SPDX-License-Identifier: MIT */
/* The engine's own pull, and a look at what has come. */
#include <string.h>

#include "base/limits.h"
#include "engine/carry.h"
#include "engine/names.h"
#include "image/platform.h"
#include "image/reference.h"

struct pull {
	struct api *api;
	const struct engine_pull *options;
	struct reference reference;
	struct platform platform; /* all NULL: any */
};

static void release_pull(struct pull *pull)
{
	reference_release(&pull->reference);
	platform_release(&pull->platform);
}

/* What engines say of an image that the registry has not got, or not for the
 * platform; Docker and Podman, and last the containerd store. */
static bool is_absence(const char *words)
{
	static const char *const texts[] = { "manifest unknown",
					     "name unknown",
					     "no matching manifest for ",
					     "no image found in manifest list",
					     "no image found in image index",
					     "does not match the specified platform" };
	const char *end = words + strlen(words) - strlen(": not found");

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++)
		if (strstr(words, texts[i]))
			return true;
	return end > words && str_equal(end, ": not found");
}

/* Docker's 404 may also mean that one may not look. */
static enum error_kind judge(const char *words)
{
	return is_absence(words) ? ERROR_NOT_FOUND : stream_failure_kind(words);
}

/* Extraction counts the same bytes again. */
static int take_message(void *arg, const struct json *message, struct error *err)
{
	const char *status = json_text(json_get(message, "status"));
	const char *failure = stream_failure(message);
	struct pull *pull = arg;

	if (failure)
		return error_set(err, judge(failure), "the engine: %s",
				 str_brief(slice_of(failure)).text);
	if (str_equal(status, "Downloading"))
		carry_progress(pull->api, message, pull->options->step, pull->options->image);
	return 0;
}

static void make_url(const struct pull *pull, struct buf *url)
{
	api_url(pull->api, url, "/images/create", "", "");
	api_query(url, "fromImage", pull->reference.name);
	api_query(url, "tag", reference_wanted(&pull->reference));
	api_query(url, "platform", pull->options->platform);
}

/* Podman's answer to Docker's call cannot be told of plain HTTP, which registries on
 * the loopback are free to speak. */
static void make_podman_url(const struct pull *pull, const char *name, struct buf *url)
{
	api_libpod_url(url, "/images/pull", "", "");
	api_query(url, "reference", name);
	api_query(url, "OS", pull->platform.os);
	api_query(url, "Arch", pull->platform.architecture);
	api_query(url, "Variant", pull->platform.variant);
	if (reference_is_loopback(pull->reference.host))
		api_query(url, "tlsVerify", "false");
}

static int send(struct pull *pull, const char *name, struct error *err)
{
	AUTO(stream_release) struct stream stream = STREAM_INIT(take_message, pull);
	AUTO(buf_release) struct buf url = API_URL_INIT;
	enum error_kind kind;

	if (api_is_podman(pull->api))
		make_podman_url(pull, name, &url);
	else
		make_url(pull, &url);
	if (buf_check(&url, "a request", err))
		return -1;
	if (!carry_send(pull->api, &url, pull->options->registry_auth, &stream, err))
		return 0;
	/* What Docker finds out before its stream begins has a status. */
	kind = err->http_status ? judge(err->message) : ERROR_SYSTEM;
	if (kind != ERROR_SYSTEM)
		err->kind = kind;
	return -1;
}

static bool has_digest(const struct engine_image *image, const struct reference *asked)
{
	bool has = false;

	for (size_t i = 0; i < image->digests.len && !has; i++) {
		AUTO(reference_release) struct reference held = { 0 };
		struct error ignored = { 0 };

		has = !reference_parse(image->digests.items[i], &held, &ignored) &&
		      str_equal(held.digest, asked->digest) &&
		      reference_is_same_repository(&held, asked);
	}
	return has;
}

/* Docker before 23 takes an image of another platform without a word. */
static int check(const struct pull *pull, const char *name, const struct engine_image *image,
		 struct error *err)
{
	const struct platform have = { image->os, image->architecture, image->variant };

	if (pull->reference.digest && !has_digest(image, &pull->reference))
		return error_set(err, ERROR_PROTOCOL,
				 "the engine has pulled something else than '%s'", name);
	if (pull->platform.os && !platform_matches(&have, &pull->platform))
		return error_set(err, ERROR_NOT_FOUND, "'%s' is for %s/%s, not for %s", name,
				 image->os ? image->os : "?",
				 image->architecture ? image->architecture : "?",
				 pull->options->platform);
	return 0;
}

static int begin(struct pull *pull, struct buf *name, struct error *err)
{
	const char *wanted;

	if (reference_parse(pull->options->reference, &pull->reference, err))
		return -1;
	if (pull->options->platform &&
	    platform_parse(pull->options->platform, &pull->platform, err))
		return -1;
	wanted = reference_wanted(&pull->reference);
	buf_add_format(name, "%s%s%s", pull->reference.name, pull->reference.digest ? "@" : ":",
		       wanted);
	return buf_check(name, "the name of an image", err);
}

int api_pull(struct engine *engine, const struct engine_pull *options, char **ret_id,
	     struct error *err)
{
	AUTO(release_pull) struct pull pull = { .api = api_of(engine), .options = options };
	AUTO(engine_image_release) struct engine_image image = { 0 };
	AUTO(buf_release) struct buf name = BUF_INIT(LIMIT_PATH);
	AUTOFREE char *exact = NULL;

	if (begin(&pull, &name, err))
		return -1;
	exact = api_exact_name(pull.api, name.data, err);
	if (!exact || send(&pull, exact, err) ||
	    api_inspect_image(engine, name.data, &image, err) ||
	    check(&pull, name.data, &image, err))
		return -1;
	*ret_id = TAKE(image.id);
	return 0;
}
