/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "../registry/peer.h"
#include "net/retry.h"

#define NOW 784111777 /* Sun, 06 Nov 1994 08:49:37 GMT */

static const struct {
	const char *value;
	int64_t ms;
} values[] = {
	{ "0", 0 },
	{ "120", 120000 },
	{ "Sun, 06 Nov 1994 08:49:47 GMT", 10000 },
	{ "Sun, 06 Nov 1994 08:49:37 GMT", 0 },
	{ "Sat, 05 Nov 1994 08:49:37 GMT", 0 },
	{ "99999999999999", 365 * 86400000LL },
	{ "Fri, 31 Dec 9999 23:59:59 GMT", 365 * 86400000LL },
	{ "-1", -1 },
	{ "1.5", -1 },
	{ "soon", -1 },
	{ "", -1 },
	{ "Sun, 06 Nov 1994 08:49:37 CET", -1 },
	{ "Sun, 06 Nov 1994 08:49:37 GMT+1", -1 },
	{ "9999999999999999999999", -1 },
};

static void test_retry_after(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(values); i++)
		if (retry_after_ms(values[i].value, NOW) != values[i].ms)
			fail_msg("%s", values[i].value);
}

static void test_temporary(void **state)
{
	(void)state;
	for (int status = 100; status < 600; status++) {
		bool is_4xx = status / 100 == 4;

		if (is_4xx)
			assert_int_equal(retry_is_temporary(status),
					 status == 408 || status == 429);
		else if (status < 500)
			assert_false(retry_is_temporary(status));
	}
	assert_true(retry_is_temporary(503));
	assert_false(retry_is_temporary(501));
	assert_false(retry_is_temporary(505));
}

/* What the waits would have been. */
struct waits {
	struct event_sink sink;
	struct retry retry;
	int64_t ms[16];
	size_t count;
	char told[256];
	bool is_interrupted;
};

static int note_wait(void *arg, int64_t ms, struct error *err)
{
	struct waits *waits = arg;

	if (waits->is_interrupted)
		return error_set(err, ERROR_INTERRUPTED, "interrupted");
	waits->ms[waits->count++] = ms;
	return 0;
}

static void note_event(struct event_sink *sink, const struct event *event)
{
	struct waits *waits = (struct waits *)sink;

	assert_int_equal(event->type, EVENT_NOTICE);
	memcpy(waits->told, event->text.data, event->text.len);
	waits->told[event->text.len] = '\0';
}

/* As long as it is temporary. */
static int try_again(struct http_client *client, const char *url, const struct retry *retry,
		     struct http_response *response, struct error *err)
{
	struct retry_course course = { 0 };

	for (;;) {
		int failed =
			http_perform(client, &(struct http_request){ .url = url }, response, err);
		int64_t wait;

		if (failed ? !error_is(err, ERROR_UNREACHABLE)
			   : !retry_is_temporary(response->status))
			return failed;
		wait = retry_next(retry, &course, url, failed ? NULL : response);
		if (wait < 0)
			return failed;
		error_clear(err);
		if (retry_sleep(retry, wait, err))
			return -1;
	}
}

static int perform(struct waits *waits, const char *origin, struct http_response *response,
		   struct error *err)
{
	struct http_client_options options = { 0 };
	AUTO(http_client_freep) struct http_client *client = NULL;
	char url[64];

	snprintf(url, sizeof(url), "%s/x", origin);
	waits->sink.emit = note_event;
	waits->retry.sink = &waits->sink;
	waits->retry.sleep = note_wait;
	waits->retry.sleep_arg = waits;
	assert_int_equal(http_client_new(&options, &client, err), 0);
	return try_again(client, url, &waits->retry, response, err);
}

static void test_success_after_faults(void **state)
{
	static const struct peer_row rows[] = {
		{ "GET /x", .status = 503 },
		{ "GET /x", .missing = -1 },
		{ "GET /x", .status = 200, .body = "cut", .missing = 7 },
		{ "GET /x", .status = 429, .headers = "Retry-After: 7\r\n" },
		{ "GET /x", .status = 200, .body = "whole" },
		{ NULL },
	};
	AUTO(http_response_release) struct http_response response = HTTP_RESPONSE_INIT;
	struct waits waits = { 0 };
	struct error err = { 0 };
	struct peer peer;

	(void)state;
	peer_listen(&peer, "127.0.0.1");
	peer_run(&peer, rows, NULL);
	assert_int_equal(perform(&waits, peer.origin, &response, &err), 0);
	assert_int_equal(response.status, 200);
	assert_string_equal(response.body.data, "whole");
	assert_int_equal(err.kind, ERROR_NONE);
	assert_int_equal(waits.count, 4);
	assert_in_range(waits.ms[0], 0, 500);
	assert_in_range(waits.ms[1], 0, 1000);
	assert_in_range(waits.ms[2], 0, 2000);
	assert_int_equal(waits.ms[3], 7000);
	assert_non_null(strstr(waits.told, " answered 429; trying again in 7.0 s"));
	peer_finish(&peer);
}

static void test_status_that_stays(void **state)
{
	static const struct peer_row rows[] = {
		{ "GET /x", .status = 502 }, { "GET /x", .status = 500 },
		{ "GET /x", .status = 504 }, { "GET /x", .status = 503 },
		{ "GET /x", .status = 503 }, { NULL },
	};
	AUTO(http_response_release) struct http_response response = HTTP_RESPONSE_INIT;
	struct waits waits = { 0 };
	struct error err = { 0 };
	struct peer peer;

	(void)state;
	peer_listen(&peer, "127.0.0.1");
	peer_run(&peer, rows, NULL);
	assert_int_equal(perform(&waits, peer.origin, &response, &err), 0);
	assert_int_equal(response.status, 503);
	assert_int_equal(waits.count, 4);
	peer_finish(&peer);
}

static void test_once_only(void **state)
{
	static const int statuses[] = { 200, 301, 400, 401, 403, 404, 405, 413, 501 };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(statuses); i++) {
		AUTO(http_response_release) struct http_response response = HTTP_RESPONSE_INIT;
		struct peer_row rows[] = { { "GET /x", .status = statuses[i] }, { NULL } };
		struct waits waits = { 0 };
		struct error err = { 0 };
		struct peer peer;

		peer_listen(&peer, "127.0.0.1");
		peer_run(&peer, rows, NULL);
		assert_int_equal(perform(&waits, peer.origin, &response, &err), 0);
		assert_int_equal(response.status, statuses[i]);
		assert_int_equal(waits.count, 0);
		peer_finish(&peer);
	}
}

static void test_wait_beyond_the_budget(void **state)
{
	static const struct peer_row rows[] = {
		{ "GET /x", .status = 429, .headers = "Retry-After: 200\r\n" },
		{ "GET /x", .status = 429, .headers = "Retry-After: 101\r\n" },
		{ NULL },
	};
	AUTO(http_response_release) struct http_response response = HTTP_RESPONSE_INIT;
	struct waits waits = { 0 };
	struct error err = { 0 };
	struct peer peer;

	(void)state;
	peer_listen(&peer, "127.0.0.1");
	peer_run(&peer, rows, NULL);
	assert_int_equal(perform(&waits, peer.origin, &response, &err), 0);
	assert_int_equal(response.status, 429);
	assert_int_equal(waits.count, 1);
	peer_finish(&peer);
}

static void test_nobody_there(void **state)
{
	AUTO(http_response_release) struct http_response response = HTTP_RESPONSE_INIT;
	struct waits waits = { .retry.attempts = 3 };
	struct error err = { 0 };

	(void)state;
	assert_int_equal(perform(&waits, "http://127.0.0.1:1", &response, &err), -1);
	assert_int_equal(err.kind, ERROR_UNREACHABLE);
	assert_int_equal(waits.count, 2);
}

static void test_interrupted(void **state)
{
	AUTO(http_response_release) struct http_response response = HTTP_RESPONSE_INIT;
	struct waits waits = { .is_interrupted = true };
	struct error err = { 0 };

	(void)state;
	assert_int_equal(perform(&waits, "http://127.0.0.1:1", &response, &err), -1);
	assert_int_equal(err.kind, ERROR_INTERRUPTED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_retry_after),
		cmocka_unit_test(test_temporary),
		cmocka_unit_test(test_success_after_faults),
		cmocka_unit_test(test_status_that_stays),
		cmocka_unit_test(test_once_only),
		cmocka_unit_test(test_wait_beyond_the_budget),
		cmocka_unit_test(test_nobody_there),
		cmocka_unit_test(test_interrupted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
