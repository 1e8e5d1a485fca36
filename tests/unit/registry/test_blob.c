/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/str.h"
#include "documents.h"
#include "scene.h"

#define BASE	   "/v2/team/app/blobs/"
#define HEAD_BLOB  "HEAD " BASE CONFIG_DIGEST " HTTP"
#define HEAD_LARGE "HEAD " BASE LARGE_DIGEST " HTTP"
#define OPEN	   "POST " BASE "uploads/ HTTP"
#define MOUNT	   "POST " BASE "uploads/?mount=" CONFIG_DIGEST "&from=" MOUNT_FROM " HTTP"
#define SEND	   "PUT /s/1?digest=" CONFIG_DIGEST " HTTP"
#define SEND_2	   "PUT /s/2?digest=" CONFIG_DIGEST " HTTP"
#define SEND_LARGE "PUT /s/1?digest=" LARGE_DIGEST " HTTP"
#define OTHER_HASH "sha256:0000000000000000000000000000000000000000000000000000000000000000"

#define NOT_THERE                                                                                  \
	{                                                                                          \
		HEAD_BLOB, .status = 404                                                           \
	}
#define SESSION	  .status = 202, .headers = "Location: {self}/s/1\r\n"
#define SESSION_2 .status = 202, .headers = "Location: /s/2\r\n"
#define OPENED                                                                                     \
	{                                                                                          \
		OPEN, SESSION                                                                      \
	}
#define IS_BLOB	   "Docker-Content-Digest: " CONFIG_DIGEST "\r\n"
#define IS_ANOTHER "Docker-Content-Digest: " OTHER_HASH "\r\n"
#define SENT	   .answer = REGISTRY_YES, .outcome = REGISTRY_BLOB_SENT
#define THERE	   .answer = REGISTRY_YES, .outcome = REGISTRY_BLOB_THERE
#define FAILS(k)   .answer = REGISTRY_UNKNOWN, .kind = (k)
#define WHO	   "blob " CONFIG_DIGEST ": "

#define IS_BASIC    "WWW-Authenticate: Basic realm=\"r\"\r\n"
#define IS_BEARER   "WWW-Authenticate: Bearer realm=\"{self}/token\",service=\"r\"\r\n"
#define SENDS_BASIC "\r\nAuthorization: Basic " BASIC_AUTH "\r\n"
#define SENDS_TOKEN "\r\nAuthorization: Bearer tokenCanary\r\n"
#define TOKEN	    "{\"token\":\"tokenCanary\",\"expires_in\":300}"
#define NO_AUTH	    "Authorization"
#define GET_TOKEN   "GET /token?service=r&scope=repository:team/app:pull,push HTTP"
#define GET_BOTH                                                                                   \
	"GET /token?service=r&scope=repository:team/app:pull,push&scope=repository:" MOUNT_FROM    \
	":pull HTTP"

static const struct scene ways[] = {
	{ "what is there is not sent", "b",
	  .rows = { { HEAD_BLOB, .status = 200, .headers = IS_BLOB, .body = BLOB } }, THERE },
	{ "there, and how long it is is not said", "b", .rows = { { HEAD_BLOB, .status = 200 } },
	  THERE },
	{ "there, in storage elsewhere", "b",
	  .rows = { { HEAD_BLOB, .status = 307, .headers = "Location: {other}/x\r\n" } },
	  .other = { { "HEAD /x", .lacks = NO_AUTH, .status = 200 } }, THERE },
	{ "storage that answers only GET: it is sent", "b",
	  .rows = { { HEAD_BLOB, .status = 307, .headers = "Location: {other}/x\r\n" },
		    OPENED,
		    { SEND, .status = 201 } },
	  .other = { { "HEAD /x", .status = 403 } }, SENT, .starts = 1 },
	{ "a registry that does not know HEAD", "b",
	  .rows = { { HEAD_BLOB, .status = 405 }, OPENED, { SEND, .status = 201 } }, SENT,
	  .starts = 1 },
	{ "sent in one piece of known length", "b",
	  .rows = { NOT_THERE,
		    { OPEN, "\r\nContent-Length: 0\r\n", "Expect", SESSION },
		    { SEND, "\r\nContent-Length: 144\r\n", "chunked", .status = 201,
		      .headers = IS_BLOB } },
	  SENT, .starts = 1 },
	{ "byte for byte, as it says it is", "b",
	  .rows = { NOT_THERE, OPENED, { SEND, "\r\n\r\n" BLOB, "Expect", 201, NULL, NULL } }, SENT,
	  .starts = 1 },
	{ "by its type", "b",
	  .rows = { NOT_THERE,
		    OPENED,
		    { SEND, "Content-Type: application/octet-stream\r\n", .status = 201 } },
	  SENT, .starts = 1 },
	{ "the session's query stays as it is", "b",
	  .rows = { NOT_THERE,
		    { OPEN, .status = 202, .headers = "Location: /s?_state=a%2Fb%3D&x=/\r\n" },
		    { "PUT /s?_state=a%2Fb%3D&x=/&digest=" CONFIG_DIGEST " HTTP", .status = 201 } },
	  SENT, .starts = 1 },
	{ "a large one waits until it is wanted", "l",
	  .rows = { { HEAD_LARGE, .status = 404 },
		    OPENED,
		    { SEND_LARGE, "Expect: 100-continue\r\n", .status = 201 } },
	  SENT, .starts = 1 },
	{ "not there and without a source", "b", .rows = { NOT_THERE }, .source = SOURCE_NONE,
	  .answer = REGISTRY_YES, .outcome = REGISTRY_BLOB_MISSING },
	{ "there, without a source", "b", .rows = { { HEAD_BLOB, .status = 200 } },
	  .source = SOURCE_NONE, THERE },
	{ "mounted without a source", "B", .rows = { NOT_THERE, { MOUNT, .status = 201 } },
	  .source = SOURCE_NONE, .answer = REGISTRY_YES, .outcome = REGISTRY_BLOB_MOUNTED },
	{ "not mounted and without a source", "B", .rows = { NOT_THERE, { MOUNT, SESSION } },
	  .source = SOURCE_NONE, .answer = REGISTRY_YES, .outcome = REGISTRY_BLOB_MISSING },
	{ "denied to mount, without a source", "B", .rows = { NOT_THERE, { MOUNT, .status = 403 } },
	  .source = SOURCE_NONE, .answer = REGISTRY_YES, .outcome = REGISTRY_BLOB_MISSING },
	{ "mounted", "B", .rows = { NOT_THERE, { MOUNT, .status = 201, .headers = IS_BLOB } },
	  .answer = REGISTRY_YES, .outcome = REGISTRY_BLOB_MOUNTED },
	{ "not to be mounted: the session serves", "B",
	  .rows = { NOT_THERE, { MOUNT, SESSION }, { SEND, .status = 201 } }, SENT, .starts = 1 },
	{ "a mount denied is tried without", "B",
	  .rows = { NOT_THERE, { MOUNT, .status = 403 }, OPENED, { SEND, .status = 201 } }, SENT,
	  .starts = 1 },
	{ "a mount that no credentials open is tried without", "B",
	  .rows = { NOT_THERE, { MOUNT, .status = 401 }, OPENED, { SEND, .status = 201 } }, SENT,
	  .starts = 1 },
};

static const struct scene refusals[] = {
	{ "another length than announced", "b",
	  .rows = { { HEAD_BLOB, .status = 200, .body = "x" } }, FAILS(ERROR_PROTOCOL),
	  .message = WHO "the registry has 1 bytes of it, expected 144" },
	{ "another digest", "b", .rows = { { HEAD_BLOB, .status = 200, .headers = IS_ANOTHER } },
	  FAILS(ERROR_PROTOCOL), .message = WHO "the registry says it is " OTHER_HASH },
	{ "another digest of what was mounted", "B",
	  .rows = { NOT_THERE, { MOUNT, .status = 201, .headers = IS_ANOTHER } },
	  FAILS(ERROR_PROTOCOL), .message = "the registry says it is " OTHER_HASH },
	{ "another digest of what was sent", "b",
	  .rows = { NOT_THERE, OPENED, { SEND, .status = 201, .headers = IS_ANOTHER } },
	  FAILS(ERROR_PROTOCOL), .message = "the registry says it is " OTHER_HASH, .starts = 1 },
	{ "looking is denied", "b", .rows = { { HEAD_BLOB, .status = 403 } }, FAILS(ERROR_DENIED),
	  .message = WHO "the registry answered 403" },
	{ "writing is denied", "b", .rows = { NOT_THERE, { OPEN, .status = 403 } },
	  FAILS(ERROR_DENIED), .message = WHO "the registry answered 403" },
	{ "too large is said once", "l",
	  .rows = { { HEAD_LARGE, .status = 404 },
		    OPENED,
		    { SEND_LARGE, .status = 413, .is_early = true } },
	  FAILS(ERROR_PROTOCOL), .message = "the registry answered 413", .starts = 1 },
	{ "an invalid digest is said once", "b",
	  .rows = { NOT_THERE,
		    OPENED,
		    { SEND, .status = 400,
		      .body = "{\"errors\":[{\"code\":\"DIGEST_INVALID\"}]}" } },
	  FAILS(ERROR_PROTOCOL), .message = "the registry answered 400: DIGEST_INVALID",
	  .starts = 1 },
	{ "a session without a place", "b", .rows = { NOT_THERE, { OPEN, .status = 202 } },
	  FAILS(ERROR_PROTOCOL), .message = "answered 202 without Location" },
	{ "a session that is none", "b", .rows = { NOT_THERE, { OPEN, .status = 201 } },
	  FAILS(ERROR_PROTOCOL), .message = "the registry answered 201" },
	{ "a write is not redirected", "b",
	  .rows = { NOT_THERE, { OPEN, .status = 307, .headers = "Location: /x\r\n" } },
	  FAILS(ERROR_PROTOCOL), .message = "the registry answered 307" },
	{ "nor in the middle of it", "b",
	  .rows = { NOT_THERE,
		    OPENED,
		    { SEND, .status = 307, .headers = "Location: {other}/x\r\n" } },
	  FAILS(ERROR_PROTOCOL), .message = "the registry answered 307", .starts = 1 },
	{ "redirected in circles", "b",
	  .rows = { { HEAD_BLOB, .status = 307, .headers = "Location: /a\r\n" },
		    { "HEAD /a", .status = 307, .headers = "Location: /a\r\n" },
		    { "HEAD /a", .status = 307, .headers = "Location: /a\r\n" },
		    { "HEAD /a", .status = 307, .headers = "Location: /a\r\n" },
		    { "HEAD /a", .status = 307, .headers = "Location: /a\r\n" },
		    { "HEAD /a", .status = 307, .headers = "Location: /a\r\n" } },
	  FAILS(ERROR_PROTOCOL), .message = "redirects more than 5 times" },
};

/* Section "Location" of the rules on who may see a credential. */
static const struct scene places[] = {
	{ "storage elsewhere does not see the password", "b", .config = CONFIG_PASSWORD,
	  .rows = { { HEAD_BLOB, .status = 401, .headers = IS_BASIC },
		    { HEAD_BLOB, .has = SENDS_BASIC, .status = 404 },
		    { OPEN, .has = SENDS_BASIC, .status = 202,
		      .headers = "Location: {other}/s?sign=a%2Bb\r\n" } },
	  .other = { { "PUT /s?sign=a%2Bb&digest=" CONFIG_DIGEST, .lacks = NO_AUTH,
		       .status = 201 } },
	  SENT, .starts = 1 },
	{ "nor if it asks for it", "b", .config = CONFIG_PASSWORD,
	  .rows = { { HEAD_BLOB, .status = 401, .headers = IS_BASIC },
		    { HEAD_BLOB, .has = SENDS_BASIC, .status = 404 },
		    { OPEN, .status = 202, .headers = "Location: {other}/s\r\n" } },
	  .other = { { "PUT /s?digest=", .lacks = NO_AUTH, .status = 401, .headers = IS_BASIC } },
	  FAILS(ERROR_DENIED), .starts = 1 },
	{ "another scheme", "b",
	  .rows = { NOT_THERE,
		    { OPEN, .status = 202, .headers = "Location: ftp://127.0.0.1/s\r\n" } },
	  FAILS(ERROR_PROTOCOL), .message = "is neither http nor https" },
	{ "a place without TLS", "b",
	  .rows = { NOT_THERE,
		    { OPEN, .status = 202, .headers = "Location: http://evil.example/s\r\n" } },
	  FAILS(ERROR_PROTOCOL), .message = "redirects to 'evil.example' without TLS" },
	{ "where clouds keep their credentials", "b",
	  .rows = { NOT_THERE,
		    { OPEN, .status = 202, .headers = "Location: https://169.254.169.254/s\r\n" } },
	  FAILS(ERROR_PROTOCOL), .message = "the private address '169.254.169.254'" },
	{ "with a user in it", "b",
	  .rows = { NOT_THERE,
		    { OPEN, .status = 202, .headers = "Location: http://a:b@127.0.0.1/s\r\n" } },
	  FAILS(ERROR_PROTOCOL) },
};

static const struct scene retries[] = {
	{ "broken off amid the blob: a new session", "l",
	  .rows = { { HEAD_LARGE, .status = 404 },
		    OPENED,
		    { SEND_LARGE, .missing = -1, .is_early = true },
		    { HEAD_LARGE, .status = 404 },
		    OPENED,
		    { SEND_LARGE, .status = 201 } },
	  SENT, .waits = 1, .starts = 2 },
	{ "an answer that is lost: it has arrived", "b",
	  .rows = { NOT_THERE, OPENED, { SEND, .missing = -1 }, { HEAD_BLOB, .status = 200 } },
	  THERE, .waits = 1, .starts = 1 },
	{ "each step may fail", "b",
	  .rows = { { HEAD_BLOB, .status = 503 },
		    NOT_THERE,
		    { OPEN, .status = 429, .headers = "Retry-After: 2\r\n" },
		    NOT_THERE,
		    OPENED,
		    { SEND, .status = 500 },
		    NOT_THERE,
		    { OPEN, SESSION_2 },
		    { SEND_2, .has = BLOB, .status = 201 } },
	  SENT, .waits = 3, .starts = 2 },
	{ "a mount too", "B",
	  .rows = { NOT_THERE, { MOUNT, .status = 500 }, NOT_THERE, { MOUNT, .status = 201 } },
	  .answer = REGISTRY_YES, .outcome = REGISTRY_BLOB_MOUNTED, .waits = 1 },
	{ "a lost session is no missing repository", "b",
	  .rows = { NOT_THERE,
		    OPENED,
		    { SEND, .status = 404 },
		    NOT_THERE,
		    { OPEN, SESSION_2 },
		    { SEND_2, .status = 416 },
		    NOT_THERE,
		    OPENED,
		    { SEND, .status = 201 } },
	  SENT, .waits = 2, .starts = 3 },
	{ "not for ever", "b",
	  .rows = { NOT_THERE,
		    OPENED,
		    { SEND, .status = 503 },
		    NOT_THERE,
		    { OPEN, .status = 503 },
		    { HEAD_BLOB, .status = 503 },
		    { HEAD_BLOB, .missing = -1 },
		    NOT_THERE,
		    OPENED,
		    { SEND, .status = 502 } },
	  FAILS(ERROR_UNREACHABLE), .message = WHO "the registry answered 502 in every attempt",
	  .waits = 4, .starts = 2 },
	{ "not beyond what is bearable", "b",
	  .rows = { NOT_THERE, { OPEN, .status = 429, .headers = "Retry-After: 301\r\n" } },
	  FAILS(ERROR_UNREACHABLE), .message = WHO "the registry answered 429" },
};

static const struct scene tokens[] = {
	{ "a token that writes, asked for once", "bb", .config = CONFIG_PASSWORD,
	  .rows = { { HEAD_BLOB, .status = 401, .headers = IS_BEARER },
		    { GET_TOKEN, .has = SENDS_BASIC, .status = 200, .body = TOKEN },
		    { HEAD_BLOB, .has = SENDS_TOKEN, .status = 404 },
		    { OPEN, .has = SENDS_TOKEN, SESSION },
		    { SEND, .has = SENDS_TOKEN, .status = 201 },
		    { HEAD_BLOB, .has = SENDS_TOKEN, .status = 404 },
		    { OPEN, .has = SENDS_TOKEN, SESSION },
		    { SEND, .has = SENDS_TOKEN, .status = 201 } },
	  SENT, .starts = 1 },
	{ "one that ends amid the blob is renewed: a new session, no wait", "l",
	  .config = CONFIG_PASSWORD,
	  .rows = { { HEAD_LARGE, .status = 401, .headers = IS_BEARER },
		    { GET_TOKEN, .status = 200, .body = "{\"token\":\"firstCanary\"}" },
		    { HEAD_LARGE, .status = 404 },
		    OPENED,
		    { SEND_LARGE, .has = "Bearer firstCanary", .status = 401, .headers = IS_BEARER,
		      .is_early = true },
		    { GET_TOKEN, .has = SENDS_BASIC, .status = 200, .body = TOKEN },
		    { OPEN, .has = SENDS_TOKEN, SESSION },
		    { SEND_LARGE, .has = SENDS_TOKEN, .status = 201 } },
	  SENT, .starts = 2 },
	{ "one that does not help", "b", .config = CONFIG_PASSWORD,
	  .rows = { NOT_THERE,
		    OPENED,
		    { SEND, .status = 401, .headers = IS_BEARER },
		    { GET_TOKEN, .status = 200, .body = TOKEN },
		    OPENED,
		    { SEND, .status = 401, .headers = IS_BEARER } },
	  FAILS(ERROR_DENIED), .message = WHO "the registry answered 401", .starts = 2 },
	{ "one that reads was there before", "eb", .config = CONFIG_PASSWORD,
	  .rows = { { "HEAD /v2/team/app/manifests/t", .status = 401, .headers = IS_BEARER },
		    { "GET /token?", .status = 200, .body = "{\"token\":\"readCanary\"}" },
		    { "HEAD /v2/team/app/manifests/t", .status = 200, .headers = HAS_DIGEST },
		    { GET_TOKEN, .status = 200, .body = TOKEN },
		    { HEAD_BLOB, .has = SENDS_TOKEN, .status = 200 } },
	  THERE },
	{ "one for the mount's repository as well", "bB", .config = CONFIG_PASSWORD,
	  .rows = { { HEAD_BLOB, .status = 401, .headers = IS_BEARER },
		    { GET_TOKEN, .status = 200, .body = "{\"token\":\"readCanary\"}" },
		    { HEAD_BLOB, .status = 404 },
		    OPENED,
		    { SEND, .status = 201 },
		    { GET_BOTH, .status = 200, .body = TOKEN },
		    { HEAD_BLOB, .has = SENDS_TOKEN, .status = 404 },
		    { MOUNT, .has = SENDS_TOKEN, SESSION },
		    { SEND, .status = 201 } },
	  SENT, .starts = 1 },
	{ "a repository that may not be read is not mounted", "B", .config = CONFIG_PASSWORD,
	  .rows = { { HEAD_BLOB, .status = 401, .headers = IS_BEARER },
		    { GET_BOTH, .status = 200, .body = TOKEN },
		    { HEAD_BLOB, .status = 404 },
		    { MOUNT, .status = 401, .headers = IS_BEARER },
		    { GET_BOTH, .status = 200, .body = TOKEN },
		    { MOUNT, .status = 401, .headers = IS_BEARER },
		    OPENED,
		    { SEND, .status = 201 } },
	  SENT, .starts = 1 },
};

/* libcurl may see the source's error before it has sent the head. */
#define CUT_OFF                                                                                    \
	{                                                                                          \
		SEND, .lacks = "xxx", .missing = -1, .is_early = true, .is_optional = true         \
	}

static const struct scene sources[] = {
	{ "too short", "b", .source = SOURCE_SHORT, .rows = { NOT_THERE, OPENED, CUT_OFF },
	  FAILS(ERROR_PROTOCOL), .message = WHO "what is to be sent has 141 bytes, not 144",
	  .starts = 1 },
	{ "not what it is called", "b", .source = SOURCE_WRONG,
	  .rows = { NOT_THERE, OPENED, CUT_OFF }, FAILS(ERROR_PROTOCOL),
	  .message = WHO "what is to be sent is sha256:", .starts = 1 },
	{ "an error of its own is not tried again", "b", .source = SOURCE_FAILS,
	  .rows = { NOT_THERE, OPENED, CUT_OFF }, FAILS(ERROR_UNREACHABLE),
	  .message = WHO "the engine is gone", .starts = 1 },
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
PLAY(retries)
PLAY(tokens)
PLAY(sources)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ways),   cmocka_unit_test(test_refusals),
		cmocka_unit_test(test_places), cmocka_unit_test(test_retries),
		cmocka_unit_test(test_tokens), cmocka_unit_test(test_sources),
	};

	return cmocka_run_group_tests(tests, scene_set_up, scene_tear_down);
}
