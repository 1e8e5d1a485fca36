/* SPDX-License-Identifier: MIT */
/* A blob that is sent before its digest is known: once, and nothing of it again. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>

#include "base/str.h"
#include "documents.h"
#include "registry/stream.h"
#include "scene.h"

#define OPEN		 "POST /v2/team/app/blobs/uploads/ HTTP"
#define SEND		 "PATCH /s/1 HTTP"
#define CLOSE		 "PUT /s/2?_state=a%2Fb&digest=" CONFIG_DIGEST " HTTP"
#define BYTE_BY_BYTE_END "\r\n1\r\n}\r\n0\r\n\r\n"
#define OTHER_HASH	 "sha256:0000000000000000000000000000000000000000000000000000000000000000"

#define OPENED                                                                                     \
	{                                                                                          \
		OPEN, .status = 202, .headers = "Location: {self}/s/1\r\n"                         \
	}
#define AT_2 .headers = "Location: /s/2?_state=a%2Fb\r\n"
#define SENT                                                                                       \
	{                                                                                          \
		SEND, .status = 202, AT_2                                                          \
	}
#define WELL	 .answer = REGISTRY_YES
#define FAILS(k) .answer = REGISTRY_UNKNOWN, .kind = (k)

#define IS_BASIC    "WWW-Authenticate: Basic realm=\"r\"\r\n"
#define IS_BEARER   "WWW-Authenticate: Bearer realm=\"{self}/token\",service=\"r\"\r\n"
#define SENDS_BASIC "\r\nAuthorization: Basic " BASIC_AUTH "\r\n"
#define SENDS_FIRST "\r\nAuthorization: Bearer firstCanary\r\n"
#define SENDS_NEXT  "\r\nAuthorization: Bearer nextCanary\r\n"
#define NO_AUTH	    "Authorization"
#define GET_TOKEN   "GET /token?service=r&scope=repository:team/app:pull,push HTTP"
#define FIRST	    "{\"token\":\"firstCanary\",\"expires_in\":300}"
#define NEXT	    "{\"token\":\"nextCanary\",\"expires_in\":300}"

static const struct scene ways[] = {
	{ "one PATCH in chunks, and the digest behind it", "s",
	  .rows = { { OPEN, "\r\nContent-Length: 0\r\n", "Expect", 202, "Location: {self}/s/1\r\n",
		      NULL },
		    { SEND, "\r\nTransfer-Encoding: chunked\r\n", "Content-Range", 202,
		      "Location: /s/2?_state=a%2Fb\r\n", NULL },
		    { CLOSE, "\r\nContent-Length: 0\r\n", "Expect", 201,
		      "Docker-Content-Digest: " CONFIG_DIGEST "\r\n", NULL } },
	  WELL },
	{ "all of it, once it is wanted", "s",
	  .rows = { OPENED,
		    { SEND, BYTE_BY_BYTE_END, .status = 202, AT_2 },
		    { CLOSE, .status = 201 } },
	  WELL },
	{ "201 for a PATCH", "s",
	  .rows = { OPENED, { SEND, .status = 201, AT_2 }, { CLOSE, .status = 201 } }, WELL },
};

static const struct scene refusals[] = {
	{ "no session", "s", .rows = { { OPEN, .status = 403 } }, FAILS(ERROR_DENIED) },
	{ "a busy registry is not asked again", "s",
	  .rows = { { OPEN, .status = 429, .headers = "Retry-After: 0\r\n" } },
	  FAILS(ERROR_UNREACHABLE) },
	{ "PATCH is not known", "s", .rows = { OPENED, { SEND, .status = 405, .is_early = true } },
	  FAILS(ERROR_UNSUPPORTED), .message = "the registry answered 405" },
	{ "PATCH wants a range", "s", .rows = { OPENED, { SEND, .status = 416, .is_early = true } },
	  FAILS(ERROR_PROTOCOL) },
	{ "PATCH fails", "s", .rows = { OPENED, { SEND, .status = 500 } },
	  FAILS(ERROR_UNREACHABLE) },
	{ "PATCH is redirected", "s",
	  .rows = { OPENED, { SEND, .status = 307, .headers = "Location: {other}/x\r\n" } },
	  FAILS(ERROR_PROTOCOL) },
	{ "PATCH says not where to go on", "s", .rows = { OPENED, { SEND, .status = 202 } },
	  FAILS(ERROR_PROTOCOL), .message = "answered 202 without Location" },
	{ "broken off before the PATCH", "s",
	  .rows = { OPENED, { SEND, .missing = -1, .is_early = true } }, FAILS(ERROR_UNREACHABLE) },
	{ "broken off behind the PATCH", "s", .rows = { OPENED, { SEND, .missing = -1 } },
	  FAILS(ERROR_UNREACHABLE) },
	{ "the session is lost", "s", .rows = { OPENED, SENT, { CLOSE, .status = 404 } },
	  FAILS(ERROR_NOT_FOUND) },
	{ "it was not what it is called", "s", .rows = { OPENED, SENT, { CLOSE, .status = 400 } },
	  FAILS(ERROR_PROTOCOL) },
	{ "the end is no end", "s", .rows = { OPENED, SENT, { CLOSE, .status = 202, AT_2 } },
	  FAILS(ERROR_PROTOCOL) },
	{ "another one's digest", "s",
	  .rows = { OPENED,
		    SENT,
		    { CLOSE, .status = 201,
		      .headers = "Docker-Content-Digest: " OTHER_HASH "\r\n" } },
	  FAILS(ERROR_PROTOCOL), .message = "the registry says it is " OTHER_HASH },
	{ "what is sent breaks off", "s", .source = SOURCE_FAILS,
	  .rows = { OPENED, { SEND, .missing = -1, .is_optional = true } },
	  FAILS(ERROR_INTERRUPTED) },
};

/* Who may see a credential. */
static const struct scene places[] = {
	{ "storage elsewhere does not see the password", "s", .config = CONFIG_PASSWORD,
	  .rows = { { OPEN, .lacks = NO_AUTH, .status = 401, .headers = IS_BASIC },
		    { OPEN, .has = SENDS_BASIC, .status = 202,
		      .headers = "Location: {other}/s/1\r\n" } },
	  .other = { { SEND, .lacks = NO_AUTH, .status = 202, AT_2 },
		     { CLOSE, .lacks = NO_AUTH, .status = 201 } },
	  WELL },
	{ "nor if it asks for it", "s", .config = CONFIG_PASSWORD,
	  .rows = { { OPEN, .status = 401, .headers = IS_BASIC },
		    { OPEN, .status = 202, .headers = "Location: {other}/s/1\r\n" } },
	  .other = { { SEND, .lacks = NO_AUTH, .status = 401, .headers = IS_BASIC } },
	  FAILS(ERROR_DENIED) },
	{ "nor if it goes on there", "s", .config = CONFIG_PASSWORD,
	  .rows = { { OPEN, .status = 401, .headers = IS_BASIC },
		    OPENED,
		    { SEND, .has = SENDS_BASIC, .status = 202,
		      .headers = "Location: {other}/s/2?_state=a%2Fb\r\n" } },
	  .other = { { CLOSE, .lacks = NO_AUTH, .status = 201 } }, WELL },
	{ "where clouds keep their credentials", "s",
	  .rows = { OPENED,
		    { SEND, .status = 202, .headers = "Location: https://169.254.169.254/s\r\n" } },
	  FAILS(ERROR_PROTOCOL), .message = "the private address '169.254.169.254'" },
};

static const struct scene tokens[] = {
	{ "one that ended amid it is renewed for the end", "s", .config = CONFIG_PASSWORD,
	  .rows = { { OPEN, .status = 401, .headers = IS_BEARER },
		    { GET_TOKEN, .has = SENDS_BASIC, .status = 200, .body = FIRST },
		    { OPEN, .has = SENDS_FIRST, .status = 202, .headers = "Location: /s/1\r\n" },
		    { SEND, .has = SENDS_FIRST, .status = 202, AT_2 },
		    { CLOSE, .has = SENDS_FIRST, .status = 401, .headers = IS_BEARER },
		    { GET_TOKEN, .has = SENDS_BASIC, .status = 200, .body = NEXT },
		    { CLOSE, .has = SENDS_NEXT, .status = 201 } },
	  WELL },
	{ "one that is not good for the PATCH", "s", .config = CONFIG_PASSWORD,
	  .rows = { { OPEN, .status = 401, .headers = IS_BEARER },
		    { GET_TOKEN, .status = 200, .body = FIRST },
		    OPENED,
		    { SEND, .has = SENDS_FIRST, .status = 401, .headers = IS_BEARER,
		      .is_early = true },
		    { GET_TOKEN, .status = 200, .body = NEXT, .is_optional = true } },
	  FAILS(ERROR_DENIED) },
};

#define PLAY(scenes)                                                                               \
	static void test_##scenes(void **state)                                                    \
	{                                                                                          \
		(void)state;                                                                       \
		for (size_t i = 0; i < ARRAY_SIZE(scenes); i++)                                    \
			scene_play(&(scenes)[i]);                                                  \
	}

PLAY(ways)
PLAY(refusals)
PLAY(places)
PLAY(tokens)

static void test_no_registry(void **state)
{
	AUTO(reference_release) struct reference reference = { 0 };
	AUTO(registry_freep) struct registry *place = NULL, *registry = NULL;
	struct error err = { 0 };

	(void)state;
	assert_int_equal(reference_parse("127.0.0.1:1/team/app", &reference, &err), 0);
	assert_int_equal(registry_open_target("oci:/tmp/none", &reference, &place, &err), 0);
	assert_int_equal(registry_open_for_stream(place, &registry, &err), -1);
	assert_int_equal(err.kind, ERROR_UNSUPPORTED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ways),	    cmocka_unit_test(test_refusals),
		cmocka_unit_test(test_places),	    cmocka_unit_test(test_tokens),
		cmocka_unit_test(test_no_registry),
	};

	return cmocka_run_group_tests(tests, scene_set_up, scene_tear_down);
}
