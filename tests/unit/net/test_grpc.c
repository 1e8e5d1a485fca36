/* SPDX-License-Identifier: MIT */
/* Both roles against each other, on one thread. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "grpc_scene.h"

static void test_echo(void **state)
{
	AUTO(strv_release) struct strv metadata = { 0 };
	struct scene *scene = *state;
	struct record *call;
	struct error err = { 0 };

	assert_int_equal(strv_add(&metadata, "x-path: a", &err), 0);
	assert_int_equal(strv_add(&metadata, "x-path: b:c", &err), 0);
	call = record_start(scene, "/t/Echo", &metadata);
	record_say(call, "one");
	scene_settle(scene);
	assert_int_equal(scene->served_count, 1);
	assert_string_equal(grpc_metadata(scene->served[0].call, "x-path", 0), "a");
	assert_string_equal(grpc_metadata(scene->served[0].call, "x-path", 1), "b:c");
	assert_null(grpc_metadata(scene->served[0].call, "x-path", 2));
	assert_null(grpc_metadata(scene->served[0].call, "X-Path", 0));
	assert_string_equal(call->last.data, "one");
	record_say(call, "");
	scene_settle(scene);
	assert_int_equal(call->messages, 2);
	assert_int_equal(call->last.len, 0);
	assert_int_equal(call->ended, 0);
	record_close(call);
	scene_settle(scene);
	assert_int_equal(scene->served[0].closed, 1);
	assert_int_equal(scene->served[0].ended, 1);
	assert_int_equal(call->ended, 1);
	assert_int_equal(call->code, GRPC_OK);
}

static void test_metadata_form(void **state)
{
	static const char *const wrong[] = { "X: a", ": a", "x", "" };
	struct scene *scene = *state;

	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++) {
		AUTO(strv_release) struct strv metadata = { 0 };
		struct error err = { 0 };

		assert_int_equal(strv_add(&metadata, wrong[i], &err), 0);
		assert_null(grpc_start(
			scene->client,
			&(struct grpc_request){ "/t/Echo", &metadata, &record_handler, 0 }, &err));
		assert_int_equal(err.kind, ERROR_INPUT);
	}
	scene_settle(scene);
}

/* Sizes around those of frames and windows, whatever the pieces are. */
static void test_sizes(void **state)
{
	static const size_t sizes[] = { 1,     16378,  16379,	16384,
					65536, 262144, 3000000, LIMIT_GRPC_MESSAGE };
	static const size_t pieces[] = { SIZE_MAX, 1000, 9 };
	struct scene *scene = *state;
	struct record *call;
	struct error err = { 0 };

	call = record_start(scene, "/t/Echo", NULL);
	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
		size_t piece = pieces[sizes[i] > MIB ? 0 : i % 3];

		scene->client_end->piece = scene->server_end->piece = piece;
		memset(scene_filler, 'a' + (int)i, sizes[i]);
		assert_int_equal(
			grpc_send(call->call, (struct slice){ scene_filler, sizes[i] }, &err), 0);
		while (call->messages <= i)
			scene_settle(scene);
		assert_int_equal(call->last.len, sizes[i]);
		assert_memory_equal(call->last.data, scene_filler, sizes[i]);
	}
	assert_int_equal(
		grpc_send(call->call, (struct slice){ scene_filler, LIMIT_GRPC_MESSAGE + 1 }, &err),
		-1);
	assert_string_equal(err.message, "a message of 16777217 bytes, 16777216 are allowed");
	record_close(call);
	scene_settle(scene);
	assert_int_equal(call->code, 0);
}

/* A held call takes what the window allows, and all of it once let go. */
static void test_backpressure(void **state)
{
	struct scene *scene = *state;
	struct record *call, *served = &scene->served[0];
	struct error err = { 0 };

	call = record_start(scene, "/t/Take", NULL);
	call->to_send = 200;
	call->size = 32 * KIB;
	record_say(call, "hold");
	assert_int_equal(record_send(call->call, call, &err), 0);
	scene_settle(scene);
	assert_int_equal(served->messages, 1);
	assert_in_range(call->to_send, 200 - 32, 200 - 12);
	grpc_hold(served->call, false);
	scene_settle(scene);
	assert_int_equal(call->to_send, 0);
	assert_int_equal(served->messages, 201);
	assert_int_equal(served->bytes, 4 + 200 * 32 * KIB);
	assert_in_range(call->rooms, 10, 60);
	/* A call that ends while it is held is complete nevertheless. */
	record_say(call, "hold");
	record_say(call, "more");
	record_close(call);
	scene_settle(scene);
	assert_int_equal(served->messages, 202);
	assert_int_equal(served->closed, 0);
	grpc_hold(served->call, false);
	scene_settle(scene);
	assert_int_equal(served->messages, 203);
	assert_int_equal(call->ended, 1);
	assert_int_equal(call->code, 0);
}

/* The same for an answer: its status waits behind the messages. */
static void test_held_answer(void **state)
{
	struct scene *scene = *state;
	struct record *call;
	struct error err = { 0 };

	call = record_start(scene, "/t/Give", NULL);
	scene_settle(scene);
	assert_int_equal(grpc_send(scene->served[0].call, SLICE("hold"), &err), 0);
	assert_int_equal(grpc_send(scene->served[0].call, SLICE("last"), &err), 0);
	assert_int_equal(grpc_finish(scene->served[0].call, 5, "gone", &err), 0);
	scene_settle(scene);
	assert_int_equal(call->messages, 1);
	assert_int_equal(call->ended, 0);
	grpc_hold(call->call, false);
	scene_settle(scene);
	assert_int_equal(call->messages, 2);
	assert_string_equal(call->last.data, "last");
	assert_int_equal(call->code, 5);
	assert_int_equal(call->kind, ERROR_NOT_FOUND);
	assert_string_equal(call->text, "gone");
}

/* A peer that reads nothing at all: what waits is bounded and said. */
static void test_deaf_peer(void **state)
{
	struct scene *scene = *state;
	struct record *call;
	struct error err = { 0 };
	size_t sent = 0;

	call = record_start(scene, "/t/Take", NULL);
	while (!grpc_send(call->call, (struct slice){ scene_filler, MIB }, &err)) {
		assert_int_equal(grpc_drive(&scene->client, 1, 0, &err), 0);
		sent++;
	}
	assert_in_range(sent, 16, 18);
	assert_string_equal(err.message, "the peer does not read what it is sent");
}

static void test_statuses(void **state)
{
	static const struct {
		const char *path, *message;
		int code;
		enum error_kind kind;
		const char *text;
	} rows[] = {
		{ "/t/None", "", 12, ERROR_UNSUPPORTED, "unknown method /t/None" },
		{ "/t/Denied", "", 7, ERROR_DENIED, "not for you" },
		{ "/t/Take", "fail", 5, ERROR_NOT_FOUND, "no '\xc3\xa4' here: 100%" },
		{ "/t/Take", "cancel", 1, ERROR_UNREACHABLE,
		  "the peer broke the call off (CANCEL)" },
	};
	struct scene *scene = *state;

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct record *call;

		call = record_start(scene, rows[i].path, NULL);
		record_say(call, rows[i].message);
		scene_settle(scene);
		assert_int_equal(call->ended, 1);
		assert_int_equal(call->code, rows[i].code);
		assert_int_equal(call->kind, rows[i].kind);
		assert_string_equal(call->text, rows[i].text);
	}
	assert_int_equal(scene->served[0].ended, 1);
	assert_int_equal(scene->served[0].kind, ERROR_NOT_FOUND);
	assert_int_equal(scene->served[1].ended, 0);
}

/* What our own handler refuses ends the call at once and is told to the peer. */
static void test_own_failure(void **state)
{
	struct scene *scene = *state;
	struct record *call;

	call = record_start(scene, "/t/Echo", NULL);
	record_say(call, "fail");
	scene_settle(scene);
	assert_int_equal(call->ended, 1);
	assert_int_equal(call->kind, ERROR_NOT_FOUND);
	assert_int_equal(scene->served[0].ended, 1);
	assert_int_equal(scene->served[0].code, GRPC_CANCELLED);
	call = record_start(scene, "/t/Echo", NULL);
	record_say(call, "cancel");
	record_say(call, "never seen");
	scene_settle(scene);
	assert_int_equal(call->ended, 0);
	assert_int_equal(call->messages, 1);
	assert_int_equal(scene->served[1].ended, 1);
	call = record_start(scene, "/t/Echo", NULL);
	grpc_cancel(call->call);
	scene_settle(scene);
	assert_int_equal(call->ended, 0);
}

static void test_server_ends_first(void **state)
{
	struct scene *scene = *state;
	struct record *call, *served = &scene->served[0];
	struct error err = { 0 };

	call = record_start(scene, "/t/Take", NULL);
	record_say(call, "x");
	scene_settle(scene);
	record_say(call, "still coming");
	assert_int_equal(grpc_send(served->call, SLICE("bye"), &err), 0);
	assert_int_equal(grpc_finish(served->call, 9, "enough", &err), 0);
	assert_int_equal(grpc_send(served->call, SLICE("x"), &err), -1);
	assert_string_equal(err.message, "the call can send no more");
	scene_settle(scene);
	assert_string_equal(call->last.data, "bye");
	assert_int_equal(call->code, 9);
	assert_int_equal(served->ended, 1);
	assert_int_equal(served->code, 9);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		SCENE_TEST(test_echo),
		SCENE_TEST(test_metadata_form),
		SCENE_TEST(test_sizes),
		SCENE_TEST(test_backpressure),
		SCENE_TEST(test_held_answer),
		SCENE_TEST(test_deaf_peer),
		SCENE_TEST(test_statuses),
		SCENE_TEST(test_own_failure),
		SCENE_TEST(test_server_ends_first),
	};

	return cmocka_run_group_tests_name("gRPC, both roles", tests, NULL, NULL);
}
