/* SPDX-License-Identifier: MIT */
#include "registry/client.h"

#include "base/limits.h"
#include "base/time.h"
#include "codec/json.h"

/* What a token lives if its server does not say (distribution's token spec). */
#define LIFE_SECONDS	   60
#define LIFE_SECONDS_MAX   86400
#define TOKEN_DOCUMENT_MAX (1 * MIB)

static int foreign_realm(const struct registry *registry, const struct url *realm,
			 struct error *err)
{
	error_set(err, ERROR_DENIED,
		  "the registry names '%.100s' as its token server, which is not of the same "
		  "owner: the credentials for '%s' are not sent there",
		  realm->host, registry->host);
	return error_hint(err, "without credentials it can be read: 'docker logout %s'",
			  registry->host);
}

/*
 * A registry can name any URL as its token server and so have credentials sent
 * to it, or requests to machines that only we reach (CVE-2026-48978). So: TLS,
 * no private address, and credentials only to the registry's own site. Its own
 * origin may always.
 */
static int judge_realm(const struct registry *registry, struct url *ret_realm, struct error *err)
{
	const struct url *origin = &registry->origin;
	AUTO(url_release) struct url realm = { 0 };
	bool is_trusted;

	if (url_parse(registry->challenge.realm ? registry->challenge.realm : "", &realm, err))
		return error_wrap(err, "the registry's token server");
	is_trusted = url_is_same_origin(origin, &realm);
	if (!is_trusted && !realm.is_https)
		return error_set(err, ERROR_PROTOCOL,
				 "the registry names the token server '%.100s' without TLS",
				 realm.host);
	if (!is_trusted &&
	    (realm.host_kind == URL_HOST_PRIVATE || realm.host_kind == URL_HOST_LOOPBACK))
		return error_set(err, ERROR_PROTOCOL,
				 "the registry names the private address '%.100s' as its token "
				 "server",
				 realm.host);
	is_trusted = is_trusted || url_is_same_site(origin->host, realm.host);
	if (!is_trusted && !credentials_are_anonymous(&registry->credentials))
		return foreign_realm(registry, &realm, err);
	*ret_realm = realm;
	realm = (struct url){ 0 };
	return 0;
}

/* Ours, and the challenge's if it is about something else as well: registries
 * have scopes of their own. `separator` stands between several. */
static void add_scopes(const struct registry *registry, bool is_push, const char *separator,
		       struct buf *out)
{
	AUTO(buf_release) struct buf resource = BUF_INIT(LIMIT_HEADER_LINE);
	const char *other = registry->challenge.scope;

	buf_add_format(&resource, "repository:%s:", registry->repository);
	out->has_failed |= resource.has_failed;
	buf_add_url(out, resource.data, "/:");
	buf_add_text(out, is_push ? "pull,push" : "pull");
	if (is_push && registry->mount_from) {
		buf_add_format(out, "%srepository:", separator);
		buf_add_url(out, registry->mount_from, "/");
		buf_add_text(out, ":pull");
	}
	if (!other || !other[0] || str_starts(other, resource.data))
		return;
	buf_add_text(out, separator);
	buf_add_url(out, other, "/:,");
}

static int get_token(struct registry *registry, const struct url *realm, bool is_push,
		     struct http_response *ret_response, struct error *err)
{
	AUTO(secret_buf_release) struct buf header = BUF_INIT(LIMIT_HEADER_LINE);
	AUTO(buf_release) struct buf url = BUF_INIT(LIMIT_HEADER_LINE);
	const char *headers[2] = { NULL };

	url_add(realm, &url);
	buf_add_text(&url, strchr(realm->path, '?') ? "&" : "?");
	if (registry->challenge.service) {
		buf_add_text(&url, "service=");
		buf_add_url(&url, registry->challenge.service, "");
		buf_add_char(&url, '&');
	}
	buf_add_text(&url, "scope=");
	add_scopes(registry, is_push, "&scope=", &url);
	if (registry->credentials.user.data) {
		buf_add_text(&header, "Authorization: Basic ");
		credentials_add_basic(&registry->credentials, &header);
		headers[0] = header.data;
	}
	if (buf_check(&url, "a URL", err) || buf_check(&header, "an authorization", err))
		return -1;
	return retry_perform(registry_client_for(registry, realm),
			     &(struct http_request){
				     .url = url.data,
				     .headers = headers,
				     .body_max = TOKEN_DOCUMENT_MAX,
				     .stall_ms = LIMIT_STALL_MS,
			     },
			     registry->retry, ret_response, err);
}

/* OAuth2 with the identity token (distribution's oauth spec). */
static int post_token(struct registry *registry, const struct url *realm, bool is_push,
		      struct http_response *ret_response, struct error *err)
{
	static const char *const headers[] = {
		"Content-Type: application/x-www-form-urlencoded",
		NULL,
	};
	AUTO(secret_buf_release) struct buf form = BUF_INIT(2 * LIMIT_CREDENTIAL_FILE);
	AUTO(buf_release) struct buf url = BUF_INIT(LIMIT_HEADER_LINE);

	url_add(realm, &url);
	buf_add_text(&form, "grant_type=refresh_token&client_id=git-image&service=");
	buf_add_url(&form, registry->challenge.service ? registry->challenge.service : "", "");
	buf_add_text(&form, "&scope=");
	add_scopes(registry, is_push, "%20", &form);
	buf_add_text(&form, "&refresh_token=");
	buf_add_url(&form, registry->credentials.identity_token.data, "");
	if (buf_check(&url, "a URL", err) || buf_check(&form, "an authorization", err))
		return -1;
	return retry_perform(registry_client_for(registry, realm),
			     &(struct http_request){
				     .method = "POST",
				     .url = url.data,
				     .headers = headers,
				     .body = buf_slice(&form),
				     .body_max = TOKEN_DOCUMENT_MAX,
				     .stall_ms = LIMIT_STALL_MS,
			     },
			     registry->retry, ret_response, err);
}

/* A server without the OAuth2 way answers 404 or 405. */
static int ask(struct registry *registry, const struct url *realm, bool is_push,
	       struct http_response *ret_response, struct error *err)
{
	if (registry->credentials.identity_token.data) {
		if (post_token(registry, realm, is_push, ret_response, err))
			return -1;
		if ((ret_response->status != 404 && ret_response->status != 405) ||
		    !registry->credentials.user.data)
			return 0;
	}
	return get_token(registry, realm, is_push, ret_response, err);
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
	return -1;
}

static bool is_token(const char *text)
{
	for (const char *p = text; p && *p; p++)
		if ((unsigned char)*p <= ' ' || (unsigned char)*p >= 0x7f)
			return false;
	return text && text[0];
}

static int take_token(struct registry *registry, const struct url *realm,
		      const struct http_response *response, struct error *err)
{
	AUTO(json_freep) struct json *json = json_parse(buf_slice(&response->body), err);
	const char *token = json_text(json_get(json, "token"));
	int64_t life;

	if (!json)
		return error_wrap(err, "the token server '%s'", realm->host);
	if (!token || !token[0])
		token = json_text(json_get(json, "access_token"));
	if (!is_token(token))
		return error_set(err, ERROR_PROTOCOL, "the token server '%s' gave no token",
				 realm->host);
	life = json_int(json_get(json, "expires_in"), LIFE_SECONDS);
	if (life <= 0 || life > LIFE_SECONDS_MAX)
		life = LIFE_SECONDS;
	if (authorization_set(registry, "Bearer", slice_of(token), err))
		return -1;
	registry->renew_at_ms = time_monotonic_ms() + life * 800;
	return 0;
}

static void response_release(struct http_response *response)
{
	secret_wipe(response->body.data, response->body.capacity);
	http_response_release(response);
}

int token_request(struct registry *registry, bool is_push, struct error *err)
{
	AUTO(response_release) struct http_response response = HTTP_RESPONSE_INIT;
	AUTO(url_release) struct url realm = { 0 };

	if (judge_realm(registry, &realm, err) || ask(registry, &realm, is_push, &response, err) ||
	    check_status(registry, &realm, &response, err) ||
	    take_token(registry, &realm, &response, err))
		return -1;
	registry->may_push = is_push;
	return 0;
}
