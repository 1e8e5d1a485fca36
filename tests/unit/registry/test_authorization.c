/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "base/limits.h"
#include "base/str.h"
#include "documents.h"
#include "scene.h"

#define BASE	   "/v2/team/app/"
#define HEAD_T	   "HEAD " BASE "manifests/t HTTP"
#define GET_T	   "GET " BASE "manifests/t HTTP"
#define PUT_T	   "PUT " BASE "manifests/t HTTP"
#define GET_CONFIG "GET " BASE "blobs/" CONFIG_DIGEST " HTTP"
#define GET_TOKEN  "GET /token?service=my%20registry&scope=repository:team/app:pull HTTP"
#define GET_PUSH   "GET /token?service=my%20registry&scope=repository:team/app:pull,push HTTP"

#define IS_BASIC    "Www-Authenticate: Basic realm=\"r\"\r\n"
#define IS_BEARER   "WWW-Authenticate: Bearer realm=\"{self}/token\",service=\"my registry\"\r\n"
#define SENDS_BASIC "\r\nAuthorization: Basic " BASIC_AUTH "\r\n"
#define SENDS_TOKEN "\r\nAuthorization: Bearer tokenCanary\r\n"
#define IS_SHORT(scope)                                                                            \
	"WWW-Authenticate: Bearer realm=\"{self}/token\",service=\"my registry\","                 \
	"scope=\"" scope "\",error=\"insufficient_scope\"\r\n"
#define FIRST_TOKEN "{\"token\":\"firstCanary\"}"
#define TOKEN	    "{\"token\":\"tokenCanary\",\"expires_in\":300}"
#define NO_AUTH	    "Authorization"
#define LOGIN_HINT  "were found: 'git image login 127.0.0.1:"

#define IDENTITY "{\"auths\":{\"%s\":{\"identitytoken\":\"id/Canary\"}}}"
#define IDENTITY_TOO                                                                               \
	"{\"auths\":{\"%s\":{\"identitytoken\":\"id/Canary\",\"auth\":\"" BASIC_AUTH "\"}}}"
#define READY_TOKEN "{\"auths\":{\"%s\":{\"registrytoken\":\"tokenCanary\"}}}"

#define IS_THERE .status = 200, .headers = HAS_DIGEST
#define DENIED	 .answer = REGISTRY_UNKNOWN, .kind = ERROR_DENIED
#define NONSENSE .answer = REGISTRY_UNKNOWN, .kind = ERROR_PROTOCOL

static const struct scene basic[] = {
	{ "a password, once it is asked for and from then on", "ee", .config = CONFIG_PASSWORD,
	  .rows = { { HEAD_T, NULL, NO_AUTH, 401, IS_BASIC, NULL },
		    { HEAD_T, .has = SENDS_BASIC, IS_THERE },
		    { HEAD_T, .has = SENDS_BASIC, IS_THERE } },
	  .answer = REGISTRY_YES },
	{ "a registry that does not ask is not told", "e", .config = CONFIG_PASSWORD,
	  .rows = { { HEAD_T, .lacks = NO_AUTH, IS_THERE } }, .answer = REGISTRY_YES },
	{ "the wrong password", "e", .config = CONFIG_PASSWORD,
	  .rows = { { HEAD_T, .status = 401, .headers = IS_BASIC },
		    { HEAD_T, .has = SENDS_BASIC, .status = 401, .headers = IS_BASIC } },
	  DENIED, .message = "/team/app:t': the registry answered 401",
	  .hint = "do not allow this" },
	{ "no password", "e", .rows = { { HEAD_T, .status = 401, .headers = IS_BASIC } }, DENIED,
	  .hint = LOGIN_HINT },
	{ "another host's password", "e",
	  .config = "{\"auths\":{\"x%s\":{\"auth\":\"" BASIC_AUTH "\"}}}",
	  .rows = { { HEAD_T, .status = 401, .headers = IS_BASIC } }, DENIED, .hint = LOGIN_HINT },
	{ "no challenge that we know", "e", .config = CONFIG_PASSWORD,
	  .rows = { { HEAD_T, .status = 401, .headers = "WWW-Authenticate: Negotiate\r\n" } },
	  DENIED },
	{ "a write keeps its body", "p", .config = CONFIG_PASSWORD,
	  .rows = { { PUT_T, .status = 401, .headers = IS_BASIC },
		    { PUT_T, .has = MANIFEST, .status = 201 } },
	  .answer = REGISTRY_YES },
	{ "a registry that says back what it was sent", "m", .config = CONFIG_PASSWORD,
	  .rows = { { GET_T, .status = 401, .headers = IS_BASIC },
		    { GET_T, .status = 403,
		      .body = "{\"errors\":[{\"message\":\"not " BASIC_AUTH "\"}]}" } },
	  DENIED, .message = "/team/app:t': the registry answered 403" },
	{ "one that decodes it first", "m", .config = CONFIG_PASSWORD,
	  .rows = { { GET_T, .status = 401, .headers = IS_BASIC },
		    { GET_T, .status = 403,
		      .body = "{\"errors\":[{\"message\":\"not passCanary\"}]}" } },
	  DENIED, .message = "/team/app:t': the registry answered 403" },
	{ "a configuration that does not work", "e", .config = "{",
	  .rows = { { HEAD_T, .status = 401, .headers = IS_BASIC } }, .answer = REGISTRY_UNKNOWN,
	  .kind = ERROR_INPUT, .message = "/config.json': JSON: " },
};

static const struct scene bearer[] = {
	{ "a token for a password", "e", .config = CONFIG_PASSWORD,
	  .rows = { { HEAD_T, NULL, NO_AUTH, 401, IS_BEARER, NULL },
		    { GET_TOKEN, .has = SENDS_BASIC, .status = 200, .body = TOKEN },
		    { HEAD_T, .has = SENDS_TOKEN, IS_THERE } },
	  .answer = REGISTRY_YES },
	{ "a token for nothing", "e",
	  .rows = { { HEAD_T, .status = 401, .headers = IS_BEARER },
		    { GET_TOKEN, .lacks = NO_AUTH, .status = 200,
		      .body = "{\"access_token\":\"tokenCanary\"}" },
		    { HEAD_T, .has = SENDS_TOKEN, IS_THERE } },
	  .answer = REGISTRY_YES },
	{ "bearer before basic, and a scope of the registry's own", "e",
	  .rows = { { HEAD_T, .status = 401,
		      .headers = IS_BASIC "WWW-Authenticate: bearer scope=\"registry:all:*\", "
					  "realm=\"{self}/t?a=b\"\r\n" },
		    { "GET /t?a=b&scope=repository:team/app:pull&scope=registry:all:%2A HTTP",
		      .status = 200, .body = TOKEN },
		    { HEAD_T, .has = SENDS_TOKEN, IS_THERE } },
	  .answer = REGISTRY_YES },
	{ "one token for several requests, a new one when it is refused", "mi",
	  .config = CONFIG_PASSWORD,
	  .rows = { { GET_T, .status = 401, .headers = IS_BEARER },
		    { GET_TOKEN, .status = 200, .body = "{\"token\":\"firstCanary\"}" },
		    { GET_T, .status = 200, .body = MANIFEST },
		    { GET_T, .has = "Bearer firstCanary", .status = 200, .body = MANIFEST },
		    { GET_CONFIG, .has = "Bearer firstCanary", .status = 401,
		      .headers = IS_BEARER },
		    { GET_TOKEN, .has = SENDS_BASIC, .status = 200, .body = TOKEN },
		    { GET_CONFIG, .has = SENDS_TOKEN, .status = 200, .body = CONFIG } },
	  .answer = REGISTRY_YES },
	{ "a token for writing is asked for before the write", "epe",
	  .rows = { { HEAD_T, .status = 401, .headers = IS_BEARER },
		    { GET_TOKEN, .status = 200, .body = "{\"token\":\"readCanary\"}" },
		    { HEAD_T, .has = "Bearer readCanary", IS_THERE },
		    { GET_PUSH, .status = 200, .body = TOKEN },
		    { PUT_T, .has = SENDS_TOKEN, .status = 201 },
		    { HEAD_T, .has = SENDS_TOKEN, IS_THERE } },
	  .answer = REGISTRY_YES },
	{ "a life that makes no sense", "ee",
	  .rows = { { HEAD_T, .status = 401, .headers = IS_BEARER },
		    { GET_TOKEN, .status = 200, .body = "{\"token\":\"a\",\"expires_in\":-5}" },
		    { HEAD_T, .has = "Bearer a\r\n", IS_THERE },
		    { HEAD_T, .has = "Bearer a\r\n", IS_THERE } },
	  .answer = REGISTRY_YES },
	{ "a token is renewed before it ends", "ewe",
	  .rows = { { HEAD_T, .status = 401, .headers = IS_BEARER },
		    { GET_TOKEN, .status = 200, .body = "{\"token\":\"a\",\"expires_in\":1}" },
		    { HEAD_T, .has = "Bearer a\r\n", IS_THERE },
		    { GET_TOKEN, .status = 200, .body = TOKEN },
		    { HEAD_T, .has = SENDS_TOKEN, IS_THERE } },
	  .answer = REGISTRY_YES },
	{ "a token that does not help", "e",
	  .rows = { { HEAD_T, .status = 401, .headers = IS_BEARER },
		    { GET_TOKEN, .status = 200, .body = TOKEN },
		    { HEAD_T, .status = 401, .headers = IS_BEARER } },
	  DENIED, .message = "the registry answered 401", .hint = LOGIN_HINT },
	{ "a ready token", "e", .config = READY_TOKEN,
	  .rows = { { HEAD_T, .status = 401, .headers = IS_BEARER },
		    { HEAD_T, .has = SENDS_TOKEN, IS_THERE } },
	  .answer = REGISTRY_YES },
	{ "an identity token goes by OAuth2", "e", .config = IDENTITY,
	  .rows = { { HEAD_T, .status = 401, .headers = IS_BEARER },
		    { "POST /token HTTP", NULL, NO_AUTH, 200, NULL, TOKEN },
		    { HEAD_T, .has = SENDS_TOKEN, IS_THERE } },
	  .answer = REGISTRY_YES },
	{ "with the form of the specification", "e", .config = IDENTITY,
	  .rows = { { HEAD_T, .status = 401, .headers = IS_BEARER },
		    { "POST /token HTTP", .status = 200, .body = TOKEN,
		      .has = "\r\n\r\ngrant_type=refresh_token&client_id=git-image&"
			     "service=my%20registry&scope=repository:team/app:pull&"
			     "refresh_token=id%2FCanary" },
		    { HEAD_T, IS_THERE } },
	  .answer = REGISTRY_YES },
	{ "or by password where there is no OAuth2", "e", .config = IDENTITY_TOO,
	  .rows = { { HEAD_T, .status = 401, .headers = IS_BEARER },
		    { "POST /token HTTP", .status = 405 },
		    { GET_TOKEN, .has = SENDS_BASIC, .status = 200, .body = TOKEN },
		    { HEAD_T, .has = SENDS_TOKEN, IS_THERE } },
	  .answer = REGISTRY_YES },
	{ "or where a server without OAuth2 wants to see the password", "e",
	  .config = IDENTITY_TOO,
	  .rows = { { HEAD_T, .status = 401, .headers = IS_BEARER },
		    { "POST /token HTTP", .status = 401 },
		    { GET_TOKEN, .has = SENDS_BASIC, .status = 200, .body = TOKEN },
		    { HEAD_T, .has = SENDS_TOKEN, IS_THERE } },
	  .answer = REGISTRY_YES },
	{ "an identity token that nobody takes", "e", .config = IDENTITY,
	  .rows = { { HEAD_T, .status = 401, .headers = IS_BEARER },
		    { "POST /token HTTP", .status = 400 } },
	  DENIED, .message = "the token server '127.0.0.1' answered 400" },
	{ "a refresh token is used instead of the password", "ewe", .config = CONFIG_PASSWORD,
	  .rows = { { HEAD_T, .status = 401, .headers = IS_BEARER },
		    { GET_TOKEN, .has = SENDS_BASIC, .status = 200,
		      .body = "{\"token\":\"a\",\"expires_in\":1,"
			      "\"refresh_token\":\"refreshCanary\"}" },
		    { HEAD_T, .has = "Bearer a\r\n", IS_THERE },
		    { "POST /token HTTP", .has = "&refresh_token=refreshCanary", .lacks = NO_AUTH,
		      .status = 200, .body = TOKEN },
		    { HEAD_T, .has = SENDS_TOKEN, IS_THERE } },
	  .answer = REGISTRY_YES },
	{ "who is nobody takes no refresh token", "ewe",
	  .rows = { { HEAD_T, .status = 401, .headers = IS_BEARER },
		    { GET_TOKEN, .status = 200,
		      .body = "{\"token\":\"a\",\"expires_in\":1,"
			      "\"refresh_token\":\"refreshCanary\"}" },
		    { HEAD_T, .has = "Bearer a\r\n", IS_THERE },
		    { GET_TOKEN, .status = 200, .body = TOKEN },
		    { HEAD_T, .has = SENDS_TOKEN, IS_THERE } },
	  .answer = REGISTRY_YES },
};

static const struct scene scopes[] = {
	{ "ours first, once, then the others", "e",
	  .rows = { { HEAD_T, .status = 401,
		      .headers = "WWW-Authenticate: Bearer realm=\"{self}/token\","
				 "scope=\"registry:catalog:* repository:team/app:pull,push "
				 "repository:host:5000/b:pull\"\r\n" },
		    { "GET /token?scope=repository:team/app:pull&scope=registry:catalog:%2A&"
		      "scope=repository:host:5000/b:pull HTTP",
		      .status = 200, .body = TOKEN },
		    { HEAD_T, .has = SENDS_TOKEN, IS_THERE } },
	  .answer = REGISTRY_YES },
	{ "of two challenges both are kept", "em",
	  .rows = { { HEAD_T, .status = 401,
		      .headers = "WWW-Authenticate: Bearer realm=\"{self}/token\","
				 "scope=\"registry:catalog:list\"\r\n" },
		    { "GET /token?scope=repository:team/app:pull&scope=registry:catalog:list HTTP",
		      .status = 200, .body = FIRST_TOKEN },
		    { HEAD_T, .has = "Bearer firstCanary", IS_THERE },
		    { GET_T, .status = 401,
		      .headers = "WWW-Authenticate: Bearer realm=\"{self}/token\","
				 "scope=\"registry:catalog:*\"\r\n" },
		    { "GET /token?scope=repository:team/app:pull&"
		      "scope=registry:catalog:list,%2A HTTP",
		      .status = 200, .body = TOKEN },
		    { GET_T, .has = SENDS_TOKEN, .status = 200, .body = MANIFEST } },
	  .answer = REGISTRY_YES },
	{ "a token that allows too little is asked for again, with more", "e",
	  .config = CONFIG_PASSWORD,
	  .rows = { { HEAD_T, .status = 401, .headers = IS_BEARER },
		    { GET_TOKEN, .status = 200, .body = FIRST_TOKEN },
		    { HEAD_T, .has = "Bearer firstCanary", .status = 401,
		      .headers = IS_SHORT("repository:team/app:pull,metadata_read") },
		    { "GET /token?service=my%20registry&"
		      "scope=repository:team/app:pull,metadata_read HTTP",
		      .has = SENDS_BASIC, .status = 200, .body = TOKEN },
		    { HEAD_T, .has = SENDS_TOKEN, IS_THERE } },
	  .answer = REGISTRY_YES },
	{ "also if a 403 says so, with its body", "p", .config = CONFIG_PASSWORD,
	  .rows = { { PUT_T, .status = 401, .headers = IS_BEARER },
		    { GET_PUSH, .status = 200, .body = FIRST_TOKEN },
		    { PUT_T, .status = 403, .headers = IS_SHORT("repository:team/app:delete") },
		    { "GET /token?service=my%20registry&"
		      "scope=repository:team/app:pull,push,delete HTTP",
		      .status = 200, .body = TOKEN },
		    { PUT_T, .has = MANIFEST, .status = 201 } },
	  .answer = REGISTRY_YES },
	{ "once", "e",
	  .rows = { { HEAD_T, .status = 401, .headers = IS_BEARER },
		    { GET_TOKEN, .status = 200, .body = FIRST_TOKEN },
		    { HEAD_T, .status = 403, .headers = IS_SHORT("repository:team/app:x") },
		    { "GET /token?", .status = 200, .body = TOKEN },
		    { HEAD_T, .status = 403, .headers = IS_SHORT("repository:team/app:y") } },
	  DENIED, .message = "the registry answered 403" },
	{ "a 403 that does not say so stays one", "m", .config = CONFIG_PASSWORD,
	  .rows = { { GET_T, .status = 403, .headers = IS_BEARER } }, DENIED,
	  .message = "the registry answered 403" },
	{ "what storage elsewhere says counts for nothing", "m", .config = CONFIG_PASSWORD,
	  .rows = { { GET_T, .status = 307, .headers = "Location: {other}/x\r\n" } },
	  .other = { { "GET /x", .lacks = NO_AUTH, .status = 403,
		       .headers = IS_SHORT("repository:team/app:pull") } },
	  DENIED, .message = "the registry answered 403" },
};

static const struct scene token_servers[] = {
	{ "a refusal", "e", .config = CONFIG_PASSWORD,
	  .rows = { { HEAD_T, .status = 401, .headers = IS_BEARER },
		    { GET_TOKEN, .status = 401, .body = "{\"details\":\"bad passCanary\"}" } },
	  DENIED, .message = "/team/app:t': the token server '127.0.0.1' answered 401",
	  .hint = "are wrong or do not allow this" },
	{ "a refusal of who is nobody", "e",
	  .rows = { { HEAD_T, .status = 401, .headers = IS_BEARER },
		    { GET_TOKEN, .lacks = NO_AUTH, .status = 401 } },
	  DENIED, .message = "the token server '127.0.0.1' answered 401", .hint = LOGIN_HINT },
	{ "a fault, then a token", "e",
	  .rows = { { HEAD_T, .status = 401, .headers = IS_BEARER },
		    { GET_TOKEN, .status = 503 },
		    { GET_TOKEN, .status = 200, .body = TOKEN },
		    { HEAD_T, .has = SENDS_TOKEN, IS_THERE } },
	  .answer = REGISTRY_YES, .waits = 1 },
	{ "nothing is said, then a token", "e", .stall_ms = 100,
	  .rows = { { HEAD_T, .status = 401, .headers = IS_BEARER },
		    { GET_TOKEN, .is_silent = true },
		    { GET_TOKEN, .status = 200, .body = TOKEN },
		    { HEAD_T, .has = SENDS_TOKEN, IS_THERE } },
	  .answer = REGISTRY_YES, .waits = 1 },
	{ "nothing is ever said of an identity token", "e", .stall_ms = 100, .config = IDENTITY,
	  .rows = { { HEAD_T, .status = 401, .headers = IS_BEARER },
		    { "POST /token HTTP", .is_silent = true },
		    { "POST /token HTTP", .is_silent = true },
		    { "POST /token HTTP", .is_silent = true },
		    { "POST /token HTTP", .is_silent = true },
		    { "POST /token HTTP", .is_silent = true } },
	  .answer = REGISTRY_UNKNOWN, .waits = 4, .kind = ERROR_UNREACHABLE,
	  .message = "nothing came for 100 ms" },
	{ "a redirect is not followed", "e", .config = CONFIG_PASSWORD,
	  .rows = { { HEAD_T, .status = 401, .headers = IS_BEARER },
		    { GET_TOKEN, .status = 307, .headers = "Location: {other}/token\r\n" } },
	  NONSENSE, .message = "the token server '127.0.0.1' answered 307" },
	{ "no JSON", "e",
	  .rows = { { HEAD_T, .status = 401, .headers = IS_BEARER },
		    { GET_TOKEN, .status = 200, .body = "tokenCanary" } },
	  NONSENSE, .message = "the token server '127.0.0.1': JSON: not valid" },
	{ "no token", "e",
	  .rows = { { HEAD_T, .status = 401, .headers = IS_BEARER },
		    { GET_TOKEN, .status = 200, .body = "{\"token\":\"\"}" } },
	  NONSENSE, .message = "gave no token" },
	{ "a token that would end its header line", "e",
	  .rows = { { HEAD_T, .status = 401, .headers = IS_BEARER },
		    { GET_TOKEN, .status = 200, .body = "{\"token\":\"a\\r\\nX: Canary\"}" } },
	  NONSENSE, .message = "gave no token" },
	{ "another origin without TLS", "e", .config = CONFIG_PASSWORD,
	  .rows = { { HEAD_T, .status = 401,
		      .headers = "WWW-Authenticate: Bearer realm=\"{other}/token\"\r\n" } },
	  NONSENSE, .message = "names the token server '127.0.0.2' without TLS" },
	{ "the same without credentials: no request is made for it", "e",
	  .rows = { { HEAD_T, .status = 401,
		      .headers = "WWW-Authenticate: Bearer realm=\"{other}/token\"\r\n" } },
	  NONSENSE, .message = "names the token server '127.0.0.2' without TLS" },
	{ "another origin that the user trusts", "e", .config = CONFIG_PASSWORD,
	  .rows = { { HEAD_T, .status = 401,
		      .headers = "WWW-Authenticate: Bearer realm=\"{other}/token\"\r\n" },
		    { HEAD_T, .has = SENDS_TOKEN, IS_THERE } },
	  .other = { { "GET /token?scope=repository:team/app:pull HTTP", .has = SENDS_BASIC,
		       .status = 200, .body = TOKEN } },
	  .answer = REGISTRY_YES, .trusts_other = true },
	{ "another port of one that the user trusts", "e", .config = CONFIG_PASSWORD,
	  .rows = { { HEAD_T, .status = 401,
		      .headers = "WWW-Authenticate: Bearer realm=\"http://127.0.0.2:1/\"\r\n" } },
	  NONSENSE, .message = "names the token server '127.0.0.2' without TLS",
	  .trusts_other = true },
	{ "its name before an '@'", "e", .config = CONFIG_PASSWORD,
	  .rows = { { HEAD_T, .status = 401,
		      .headers = "WWW-Authenticate: Bearer "
				 "realm=\"https://127.0.0.1@evil.example/\"\r\n" } },
	  NONSENSE, .message = "has user information" },
	{ "where clouds keep their credentials", "e", .config = CONFIG_PASSWORD,
	  .rows = { { HEAD_T, .status = 401,
		      .headers =
			      "WWW-Authenticate: Bearer realm=\"https://169.254.169.254/\"\r\n" } },
	  NONSENSE, .message = "names the private address '169.254.169.254' as its token server" },
	{ "another owner's", "e", .config = CONFIG_PASSWORD,
	  .rows = { { HEAD_T, .status = 401,
		      .headers = "WWW-Authenticate: Bearer realm=\"https://evil.example/\"\r\n" } },
	  DENIED,
	  .message = "names 'evil.example' as its token server, which is not of the same "
		     "owner: the credentials for '127.0.0.1:" },
	{ "no URL at all", "e", .config = CONFIG_PASSWORD,
	  .rows = { { HEAD_T, .status = 401, .headers = "WWW-Authenticate: Bearer\r\n" } },
	  NONSENSE, .message = "the registry's token server: the URL '' is neither" },
};

static const struct scene redirects[] = {
	{ "to storage elsewhere, without the password", "i", .config = CONFIG_PASSWORD,
	  .rows = { { GET_T, .status = 401, .headers = IS_BASIC },
		    { GET_T, .has = SENDS_BASIC, .status = 200, .body = MANIFEST },
		    { GET_CONFIG, .has = SENDS_BASIC, .status = 307,
		      .headers = "Location: {other}/store?signature=a%2Fb\r\n" } },
	  .other = { { "GET /store?signature=a%2Fb HTTP", .lacks = NO_AUTH, .status = 200,
		       .body = CONFIG } },
	  .answer = REGISTRY_YES },
	{ "storage that asks for the password does not get it", "m", .config = CONFIG_PASSWORD,
	  .rows = { { GET_T, .status = 302, .headers = "Location: {other}/x\r\n" } },
	  .other = { { "GET /x", .lacks = NO_AUTH, .status = 401, .headers = IS_BASIC } }, DENIED },
	{ "there and back again, with the password at home only", "m", .config = CONFIG_PASSWORD,
	  .rows = { { GET_T, .status = 401, .headers = IS_BASIC },
		    { GET_T, .has = SENDS_BASIC, .status = 307,
		      .headers = "Location: {other}/x\r\n" },
		    { "GET /y HTTP", .has = SENDS_BASIC, .status = 200, .body = MANIFEST } },
	  .other = { { "GET /x", .lacks = NO_AUTH, .status = 307,
		       .headers = "Location: {other}/y\r\n" } },
	  .answer = REGISTRY_YES },
	{ "within the registry", "e",
	  .rows = { { HEAD_T, .status = 301, .headers = "Location: /z\r\n" },
		    { "HEAD /z HTTP", IS_THERE } },
	  .answer = REGISTRY_YES },
	{ "in circles", "m",
	  .rows = { { GET_T, .status = 307, .headers = "Location: /a\r\n" },
		    { "GET /a", .status = 307, .headers = "Location: /a\r\n" },
		    { "GET /a", .status = 307, .headers = "Location: /a\r\n" },
		    { "GET /a", .status = 307, .headers = "Location: /a\r\n" },
		    { "GET /a", .status = 307, .headers = "Location: /a\r\n" },
		    { "GET /a", .status = 307, .headers = "Location: /a\r\n" } },
	  NONSENSE, .message = "redirects more than 5 times" },
	{ "to nowhere", "m", .rows = { { GET_T, .status = 307 } }, NONSENSE,
	  .message = "without Location" },
	{ "to a private address", "m",
	  .rows = { { GET_T, .status = 307, .headers = "Location: https://10.0.0.1/\r\n" } },
	  NONSENSE, .message = "redirects to the private address '10.0.0.1'" },
	{ "to a place without TLS", "m",
	  .rows = { { GET_T, .status = 307, .headers = "Location: http://evil.example/\r\n" } },
	  NONSENSE, .message = "redirects to 'evil.example' without TLS" },
	{ "to a file", "m",
	  .rows = { { GET_T, .status = 307, .headers = "Location: file:///etc/passwd\r\n" } },
	  NONSENSE, .message = "is neither http nor https" },
};

static void play(const struct scene *scenes, size_t count)
{
	for (size_t i = 0; i < count; i++)
		scene_play(&scenes[i]);
}

static void test_basic(void **state)
{
	(void)state;
	play(basic, ARRAY_SIZE(basic));
}

static void test_bearer(void **state)
{
	(void)state;
	play(bearer, ARRAY_SIZE(bearer));
}

static void test_scopes(void **state)
{
	(void)state;
	play(scopes, ARRAY_SIZE(scopes));
}

static void test_token_servers(void **state)
{
	(void)state;
	play(token_servers, ARRAY_SIZE(token_servers));
}

/* A token is small. */
static void test_a_flood_of_tokens(void **state)
{
	AUTOFREE char *flood = calloc(1, MIB + 2);
	struct scene scene = {
		"a flood of tokens",
		"e",
		.rows = { { HEAD_T, .status = 401, .headers = IS_BEARER },
			  { GET_TOKEN, .status = 200, .body = flood } },
		.answer = REGISTRY_UNKNOWN,
		.kind = ERROR_PROTOCOL,
		.message = "the answer: longer than 1048576 bytes",
	};

	(void)state;
	assert_non_null(flood);
	memset(flood, ' ', MIB + 1);
	scene_play(&scene);
}

static void test_redirects(void **state)
{
	(void)state;
	play(redirects, ARRAY_SIZE(redirects));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_basic),
		cmocka_unit_test(test_bearer),
		cmocka_unit_test(test_scopes),
		cmocka_unit_test(test_token_servers),
		cmocka_unit_test(test_a_flood_of_tokens),
		cmocka_unit_test(test_redirects),
	};

	return cmocka_run_group_tests(tests, scene_set_up, scene_tear_down);
}
