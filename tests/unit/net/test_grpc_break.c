/* SPDX-License-Identifier: MIT */
/* Connections that end: at any byte, by us, by Ctrl-C. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <signal.h>
#include <sys/socket.h>

#include "base/interrupt.h"
#include "grpc_scene.h"

/* The stream is cut at every byte: each call ends once, with a reason. */
static void test_cut(void **state)
{
	(void)state;
	for (size_t cut = 0; cut < 400; cut++) {
		struct scene *scene;
		struct record *call;
		struct error err = { 0 };

		scene_set_up((void **)&scene);
		if (cut % 2)
			scene->client_end->left = cut / 2;
		else
			scene->server_end->left = cut / 2;
		call = record_start(scene, "/t/Echo", NULL);
		record_say(call, "abc");
		record_close(call);
		if (scene_drive(scene, &err)) {
			assert_int_equal(err.kind, ERROR_UNREACHABLE);
			assert_non_null(strstr(err.message, ": the connection was closed"));
		}
		grpc_free(scene->server);
		scene->server = NULL;
		while (!call->ended && !grpc_drive(&scene->client, 1, 0, &err))
			;
		assert_int_equal(call->ended, 1);
		assert_true(call->code == GRPC_OK || call->code == GRPC_UNAVAILABLE);
		scene_tear_down((void **)&scene);
	}
}

static void test_broken_for_ever(void **state)
{
	struct scene *scene = *state;
	struct error err = { 0 };

	scene->client_end->left = 0;
	for (int i = 0; i < 2; i++) {
		while (!grpc_drive(&scene->client, 1, 0, &err))
			assert_int_equal(i, 0);
		assert_string_equal(err.message, "the client: the connection was closed");
	}
	error_clear(&err);
	assert_null(grpc_start(scene->client,
			       &(struct grpc_request){ "/t/Echo", NULL, &record_handler, 0 },
			       &err));
	assert_string_equal(err.message, "the client: the connection was closed");
}

/* Freed with calls under way, each is told. */
static void test_freed_under_way(void **state)
{
	struct scene *scene = *state;
	struct record *call;

	call = record_start(scene, "/t/Echo", NULL);
	record_say(call, "x");
	scene_settle(scene);
	grpc_free(scene->client);
	scene->client = NULL;
	assert_int_equal(call->ended, 1);
	assert_int_equal(call->code, GRPC_CANCELLED);
	while (!grpc_drive(&scene->server, 1, 0, &(struct error){ 0 }))
		;
	assert_int_equal(scene->served[0].ended, 1);
}

/* Who can send no more still reads what the peer had to say. */
static void test_last_words(void **state)
{
	struct scene *scene = *state;
	struct record *call = record_start(scene, "/t/Take", NULL);
	struct error err = { 0 };

	record_say(call, "x");
	scene_settle(scene);
	assert_int_equal(grpc_finish(scene->served[0].call, 5, "not here", &err), 0);
	assert_int_equal(grpc_drive(&scene->server, 1, 0, &err), 0);
	grpc_free(scene->server);
	scene->server = NULL;
	record_say(call, "more");
	while (!grpc_drive(&scene->client, 1, 0, &err))
		;
	assert_int_equal(call->ended, 1);
	assert_string_equal(call->text, "not here");
	assert_string_equal(err.message, "the client: the connection was closed: NO_ERROR");
}

static void test_interrupt(void **state)
{
	struct scene *scene = *state;
	struct channel *ends[2];
	struct record *call;
	struct error err = { 0 };
	int fds[2];

	grpc_free(scene->client);
	grpc_free(scene->server);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
	for (int i = 0; i < 2; i++)
		assert_int_equal(channel_of_socket(fds[i], &ends[i], &err), 0);
	scene_open(scene, ends[0], ends[1]);
	call = record_start(scene, "/t/Echo", NULL);
	record_say(call, "over a socket");
	scene_settle(scene);
	assert_string_equal(call->last.data, "over a socket");
	signal(SIGINT, SIG_DFL); /* a background job may ignore it */
	assert_int_equal(interrupt_install(&err), 0);
	raise(SIGINT);
	assert_int_equal(grpc_drive(&scene->client, 1, 60000, &err), -1);
	assert_int_equal(err.kind, ERROR_INTERRUPTED);
	/* The end may still be said. */
	interrupt_shield(true);
	record_close(call);
	scene_settle(scene);
	assert_int_equal(call->ended, 1);
	interrupt_shield(false);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cut),	  SCENE_TEST(test_broken_for_ever),
		SCENE_TEST(test_freed_under_way), SCENE_TEST(test_last_words),
		SCENE_TEST(test_interrupt),
	};

	return cmocka_run_group_tests_name("gRPC, broken connections", tests, NULL, NULL);
}
