/* SPDX-License-Identifier: MIT */
#include "engine/build/secrets.h"

#include "codec/protobuf.h"
#include "engine/build/request.h"

static const struct secret *find(const struct engine_build *build, const char *id)
{
	for (size_t i = 0; i < build->secret_count; i++)
		if (!strcmp(build->secrets[i].id, id))
			return build->secrets[i].value;
	return NULL;
}

/* A mount may do without, unless it says "required"; then this notice says why. */
static int refuse(struct session *session, struct grpc_call *call, const char *id,
		  struct error *err)
{
	AUTOFREE char *text = str_format(err, "secret '%s': not found", id);

	if (!text)
		return -1;
	event_notice(session->sink,
		     "the Dockerfile mounts the secret '%s', which image.secret "
		     "does not name",
		     id);
	return grpc_finish(call, GRPC_NOT_FOUND, text, err);
}

static int get_secret(struct grpc_call *call, void *arg, struct slice message, struct error *err)
{
	AUTO(secret_buf_release) struct buf answer = BUF_INIT(LIMIT_SECRET + 16);
	AUTOFREE char *id = request_text(message, err);
	struct session *session = arg;
	const struct secret *secret;

	if (!id)
		return -1;
	secret = find(session->build, id);
	if (!secret)
		return refuse(session, call, id, err);
	protobuf_put_bytes(&answer, 1, (struct slice){ secret->data, secret->len });
	return request_answer(call, &answer, err);
}

int secrets_accept(struct session *session, struct grpc_call *call, struct error *err)
{
	static const struct grpc_handler handler = { .message = get_secret };

	(void)err;
	grpc_call_handle(call, &handler, session);
	return 0;
}
