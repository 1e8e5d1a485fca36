/* SPDX-License-Identifier: MIT */
#include "registry/client.h"

#include <errno.h>

#include "base/limits.h"
#include "base/time.h"
#include "codec/json.h"
#include "registry/ask.h"

#define REDIRECTS_MAX 5

struct http_client *registry_client_for(const struct registry *registry, const struct url *url)
{
	return url_is_same_origin(&registry->origin, url) ? registry->client
							  : registry->foreign_client;
}

static bool holds(const char *text, const struct secret *secret)
{
	return secret->len && strstr(text, secret->data);
}

/* A peer may say back what it was sent. */
static bool holds_secret(const struct registry *registry, const char *text)
{
	const struct credentials *credentials = &registry->credentials;
	const char *sent = registry->header.data ? strrchr(registry->header.data, ' ') : NULL;
	AUTO(secret_buf_release) struct buf basic = BUF_INIT(LIMIT_HEADER_LINE);

	credentials_add_basic(credentials, &basic);
	return (sent && strstr(text, sent + 1)) || basic.has_failed || strstr(text, basic.data) ||
	       holds(text, &credentials->password) || holds(text, &credentials->identity_token) ||
	       holds(text, &credentials->registry_token);
}

/* {"errors": [{"code", "message"}]}, or a token server's {"details"}. */
static const char *peer_message(const struct json *json)
{
	const struct json *first = json_first(json_get(json, "errors"));
	const char *message = json_text(json_get(first, "message"));

	if (!message || !message[0])
		message = json_text(json_get(first, "code"));
	return message ? message : json_text(json_get(json, "details"));
}

void registry_quote(const struct registry *registry, const struct http_response *response,
		    struct buf *message)
{
	AUTO(json_freep) struct json *json = NULL;
	struct error ignored = { 0 };
	const char *text;

	if (!response->body.len)
		return;
	json = json_parse(buf_slice(&response->body), &ignored);
	text = peer_message(json);
	if (text && text[0] && !holds_secret(registry, text))
		buf_add_format(message, ": %.*s", LIMIT_PEER_TEXT, text);
}

static enum error_kind kind_of_status(int status)
{
	if (status == 401 || status == 403)
		return ERROR_DENIED;
	if (status == 404)
		return ERROR_NOT_FOUND;
	if (status == 405 || status == 501)
		return ERROR_UNSUPPORTED;
	return status >= 500 || retry_is_temporary(status) ? ERROR_UNREACHABLE : ERROR_PROTOCOL;
}

int registry_hint_denied(const struct registry *registry, struct error *err)
{
	if (registry->has_looked && credentials_are_anonymous(&registry->credentials))
		return error_hint(err, "no credentials for '%s' were found: 'git image login %s'",
				  registry->host, registry->host);
	return error_hint(err, "the credentials for '%s' are wrong or do not allow this",
			  registry->host);
}

/* It may want more patience than anybody has. */
static void hint_later(const struct http_response *response, struct error *err)
{
	const char *asked = http_header_get(response, "Retry-After");
	int64_t wait = asked ? retry_after_ms(asked, time_now()) : -1;

	if (wait > 0)
		error_hint(err, "it asks to wait for %s", time_elapsed(wait).text);
}

int registry_refusal(const struct registry *registry, const struct http_response *response,
		     struct error *err)
{
	AUTO(buf_release) struct buf text = BUF_INIT(LIMIT_ERROR_MESSAGE);

	registry_quote(registry, response, &text);
	error_set(err, kind_of_status(response->status), "the registry answered %d%s%s",
		  response->status, retry_is_temporary(response->status) ? " in every attempt" : "",
		  text.data);
	err->http_status = response->status;
	if (error_is(err, ERROR_DENIED))
		registry_hint_denied(registry, err);
	else if (retry_is_temporary(response->status))
		hint_later(response, err);
	return -1;
}

/* As OpenSSL and GnuTLS put it. */
static bool speaks_no_tls(const struct error *err)
{
	return strstr(err->message, "wrong version number") ||
	       strstr(err->message, "unexpected TLS packet");
}

/* Does a server want a certificate of ours, or another one? */
static bool wants_ours(const struct error *err)
{
	return strstr(err->message, " alert ") || str_ends(err->message, HTTP_ASKED_FOR_OURS);
}

static int hint_certificate(const struct registry *registry, bool is_ours, struct error *err)
{
	const struct certificates *certificates = &registry->home->certificates;
	const char *host = registry->host;

	if (is_ours && certificates->client_certificate)
		return error_hint(
			err, "'%s' is not what it wants%s", certificates->client_certificate,
			certificates->has_others ? "; of several there the first by name is shown"
						 : "");
	return error_hint(err, "put %s into /etc/docker/certs.d/%s or ~/.config/docker/certs.d/%s",
			  is_ours ? "your certificate and key, NAME.cert and NAME.key,"
				  : "the certificate of its CA, ca.crt,",
			  host, host);
}

int registry_explain(const struct registry *registry, const struct url *url, struct error *err)
{
	const char *host = registry->host;

	if (err->hint[0] || !url_is_same_origin(&registry->origin, url))
		return -1;
	/* In every attempt: that is no fault of a line. */
	if (error_is(err, ERROR_UNREACHABLE) && str_ends(err->message, HTTP_ASKED_FOR_OURS))
		err->kind = ERROR_DENIED;
	if (error_is(err, ERROR_DENIED))
		return hint_certificate(registry, wants_ours(err), err);
	if (error_is(err, ERROR_UNREACHABLE) && speaks_no_tls(err))
		return error_hint(err,
				  "it speaks no TLS; if you mean that: git config --global --add "
				  "image.plainHttp %s",
				  host);
	return -1;
}

/* Some hang up on who asks for a repository that they do not have. */
void registry_explain_hang_up(struct error *err)
{
	if (error_is(err, ERROR_UNREACHABLE) && err->os_errno == ECONNRESET)
		error_hint(err, "the registry hangs up: the repository may not exist");
}

bool registry_is_redirect(int status)
{
	return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

/* From HTTPS only to HTTPS; to an address that the internet does not route
 * only on the registry's own host, or on this machine if it is here too. */
static int judge_target(const struct registry *registry, const struct url *url, struct error *err)
{
	const struct url *origin = &registry->origin;
	bool is_here =
		origin->host_kind == URL_HOST_LOOPBACK && url->host_kind == URL_HOST_LOOPBACK;

	if (url_is_same_origin(origin, url) || is_here)
		return 0;
	if (!url->is_https)
		return error_set(err, ERROR_PROTOCOL,
				 "the registry redirects to '%.100s' without TLS", url->host);
	if ((url->host_kind == URL_HOST_PRIVATE || url->host_kind == URL_HOST_LOOPBACK) &&
	    !str_equal(url->host, origin->host))
		return error_set(err, ERROR_PROTOCOL,
				 "the registry redirects to the private address '%.100s'",
				 url->host);
	return 0;
}

int registry_follow(const struct registry *registry, const struct http_response *response, int hops,
		    struct url *url, struct error *err)
{
	const char *location = http_header_get(response, "Location");
	AUTO(url_release) struct url next = { 0 };

	if (hops > REDIRECTS_MAX)
		return error_set(err, ERROR_PROTOCOL, "the registry redirects more than %d times",
				 REDIRECTS_MAX);
	if (!location)
		return error_set(err, ERROR_PROTOCOL, "the registry answered %d without Location",
				 response->status);
	if (url_resolve(url, location, &next, err))
		return error_wrap(err, "the registry redirects");
	if (judge_target(registry, &next, err))
		return -1;
	url_release(url);
	*url = next;
	next = (struct url){ 0 };
	return 0;
}

int registry_send(struct registry *registry, const struct registry_request *request,
		  struct http_response *ret_response, struct error *err)
{
	AUTO(ask_release) struct ask ask = { .registry = registry };

	if (ask_start(&ask, request, err) || ask_finish(&ask, err))
		return -1;
	http_response_release(ret_response);
	*ret_response = *ask_response(&ask);
	*ask_response(&ask) = (struct http_response)HTTP_RESPONSE_INIT;
	return 0;
}
