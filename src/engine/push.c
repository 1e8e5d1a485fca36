/* SPDX-License-Identifier: MIT */
/* The engine's own push: quick for layers that the registry has. */
#include <string.h>

#include "base/limits.h"
#include "codec/digest.h"
#include "engine/carry.h"
#include "image/reference.h"

struct push {
	struct api *api;
	const struct engine_push *options;
	struct digest_text digest;
};

static void set_digest(struct push *push, const char *text)
{
	struct digest_text digest = { { 0 } };

	snprintf(digest.text, sizeof(digest.text), "%.71s", text);
	if (digest_is_valid(digest.text))
		push->digest = digest;
}

/* Docker tells the digest in `aux`; its containerd store and Podman only in
 * words: "1f2e3d4: digest: sha256:... size: 1234". */
static int take_message(void *arg, const struct json *message, struct error *err)
{
	const char *aux = json_text(json_path(message, "aux", "Digest", NULL));
	const char *status = json_text(json_get(message, "status"));
	const char *failure = stream_failure(message), *words;
	struct push *push = arg;

	if (failure)
		return error_set(err, stream_failure_kind(failure), "the engine: %s",
				 str_brief(slice_of(failure)).text);
	if (aux)
		set_digest(push, aux);
	else if (status && (words = strstr(status, "digest: sha256:")))
		set_digest(push, words + strlen("digest: "));
	carry_progress(push->api, message, push->options->step, push->options->image);
	return 0;
}

/* Docker takes loopback registries over plain HTTP, Podman must be told. */
static int make_url(struct api *api, const struct engine_push *options, struct buf *url,
		    struct error *err)
{
	AUTO(reference_release) struct reference reference = { 0 };
	AUTOFREE char *name = api_exact_name(api, options->repository, err);

	if (!name || reference_parse(options->repository, &reference, err))
		return -1;
	api_url(api, url, "/images/", name, "/push");
	api_query(url, "tag", options->tag);
	if (api_is_podman(api) && reference_is_loopback(reference.host))
		api_query(url, "tlsVerify", "false");
	return buf_check(url, "a request", err);
}

static int send(struct push *push, struct error *err)
{
	AUTO(stream_release) struct stream stream = STREAM_INIT(take_message, push);
	AUTO(buf_release) struct buf url = API_URL_INIT;

	if (make_url(push->api, push->options, &url, err))
		return -1;
	return carry_send(push->api, &url, push->options->registry_auth, &stream, err);
}

int api_push(struct engine *engine, const struct engine_push *options, char **ret_digest,
	     struct error *err)
{
	struct push push = { .api = api_of(engine), .options = options };

	if (send(&push, err))
		return -1;
	if (!push.digest.text[0])
		return error_set(err, ERROR_PROTOCOL,
				 "the engine does not tell the digest of '%s:%s'",
				 options->repository, options->tag);
	*ret_digest = str_copy(push.digest.text, err);
	return *ret_digest ? 0 : -1;
}
