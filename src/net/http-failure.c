/* SPDX-License-Identifier: MIT */
#include "net/http-failure.h"

#include <errno.h>
#include <string.h>

#include "base/str.h"
#include "net/http.h"

static enum error_kind kind_of_curl(CURLcode code)
{
	switch (code) {
	case CURLE_OUT_OF_MEMORY:
		return ERROR_MEMORY;
	case CURLE_URL_MALFORMAT:
	case CURLE_SSL_CACERT_BADFILE:
	case CURLE_SSL_CERTPROBLEM:
		return ERROR_INPUT;
	case CURLE_PEER_FAILED_VERIFICATION:
	case CURLE_SSL_ISSUER_ERROR:
	case CURLE_SSL_INVALIDCERTSTATUS:
		return ERROR_DENIED;
	case CURLE_UNSUPPORTED_PROTOCOL: /* HTTP/0.9, or another version that is none */
	case CURLE_WEIRD_SERVER_REPLY:
	case CURLE_BAD_CONTENT_ENCODING:
		return ERROR_PROTOCOL;
	default:
		return ERROR_UNREACHABLE;
	}
}

/* What a server says about our certificate. With TLS 1.3 it comes only after the
 * handshake, and libcurl has no code for it. */
static bool is_refused(const char *text)
{
	static const char *const alerts[] = { " alert certificate ",
					      " alert bad certificate",
					      " alert unsupported certificate",
					      " alert handshake failure",
					      " alert unknown ca",
					      " alert access denied" };

	for (size_t i = 0; i < ARRAY_SIZE(alerts); i++)
		if (strstr(text, alerts[i]))
			return true;
	return false;
}

/* Asking a proxy again that refused us may lock an account. libcurl's own text quotes
 * a proxy's URL, which may hold a password, as it stands. 0: it is not about one. */
static int explain_proxy(const struct http_failure *failure, struct error *err)
{
	long status = 0;

	curl_easy_getinfo(failure->easy, CURLINFO_HTTP_CONNECTCODE, &status);
	if (str_starts(failure->text, "Unsupported proxy"))
		error_set(err, ERROR_INPUT, "the environment names a proxy that is none");
	else if (status == 401 || status == 403 || status == 407)
		error_set(err, ERROR_DENIED, "the proxy answered %ld", status);
	else
		return 0;
	return error_hint(err, "https_proxy, http_proxy or all_proxy names it, as in "
			       "http://proxy.example.com:3128");
}

void http_failure_explain(const struct http_failure *failure, struct error *err)
{
	const char *text = failure->text[0] ? failure->text : curl_easy_strerror(failure->code);
	enum error_kind kind = is_refused(text) ? ERROR_DENIED : kind_of_curl(failure->code);
	const char *reason, *asked = "";
	long os_errno = 0;

	if (explain_proxy(failure, err))
		return;
	curl_easy_getinfo(failure->easy, CURLINFO_OS_ERRNO, &os_errno);
	reason = os_errno ? strerror((int)os_errno) : "";
	if (strstr(text, reason))
		reason = "";
	/* A refusal is often lost with the connection. */
	if (failure->is_asked_for_ours && kind == ERROR_UNREACHABLE &&
	    failure->code != CURLE_OPERATION_TIMEDOUT)
		asked = HTTP_ASKED_FOR_OURS;
	error_set(err, kind, "%s%s%s%s", text, reason[0] ? ": " : "", reason, asked);
	err->os_errno = failure->code == CURLE_GOT_NOTHING ? ECONNRESET : (int)os_errno;
}
