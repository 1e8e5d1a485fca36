/* SPDX-License-Identifier: MIT */
#include "registry/token.h"

#include "base/limits.h"
#include "base/time.h"
#include "codec/json.h"

/* What a token lives if its server does not say (distribution's token spec). */
#define LIFE_SECONDS	   60
#define LIFE_SECONDS_MAX   86400
#define TOKEN_DOCUMENT_MAX (1 * MIB)

/* "host[:port]", as the user would write it; `buf` holds it. */
static const char *name_of(const struct url *realm, struct buf *buf)
{
	const char *scheme;

	url_add_origin(realm, buf);
	scheme = strstr(buf->data, "://");
	return scheme ? scheme + 3 : buf->data;
}

static bool is_pinned(const struct registry *registry, const struct url *realm)
{
	AUTO(buf_release) struct buf buf = BUF_INIT(300);

	return registry_lists(registry->options.token_servers, name_of(realm, &buf));
}

static int hint_pin(const struct url *realm, struct error *err)
{
	AUTO(buf_release) struct buf buf = BUF_INIT(300);

	return error_hint(err, "if you trust it: git config --global --add image.tokenServer %s",
			  name_of(realm, &buf));
}

static int foreign_realm(const struct registry *registry, const struct url *realm,
			 struct error *err)
{
	error_set(err, ERROR_DENIED,
		  "the registry names '%.100s' as its token server, which is not of the same "
		  "owner: the credentials for '%s' are not sent there",
		  realm->host, registry->host);
	return hint_pin(realm, err);
}

static int private_realm(const struct url *realm, struct error *err)
{
	error_set(err, ERROR_PROTOCOL,
		  "the registry names the private address '%.100s' as its token server",
		  realm->host);
	return hint_pin(realm, err);
}

/*
 * A registry can name any URL as its token server and so have credentials sent
 * to it, or requests to machines that only we reach (CVE-2026-48978). So: TLS,
 * no private address, and credentials only to the registry's own site, as
 * Docker Hub's is, or to where the user says. Its own origin may always.
 */
static int judge_realm(const struct registry *registry, struct url *ret_realm, struct error *err)
{
	const struct url *origin = &registry->origin;
	AUTO(url_release) struct url realm = { 0 };
	bool is_own, is_chosen;

	if (url_parse(registry->challenge.realm ? registry->challenge.realm : "", &realm, err))
		return error_wrap(err, "the registry's token server");
	is_own = url_is_same_origin(origin, &realm);
	is_chosen = is_own || is_pinned(registry, &realm);
	if (!realm.is_https && !is_own && (origin->is_https || !is_chosen))
		return error_set(err, ERROR_PROTOCOL,
				 "the registry names the token server '%.100s' without TLS",
				 realm.host);
	if (!is_chosen &&
	    (realm.host_kind == URL_HOST_PRIVATE || realm.host_kind == URL_HOST_LOOPBACK))
		return private_realm(&realm, err);
	if (!is_chosen && !url_is_same_site(origin->host, realm.host) &&
	    !credentials_are_anonymous(&registry->credentials))
		return foreign_realm(registry, &realm, err);
	*ret_realm = realm;
	realm = (struct url){ 0 };
	return 0;
}

/* Ours first, then what challenges asked for besides. */
static int list_scopes(const struct registry *registry, bool is_push, struct scopes *scopes,
		       struct error *err)
{
	const struct strmap *others = &registry->scopes.actions;
	AUTOFREE char *mounted = NULL;

	if (registry->resource && scopes_add(scopes, slice_of(registry->resource),
					     is_push ? SLICE("pull,push") : SLICE("pull"), err))
		return -1;
	if (is_push && registry->mount_from) {
		mounted = str_format(err, "repository:%s", registry->mount_from);
		if (!mounted || scopes_add(scopes, slice_of(mounted), SLICE("pull"), err))
			return -1;
	}
	for (size_t i = 0; i < others->len; i++)
		if (scopes_add(scopes, slice_of(others->entries[i].key),
			       slice_of(others->entries[i].value), err))
			return -1;
	return 0;
}

static void end_exchange(struct token *token)
{
	struct buf *body = token->exchange ? &http_exchange_response(token->exchange)->body : NULL;

	if (body)
		secret_wipe(body->data, body->capacity);
	http_exchange_free(TAKE(token->exchange));
	secret_buf_release(&token->form);
}

void token_free(struct token *token)
{
	if (!token)
		return;
	end_exchange(token);
	url_release(&token->realm);
	scopes_release(&token->scopes);
	http_client_free(token->own_client);
	certificates_release(&token->certificates);
	free(token);
}

static void token_freep(struct token **token)
{
	token_free(*token);
}

/* Whoever vouches for the registry vouches for its token server too, as for
 * docker, but only what is kept for that host identifies us to it. */
static int open_client(struct token *token, struct error *err)
{
	struct registry *registry = token->registry;
	struct certificates *found = &token->certificates;
	AUTO(buf_release) struct buf name = BUF_INIT(300);

	token->client = registry->client;
	if (url_is_same_origin(&registry->origin, &token->realm))
		return 0;
	if (certificates_find(name_of(&token->realm, &name), found, err) ||
	    certificates_add_authorities(found, &registry->home->certificates, err) ||
	    http_client_new(
		    &(struct http_client_options){
			    .ca_file = found->ca_file,
			    .client_certificate = found->client_certificate,
			    .client_key = found->client_key,
			    .beside = registry->client,
		    },
		    &token->own_client, err))
		return -1;
	token->client = token->own_client;
	return 0;
}

static int get_token(struct token *token, struct error *err)
{
	const struct registry *registry = token->registry;
	AUTO(secret_buf_release) struct buf header = BUF_INIT(LIMIT_HEADER_LINE);
	AUTO(buf_release) struct buf url = BUF_INIT(LIMIT_HEADER_LINE);
	const char *service = registry->challenge.service, *headers[2] = { NULL };

	url_add(&token->realm, &url);
	buf_add_text(&url, strchr(token->realm.path, '?') ? "&" : "?");
	if (service) {
		buf_add_text(&url, "service=");
		buf_add_url(&url, service, "");
	}
	if (token->scopes.actions.len) {
		buf_add_text(&url, service ? "&scope=" : "scope=");
		scopes_print(&token->scopes, "&scope=", &url);
	}
	if (registry->credentials.user.data) {
		buf_add_text(&header, "Authorization: Basic ");
		credentials_add_basic(&registry->credentials, &header);
		headers[0] = header.data;
	}
	if (buf_check(&url, "a URL", err) || buf_check(&header, "an authorization", err))
		return -1;
	token->exchange = http_start(token->client,
				     &(struct http_request){
					     .url = url.data,
					     .headers = headers,
					     .body_max = TOKEN_DOCUMENT_MAX,
					     .stall_ms = retry_stall_ms(registry->retry),
				     },
				     err);
	return token->exchange ? 0 : -1;
}

/* OAuth2 with the identity token (distribution's oauth spec). */
static int post_token(struct token *token, struct error *err)
{
	static const char *const headers[] = {
		"Content-Type: application/x-www-form-urlencoded",
		NULL,
	};
	const struct registry *registry = token->registry;
	AUTO(buf_release) struct buf url = BUF_INIT(LIMIT_HEADER_LINE);
	struct buf *form = &token->form;

	buf_init(form, 2 * LIMIT_CREDENTIAL_FILE);
	url_add(&token->realm, &url);
	buf_add_text(form, "grant_type=refresh_token&client_id=git-image&service=");
	buf_add_url(form, registry->challenge.service ? registry->challenge.service : "", "");
	buf_add_text(form, "&scope=");
	scopes_print(&token->scopes, "%20", form);
	buf_add_text(form, "&refresh_token=");
	buf_add_url(form, registry->credentials.identity_token.data, "");
	if (buf_check(&url, "a URL", err) || buf_check(form, "an authorization", err))
		return -1;
	token->exchange = http_start(token->client,
				     &(struct http_request){
					     .method = "POST",
					     .url = url.data,
					     .headers = headers,
					     .body = buf_slice(form),
					     .body_max = TOKEN_DOCUMENT_MAX,
					     .stall_ms = retry_stall_ms(registry->retry),
				     },
				     err);
	return token->exchange ? 0 : -1;
}

/* A server without the OAuth2 way answers 404 or 405, some 400 or 401. */
static bool is_without_oauth(int status)
{
	return status == 404 || status == 405 || status == 400 || status == 401;
}

/* A redirect is refused like any other answer: it would take the credentials
 * along to a place that nobody judged. */
static int check_status(const struct registry *registry, const struct url *realm,
			const struct http_response *response, struct error *err)
{
	AUTO(buf_release) struct buf text = BUF_INIT(LIMIT_ERROR_MESSAGE);
	enum error_kind kind = ERROR_PROTOCOL;

	if (response->status == 200)
		return 0;
	if (response->status >= 500 || retry_is_temporary(response->status))
		kind = ERROR_UNREACHABLE;
	else if (response->status / 100 == 4)
		kind = ERROR_DENIED;
	registry_quote(registry, response, &text);
	error_set(err, kind, "the token server '%s' answered %d%s", realm->host, response->status,
		  text.data);
	err->http_status = response->status;
	return kind == ERROR_DENIED ? registry_hint_denied(registry, err) : -1;
}

static bool is_token(const char *text)
{
	for (const char *p = text; p && *p; p++)
		if ((unsigned char)*p <= ' ' || (unsigned char)*p >= 0x7f)
			return false;
	return text && text[0];
}

/* What the server wants to see instead of the password from now on. */
static int take_refresh_token(struct registry *registry, const char *token, struct error *err)
{
	if (!is_token(token) || credentials_are_anonymous(&registry->credentials))
		return 0;
	return secret_set(&registry->credentials.identity_token, slice_of(token), err);
}

static int take_token(const struct token *token, const struct http_response *response,
		      struct error *err)
{
	AUTO(json_freep) struct json *json = json_parse(buf_slice(&response->body), err);
	const char *text = json_text(json_get(json, "token"));
	struct registry *registry = token->registry;
	int64_t life;

	if (!json)
		return error_wrap(err, "the token server '%s'", token->realm.host);
	if (!text || !text[0])
		text = json_text(json_get(json, "access_token"));
	if (!is_token(text))
		return error_set(err, ERROR_PROTOCOL, "the token server '%s' gave no token",
				 token->realm.host);
	life = json_int(json_get(json, "expires_in"), LIFE_SECONDS);
	if (life <= 0 || life > LIFE_SECONDS_MAX)
		life = LIFE_SECONDS;
	if (authorization_set(registry, "Bearer", slice_of(text), err) ||
	    take_refresh_token(registry, json_text(json_get(json, "refresh_token")), err))
		return -1;
	registry->renew_at_ms = time_monotonic_ms() + life * 800;
	registry->may_push = token->is_push;
	return 1;
}

/* From here on as registry/ask.h does it: 0 if it has to be driven or waited
 * for, -1. */
static int try_again(struct token *token, const struct http_response *response, struct error *err)
{
	const struct registry *registry = token->registry;
	AUTO(buf_release) struct buf origin = BUF_INIT(300);
	int64_t wait;

	url_add_origin(&token->realm, &origin);
	wait = retry_next(registry->retry, &token->course, origin.data, response);
	if (wait < 0)
		return response ? check_status(registry, &token->realm, response, err) : -1;
	error_clear(err);
	end_exchange(token);
	token->resume_at_ms = time_monotonic_ms() + wait;
	return 0;
}

static int on_response(struct token *token, struct error *err)
{
	const struct http_response *response = http_exchange_response(token->exchange);
	const struct credentials *credentials = &token->registry->credentials;

	if (retry_is_temporary(response->status))
		return try_again(token, response, err);
	if (token->is_posted && is_without_oauth(response->status) && credentials->user.data &&
	    credentials->password.data) {
		end_exchange(token);
		token->is_posted = false;
		token->course = (struct retry_course){ 0 };
		return 0;
	}
	if (check_status(token->registry, &token->realm, response, err))
		return -1;
	return take_token(token, response, err);
}

static int advance(struct token *token, struct error *err)
{
	for (;;) {
		int status;

		if (token->resume_at_ms > time_monotonic_ms())
			return 0;
		token->resume_at_ms = 0;
		if (!token->exchange &&
		    (token->is_posted ? post_token(token, err) : get_token(token, err)))
			return -1;
		status = http_exchange_poll(token->exchange, err);
		if (!status)
			return 0;
		if (status > 0)
			status = on_response(token, err);
		else if (error_is(err, ERROR_UNREACHABLE))
			status = try_again(token, NULL, err);
		if (status || token->resume_at_ms)
			return status;
	}
}

int token_start(struct registry *registry, bool is_push, struct error *err)
{
	AUTO(token_freep) struct token *token = calloc(1, sizeof(*token));

	if (!token)
		return error_set_memory(err);
	token->registry = registry;
	token->is_push = is_push;
	token->is_posted = registry->credentials.identity_token.data;
	buf_init(&token->form, 0);
	if (judge_realm(registry, &token->realm, err) ||
	    list_scopes(registry, is_push, &token->scopes, err) || open_client(token, err))
		return -1;
	error_clear(&registry->token_err);
	registry->token = TAKE(token);
	return 0;
}

int token_poll(struct registry *registry, struct error *err)
{
	int status = advance(registry->token, err);

	if (!status)
		return 0;
	if (status < 0)
		registry->token_err = *err;
	if (status < 0 && !registry->token->is_push && error_is(err, ERROR_DENIED))
		registry->denied = *err;
	token_free(TAKE(registry->token));
	return status;
}
