/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "registry/challenge.h"

static const struct {
	const char *lines[3];
	int status;
	bool is_bearer;
	const char *realm, *service, *scope;
} challenges[] = {
	{ { NULL }, 0, false, NULL, NULL, NULL },
	{ { "" }, 0, false, NULL, NULL, NULL },
	{ { "Negotiate" }, 0, false, NULL, NULL, NULL },
	{ { "Negotiate abc==, Basic realm=x" }, 1, false, "x", NULL, NULL },
	{ { "Basic" }, 1, false, NULL, NULL, NULL },
	{ { "BASIC Realm = \"a b\"" }, 1, false, "a b", NULL, NULL },
	{ { "Bearer realm=\"u\",service=\"s\",scope=\"repository:a:pull,push\"" },
	  1,
	  true,
	  "u",
	  "s",
	  "repository:a:pull,push" },
	{ { "Bearer realm=\"a\\\"b\\\\c, Basic\" , scope=x" },
	  1,
	  true,
	  "a\"b\\c, Basic",
	  NULL,
	  "x" },
	{ { "Basic realm=b, Bearer realm=t,service=s" }, 1, true, "t", "s", NULL },
	{ { "Digest realm=d", "Basic realm=b", "Bearer realm=t" }, 1, true, "t", NULL, NULL },
	{ { "Bearer realm=t", "Bearer realm=u,service=s" }, 1, true, "t", NULL, NULL },
	{ { "Bearer realm=t,realm=u" }, 1, true, "t", NULL, NULL },
	{ { "Bearer ,, realm=t,, error=\"insufficient_scope\"" }, 1, true, "t", NULL, NULL },
	{ { "Bearer realm=\"no end" }, 1, true, "no end", NULL, NULL },
	{ { "Bearer realm=\"no end\\" }, 1, true, "no end\\", NULL, NULL },
	{ { "Bearer realm=" }, 1, true, "", NULL, NULL },
	{ { "=,=\"\"= \"" }, 0, false, NULL, NULL, NULL },
};

static void check_text(const char *got, const char *expected)
{
	if (!expected)
		assert_null(got);
	else
		assert_string_equal(got, expected);
}

static void test_challenges(void **state)
{
	static char name[] = "www-authenticate", other[] = "Server";

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(challenges); i++) {
		AUTO(challenge_release) struct challenge challenge = { 0 };
		struct http_header headers[4] = { { other, other } };
		struct http_response response = { .headers = headers, .header_count = 1 };
		struct error err = { 0 };

		for (size_t line = 0; line < 3 && challenges[i].lines[line]; line++)
			headers[response.header_count++] = (struct http_header){
				name,
				(char *)(uintptr_t)challenges[i].lines[line],
			};
		assert_int_equal(challenge_read(&response, &challenge, &err), challenges[i].status);
		assert_int_equal(challenge.is_bearer, challenges[i].is_bearer);
		check_text(challenge.realm, challenges[i].realm);
		check_text(challenge.service, challenges[i].service);
		check_text(challenge.scope, challenges[i].scope);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_challenges),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
