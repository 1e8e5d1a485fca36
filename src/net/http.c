/* SPDX-License-Identifier: MIT */
#include "net/http.h"

#include <curl/curl.h>
#include <errno.h>
#include <string.h>

#include "base/interrupt.h"
#include "base/limits.h"
#include "base/time.h"
#include "net/http-failure.h"
#include "net/url.h"

struct http_client {
	CURLM *multi;
	bool owns_multi;
	char *unix_socket;
	char *ca_file;
	char *client_certificate;
	char *client_key;
	bool may_skip_verification;
	CURL *spare; /* one handle kept for the next exchange */
};

struct http_exchange {
	struct http_client *client;
	struct http_request request;
	struct http_response response;
	struct curl_slist *headers;
	CURL *easy;
	int64_t moved_at; /* when the last byte went either way */
	bool is_done;
	bool is_asked_for_ours; /* by the server: a certificate */
	struct error err;	/* of a sink, a source or the transfer */
	char curl_error[CURL_ERROR_SIZE];
};

int http_client_new(const struct http_client_options *options, struct http_client **ret_client,
		    struct error *err)
{
	AUTO(http_client_freep) struct http_client *client = calloc(1, sizeof(*client));

	if (!client || curl_global_init(CURL_GLOBAL_DEFAULT))
		return error_set_memory(err);
	client->owns_multi = !options->beside;
	client->multi = options->beside ? options->beside->multi : curl_multi_init();
	if (!client->multi)
		return error_set_memory(err);
	if (str_replace(&client->unix_socket, options->unix_socket, err) ||
	    str_replace(&client->ca_file, options->ca_file, err) ||
	    str_replace(&client->client_certificate, options->client_certificate, err) ||
	    str_replace(&client->client_key, options->client_key, err))
		return -1;
	client->may_skip_verification = options->may_skip_verification;
	*ret_client = TAKE(client);
	return 0;
}

void http_client_free(struct http_client *client)
{
	if (!client)
		return;
	curl_easy_cleanup(client->spare);
	if (client->owns_multi && client->multi)
		curl_multi_cleanup(client->multi);
	free(client->unix_socket);
	free(client->ca_file);
	free(client->client_certificate);
	free(client->client_key);
	free(client);
}

void http_client_freep(struct http_client **client)
{
	http_client_free(*client);
}

static int add_header(struct http_exchange *exchange, struct slice line)
{
	struct http_response *response = &exchange->response;
	struct http_header *headers;
	struct slice name;

	if (response->header_count >= LIMIT_HEADER_COUNT)
		return error_set(&exchange->err, ERROR_PROTOCOL, "more than %d header lines",
				 LIMIT_HEADER_COUNT);
	headers = realloc(response->headers, (response->header_count + 1) * sizeof(*headers));
	if (!headers)
		return error_set_memory(&exchange->err);
	response->headers = headers;
	if (!slice_cut(&line, ':', &name))
		return 0;
	headers += response->header_count;
	headers->name = str_copy_slice(slice_trim(name), &exchange->err);
	headers->value = str_copy_slice(slice_trim(line), &exchange->err);
	if (headers->name && headers->value) {
		response->header_count++;
		return 0;
	}
	free(headers->name);
	free(headers->value);
	return -1;
}

static size_t on_header(char *data, size_t size, size_t count, void *arg)
{
	struct http_exchange *exchange = arg;
	struct slice line = slice_trim((struct slice){ data, size * count });
	size_t max = exchange->response.body.max;

	exchange->moved_at = time_monotonic_ms();
	if (slice_starts(line, "HTTP/")) {
		/* A further status line (after 100 Continue) starts anew. */
		http_response_release(&exchange->response);
		exchange->response.body.max = max;
		return size * count;
	}
	if (!line.len) {
		long status = 0;

		curl_easy_getinfo(exchange->easy, CURLINFO_RESPONSE_CODE, &status);
		exchange->response.status = (int)status;
		return size * count;
	}
	return add_header(exchange, line) ? 0 : size * count;
}

static size_t on_body(char *data, size_t size, size_t count, void *arg)
{
	struct http_exchange *exchange = arg;
	struct http_request *request = &exchange->request;
	struct buf *body = &exchange->response.body;

	exchange->moved_at = time_monotonic_ms();
	if (request->sink && exchange->response.status / 100 == 2)
		return request->sink(request->sink_arg, data, size * count, &exchange->err)
			       ? 0
			       : size * count;
	buf_add(body, data, size * count);
	return buf_check(body, "the answer", &exchange->err) ? 0 : size * count;
}

static size_t on_read(char *data, size_t size, size_t count, void *arg)
{
	struct http_exchange *exchange = arg;
	ssize_t len;

	exchange->moved_at = time_monotonic_ms();
	len = exchange->request.source(exchange->request.source_arg, data, size * count,
				       &exchange->err);
	return len < 0 ? CURL_READFUNC_ABORT : (size_t)len;
}

static int on_seek(void *arg, curl_off_t offset, int origin)
{
	struct http_exchange *exchange = arg;

	if (offset || origin != SEEK_SET || !exchange->request.rewind)
		return CURL_SEEKFUNC_CANTSEEK;
	return exchange->request.rewind(exchange->request.source_arg, &exchange->err)
		       ? CURL_SEEKFUNC_FAIL
		       : CURL_SEEKFUNC_OK;
}

/* Our own copy of the header list, with curl's additions switched off. */
static int set_headers(struct http_exchange *exchange)
{
	const char *const own[] = { exchange->request.awaits_continue ? "Expect: 100-continue"
								      : "Expect:",
				    NULL };
	const char *const *const lists[] = { own, exchange->request.headers };

	for (size_t i = 0; i < ARRAY_SIZE(lists); i++) {
		for (const char *const *line = lists[i]; line && *line; line++) {
			struct curl_slist *longer;

			if (strpbrk(*line, "\r\n"))
				return error_set(&exchange->err, ERROR_INPUT,
						 "a line break in a header");
			longer = curl_slist_append(exchange->headers, *line);
			if (!longer)
				return error_set_memory(&exchange->err);
			exchange->headers = longer;
		}
	}
	curl_easy_setopt(exchange->easy, CURLOPT_HTTPHEADER, exchange->headers);
	return 0;
}

static void set_body(struct http_exchange *exchange)
{
	const struct http_request *request = &exchange->request;
	CURL *easy = exchange->easy;

	if (request->source) {
		curl_easy_setopt(easy, CURLOPT_POST, 1L);
		curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE,
				 (curl_off_t)(request->source_size ? request->source_size : -1));
		curl_easy_setopt(easy, CURLOPT_READFUNCTION, on_read);
		curl_easy_setopt(easy, CURLOPT_READDATA, exchange);
		curl_easy_setopt(easy, CURLOPT_SEEKFUNCTION, on_seek);
		curl_easy_setopt(easy, CURLOPT_SEEKDATA, exchange);
		curl_easy_setopt(easy, CURLOPT_UPLOAD_BUFFERSIZE, (long)LIMIT_CHUNK);
	} else if (request->method && strcmp(request->method, "GET") &&
		   strcmp(request->method, "HEAD")) {
		curl_easy_setopt(easy, CURLOPT_POST, 1L);
		curl_easy_setopt(easy, CURLOPT_POSTFIELDS,
				 request->body.len ? request->body.data : "");
		curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)request->body.len);
	}
	if (request->method && !strcmp(request->method, "HEAD"))
		curl_easy_setopt(easy, CURLOPT_NOBODY, 1L);
	else if (request->method)
		curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, request->method);
	/* What announces too much is not waited for; HEAD announces another's length. */
	if (!request->sink && (!request->method || strcmp(request->method, "HEAD")))
		curl_easy_setopt(easy, CURLOPT_MAXFILESIZE_LARGE,
				 (curl_off_t)exchange->response.body.max);
}

/* A proxy's own loopback is not ours. */
static bool is_loopback(const char *text)
{
	AUTO(url_release) struct url url = { 0 };
	struct error ignored = { 0 };

	return !url_parse(text, &url, &ignored) && url.host_kind == URL_HOST_LOOPBACK;
}

/* That a server asked for a certificate libcurl tells nobody but who listens. */
static int on_talk(CURL *easy, curl_infotype type, char *text, size_t len, void *arg)
{
	static const char asks[] = "Request CERT";
	struct http_exchange *exchange = arg;

	(void)easy;
	if (type == CURLINFO_TEXT && memmem(text, len, asks, strlen(asks)))
		exchange->is_asked_for_ours = true;
	return 0;
}

static void set_tls(struct http_exchange *exchange)
{
	const struct http_client *client = exchange->client;
	CURL *easy = exchange->easy;

	if (client->ca_file)
		curl_easy_setopt(easy, CURLOPT_CAINFO, client->ca_file);
	if (client->client_certificate)
		curl_easy_setopt(easy, CURLOPT_SSLCERT, client->client_certificate);
	if (client->client_key)
		curl_easy_setopt(easy, CURLOPT_SSLKEY, client->client_key);
	/* Nobody is asked for a pass phrase, amid whatever the terminal shows. */
	curl_easy_setopt(easy, CURLOPT_KEYPASSWD, "");
	curl_easy_setopt(easy, CURLOPT_VERBOSE, 1L);
	curl_easy_setopt(easy, CURLOPT_DEBUGFUNCTION, on_talk);
	curl_easy_setopt(easy, CURLOPT_DEBUGDATA, exchange);
	/* Who takes up a former session is not asked again. */
	curl_easy_setopt(easy, CURLOPT_SSL_SESSIONID_CACHE, 0L);
	curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, client->may_skip_verification ? 0L : 1L);
	curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, client->may_skip_verification ? 0L : 2L);
	curl_easy_setopt(easy, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
}

static void set_client(struct http_exchange *exchange)
{
	const struct http_client *client = exchange->client;
	CURL *easy = exchange->easy;

	if (client->unix_socket)
		curl_easy_setopt(easy, CURLOPT_UNIX_SOCKET_PATH, client->unix_socket);
	if (client->unix_socket || is_loopback(exchange->request.url))
		curl_easy_setopt(easy, CURLOPT_PROXY, "");
	if (str_starts(exchange->request.url, "https:"))
		set_tls(exchange);
}

static void set_transfer(struct http_exchange *exchange)
{
	CURL *easy = exchange->easy;

	curl_easy_setopt(easy, CURLOPT_URL, exchange->request.url);
#if LIBCURL_VERSION_NUM >= 0x075500
	curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
#else
	curl_easy_setopt(easy, CURLOPT_PROTOCOLS, (long)(CURLPROTO_HTTP | CURLPROTO_HTTPS));
#endif
	curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
	curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
	/* What a proxy says about itself is no part of the answer. */
	curl_easy_setopt(easy, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
	curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(easy, CURLOPT_TCP_KEEPALIVE, 1L);
	curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, (long)LIMIT_CONNECT_MS);
	curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, (long)exchange->request.timeout_ms);
	curl_easy_setopt(easy, CURLOPT_USERAGENT, "git-image/" PACKAGE_VERSION);
	curl_easy_setopt(easy, CURLOPT_PATH_AS_IS, 1L);
	curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, exchange->curl_error);
	curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, on_header);
	curl_easy_setopt(easy, CURLOPT_HEADERDATA, exchange);
	curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body);
	curl_easy_setopt(easy, CURLOPT_WRITEDATA, exchange);
	curl_easy_setopt(easy, CURLOPT_PRIVATE, exchange);
}

struct http_exchange *http_start(struct http_client *client, const struct http_request *request,
				 struct error *err)
{
	AUTO(http_exchange_freep) struct http_exchange *exchange = calloc(1, sizeof(*exchange));

	if (!exchange) {
		error_set_memory(err);
		return NULL;
	}
	exchange->client = client;
	exchange->request = *request;
	exchange->moved_at = time_monotonic_ms();
	buf_init(&exchange->response.body,
		 request->body_max ? request->body_max : LIMIT_JSON_DOCUMENT);
	exchange->easy = client->spare ? TAKE(client->spare) : curl_easy_init();
	if (!exchange->easy) {
		error_set_memory(err);
		return NULL;
	}
	set_transfer(exchange);
	set_client(exchange);
	set_body(exchange);
	if (set_headers(exchange)) {
		*err = exchange->err;
		return NULL;
	}
	if (curl_multi_add_handle(client->multi, exchange->easy)) {
		error_set_memory(err);
		return NULL;
	}
	return TAKE(exchange);
}

static void complete(struct http_exchange *exchange, CURLcode code)
{
	exchange->is_done = true;
	if (code == CURLE_OK || exchange->err.kind)
		return;
	if (code == CURLE_FILESIZE_EXCEEDED) {
		error_set(&exchange->err, ERROR_PROTOCOL, "the answer: longer than %zu bytes",
			  exchange->response.body.max);
		return;
	}
	http_failure_explain(
		&(struct http_failure){
			.easy = exchange->easy,
			.code = code,
			.text = exchange->curl_error,
			.is_asked_for_ours =
				exchange->is_asked_for_ours && !exchange->response.status,
		},
		&exchange->err);
}

/* How many exchanges have ended. */
static int collect(struct http_client *client)
{
	struct CURLMsg *message;
	int left, count = 0;

	while ((message = curl_multi_info_read(client->multi, &left))) {
		struct http_exchange *exchange = NULL;
		CURL *easy = message->easy_handle;
		CURLcode code = message->data.result;

		if (message->msg != CURLMSG_DONE)
			continue;
		curl_easy_getinfo(easy, CURLINFO_PRIVATE, (char **)&exchange);
		complete(exchange, code);
		curl_multi_remove_handle(client->multi, easy);
		count++;
	}
	return count;
}

int http_drive(struct http_client *client, int64_t wait_ms, struct error *err)
{
	struct curl_waitfd extra = { .fd = interrupt_fd(), .events = CURL_WAIT_POLLIN };
	bool is_watched = extra.fd >= 0 && !interrupt_shielded();
	int running;

	if (curl_multi_perform(client->multi, &running))
		return error_set(err, ERROR_SYSTEM, "libcurl does not work");
	/* What has just ended is what somebody waits for. */
	if (collect(client))
		wait_ms = 0;
	if (interrupt_check(err))
		return -1;
	if (wait_ms > 0 && curl_multi_poll(client->multi, &extra, is_watched, (int)wait_ms, NULL))
		return error_set(err, ERROR_SYSTEM, "libcurl does not wait");
	if (curl_multi_perform(client->multi, &running))
		return error_set(err, ERROR_SYSTEM, "libcurl does not work");
	collect(client);
	return interrupt_check(err);
}

int http_exchange_poll(struct http_exchange *exchange, struct error *err)
{
	int64_t stall_ms = exchange->request.stall_ms;

	if (exchange->err.kind) {
		*err = exchange->err;
		return -1;
	}
	if (exchange->is_done)
		return 1;
	if (stall_ms && time_monotonic_ms() - exchange->moved_at > stall_ms)
		return error_set(err, ERROR_UNREACHABLE, "nothing came for %s",
				 time_elapsed(stall_ms).text);
	return 0;
}

struct http_response *http_exchange_response(struct http_exchange *exchange)
{
	return &exchange->response;
}

void http_exchange_free(struct http_exchange *exchange)
{
	if (!exchange)
		return;
	if (exchange->easy) {
		curl_multi_remove_handle(exchange->client->multi, exchange->easy);
		curl_easy_reset(exchange->easy);
		curl_easy_cleanup(exchange->client->spare);
		exchange->client->spare = exchange->easy;
	}
	curl_slist_free_all(exchange->headers);
	http_response_release(&exchange->response);
	free(exchange);
}

void http_exchange_freep(struct http_exchange **exchange)
{
	http_exchange_free(*exchange);
}

int http_perform(struct http_client *client, const struct http_request *request,
		 struct http_response *ret_response, struct error *err)
{
	AUTO(http_exchange_freep) struct http_exchange *exchange = http_start(client, request, err);
	int status;

	if (!exchange || http_drive(client, 0, err))
		return -1;
	while (!(status = http_exchange_poll(exchange, err)))
		if (http_drive(client, 250, err))
			return -1;
	if (status < 0)
		return -1;
	http_response_release(ret_response);
	*ret_response = exchange->response;
	exchange->response = (struct http_response)HTTP_RESPONSE_INIT;
	return 0;
}
