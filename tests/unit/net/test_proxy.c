/* SPDX-License-Identifier: MIT */
/* Which requests go through a proxy of the environment, and what it sees. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../registry/peer.h"
#include "net/http.h"

static const char *const variables[] = { "http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY",
					 "all_proxy",  "ALL_PROXY",  "no_proxy",    "NO_PROXY" };

/* In values and URLs "%P" is the proxy's port, "%D" that of the server. */
static const struct {
	const char *title;
	const char *set[3]; /* NAME=VALUE */
	const char *url;
	struct peer_row proxy[2], server[2];
	enum error_kind kind; /* 0: it is answered */
	const char *message;
} cases[] = {
	{ "a request in the clear, whole",
	  { "http_proxy=http://127.0.0.1:%P" },
	  "http://app.example/v2/",
	  .proxy = { { "GET http://app.example/v2/ HTTP", .has = "Bearer Canary",
		       .status = 200 } } },
	{ "of TLS only where it goes",
	  { "HTTPS_PROXY=http://127.0.0.1:%P" },
	  "https://app.example/v2/",
	  .proxy = { { "CONNECT app.example:443 HTTP", .lacks = "Canary", .status = 403 } },
	  .kind = ERROR_DENIED,
	  .message = "the proxy answered 403" },
	{ "in lower case too",
	  { "https_proxy=http://127.0.0.1:%P", "http_proxy=http://127.0.0.1:1" },
	  "https://app.example:5000/",
	  .proxy = { { "CONNECT app.example:5000 HTTP", .lacks = "Canary", .status = 407 } },
	  .kind = ERROR_DENIED,
	  .message = "the proxy answered 407" },
	{ "one that has no time",
	  { "https_proxy=http://127.0.0.1:%P" },
	  "https://app.example/",
	  .proxy = { { "CONNECT app.example:443 HTTP", .status = 503 } },
	  .kind = ERROR_UNREACHABLE,
	  .message = "CONNECT tunnel failed, response 503" },
	{ "one that does not know where that is",
	  { "https_proxy=http://127.0.0.1:%P" },
	  "https://app.example/",
	  .proxy = { { "CONNECT app.example:443 HTTP", .status = 404 } },
	  .kind = ERROR_UNREACHABLE,
	  .message = "CONNECT tunnel failed, response 404" },
	{ "one that is none, without its password",
	  { "https_proxy=http://me:Canary of mine@127.0.0.1:%P" },
	  "https://app.example/",
	  .kind = ERROR_INPUT,
	  .message = "the environment names a proxy that is none" },
	{ "of a kind that is none",
	  { "all_proxy=gopher://me:Canary@127.0.0.1:%P" },
	  "https://app.example/",
	  .kind = ERROR_INPUT,
	  .message = "the environment names a proxy that is none" },
	{ "a variable that any web client could set",
	  { "HTTP_PROXY=http://127.0.0.1:%P" },
	  "http://0.0.0.0:%D/",
	  .server = { { "GET / HTTP", .status = 200 } } },
	{ "not what NO_PROXY names",
	  { "http_proxy=http://127.0.0.1:%P", "NO_PROXY=a.example,0.0.0.0" },
	  "http://0.0.0.0:%D/",
	  .server = { { "GET / HTTP", .status = 200 } } },
	{ "what it does not name",
	  { "http_proxy=http://127.0.0.1:%P", "no_proxy=a.example" },
	  "http://0.0.0.0:%D/",
	  .proxy = { { "GET http://0.0.0.0:", .status = 200 } } },
	{ "never loopback",
	  { "http_proxy=http://127.0.0.1:%P", "all_proxy=http://127.0.0.1:%P" },
	  "http://127.0.0.1:%D/",
	  .server = { { "GET / HTTP", .status = 200 } } },
	{ "by whichever name",
	  { "http_proxy=http://127.0.0.1:%P" },
	  "http://app.localhost:%D/",
	  .server = { { "GET / HTTP", .status = 200 } } },
};

static void expand(const char *text, const struct peer *proxy, const struct peer *server,
		   char out[128])
{
	size_t len = 0;

	for (; *text; text++) {
		const struct peer *peer = text[1] == 'P' ? proxy : server;

		if (*text != '%')
			out[len++] = *text;
		else
			len += (size_t)snprintf(out + len, 128 - len, "%s",
						strrchr(peer->origin, ':') + 1);
		text += *text == '%';
	}
	out[len] = '\0';
}

static void set(const char *const *pairs, const struct peer *proxy, const struct peer *server)
{
	for (size_t i = 0; i < ARRAY_SIZE(variables); i++)
		unsetenv(variables[i]);
	for (size_t i = 0; i < 3 && pairs[i]; i++) {
		char pair[128], *value;

		expand(pairs[i], proxy, server, pair);
		value = strchr(pair, '=');
		*value = '\0';
		setenv(pair, value + 1, 1);
	}
}

static void test_proxies(void **state)
{
	static const char *const headers[] = { "Authorization: Bearer Canary", NULL };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		AUTO(http_response_release) struct http_response response = HTTP_RESPONSE_INIT;
		AUTO(http_client_freep) struct http_client *client = NULL;
		static struct peer proxy, server;
		struct error err = { 0 };
		char url[128];
		int status;

		print_message("# %s\n", cases[i].title);
		peer_listen(&proxy, "127.0.0.1");
		peer_listen(&server, "127.0.0.1");
		peer_run(&proxy, cases[i].proxy, NULL);
		peer_run(&server, cases[i].server, NULL);
		set(cases[i].set, &proxy, &server);
		expand(cases[i].url, &proxy, &server, url);
		assert_int_equal(http_client_new(&(struct http_client_options){ 0 }, &client, &err),
				 0);
		status = http_perform(client,
				      &(struct http_request){ .url = url, .headers = headers },
				      &response, &err);
		peer_finish(&proxy);
		peer_finish(&server);
		if (cases[i].kind) {
			assert_int_equal(status, -1);
			assert_string_equal(err.message, cases[i].message);
			assert_int_equal(!!strstr(err.hint, "all_proxy"),
					 err.kind != ERROR_UNREACHABLE);
			assert_int_equal(err.kind, cases[i].kind);
			continue;
		}
		if (status)
			fail_msg("%s: %s", cases[i].title, err.message);
		assert_int_equal(response.status, 200);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_proxies),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
