/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "documents.h"
#include "net/retry.h"
#include "registry/exists.h"
#include "scene.h"

#define HEAD_T	    "HEAD /v2/team/app/manifests/t HTTP"
#define HEAD_ANY    "HEAD /v2/team/app/manifests/"
#define OTHER_HASH  "sha256:0000000000000000000000000000000000000000000000000000000000000000"
#define IS_REGISTRY "Docker-Distribution-Api-Version: registry/2.0\r\n"
#define IS_PAGE	    "Content-Type: text/html\r\n"
#define IS_BEARER   "WWW-Authenticate: Bearer realm=\"{self}/token\"\r\n"
#define QUESTIONS   30

struct inquiry {
	const char *name;
	const char *references[QUESTIONS]; /* at the peer */
	struct peer_row rows[40];
	enum registry_answer answers[QUESTIONS];
	enum error_kind kind; /* of each unknown */
	const char *message;  /* part of it */
	const char *hint;
	int waits; /* -1: left to chance, as the next */
	int notices;
};

static const struct inquiry single[] = {
	{ "there, and which",
	  { "team/app:t" },
	  .rows = { { HEAD_T,
		      "Accept: " MEDIA_TYPE_OCI_MANIFEST ", " MEDIA_TYPE_OCI_INDEX
		      ", " MEDIA_TYPE_DOCKER_MANIFEST ", " MEDIA_TYPE_DOCKER_LIST "\r\n",
		      NULL, 200, HAS_DIGEST, NULL } },
	  .answers = { REGISTRY_YES } },
	{ "there, and which is not said: no GET",
	  { "team/app:t" },
	  .rows = { { HEAD_T, .status = 200, .headers = IS_MANIFEST } },
	  .answers = { REGISTRY_YES } },
	{ "latest without a tag",
	  { "team/app" },
	  .rows = { { HEAD_ANY "latest HTTP", .status = 200, .headers = HAS_DIGEST } },
	  .answers = { REGISTRY_YES } },
	{ "by digest",
	  { "team/app:x@" MANIFEST_DIGEST },
	  .rows = { { HEAD_ANY MANIFEST_DIGEST, .status = 200, .headers = HAS_DIGEST } },
	  .answers = { REGISTRY_YES } },
	{ "another digest than the one asked for",
	  { "team/app@" OTHER_HASH },
	  .rows = { { HEAD_ANY OTHER_HASH, .status = 200, .headers = HAS_DIGEST } },
	  .answers = { REGISTRY_UNKNOWN },
	  .kind = ERROR_PROTOCOL,
	  .message = "/team/app@" OTHER_HASH "': the registry sent " },
	{ "a page that answers 200 to everything",
	  { "team/app:t" },
	  .rows = { { HEAD_T, .status = 200, .headers = IS_PAGE } },
	  .answers = { REGISTRY_UNKNOWN },
	  .kind = ERROR_PROTOCOL,
	  .message = "does not say that it is a manifest" },
	{ "what answers 200 to everything, in JSON",
	  { "team/app:t" },
	  .rows = { { HEAD_T, .status = 200, .headers = "Content-Type: application/json\r\n" } },
	  .answers = { REGISTRY_UNKNOWN },
	  .kind = ERROR_PROTOCOL,
	  .message = "does not say that it is a manifest" },
	{ "part of a manifest is none",
	  { "team/app:t" },
	  .rows = { { HEAD_T, .status = 206, .headers = HAS_DIGEST } },
	  .answers = { REGISTRY_UNKNOWN },
	  .kind = ERROR_PROTOCOL,
	  .message = "the registry answered 206" },
	{ "the 404 of a registry",
	  { "team/app:t" },
	  .rows = { { HEAD_T, .status = 404, .headers = IS_REGISTRY } },
	  .answers = { REGISTRY_NO } },
	{ "a 404 in JSON",
	  { "team/app:t" },
	  .rows = { { HEAD_T, .status = 404,
		      .headers = "Content-Type: application/json; charset=utf-8\r\n" } },
	  .answers = { REGISTRY_NO } },
	{ "a 404 of who knows what, which is a registry",
	  { "team/app:t" },
	  .rows = { { HEAD_T, .status = 404, .headers = IS_PAGE },
		    { "GET /v2/ HTTP", .status = 200 } },
	  .answers = { REGISTRY_NO } },
	{ "a 404 of no registry",
	  { "team/app:t" },
	  .rows = { { HEAD_T, .status = 404, .headers = IS_PAGE },
		    { "GET /v2/ HTTP", .status = 404, .headers = IS_PAGE } },
	  .answers = { REGISTRY_UNKNOWN },
	  .kind = ERROR_UNREACHABLE,
	  .message = "is no registry: to /v2/ it answers 404" },
	{ "HEAD is not known: no GET",
	  { "team/app:t" },
	  .rows = { { HEAD_T, .status = 405 } },
	  .answers = { REGISTRY_UNKNOWN },
	  .kind = ERROR_UNSUPPORTED,
	  .message = "/team/app:t': the registry answered 405",
	  .hint = "it answers no HEAD, and a GET may count as a pull: 'git image resolve'" },
	{ "denied",
	  { "team/app:t" },
	  .rows = { { HEAD_T, .status = 403 } },
	  .answers = { REGISTRY_UNKNOWN },
	  .kind = ERROR_DENIED,
	  .message = "the registry answered 403" },
	{ "hung up, each time",
	  { "team/app:t" },
	  .rows = { { HEAD_T, .missing = -1 },
		    { HEAD_T, .missing = -1 },
		    { HEAD_T, .missing = -1 },
		    { HEAD_T, .missing = -1 },
		    { HEAD_T, .missing = -1 } },
	  .answers = { REGISTRY_UNKNOWN },
	  .kind = ERROR_UNREACHABLE,
	  .message = "/team/app:t': Empty reply from server",
	  .hint = "the repository may not exist",
	  .waits = 4,
	  .notices = -1 },
	{ "told to come later",
	  { "team/app:t" },
	  .rows = { { HEAD_T, .status = 429, .headers = "Retry-After: 2\r\n" },
		    { HEAD_T, .status = 200, .headers = HAS_DIGEST } },
	  .answers = { REGISTRY_YES },
	  .waits = 1,
	  .notices = 1 },
	{ "told to come much later",
	  { "team/app:t" },
	  .rows = { { HEAD_T, .status = 429, .headers = "Retry-After: 3600\r\n" } },
	  .answers = { REGISTRY_UNKNOWN },
	  .kind = ERROR_UNREACHABLE,
	  .message = "the registry answered 429",
	  .hint = "it asks to wait for" },
};

#define LATER                                                                                      \
	{                                                                                          \
		HEAD_ANY, .status = 429, .headers = "Retry-After: 2\r\n"                           \
	}
#define IS_THERE                                                                                   \
	{                                                                                          \
		HEAD_ANY, .status = 200, .headers = HAS_DIGEST                                     \
	}

static const struct inquiry many[] = {
	{ "the same one is asked for once",
	  { "team/app", "team/app:latest", "team/app:latest" },
	  .rows = { IS_THERE },
	  .answers = { REGISTRY_YES, REGISTRY_YES, REGISTRY_YES } },
	{ "and each of them has its reason",
	  { "team/app:t", "team/app:t" },
	  .rows = { { HEAD_T, .status = 403 } },
	  .answers = { REGISTRY_UNKNOWN, REGISTRY_UNKNOWN },
	  .kind = ERROR_DENIED,
	  .message = "/team/app:t': the registry answered 403" },
	{ "what one is does not spoil the others",
	  { "team/a:t", "team/b:t", "team/c:t" },
	  .rows = { { "HEAD /v2/team/a/", .status = 200, .headers = HAS_DIGEST },
		    { "HEAD /v2/team/b/", .status = 403 },
		    { "HEAD /v2/team/c/", .status = 404, .headers = IS_REGISTRY } },
	  .answers = { REGISTRY_YES, REGISTRY_UNKNOWN, REGISTRY_NO },
	  .kind = ERROR_DENIED,
	  .message = "/team/b:t'" },
	{ "while one is to come later nothing new is begun, and one tells",
	  { "team/app:a", "team/app:b", "team/app:c", "team/app:d", "team/app:e", "team/app:f",
	    "team/app:g", "team/app:h", "team/app:i", "team/app:j", "team/app:k", "team/app:l",
	    "team/app:m", "team/app:n" },
	  .rows = { LATER,    LATER,	LATER,	  LATER,    LATER,    LATER,	LATER,
		    LATER,    LATER,	LATER,	  LATER,    LATER,    IS_THERE, IS_THERE,
		    IS_THERE, IS_THERE, IS_THERE, IS_THERE, IS_THERE, IS_THERE, IS_THERE,
		    IS_THERE, IS_THERE, IS_THERE, IS_THERE, IS_THERE },
	  .answers = { REGISTRY_YES, REGISTRY_YES, REGISTRY_YES, REGISTRY_YES, REGISTRY_YES,
		       REGISTRY_YES, REGISTRY_YES, REGISTRY_YES, REGISTRY_YES, REGISTRY_YES,
		       REGISTRY_YES, REGISTRY_YES, REGISTRY_YES, REGISTRY_YES },
	  .waits = -1,
	  .notices = 1 },
};

/* Somebody who hears all and waits for nothing. */
struct audience {
	struct event_sink sink;
	int notices;
	int waits;
};

static void on_event(struct event_sink *sink, const struct event *event)
{
	if (event->type == EVENT_NOTICE)
		((struct audience *)sink)->notices++;
}

static int on_wait(void *arg, int64_t ms, struct error *err)
{
	(void)ms;
	(void)err;
	((struct audience *)arg)->waits++;
	return 0;
}

static void check(const struct inquiry *inquiry, size_t index,
		  const struct registry_question *question)
{
	const struct error *err = &question->err;

	if (question->answer != inquiry->answers[index])
		fail_msg("%s: answer %d to %zu: '%s'", inquiry->name, question->answer, index,
			 err->message);
	if (question->answer != REGISTRY_UNKNOWN) {
		assert_int_equal(err->kind, ERROR_NONE);
		return;
	}
	if (err->kind != inquiry->kind)
		fail_msg("%s: %s: '%s'", inquiry->name, error_kind_name(err->kind), err->message);
	if (inquiry->message && !strstr(err->message, inquiry->message))
		fail_msg("%s: '%s'", inquiry->name, err->message);
	if (inquiry->hint && !strstr(err->hint, inquiry->hint))
		fail_msg("%s: '%s'", inquiry->name, err->hint);
}

static void play(const struct inquiry *inquiry)
{
	struct audience audience = { .sink = { on_event } };
	struct registry_options options = { .sink = &audience.sink };
	struct retry retry = { .sink = &audience.sink, .sleep = on_wait, .sleep_arg = &audience };
	AUTO(registry_pool_release)
	struct registry_pool pool = { .options = &options, .retry = &retry };
	struct registry_question questions[QUESTIONS] = { 0 };
	struct reference references[QUESTIONS] = { 0 };
	struct error err = { 0 };
	static struct peer peer;
	size_t count = 0;
	char name[200];

	peer_listen(&peer, "127.0.0.1");
	peer_run(&peer, inquiry->rows, &peer);
	for (; count < QUESTIONS && inquiry->references[count]; count++) {
		snprintf(name, sizeof(name), "%s/%s", peer.host, inquiry->references[count]);
		assert_int_equal(reference_parse(name, &references[count], &err), 0);
		questions[count].reference = &references[count];
	}
	assert_int_equal(registry_ask_all(&pool, questions, count, &err), 0);
	peer_finish(&peer);
	for (size_t i = 0; i < count; i++) {
		check(inquiry, i, &questions[i]);
		reference_release(&references[i]);
	}
	if ((inquiry->waits >= 0 && audience.waits != inquiry->waits) ||
	    (inquiry->notices >= 0 && audience.notices != inquiry->notices))
		fail_msg("%s: %d waits, %d notices", inquiry->name, audience.waits,
			 audience.notices);
}

static void test_one(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(single); i++)
		play(&single[i]);
}

static void test_many(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(many); i++)
		play(&many[i]);
}

static void test_a_token_server_that_fails_leaves_all_unknown(void **state)
{
	static const struct inquiry inquiry = {
		"no token",
		{ "team/app:a", "team/app:b" },
		.rows = { { HEAD_ANY, .status = 401, .headers = IS_BEARER },
			  { HEAD_ANY, .status = 401, .headers = IS_BEARER },
			  { "GET /token?", .status = 503 },
			  { "GET /token?", .missing = -1 },
			  { "GET /token?", .status = 503 },
			  { "GET /token?", .status = 503 },
			  { "GET /token?", .status = 500 } },
		.answers = { REGISTRY_UNKNOWN, REGISTRY_UNKNOWN },
		.kind = ERROR_UNREACHABLE,
		.message = "the token server '127.0.0.1' answered 500",
		.waits = 4,
		.notices = -1,
	};

	(void)state;
	play(&inquiry);
}

static void test_one_token_serves_all_of_a_repository(void **state)
{
	static const struct inquiry inquiry = {
		"one token",
		{ "team/app:a", "team/app:b", "team/app:c" },
		.rows = { { HEAD_ANY, .status = 401, .headers = IS_BEARER },
			  { HEAD_ANY, .status = 401, .headers = IS_BEARER },
			  { HEAD_ANY, .status = 401, .headers = IS_BEARER },
			  { "GET /token?", .status = 200, .body = "{\"token\":\"x\"}" },
			  { HEAD_ANY, "Authorization: Bearer x\r\n", NULL, 200, HAS_DIGEST, NULL },
			  { HEAD_ANY, "Authorization: Bearer x\r\n", NULL, 200, HAS_DIGEST, NULL },
			  { HEAD_ANY, "Authorization: Bearer x\r\n", NULL, 200, HAS_DIGEST,
			    NULL } },
		.answers = { REGISTRY_YES, REGISTRY_YES, REGISTRY_YES },
	};

	(void)state;
	play(&inquiry);
}

static void test_who_was_refused_asks_for_one_token(void **state)
{
	static const struct inquiry inquiry = {
		"refused",
		{ "team/app:a", "team/app:b", "team/app:c" },
		.rows = { { HEAD_ANY, .status = 401, .headers = IS_BEARER },
			  { HEAD_ANY, .status = 401, .headers = IS_BEARER },
			  { HEAD_ANY, .status = 401, .headers = IS_BEARER },
			  { "GET /token?", .status = 403 } },
		.answers = { REGISTRY_UNKNOWN, REGISTRY_UNKNOWN, REGISTRY_UNKNOWN },
		.kind = ERROR_DENIED,
		.message = "the token server '127.0.0.1' answered 403",
	};

	(void)state;
	play(&inquiry);
}

static void test_a_dead_host_is_not_tried_for_each(void **state)
{
	struct audience audience = { .sink = { on_event } };
	struct retry retry = { .sleep = on_wait, .sleep_arg = &audience };
	AUTO(registry_pool_release) struct registry_pool pool = { .retry = &retry };
	struct registry_question questions[QUESTIONS] = { 0 };
	struct reference references[QUESTIONS] = { 0 };
	struct error err = { 0 };
	char name[64];

	(void)state;
	for (size_t i = 0; i < QUESTIONS; i++) {
		snprintf(name, sizeof(name), "127.0.0.1:1/team/app:t%zu", i);
		assert_int_equal(reference_parse(name, &references[i], &err), 0);
		questions[i].reference = &references[i];
	}
	assert_int_equal(registry_ask_all(&pool, questions, QUESTIONS, &err), 0);
	for (size_t i = 0; i < QUESTIONS; i++) {
		assert_int_equal(questions[i].answer, REGISTRY_UNKNOWN);
		assert_int_equal(questions[i].err.kind, ERROR_UNREACHABLE);
		snprintf(name, sizeof(name), "'127.0.0.1:1/team/app:t%zu': ", i);
		assert_non_null(strstr(questions[i].err.message, name));
		reference_release(&references[i]);
	}
	/* Twelve at a time wait four times each; thirty would have waited 120 times. */
	assert_true(audience.waits <= 12 * 4);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_one),
		cmocka_unit_test(test_many),
		cmocka_unit_test(test_a_dead_host_is_not_tried_for_each),
		cmocka_unit_test(test_a_token_server_that_fails_leaves_all_unknown),
		cmocka_unit_test(test_one_token_serves_all_of_a_repository),
		cmocka_unit_test(test_who_was_refused_asks_for_one_token),
	};

	return cmocka_run_group_tests(tests, scene_set_up, scene_tear_down);
}
