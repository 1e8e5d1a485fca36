/* SPDX-License-Identifier: MIT */
#include "registry/stream.h"

#include "base/limits.h"
#include "registry/transfer.h"

enum step { STEP_NONE, STEP_OPEN, STEP_SEND, STEP_CLOSE };

struct streaming {
	struct errand errand; /* first, so that a pointer to it is one to this */
	const struct registry_stream *stream;
	enum step step;
	char *session;
};

static void streaming_release(struct streaming *streaming)
{
	errand_release(&streaming->errand);
	free(streaming->session);
}

int registry_open_for_stream(const struct registry *like, struct registry **ret_registry,
			     struct error *err)
{
	static const struct retry once = { .attempts = 1 };
	const struct reference reference = { .host = like->host, .repository = like->repository };
	struct registry_options options = like->options;

	if (like->store)
		return error_set(err, ERROR_UNSUPPORTED, "'%s' is no registry", like->host);
	options.sink = NULL;
	if (registry_open(&reference, &options, ret_registry, err))
		return -1;
	registry_set_retry(*ret_registry, &once);
	return 0;
}

static int go(struct streaming *streaming, enum step step, struct error *err)
{
	static const char *const methods[] = { "", "POST", "PATCH", "PUT" };
	struct registry_request request = {
		.method = methods[step],
		.location = streaming->session,
		.is_push = true,
		.is_part = true,
	};

	streaming->step = step;
	if (step == STEP_OPEN) {
		request.path = "blobs/uploads/";
	} else {
		request.header = "Content-Type: application/octet-stream";
		request.stall_ms = LIMIT_STORE_MS;
	}
	if (step == STEP_SEND) {
		request.source = streaming->stream->read;
		request.source_arg = streaming->stream->arg;
		request.awaits_continue = true;
	}
	return ask_start(&streaming->errand.ask, &request, err);
}

/* Each answer may move the session. */
static int go_on(struct streaming *streaming, const struct http_response *response,
		 struct error *err)
{
	bool is_sent = streaming->step == STEP_SEND;
	const char *digest = streaming->stream->digest;

	if (is_sent && !digest)
		return error_set(err, ERROR_PROTOCOL, "the registry did not wait for all of it");
	if (transfer_follow_session(&streaming->errand.ask, response, is_sent ? digest : NULL,
				    &streaming->session, err))
		return -1;
	return go(streaming, is_sent ? STEP_CLOSE : STEP_SEND, err);
}

static int next(struct errand *errand, struct http_response *response, struct error *err)
{
	struct streaming *streaming = (struct streaming *)errand;
	enum step step = streaming->step;

	if (step == STEP_NONE)
		return go(streaming, STEP_OPEN, err);
	if (!response)
		return error_set(err, ERROR_DENIED, "the registry wants another token amid it");
	/* ECR has 201 for a PATCH. */
	if ((step != STEP_CLOSE && response->status == 202) ||
	    (step == STEP_SEND && response->status == 201))
		return go_on(streaming, response, err);
	if (step == STEP_CLOSE && response->status == 201)
		return transfer_check_digest(streaming->stream->digest, response, err) ? -1 : 1;
	return registry_refusal(errand->ask.registry, response, err);
}

int registry_stream_blob(struct registry *registry, const struct registry_stream *stream,
			 struct error *err)
{
	AUTO(streaming_release)
	struct streaming streaming = {
		.errand = { .ask.registry = registry, .next = next },
		.stream = stream,
	};

	return errands_run(&(struct errand *){ &streaming.errand }, 1, 1, err);
}
