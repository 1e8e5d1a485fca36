/* SPDX-License-Identifier: MIT */
#include "registry/token.h"

#include "base/limits.h"
#include "base/time.h"
#include "codec/base64.h"

/* Only once they are asked for: a helper may cost a second or a dialogue. */
static int look_up(struct registry *registry, struct error *err)
{
	if (registry->has_looked)
		return 0;
	if (credentials_find(registry->host, registry->repository, &registry->credentials, err))
		return -1;
	registry->has_looked = true;
	return 0;
}

int authorization_set(struct registry *registry, const char *scheme, struct slice value,
		      struct error *err)
{
	AUTO(secret_buf_release) struct buf line = BUF_INIT(LIMIT_HEADER_LINE);

	buf_add_format(&line, "Authorization: %s ", scheme);
	buf_add_slice(&line, value);
	if (buf_check(&line, "an authorization", err))
		return -1;
	registry->authorizations++;
	return secret_set(&registry->header, buf_slice(&line), err);
}

static int answer_basic(struct registry *registry, const struct http_response *response,
			struct error *err)
{
	AUTO(secret_buf_release) struct buf value = BUF_INIT(LIMIT_HEADER_LINE);

	if (!registry->credentials.user.data)
		return registry_refusal(registry, response, err);
	credentials_add_basic(&registry->credentials, &value);
	if (buf_check(&value, "an authorization", err))
		return -1;
	registry->may_push = true;
	return authorization_set(registry, "Basic", buf_slice(&value), err);
}

static int answer_bearer(struct registry *registry, bool is_push, struct error *err)
{
	const struct secret *ready = &registry->credentials.registry_token;

	if (!ready->data)
		return token_start(registry, is_push, err);
	registry->may_push = true;
	return authorization_set(registry, "Bearer", (struct slice){ ready->data, ready->len },
				 err);
}

bool authorization_is_short(const struct http_response *response)
{
	AUTO(challenge_release) struct challenge challenge = { 0 };
	struct error ignored = { 0 };

	return (response->status == 401 || response->status == 403) &&
	       challenge_read(response, &challenge, &ignored) > 0 &&
	       challenge_is_insufficient(&challenge);
}

bool authorization_is_asked(const struct http_response *response)
{
	return response->status == 401 || authorization_is_short(response);
}

/* The scopes that a token needs beside those that we know it needs. */
static int learn_scopes(struct registry *registry, bool *is_push, struct error *err)
{
	const struct challenge *challenge = &registry->challenge;
	const char *own = registry->resource ? registry->resource : "";

	if (!challenge->is_bearer)
		return 0;
	if (scopes_merge(&registry->scopes, challenge->scope, own,
			 challenge_is_insufficient(challenge), err))
		return -1;
	*is_push = *is_push || scopes_has(&registry->scopes, own, "push");
	return 0;
}

int authorization_answer(struct registry *registry, const struct http_response *response,
			 bool is_push, struct error *err)
{
	int status = challenge_read(response, &registry->challenge, err);

	if (status < 0 || look_up(registry, err) || learn_scopes(registry, &is_push, err))
		return -1;
	if (!status)
		return registry_refusal(registry, response, err);
	return registry->challenge.is_bearer ? answer_bearer(registry, is_push, err)
					     : answer_basic(registry, response, err);
}

int authorization_prepare(struct registry *registry, bool is_push, struct error *err)
{
	bool is_stale = registry->renew_at_ms && time_monotonic_ms() >= registry->renew_at_ms;

	if (!registry->header.data || (!is_stale && (registry->may_push || !is_push)))
		return 0;
	return answer_bearer(registry, is_push || registry->may_push, err);
}
