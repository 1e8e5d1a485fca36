/* SPDX-License-Identifier: MIT */
#include "engine/build/auth.h"

#include <ctype.h>

#include "auth/credentials.h"
#include "codec/protobuf.h"
#include "engine/build/request.h"
#include "image/reference.h"

/* As BuildKit calls Docker Hub. */
#define HUB_HOST "registry-1.docker.io"

/* It goes to credential helpers, which read lines. */
static bool is_host(const char *text)
{
	const char *c = text;

	while (isalnum((unsigned char)*c) || (*c && strchr(".-_:[]", *c)))
		c++;
	return c > text && !*c;
}

static void put(struct buf *out, uint32_t number, const struct secret *secret)
{
	if (secret->data)
		protobuf_put_bytes(out, number, (struct slice){ secret->data, secret->len });
}

/* A name and a password, or an identity token without a name, which BuildKit
 * takes for a refresh token. Nothing is anonymous. */
static void put_credentials(struct session *session, const char *host,
			    const struct credentials *credentials, struct buf *out)
{
	if (credentials->identity_token.data) {
		put(out, 2, &credentials->identity_token);
	} else if (credentials->password.data) {
		put(out, 1, &credentials->user);
		put(out, 2, &credentials->password);
	} else if (credentials->registry_token.data) {
		event_warning(
			session->sink,
			"what is kept for '%s' is a bearer token, which BuildKit cannot take: "
			"it goes there anonymously",
			host);
	}
}

static int give(struct session *session, struct grpc_call *call, const char *asked,
		struct error *err)
{
	AUTO(secret_buf_release) struct buf answer = BUF_INIT(LIMIT_CREDENTIAL_FILE);
	AUTO(credentials_release) struct credentials credentials = { 0 };
	const char *host = strcmp(asked, HUB_HOST) ? asked : REFERENCE_DOCKER_HUB;

	if (!is_host(host))
		return error_set(err, ERROR_PROTOCOL,
				 "the engine asks for the credentials of '%s', which is no host",
				 host);
	if (credentials_find(host, NULL, &credentials, err))
		return -1;
	put_credentials(session, host, &credentials, &answer);
	return request_answer(call, &answer, err);
}

static int get_credentials(struct grpc_call *call, void *arg, struct slice message,
			   struct error *err)
{
	AUTOFREE char *host = request_text(message, err);
	struct session *session = arg;

	if (host && !give(session, call, host, err))
		return 0;
	session_fail(session, err);
	return -1;
}

int auth_accept(struct session *session, struct grpc_call *call, struct error *err)
{
	static const struct grpc_handler handler = { .message = get_credentials };

	(void)err;
	grpc_call_handle(call, &handler, session);
	return 0;
}
