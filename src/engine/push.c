/* SPDX-License-Identifier: MIT */
/* The engine's own push: quick for layers that the registry has. */
#include <string.h>

#include "base/limits.h"
#include "codec/digest.h"
#include "engine/carry.h"
#include "image/reference.h"
#include "net/retry.h"

struct push {
	struct api *api;
	const struct engine_push *options;
	struct digest_text digest;
	bool has_waited;   /* the engine did, before an attempt of its own */
	bool is_temporary; /* what it failed for */
};

static void set_digest(struct push *push, const char *text)
{
	struct digest_text digest = { { 0 } };

	snprintf(digest.text, sizeof(digest.text), "%.71s", text);
	if (digest_is_valid(digest.text))
		push->digest = digest;
}

/* "... unexpected status from PUT request to URL: 400 Bad Request", or Podman's "... from
 * destination repository NAME: 503 (Service Unavailable)"; 0: it says none. */
static int status_in(const char *failure)
{
	const char *at = strstr(failure, "unexpected status");
	int64_t status = 0;
	char digits[4];

	if (!at)
		at = strstr(failure, "destination repository");
	at = at ? strstr(at, ": ") : NULL;
	if (!at)
		return 0;
	snprintf(digits, sizeof(digits), "%s", at + strlen(": "));
	return str_to_int(digits, 100, 599, &status) ? (int)status : 0;
}

static int fail(struct push *push, const char *failure, struct error *err)
{
	enum error_kind kind = stream_failure_kind(failure);
	int answered = status_in(failure);

	if (retry_is_temporary(answered))
		kind = ERROR_UNREACHABLE;
	push->is_temporary = answered == 400 || (kind == ERROR_UNREACHABLE && !push->has_waited);
	return error_set(err, kind, "the engine: %s", str_brief(slice_of(failure)).text);
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
		return fail(push, failure, err);
	if (aux)
		set_digest(push, aux);
	else if (status && (words = strstr(status, "digest: sha256:")))
		set_digest(push, words + strlen("digest: "));
	else if (status && str_starts(status, "Retrying in "))
		push->has_waited = true;
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

/* Docker with a graph driver tries again by itself, but only with layers; the containerd
 * store and Podman give up at the first answer. 400 is what distribution's registry says
 * while somebody else puts the same layer there. */
static int send_again(struct push *push, struct error *err)
{
	static const struct retry retry = { .attempts = 3, .base_ms = 200 };
	struct retry_course course = { 0 };

	while (send(push, err)) {
		int64_t wait = push->is_temporary ? retry_next(&retry, &course, "", NULL) : -1;

		if (wait < 0 || retry_sleep(&retry, wait, err))
			return -1;
		error_clear(err);
		push->is_temporary = push->has_waited = false;
	}
	return 0;
}

int api_push(struct engine *engine, const struct engine_push *options, char **ret_digest,
	     struct error *err)
{
	struct push push = { .api = api_of(engine), .options = options };

	if (send_again(&push, err))
		return -1;
	if (!push.digest.text[0])
		return error_set(err, ERROR_PROTOCOL,
				 "the engine does not tell the digest of '%s:%s'",
				 options->repository, options->tag);
	*ret_digest = str_copy(push.digest.text, err);
	return *ret_digest ? 0 : -1;
}
