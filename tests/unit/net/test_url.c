/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "base/str.h"
#include "net/url.h"

static const struct {
	const char *text;
	const char *host;
	enum url_host kind;
	int port;
	const char *path;
	const char *again; /* NULL: `text` */
} good[] = {
	{ "https://r.io/v2/", "r.io", URL_HOST_NAME, 443, "/v2/", NULL },
	{ "HTTP://R.io:80", "r.io", URL_HOST_NAME, 80, "/", "http://r.io/" },
	{ "https://r.io:5000?a=b/c#d", "r.io", URL_HOST_NAME, 5000, "/?a=b/c",
	  "https://r.io:5000/?a=b/c" },
	{ "https://r.io/a?b=%20@:x", "r.io", URL_HOST_NAME, 443, "/a?b=%20@:x", NULL },
	{ "http://127.0.0.1:5000/", "127.0.0.1", URL_HOST_LOOPBACK, 5000, "/", NULL },
	{ "http://[::1]:5000/", "::1", URL_HOST_LOOPBACK, 5000, "/", NULL },
	{ "http://localhost/", "localhost", URL_HOST_LOOPBACK, 80, "/", NULL },
	{ "http://a.localhost/", "a.localhost", URL_HOST_LOOPBACK, 80, "/", NULL },
	{ "https://169.254.169.254/", "169.254.169.254", URL_HOST_PRIVATE, 443, "/", NULL },
	{ "https://10.1.2.3/", "10.1.2.3", URL_HOST_PRIVATE, 443, "/", NULL },
	{ "https://172.15.0.1/", "172.15.0.1", URL_HOST_PUBLIC, 443, "/", NULL },
	{ "https://172.31.0.1/", "172.31.0.1", URL_HOST_PRIVATE, 443, "/", NULL },
	{ "https://100.127.0.1/", "100.127.0.1", URL_HOST_PRIVATE, 443, "/", NULL },
	{ "https://0.0.0.0/", "0.0.0.0", URL_HOST_PRIVATE, 443, "/", NULL },
	{ "https://255.255.255.255/", "255.255.255.255", URL_HOST_PRIVATE, 443, "/", NULL },
	{ "https://8.8.8.8/", "8.8.8.8", URL_HOST_PUBLIC, 443, "/", NULL },
	{ "https://[fe80::1]/", "fe80::1", URL_HOST_PRIVATE, 443, "/", NULL },
	{ "https://[fd00::1]/", "fd00::1", URL_HOST_PRIVATE, 443, "/", NULL },
	{ "https://[::]/", "::", URL_HOST_PRIVATE, 443, "/", NULL },
	{ "https://[::ffff:127.0.0.1]/", "::ffff:127.0.0.1", URL_HOST_LOOPBACK, 443, "/", NULL },
	{ "https://[::ffff:8.8.8.8]/", "::ffff:8.8.8.8", URL_HOST_PUBLIC, 443, "/", NULL },
	{ "https://[64:ff9b::a00:1]/", "64:ff9b::a00:1", URL_HOST_PRIVATE, 443, "/", NULL },
	{ "https://[2002:7f00:1::]/", "2002:7f00:1::", URL_HOST_PRIVATE, 443, "/", NULL },
	{ "https://[2a00::1]/", "2a00::1", URL_HOST_PUBLIC, 443, "/", NULL },
};

static void test_good(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(good); i++) {
		AUTO(buf_release) struct buf again = BUF_INIT(200);
		AUTO(url_release) struct url url = { 0 };
		struct error err = { 0 };

		if (url_parse(good[i].text, &url, &err))
			fail_msg("%s", err.message);
		assert_string_equal(url.host, good[i].host);
		assert_int_equal(url.host_kind, good[i].kind);
		assert_int_equal(url.port, good[i].port);
		assert_string_equal(url.path, good[i].path);
		url_add(&url, &again);
		assert_string_equal(again.data, good[i].again ? good[i].again : good[i].text);
	}
}

static const struct {
	const char *text;
	const char *reason;
} bad[] = {
	{ "", "is neither http nor https" },
	{ "r.io/x", "is neither http nor https" },
	{ "ftp://r.io/", "is neither http nor https" },
	{ "file:///etc/passwd", "is neither http nor https" },
	{ "https:/r.io/", "is neither http nor https" },
	{ "https:///x", "has a host that is none" },
	{ "https://:80/", "has a host that is none" },
	{ "https://r..io/", "has a host that is none" },
	{ "https://r.io./", "has a host that is none" },
	{ "https://127.1/", "has a host that is none" },
	{ "https://0x7f.0.0.1/", "has a host that is none" },
	{ "https://0x7f000001/", "has a host that is none" },
	{ "https://2130706433/", "has a host that is none" },
	{ "https://0177.0.0.1/", "has a host that is none" },
	{ "https://r%2eio/", "has a host that is none" },
	{ "https://[::1/", "has a '[' without ']'" },
	{ "https://[fe80::1%25eth0]/", "has a host that is none" },
	{ "https://[127.0.0.1]/", "has a host that is none" },
	{ "https://u:p@r.io/", "has user information" },
	{ "https://r.io@evil.io/", "has user information" },
	{ "https://r.io:/", "has a port that is none" },
	{ "https://r.io:0/", "has a port that is none" },
	{ "https://r.io:65536/", "has a port that is none" },
	{ "https://r.io:080x/", "has a port that is none" },
	{ "https://[::1]80/", "has a port that is none" },
	{ "https://r.io\\@evil.io/", "has bytes that no URL has" },
	{ "https://r.io/a b", "has bytes that no URL has" },
	{ "https://r.io/a\r\nX: y", "has bytes that no URL has" },
	{ "https://r\303\244.io/", "has bytes that no URL has" },
};

static void test_bad(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		struct url url = { 0 };
		struct error err = { 0 };

		if (!url_parse(bad[i].text, &url, &err))
			fail_msg("%s", bad[i].text);
		assert_int_equal(err.kind, ERROR_PROTOCOL);
		assert_true(str_ends(err.message, bad[i].reason));
		assert_null(url.host);
	}
}

static const struct {
	const char *location;
	const char *result; /* NULL: refused */
	bool is_same_origin;
} locations[] = {
	{ "/a?b", "https://r.io:5000/a?b", true },
	{ "https://R.IO:5000/c", "https://r.io:5000/c", true },
	{ "https://r.io/c", "https://r.io/c", false },
	{ "http://r.io:5000/c", "http://r.io:5000/c", false },
	{ "//evil.io/c", "https://evil.io/c", false },
	{ "https://evil.io:5000/", "https://evil.io:5000/", false },
	{ "a/b", NULL, false },
	{ "", NULL, false },
	{ "?x", NULL, false },
	{ "/\\evil.io", NULL, false },
};

static void test_resolve(void **state)
{
	AUTO(url_release) struct url base = { 0 };
	struct error err = { 0 };

	(void)state;
	assert_int_equal(url_parse("https://r.io:5000/v2/x", &base, &err), 0);
	for (size_t i = 0; i < ARRAY_SIZE(locations); i++) {
		AUTO(buf_release) struct buf text = BUF_INIT(200);
		AUTO(url_release) struct url url = { 0 };

		if (!locations[i].result) {
			assert_int_equal(url_resolve(&base, locations[i].location, &url, &err), -1);
			continue;
		}
		assert_int_equal(url_resolve(&base, locations[i].location, &url, &err), 0);
		url_add(&url, &text);
		assert_string_equal(text.data, locations[i].result);
		assert_int_equal(url_is_same_origin(&base, &url), locations[i].is_same_origin);
	}
}

static const struct {
	const char *a, *b;
	bool is_same;
} sites[] = {
	{ "r.io", "r.io", true },
	{ "registry.gitlab.com", "gitlab.com", true },
	{ "registry.example.com", "auth.example.com", true },
	{ "a.r.example.co.uk", "b.example.co.uk", true },
	{ "r.foo.co", "a.foo.co", true },
	{ "example.com", "example.org", false },
	{ "example.com", "other.com", false },
	{ "notexample.com", "example.com", false },
	{ "a.co.uk", "b.co.uk", false },
	{ "a.com.au", "b.com.au", false },
	{ "a.github.io", "b.github.io", false },
	{ "a.azurecr.io", "b.azurecr.io", false },
	{ "a.azurecr.io", "a.azurecr.io", true },
	{ "a.dkr.ecr.us-east-1.amazonaws.com", "b.dkr.ecr.us-east-1.amazonaws.com", false },
	{ "127.0.0.1", "127.0.0.1", true },
	{ "127.0.0.1", "127.1.0.1", false },
	{ "10.0.0.1", "9.0.0.1", false },
	{ "::1:2", "::3:1:2", false },
	{ "registry", "auth", false },
	{ "localhost", "localhost", true },
};

static void test_sites(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(sites); i++)
		if (url_is_same_site(sites[i].a, sites[i].b) != sites[i].is_same ||
		    url_is_same_site(sites[i].b, sites[i].a) != sites[i].is_same)
			fail_msg("%s %s", sites[i].a, sites[i].b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_good),
		cmocka_unit_test(test_bad),
		cmocka_unit_test(test_resolve),
		cmocka_unit_test(test_sites),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
