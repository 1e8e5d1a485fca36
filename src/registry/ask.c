/* SPDX-License-Identifier: MIT */
#include "registry/ask.h"

#include "base/limits.h"
#include "base/time.h"
#include "registry/token.h"

#define DRIVE_MS 250

static void end_exchange(struct ask *ask)
{
	http_exchange_free(TAKE(ask->exchange));
}

static void end_wait(struct ask *ask)
{
	ask->resume_at_ms = 0;
	if (ask->holds)
		ask->registry->home->holds--;
	ask->holds = false;
}

void ask_release(struct ask *ask)
{
	end_exchange(ask);
	end_wait(ask);
	url_release(&ask->url);
}

bool ask_is_own(const struct ask *ask)
{
	return url_is_same_origin(&ask->registry->origin, &ask->url);
}

static int aim(const struct registry *registry, const struct registry_request *request,
	       struct url *ret_url, struct error *err)
{
	AUTOFREE char *path = NULL;

	if (request->location)
		return url_resolve(&registry->origin, request->location, ret_url, err);
	path = str_format(err, "/v2/%s/%s", registry->repository, request->path);
	return path ? url_resolve(&registry->origin, path, ret_url, err) : -1;
}

int ask_start(struct ask *ask, const struct registry_request *request, struct error *err)
{
	struct url url = { 0 };

	if (aim(ask->registry, request, &url, err))
		return -1;
	end_exchange(ask);
	url_release(&ask->url);
	ask->url = url;
	ask->request = *request;
	ask->request.path = NULL;
	ask->request.location = NULL;
	ask->hops = 0;
	ask->has_answered = false;
	if (request->is_part)
		return 0;
	ask->has_widened = false;
	ask->course = (struct retry_course){ 0 };
	end_wait(ask);
	return 0;
}

/* The Authorization goes to the registry's own origin only. */
static int go(struct ask *ask, struct error *err)
{
	const struct registry_request *request = &ask->request;
	struct registry *registry = ask->registry;
	AUTO(buf_release) struct buf url = BUF_INIT(LIMIT_HEADER_LINE);
	int64_t stall_ms = request->stall_ms;
	const char *headers[3] = { NULL };
	size_t count = 0;

	if (!stall_ms)
		stall_ms = retry_stall_ms(registry->retry);
	url_add(&ask->url, &url);
	if (buf_check(&url, "a URL", err))
		return -1;
	if (request->header)
		headers[count++] = request->header;
	if (ask_is_own(ask) && registry->header.data)
		headers[count++] = registry->header.data;
	ask->authorizations = registry->authorizations;
	ask->client = registry_client_for(registry, &ask->url);
	ask->exchange = http_start(ask->client,
				   &(struct http_request){
					   .method = request->method,
					   .url = url.data,
					   .headers = headers,
					   .body = request->body,
					   .source = request->source,
					   .source_size = request->source_size,
					   .rewind = request->rewind,
					   .source_arg = request->source_arg,
					   .awaits_continue = request->awaits_continue,
					   .stall_ms = stall_ms,
				   },
				   err);
	return ask->exchange ? 0 : -1;
}

/* 1 if no token is under way, any more; 0 if one is. */
static int await_token(struct ask *ask, struct error *err)
{
	struct registry *registry = ask->registry;
	bool has_awaited = ask->awaits_token;
	int status = 1;

	if (registry->token)
		status = token_poll(registry, err);
	ask->awaits_token = !status;
	if (status > 0 && has_awaited && registry->token_err.kind) {
		*err = registry->token_err;
		return -1;
	}
	return status;
}

/* 1 if it was sent, 0 if it awaits a token. */
static int begin(struct ask *ask, struct error *err)
{
	do {
		int status = await_token(ask, err);

		if (status <= 0)
			return status;
		if (authorization_prepare(ask->registry, ask->request.is_push, err))
			return -1;
	} while (ask->registry->token);
	return go(ask, err) ? -1 : 1;
}

/* Of several that a host sends away, one tells. */
static int64_t next_wait(struct ask *ask, const struct http_response *response)
{
	struct registry *registry = ask->registry;
	AUTO(buf_release) struct buf origin = BUF_INIT(300);
	struct retry silent = *registry->retry;

	silent.sink = NULL;
	url_add_origin(&ask->url, &origin);
	return retry_next(registry->home->holds ? &silent : registry->retry, &ask->course,
			  origin.data, response);
}

static enum ask_outcome postpone(struct ask *ask, const struct http_response *response)
{
	int64_t wait = next_wait(ask, response);

	if (wait < 0)
		return response ? ASK_ANSWERED : ASK_FAILED;
	end_wait(ask);
	ask->resume_at_ms = time_monotonic_ms() + wait;
	ask->holds = response && response->status == 429;
	if (ask->holds)
		ask->registry->home->holds++;
	ask->has_answered = false;
	ask->has_restarted = false;
	ask->has_widened = false;
	end_exchange(ask);
	return ask->request.is_part ? ASK_AGAIN : ASK_BUSY;
}

enum ask_outcome ask_postpone(struct ask *ask)
{
	return postpone(ask, ask_response(ask));
}

/* Who was refused once with what there is, is not asked to guess again: some
 * lock the account. */
static int authorize(struct ask *ask, const struct http_response *response, struct error *err)
{
	struct registry *registry = ask->registry;
	bool is_push = ask->request.is_push;

	/* One is under way: for this request too, or it will be answered again. */
	if (registry->token) {
		ask->awaits_token = true;
		return 0;
	}
	if (!is_push && registry->denied.kind) {
		*err = registry->denied;
		return -1;
	}
	if (!authorization_answer(registry, response, is_push, err)) {
		ask->awaits_token = registry->token;
		return 0;
	}
	if (!is_push && error_is(err, ERROR_DENIED))
		registry->denied = *err;
	return -1;
}

/* What was sent before another request got a new token is sent again with
 * that. Of a part something may be gone already. */
static enum ask_outcome on_challenge(struct ask *ask, const struct http_response *response,
				     struct error *err)
{
	bool is_broken_off = ask->request.source;
	bool *has_done = authorization_is_short(response) ? &ask->has_widened
			 : is_broken_off		  ? &ask->has_restarted
							  : &ask->has_answered;

	if (!ask_is_own(ask) || *has_done)
		return ASK_ANSWERED;
	if (ask->authorizations == ask->registry->authorizations && authorize(ask, response, err)) {
		if (!ask->request.is_try || !error_is(err, ERROR_DENIED))
			return ASK_FAILED;
		error_clear(err);
		return ASK_ANSWERED;
	}
	*has_done = true;
	end_exchange(ask);
	return is_broken_off ? ASK_AGAIN : ASK_BUSY;
}

static enum ask_outcome on_response(struct ask *ask, struct error *err)
{
	const struct http_response *response = ask_response(ask);
	const char *method = ask->request.method;
	bool follows = str_equal(method, "GET") || str_equal(method, "HEAD");

	ask->registry->home->has_answered = true;
	if (authorization_is_asked(response))
		return on_challenge(ask, response, err);
	if (retry_is_temporary(response->status))
		return postpone(ask, response);
	if (!follows || !registry_is_redirect(response->status))
		return ASK_ANSWERED;
	if (registry_follow(ask->registry, response, ++ask->hops, &ask->url, err))
		return ASK_FAILED;
	end_exchange(ask);
	return ASK_BUSY;
}

static enum ask_outcome on_failure(struct ask *ask, struct error *err)
{
	const bool *is_lost = ask->request.has_source_failed;
	enum ask_outcome outcome = ASK_FAILED;

	if (error_is(err, ERROR_UNREACHABLE) && !(is_lost && *is_lost))
		outcome = postpone(ask, NULL);
	if (outcome == ASK_FAILED)
		registry_explain(ask->registry, &ask->url, err);
	else
		error_clear(err);
	return outcome;
}

enum ask_outcome ask_poll(struct ask *ask, struct error *err)
{
	enum ask_outcome outcome = ASK_BUSY;

	while (outcome == ASK_BUSY) {
		int status;

		if (ask->resume_at_ms > time_monotonic_ms())
			return ASK_BUSY;
		end_wait(ask);
		status = ask->exchange ? 1 : begin(ask, err);
		if (status <= 0)
			return status ? ASK_FAILED : ASK_BUSY;
		status = http_exchange_poll(ask->exchange, err);
		if (!status)
			return ASK_BUSY;
		outcome = status > 0 ? on_response(ask, err) : on_failure(ask, err);
		if (ask->resume_at_ms)
			break;
	}
	return outcome;
}

struct http_response *ask_response(struct ask *ask)
{
	return http_exchange_response(ask->exchange);
}

static void wait_until(struct ask_wait *wait, int64_t *resume_at_ms,
		       const struct registry *registry)
{
	if (!*resume_at_ms || (wait->resume_at_ms && *wait->resume_at_ms <= *resume_at_ms))
		return;
	wait->resume_at_ms = resume_at_ms;
	wait->registry = registry;
}

int ask_finish(struct ask *ask, struct error *err)
{
	enum ask_outcome outcome;

	while ((outcome = ask_poll(ask, err)) == ASK_BUSY) {
		struct ask_wait wait = { 0 };

		ask_wait_add(&wait, ask);
		if (ask_wait(&wait, err))
			return -1;
	}
	if (outcome == ASK_FAILED)
		return -1;
	return ask_response(ask)->status == 401
		       ? registry_refusal(ask->registry, ask_response(ask), err)
		       : 0;
}

void ask_wait_add(struct ask_wait *wait, struct ask *ask)
{
	struct token *token = ask->awaits_token ? ask->registry->token : NULL;

	if (ask->exchange)
		wait->client = ask->client;
	else if (token && token->exchange)
		wait->client = token->client;
	wait_until(wait, &ask->resume_at_ms, ask->registry);
	if (token)
		wait_until(wait, &token->resume_at_ms, ask->registry);
}

int ask_wait(const struct ask_wait *wait, struct error *err)
{
	int64_t left = DRIVE_MS;

	if (wait->resume_at_ms)
		left = *wait->resume_at_ms - time_monotonic_ms();
	if (left < 0)
		left = 0;
	if (wait->client)
		return http_drive(wait->client, left < DRIVE_MS ? left : DRIVE_MS, err);
	if (!wait->resume_at_ms)
		return 0;
	if (retry_sleep(wait->registry->retry, left, err))
		return -1;
	*wait->resume_at_ms = 1; /* long past */
	return 0;
}
