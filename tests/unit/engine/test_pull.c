/* SPDX-License-Identifier: MIT */
/* Pulls, as Docker and Podman tell them, and what is made of what came. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "peer.h"

#define HEX    "0123456789012345678901234567890123456789012345678901234567890123"
#define ID     "sha256:" HEX
#define OTHER  "sha256:aaaabbbbccccddddaaaabbbbccccddddaaaabbbbccccddddaaaabbbbccccdddd"
#define NAME   "127.0.0.1:5000/a"
#define DOCKER "POST /v1.41/images/create?fromImage=127.0.0.1%3A5000%2Fa&tag="
#define PODMAN "POST /v4.0.0/libpod/images/pull?reference=127.0.0.1%3A5000%2Fa"
#define DONE   "{\"status\":\"Digest: " ID "\"}\r\n{\"status\":\"Status: Downloaded\"}\r\n"
#define IMAGE(digest)                                                                              \
	"{\"Id\":\"" ID "\",\"Os\":\"linux\",\"Architecture\":\"amd64\",\"RepoDigests\":["         \
	"\"other@" ID "\",\"" digest "\"]}"

static const struct pull_case {
	const char *reference, *platform, *auth;
	const char *ping, *request, *has;
	int status;
	const char *answer;
	const char *image; /* what is told of it then; NULL: nobody asks */
	enum error_kind kind;
	const char *message;
	int64_t bytes; /* of all progress */
} cases[] = {
	{ .reference = NAME ":1",
	  .ping = PING_DOCKER,
	  .request = DOCKER "1 HTTP",
	  .has = "X-Registry-Auth: e30=\r\n",
	  .answer = "{\"status\":\"Downloading\",\"progressDetail\":{\"current\":3,\"total\":9},"
		    "\"id\":\"l\"}\r\n{\"status\":\"Extracting\",\"progressDetail\":"
		    "{\"current\":5,\"total\":9},\"id\":\"l\"}\r\n" DONE,
	  .image = IMAGE(NAME "@" OTHER),
	  .bytes = 3 },
	{ .reference = NAME,
	  .ping = PING_DOCKER,
	  .request = DOCKER "latest HTTP",
	  .answer = DONE,
	  .image = IMAGE(NAME "@" OTHER) },
	{ .reference = NAME "@" ID,
	  .platform = "linux/amd64",
	  .auth = "abc=",
	  .ping = PING_DOCKER,
	  .request = DOCKER "sha256%3A" HEX "&platform=linux%2Famd64 HTTP",
	  .has = "X-Registry-Auth: abc=\r\n",
	  .answer = DONE,
	  .image = IMAGE(NAME "@" ID) },
	{ .reference = NAME "@" ID,
	  .platform = "linux/arm64/v8",
	  .ping = PING_PODMAN,
	  .request =
		  PODMAN "%40sha256%3A" HEX "&OS=linux&Arch=arm64&Variant=v8&tlsVerify=false HTTP",
	  .answer = "{\"stream\":\"Trying to pull\"}\n{\"images\":[\"" HEX "\"],\"id\":\"" HEX
		    "\"}\n",
	  .image = "{\"Id\":\"" HEX "\",\"Os\":\"linux\",\"Architecture\":\"arm64\","
		   "\"RepoDigests\":[\"" NAME "@" ID "\"]}" },
	{ .reference = "app:1",
	  .ping = PING_PODMAN,
	  .request = "POST /v4.0.0/libpod/images/pull?reference=docker.io%2Flibrary%2Fapp%3A1 HTTP",
	  .answer = "{\"id\":\"" HEX "\"}\n",
	  .image = IMAGE(NAME "@" OTHER) },
	{ .reference = NAME "@" ID,
	  .ping = PING_DOCKER,
	  .request = DOCKER,
	  .answer = DONE,
	  .image = IMAGE(NAME "@" OTHER),
	  .kind = ERROR_PROTOCOL,
	  .message = "the engine has pulled something else than '" NAME "@" ID "'" },
	{ .reference = NAME ":1",
	  .platform = "linux/s390x",
	  .ping = PING_DOCKER,
	  .request = DOCKER,
	  .answer = DONE,
	  .image = IMAGE(NAME "@" OTHER),
	  .kind = ERROR_NOT_FOUND,
	  .message = "'" NAME ":1' is for linux/amd64, not for linux/s390x" },
	{ .reference = NAME ":1",
	  .ping = PING_DOCKER,
	  .request = DOCKER,
	  .status = 404,
	  .answer = "{\"message\":\"manifest for a:1 not found: manifest unknown: manifest "
		    "unknown\"}",
	  .kind = ERROR_NOT_FOUND,
	  .message = "the engine: manifest for a:1 not found: manifest unknown: manifest unknown" },
	{ .reference = NAME ":1",
	  .ping = PING_DOCKER,
	  .request = DOCKER,
	  .status = 404,
	  .answer = "{\"message\":\"pull access denied for a, repository does not exist\"}",
	  .kind = ERROR_DENIED,
	  .message = "the engine: pull access denied for a, repository does not exist" },
	{ .reference = NAME ":1",
	  .ping = PING_DOCKER,
	  .request = DOCKER,
	  .status = 500,
	  .answer = "{\"message\":\"Get: dial tcp: connect: connection refused\"}",
	  .kind = ERROR_UNREACHABLE,
	  .message = "the engine: Get: dial tcp: connect: connection refused" },
	{ .reference = NAME ":1",
	  .ping = PING_DOCKER,
	  .request = DOCKER,
	  .answer = "{\"errorDetail\":{\"message\":\"failed to resolve \\\"a:1\\\": a:1: not "
		    "found\"}}\r\n",
	  .kind = ERROR_NOT_FOUND,
	  .message = "the engine: failed to resolve \"a:1\": a:1: not found" },
	{ .reference = NAME ":1",
	  .ping = PING_PODMAN,
	  .request = PODMAN "%3A1&tlsVerify=false HTTP",
	  .answer = "{\"stream\":\"Trying\"}\n{\"error\":\"reading manifest 1 in a: manifest "
		    "unknown: manifest unknown\"}",
	  .kind = ERROR_NOT_FOUND,
	  .message = "the engine: reading manifest 1 in a: manifest unknown: manifest unknown" },
	{ .reference = NAME ":1",
	  .ping = PING_DOCKER,
	  .request = DOCKER,
	  .status = 500,
	  .answer = "{\"message\":\"toomanyrequests: slow down\"}",
	  .kind = ERROR_UNREACHABLE,
	  .message = "the engine: toomanyrequests: slow down" },
};

struct counter {
	struct event_sink sink; /* first, so that either is the other */
	int64_t bytes;
};

static void count_bytes(struct event_sink *sink, const struct event *event)
{
	struct counter *counter = (struct counter *)sink;

	assert_int_equal(event->type, EVENT_PROGRESS);
	assert_string_equal(event->subject, "l");
	counter->bytes += event->bytes;
}

static void try(const struct pull_case *c)
{
	const struct peer_row rows[] = {
		{ .request = c->request,
		  .has = c->has,
		  .status = c->status,
		  .body = c->answer,
		  .piece = 7 },
		{ .request = c->image ? "GET " : NULL, .body = c->image },
		{ 0 },
	};
	struct engine_pull pull = { .reference = c->reference,
				    .platform = c->platform,
				    .registry_auth = c->auth };
	struct error err = { 0 };
	struct counter counter = { { count_bytes }, 0 };
	AUTOFREE char *id = NULL;
	struct engine *engine;
	struct peer peer;
	int status;

	engine = peer_engine(&peer, c->ping, rows, &counter.sink);
	status = engine->ops->pull(engine, &pull, &id, &err);
	peer_finish(&peer, engine);
	assert_int_equal(err.kind, c->kind);
	assert_int_equal(status, c->kind ? -1 : 0);
	assert_string_equal(status ? err.message : id, status ? c->message : ID);
	assert_int_equal(counter.bytes, c->bytes);
}

static void test_pulls(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		try(&cases[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_pulls) };

	return cmocka_run_group_tests_name("engine/pull", tests, NULL, NULL);
}
