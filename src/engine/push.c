/* SPDX-License-Identifier: MIT */
/* The engine's own push: quick for layers that the registry has. */
#include <string.h>

#include "base/limits.h"
#include "base/secret.h"
#include "codec/digest.h"
#include "engine/api.h"
#include "engine/stream.h"
#include "image/reference.h"

struct push {
	struct api *api;
	const struct engine_push *options;
	struct digest_text digest;
};

static void emit_progress(struct push *push, const struct json *message)
{
	const struct json *detail = json_get(message, "progressDetail");
	const char *layer = json_text(json_get(message, "id"));
	int64_t bytes = json_int(json_get(detail, "current"), 0);

	if (!layer || !bytes)
		return;
	event_emit(push->api->engine.sink,
		   &(struct event){ .type = EVENT_PROGRESS,
				    .step = push->options->step,
				    .image = push->options->image,
				    .subject = layer,
				    .bytes = bytes,
				    .total = json_int(json_get(detail, "total"), 0) });
}

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
	emit_progress(push, message);
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
	/* Docker from 26 on refuses a push without the header: {} is nobody. */
	const char *auth = push->options->registry_auth ? push->options->registry_auth : "e30=";
	AUTO(buf_release) struct buf url = API_URL_INIT, header = BUF_INIT(LIMIT_HEADER_LINE);
	AUTO(stream_release) struct stream stream = STREAM_INIT(take_message, push);
	const char *headers[] = { NULL, api_json_headers[0], NULL };
	struct http_request request = {
		.method = "POST", .headers = headers, .sink = stream_feed, .sink_arg = &stream
	};
	int status;

	buf_add_format(&header, "X-Registry-Auth: %s", auth);
	if (make_url(push->api, push->options, &url, err) ||
	    buf_check(&header, "the credentials", err))
		return -1;
	headers[0] = header.data;
	request.url = url.data;
	status = api_perform(push->api, &request, NULL, err);
	secret_wipe(header.data, header.len);
	return status ? -1 : stream_finish(&stream, err);
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
