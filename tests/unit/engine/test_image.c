/* SPDX-License-Identifier: MIT */
/* Images and pushes, as Docker and Podman tell them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "peer.h"

#define HEX   "0123456789012345678901234567890123456789012345678901234567890123"
#define OTHER "aaaabbbbccccddddaaaabbbbccccddddaaaabbbbccccddddaaaabbbbccccdddd"
#define ID    "sha256:" HEX

static const struct peer_row docker_rows[] = {
	{ .request = "GET /v1.41/images/docker.io/library/app:1/json HTTP",
	  .body = "{\"Id\":\"" ID "\",\"Parent\":\"\",\"RepoTags\":[\"app:1\",\"other:2\"],"
		  "\"RepoDigests\":[\"app@" ID "\"],\"Created\":\"2026-01-02T03:04:05.678Z\","
		  "\"Size\":5,\"Os\":\"linux\",\"Architecture\":\"amd64\",\"Config\":{\"User\":"
		  "\"1\","
		  "\"Env\":[\"A=b c\"],\"Labels\":{\"x\":\"y\"},\"Shell\":[\"/bin/sh\",\"-e\"],"
		  "\"Healthcheck\":{\"Test\":[\"CMD\",\"/x\"],\"Interval\":1500000000,"
		  "\"Retries\":3}},\"RootFS\":{\"Type\":\"layers\",\"Layers\":[\"" ID "\"]}}" },
	{ .request = "GET /v1.41/images/json?filters=%7B%22reference%22%3A%5B%22app%22%5D%7D HTTP",
	  .body = "[{\"Id\":\"" ID "\",\"ParentId\":\"sha256:" OTHER "\",\"Size\":7,"
		  "\"RepoTags\":[\"app:1\",\"x/app:1\",\"<none>:<none>\"],\"Labels\":null},"
		  "{\"Id\":\"sha256:" OTHER "\",\"RepoTags\":[\"x/app:1\"]}]" },
	{ .request = "GET /v1.41/images/json?filters=%7B%22dangling%22%3A%5B%22true%22%5D%7D HTTP",
	  .body = "[{\"Id\":\"" ID "\",\"RepoTags\":[\"<none>:<none>\"],"
		  "\"RepoDigests\":[\"<none>@<none>\"]}]" },
	{ .request = "POST /v1.41/images/" ID "/tag?repo=app&tag=latest HTTP", .status = 201 },
	{ .request = "DELETE /v1.41/images/app:1 HTTP",
	  .status = 409,
	  .body = "{\"message\":\"conflict: it is used\"}" },
	{ .request = "DELETE /v1.41/images/app:2 HTTP",
	  .status = 404,
	  .body = "{\"message\":\"No such image: app:2\"}" },
	{ .request = "GET /v1.41/images/app:3/json HTTP",
	  .status = 500,
	  .body = "{\"message\":\"a\\u001b[31m \\n\"}" },
	{ .request = "GET /v1.41/images/app:4/json HTTP", .status = 502, .body = "Bad Gateway" },
	{ .request = "GET /v1.41/images/app:5/json HTTP", .body = "{\"Id\":" },
	{ .request = "GET /v1.41/images/app:6/json HTTP",
	  .body = "{\"Id\":\"x\"}",
	  .end = PEER_CUT },
	{ 0 },
};

static void expect_image(struct engine *engine)
{
	AUTO(engine_image_release) struct engine_image image = { 0 };
	struct error err = { 0 };

	assert_int_equal(
		engine->ops->inspect_image(engine, "docker.io/library/app:1", &image, &err), 0);
	assert_string_equal(image.id, ID);
	assert_null(image.parent);
	assert_string_equal(image.tags.items[0], "docker.io/library/app:1");
	assert_string_equal(image.tags.items[1], "other:2");
	assert_string_equal(image.digests.items[0], "app@" ID);
	assert_string_equal(image.env.items[0], "A=b c");
	assert_string_equal(strmap_get(&image.labels, "x"), "y");
	assert_string_equal(image.layers.items[0], ID);
	assert_string_equal(image.shell.items[1], "-e");
	assert_string_equal(image.health_test.items[1], "/x");
	assert_int_equal(image.health_interval_ms, 1500);
	assert_int_equal(image.health_retries, 3);
	assert_int_equal(image.size, 5);
	assert_string_equal(image.user, "1");
}

static void expect_lists(struct engine *engine)
{
	AUTO(engine_image_list_release) struct engine_image_list named = { 0 }, dangling = { 0 };
	struct error err = { 0 };

	assert_int_equal(engine->ops->list_images(engine, "app", false, &named, &err), 0);
	assert_int_equal(named.len, 1);
	assert_int_equal(named.items[0].tags.len, 1);
	assert_string_equal(named.items[0].tags.items[0], "app:1");
	assert_string_equal(named.items[0].parent, "sha256:" OTHER);
	assert_int_equal(engine->ops->list_images(engine, NULL, true, &dangling, &err), 0);
	assert_int_equal(dangling.len, 1);
	assert_int_equal(dangling.items[0].tags.len, 0);
}

static void test_docker(void **state)
{
	static const struct {
		const char *reference;
		enum error_kind kind;
		const char *message;
	} failures[] = {
		{ "app:3", ERROR_SYSTEM, "the engine: a?[31m" },
		{ "app:4", ERROR_SYSTEM, "the engine: Bad Gateway" },
		{ "app:5", ERROR_PROTOCOL, "the engine's answer: JSON: not valid at byte" },
		{ "app:6", ERROR_UNREACHABLE, ": transfer closed with" },
	};
	struct engine *engine;
	struct error err = { 0 };
	struct peer peer;

	(void)state;
	engine = peer_engine(&peer, PING_DOCKER, docker_rows, NULL);
	expect_image(engine);
	expect_lists(engine);
	assert_int_equal(engine->ops->tag_image(engine, ID, "app", "latest", &err), 0);
	assert_int_equal(engine->ops->remove_image(engine, "app:1", &err), -1);
	assert_int_equal(err.kind, ERROR_CONFLICT);
	assert_string_equal(err.message, "the engine: conflict: it is used");
	assert_int_equal(engine->ops->remove_image(engine, "app:2", &err), -1);
	assert_int_equal(err.kind, ERROR_NOT_FOUND);
	for (size_t i = 0; i < ARRAY_SIZE(failures); i++) {
		struct engine_image image = { 0 };

		assert_int_equal(
			engine->ops->inspect_image(engine, failures[i].reference, &image, &err),
			-1);
		assert_int_equal(err.kind, failures[i].kind);
		assert_non_null(strstr(err.message, failures[i].message));
	}
	peer_finish(&peer, engine);
}

static const struct peer_row podman_rows[] = {
	{ .request = "GET /v4.0.0/libpod/images/docker.io/library/app:1/json HTTP",
	  .body = "{\"Id\":\"" HEX "\",\"Parent\":\"" OTHER "\",\"RepoTags\":null,"
		  "\"Config\":{\"Labels\":null},\"Healthcheck\":{\"Test\":[\"CMD-SHELL\",\"x\"]},"
		  "\"RootFS\":{\"Layers\":[]}}" },
	{ .request =
		  "POST /v1.41/images/" HEX "/tag?repo=docker.io%2Flibrary%2Fapp&tag=latest HTTP",
	  .status = 201 },
	{ .request = "DELETE /v1.41/images/docker.io/library/app:1 HTTP",
	  .body = "[{\"Untagged\":\"docker.io/library/app:1\"}]" },
	{ 0 },
};

static void test_podman_gets_names_in_full(void **state)
{
	AUTO(engine_image_release) struct engine_image image = { 0 };
	struct engine *engine;
	struct error err = { 0 };
	struct peer peer;

	(void)state;
	engine = peer_engine(&peer, PING_PODMAN, podman_rows, NULL);
	assert_int_equal(engine->ops->inspect_image(engine, "app:1", &image, &err), 0);
	assert_string_equal(image.id, ID);
	assert_string_equal(image.parent, "sha256:" OTHER);
	assert_string_equal(image.health_test.items[0], "CMD-SHELL");
	assert_int_equal(engine->ops->tag_image(engine, ID, "app", "latest", &err), 0);
	assert_int_equal(engine->ops->remove_image(engine, "app:1", &err), 0);
	peer_finish(&peer, engine);
}

#define GONE "{\"message\":\"reading image \\\"" HEX "\\\": image not known\"}"

/* What another run, or another image of this one, removes at the same time. */
static const struct peer_row overtaken_rows[] = {
	{ .request = "GET /v1.41/images/json HTTP", .status = 500, .body = GONE },
	{ .request = "GET /v1.41/images/json HTTP", .status = 500, .body = GONE },
	{ .request = "GET /v1.41/images/json HTTP",
	  .body = "[{\"Id\":\"" HEX "\",\"RepoTags\":[\"app:1\"]}]" },
	{ .request = "GET /v1.41/containers/json?all=1 HTTP",
	  .status = 500,
	  .body = "{\"message\":\"no such container\"}" },
	{ .request = "GET /v1.41/containers/json?all=1 HTTP", .body = "[]" },
	{ .request = "GET /v4.0.0/libpod/images/docker.io/library/app:1/json HTTP",
	  .status = 500,
	  .body = "{\"message\":\"runtime error: invalid memory address\"}" },
	{ .request = "GET /v4.0.0/libpod/images/docker.io/library/app:1/json HTTP",
	  .body = "{\"Id\":\"" HEX "\",\"Config\":{\"Labels\":null},"
		  "\"RootFS\":{\"Layers\":[]}}" },
	{ .request = "DELETE /v1.41/images/docker.io/library/app:1 HTTP",
	  .status = 500,
	  .body = "{\"message\":\"runtime error: invalid memory address\"}" },
	{ 0 },
};

static void test_podman_is_asked_again_where_an_image_went(void **state)
{
	AUTO(engine_image_list_release) struct engine_image_list list = { 0 };
	AUTO(engine_container_list_release) struct engine_container_list containers = { 0 };
	AUTO(engine_image_release) struct engine_image image = { 0 };
	struct engine *engine;
	struct error err = { 0 };
	struct peer peer;

	(void)state;
	engine = peer_engine(&peer, PING_PODMAN, overtaken_rows, NULL);
	assert_int_equal(engine->ops->list_images(engine, NULL, false, &list, &err), 0);
	assert_int_equal(list.len, 1);
	assert_int_equal(engine->ops->list_containers(engine, NULL, &containers, &err), 0);
	assert_int_equal(engine->ops->inspect_image(engine, "app:1", &image, &err), 0);
	assert_string_equal(image.id, ID);
	/* What changes something is not done twice. */
	assert_int_equal(engine->ops->remove_image(engine, "app:1", &err), -1);
	peer_finish(&peer, engine);
}

static const struct {
	const char *ping;
	const char *request;
	const char *answer;
	enum error_kind kind; /* 0: the digest is ID */
	const char *message;
} pushes[] = {
	{ PING_DOCKER, "POST /v1.41/images/127.0.0.1:5000/a/push?tag=1 HTTP",
	  "{\"status\":\"Pushing\",\"progressDetail\":{\"current\":3,\"total\":9},\"id\":\"l\"}\r\n"
	  "{\"status\":\"1: digest: sha256:" OTHER " size: 5\"}\r\n"
	  "{\"progressDetail\":{},\"aux\":{\"Tag\":\"1\",\"Digest\":\"" ID "\",\"Size\":5}}\r\n",
	  0, NULL },
	{ PING_PODMAN, "POST /v1.41/images/127.0.0.1:5000/a/push?tag=1&tlsVerify=false HTTP",
	  "{\"status\":\"The push refers to repository [127.0.0.1:5000/a:1]\"}\n"
	  "{\"status\":\"1: digest: " ID " size: 5\"}\n",
	  0, NULL },
	{ PING_DOCKER, "POST ",
	  "{\"status\":\"Preparing\",\"id\":\"l\"}\r\n{\"errorDetail\":{\"message\":"
	  "\"no basic auth credentials\"},\"error\":\"no basic auth credentials\"}\r\n",
	  ERROR_DENIED, "the engine: no basic auth credentials" },
	{ PING_DOCKER, "POST ", "{\"status\":\"1: digest: sha256:no\"}", ERROR_PROTOCOL,
	  "the engine does not tell the digest of '127.0.0.1:5000/a:1'" },
};

static void test_pushes(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(pushes); i++) {
		for (size_t piece = 0; piece < 9; piece += 4) {
			const struct peer_row rows[] = { { .request = pushes[i].request,
							   .has = "X-Registry-Auth: e30=\r\n",
							   .body = pushes[i].answer,
							   .piece = piece },
							 { 0 } };
			AUTOFREE char *digest = NULL;
			struct error err = { 0 };
			struct engine *engine;
			struct peer peer;
			int status;

			engine = peer_engine(&peer, pushes[i].ping, rows, NULL);
			status = engine->ops->push(
				engine,
				&(struct engine_push){ .repository = "127.0.0.1:5000/a",
						       .tag = "1" },
				&digest, &err);
			peer_finish(&peer, engine);
			assert_int_equal(status, pushes[i].kind ? -1 : 0);
			assert_int_equal(err.kind, pushes[i].kind);
			assert_string_equal(status ? err.message : digest,
					    status ? pushes[i].message : ID);
		}
	}
}

#define FAILED(message) "{\"errorDetail\":{\"message\":\"" message "\"}}"
#define REFUSED(status)                                                                            \
	"{\"errorDetail\":{\"message\":\"failed commit on ref: unexpected status from PUT "        \
	"request to http://127.0.0.1:5000/v2/a/manifests/1: " status "\"}}"

static const struct {
	const char *answers[4];
	enum error_kind kind; /* 0: the digest is ID */
	const char *message;
} pushes_again[] = {
	{ { REFUSED("400 Bad Request"), "{\"aux\":{\"Digest\":\"" ID "\"}}" }, 0, NULL },
	{ { REFUSED("503 Service Unavailable"), REFUSED("400 Bad Request"),
	    "{\"aux\":{\"Digest\":\"" ID "\"}}" },
	  0,
	  NULL },
	{ { REFUSED("400 Bad Request"), REFUSED("400 Bad Request"), REFUSED("400 Bad Request") },
	  ERROR_SYSTEM,
	  "/manifests/1: 400 Bad Request" },
	{ { REFUSED("500 Error"), REFUSED("500 Error"), REFUSED("500 Error") },
	  ERROR_UNREACHABLE,
	  "/manifests/1: 500 Error" },
	{ { FAILED("Put x: dial tcp: refused"), FAILED("received unexpected HTTP status: 503"),
	    "{\"aux\":{\"Digest\":\"" ID "\"}}" },
	  0,
	  NULL },
	{ { FAILED("error parsing HTTP 429 response body: no"), FAILED("EOF"), FAILED("EOF") },
	  ERROR_UNREACHABLE,
	  "the engine: EOF" },
	{ { FAILED("failed to read from destination repository a: 503 (Service Unavailable)"),
	    FAILED("failed to read from destination repository a: 418 (I'm a teapot)") },
	  ERROR_SYSTEM,
	  "repository a: 418 (I'm a teapot)" },
	/* The engine has done so already. */
	{ { "{\"status\":\"Retrying in 5 seconds\",\"id\":\"l\"}\r\n" FAILED("EOF") },
	  ERROR_UNREACHABLE,
	  "the engine: EOF" },
	{ { REFUSED("409 Conflict") }, ERROR_SYSTEM, "/manifests/1: 409 Conflict" },
	{ { REFUSED("403 Forbidden") }, ERROR_DENIED, "/manifests/1: 403 Forbidden" },
	{ { REFUSED("4") }, ERROR_SYSTEM, "/manifests/1: 4" },
};

/* What the engine does not try again by itself, we do. */
static void test_pushes_again(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(pushes_again); i++) {
		struct peer_row rows[5] = { 0 };
		AUTOFREE char *digest = NULL;
		struct error err = { 0 };
		struct engine *engine;
		struct peer peer;
		int status;

		for (size_t k = 0; pushes_again[i].answers[k]; k++)
			rows[k] = (struct peer_row){ .request = "POST /v1.41/images/a/push",
						     .body = pushes_again[i].answers[k] };
		engine = peer_engine(&peer, PING_DOCKER, rows, NULL);
		status = engine->ops->push(engine,
					   &(struct engine_push){ .repository = "a", .tag = "1" },
					   &digest, &err);
		peer_finish(&peer, engine);
		assert_int_equal(status, pushes_again[i].kind ? -1 : 0);
		assert_int_equal(err.kind, pushes_again[i].kind);
		if (status)
			assert_true(str_ends(err.message, pushes_again[i].message));
		else
			assert_string_equal(digest, ID);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_docker),
		cmocka_unit_test(test_podman_gets_names_in_full),
		cmocka_unit_test(test_podman_is_asked_again_where_an_image_went),
		cmocka_unit_test(test_pushes),
		cmocka_unit_test(test_pushes_again),
	};

	return cmocka_run_group_tests_name("engine/image", tests, NULL, NULL);
}
