/* SPDX-License-Identifier: MIT */
/* Peers that answer by hand-made frames: strange, wrong, or in haste. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "frames.h"
#include "grpc_scene.h"

#define OK_HEADERS ":status: 200\ncontent-type: application/grpc+proto\n"

static void put(struct pipe_end *end, const struct buf *bytes)
{
	struct error err = { 0 };

	assert_int_equal(channel_write(&end->base, bytes->data, bytes->len, &err), bytes->len);
}

/* Both sides go; one of the new ends is for the test to play. */
static void renew_ends(struct scene *scene)
{
	grpc_free(scene->client);
	grpc_free(scene->server);
	scene->client = scene->server = NULL;
	if (scene->played)
		channel_free(&scene->played->base);
	pipe_make(&scene->client_end, &scene->server_end);
}

/* A client whose peer is `scene->server_end`, which has introduced itself. */
static void play_server(struct scene *scene)
{
	AUTO(buf_release) struct buf out = BUF_INIT(1 * MIB);
	const struct grpc_options options = { .name = "the client" };
	struct error err = { 0 };

	renew_ends(scene);
	scene->played = scene->server_end;
	assert_int_equal(grpc_new(&scene->client_end->base, &options, &scene->client, &err), 0);
	frame_add(&out, FRAME_SETTINGS, 0, 0, SLICE(""));
	put(scene->server_end, &out);
}

static void drive_client(struct scene *scene)
{
	struct error err = { 0 };

	for (int i = 0; i < 5; i++)
		if (grpc_drive(&scene->client, 1, 0, &err))
			fail_msg("%s", err.message);
}

static const struct answer {
	const char *headers; /* NULL: none */
	struct slice data;
	const char *trailers; /* NULL: what came before was the end */
	int code;
	enum error_kind kind;
	const char *text;
	size_t messages;
} answers[] = {
	{ OK_HEADERS, SLICE("\0\0\0\0\1a\0\0\0\0\0"), "grpc-status: 0\n", 0, 0, "", 2 },
	{ OK_HEADERS, SLICE(""), "grpc-status: 5\ngrpc-message: a%20b%zz%\n", 5, ERROR_NOT_FOUND,
	  "a b%zz%", 0 },
	{ OK_HEADERS, SLICE("\0\0\0\0\1a"), "grpc-status: 99\n", 99, ERROR_SYSTEM, "", 1 },
	{ OK_HEADERS, SLICE(""), "grpc-status: x\n", 2, ERROR_SYSTEM, "", 0 },
	{ OK_HEADERS, SLICE("\0\0\0\0\1a"), NULL, 13, ERROR_PROTOCOL,
	  "the peer ended the call without a status", 1 },
	{ OK_HEADERS, SLICE("\0\0\0\0\2a"), "grpc-status: 0\n", 13, ERROR_PROTOCOL,
	  "the answer breaks off in a message", 0 },
	{ OK_HEADERS, SLICE("\0\0\0\0\2a"), "grpc-status: 14\n", 14, ERROR_UNREACHABLE, "", 0 },
	{ OK_HEADERS, SLICE("\1\0\0\0\1a"), "grpc-status: 0\n", 13, ERROR_PROTOCOL,
	  "a compressed message, which was not offered", 0 },
	{ OK_HEADERS, SLICE("\7\0\0\0\1a"), "grpc-status: 0\n", 13, ERROR_PROTOCOL,
	  "a message begins with no valid flag", 0 },
	{ OK_HEADERS, SLICE("\0\1\0\0\1a"), "grpc-status: 0\n", 13, ERROR_PROTOCOL,
	  "a message of 16777217 bytes, 16777216 are allowed", 0 },
	{ NULL, SLICE(""), OK_HEADERS "grpc-status: 16\ngrpc-message: who\n", 16, ERROR_DENIED,
	  "who", 0 },
	{ ":status: 404\ncontent-type: text/plain\n", SLICE("page not found\n"), NULL, 12,
	  ERROR_UNSUPPORTED, "no gRPC here: HTTP status 404: page not found", 0 },
	{ ":status: 503\n", SLICE(""), NULL, 14, ERROR_UNREACHABLE, "no gRPC here: HTTP status 503",
	  0 },
	{ ":status: 200\ncontent-type: text/html\n", SLICE("<html>"), NULL, 2, ERROR_SYSTEM,
	  "no gRPC here: HTTP status 200: <html>", 0 },
};

static void test_answers(void **state)
{
	struct scene *scene = *state;

	for (size_t i = 0; i < ARRAY_SIZE(answers); i++) {
		AUTO(buf_release) struct buf out = BUF_INIT(1 * MIB);
		const struct answer *answer = &answers[i];
		struct record *call;

		play_server(scene);
		buf_release(&scene->made[0].last);
		scene->made_count = 0;
		call = record_start(scene, "/x", NULL);
		drive_client(scene);
		if (answer->headers)
			frame_add_headers(&out, 0, 1, slice_of(answer->headers));
		if (answer->headers && (answer->data.len || !answer->trailers))
			frame_add(&out, FRAME_DATA, answer->trailers ? 0 : FLAG_END_STREAM, 1,
				  answer->data);
		if (answer->trailers)
			frame_add_headers(&out, FLAG_END_STREAM, 1, slice_of(answer->trailers));
		put(scene->server_end, &out);
		drive_client(scene);
		assert_int_equal(call->ended, 1);
		assert_string_equal(call->text, answer->text);
		assert_int_equal(call->code, answer->code);
		assert_int_equal(call->kind, answer->kind);
		assert_int_equal(call->messages, answer->messages);
	}
}

static void test_metadata_of_answer(void **state)
{
	AUTO(buf_release) struct buf out = BUF_INIT(1 * MIB);
	struct scene *scene = *state;
	struct record *call;

	play_server(scene);
	call = record_start(scene, "/x", NULL);
	drive_client(scene);
	frame_add_headers(&out, 0, 1, SLICE(OK_HEADERS "a: 1\n"));
	put(scene->server_end, &out);
	drive_client(scene);
	assert_string_equal(grpc_metadata(call->call, "a", 0), "1");
	assert_null(grpc_metadata(call->call, "b", 0));
	buf_reset(&out);
	frame_add_headers(&out, FLAG_END_STREAM, 1, SLICE("grpc-status: 0\na: 2\n"));
	put(scene->server_end, &out);
	drive_client(scene);
	assert_int_equal(call->ended, 1);
}

/* A few bytes that unpack to more than a megabyte. */
static void test_header_bomb(void **state)
{
	AUTO(buf_release) struct buf out = BUF_INIT(1 * MIB);
	AUTO(buf_release) struct buf block = BUF_INIT(1 * MIB);
	struct scene *scene = *state;
	struct record *call;

	play_server(scene);
	call = record_start(scene, "/x", NULL);
	drive_client(scene);
	/* :status 200; then "a" with 4000 bytes, kept in the table; then that again. */
	buf_add(&block, "\x88\x40\1a\x7f\xa1\x1e", 7);
	for (int i = 0; i < 4000; i++)
		buf_add_char(&block, 'x');
	for (int i = 0; i < 300; i++)
		buf_add_char(&block, '\xbe');
	frame_add(&out, FRAME_HEADERS, FLAG_END_HEADERS, 1, buf_slice(&block));
	put(scene->server_end, &out);
	drive_client(scene);
	assert_int_equal(call->ended, 1);
	assert_int_equal(call->kind, ERROR_SYSTEM);
	assert_string_equal(call->text, "the call's metadata: longer than 1048576 bytes");
}

static void test_resets(void **state)
{
	static const struct {
		char h2_code;
		int code;
		const char *text;
	} rows[] = {
		{ 7, 14, "the peer broke the call off (REFUSED_STREAM)" },
		{ 8, 1, "the peer broke the call off (CANCEL)" },
		{ 11, 8, "the peer broke the call off (ENHANCE_YOUR_CALM)" },
		{ 0, 13, "the peer broke the call off (NO_ERROR)" },
	};
	struct scene *scene = *state;

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		AUTO(buf_release) struct buf out = BUF_INIT(1 * MIB);
		const char payload[4] = { 0, 0, 0, rows[i].h2_code };
		struct record *call;

		play_server(scene);
		call = record_start(scene, "/x", NULL);
		drive_client(scene);
		frame_add(&out, FRAME_RST_STREAM, 0, 1, (struct slice){ payload, 4 });
		put(scene->server_end, &out);
		drive_client(scene);
		assert_int_equal(call->ended, 1);
		assert_int_equal(call->code, rows[i].code);
		assert_string_equal(call->text, rows[i].text);
	}
}

static void test_ping(void **state)
{
	static const char pong[] = "\0\0\x08\6\1\0\0\0\0PingPing";
	AUTO(buf_release) struct buf out = BUF_INIT(1 * MIB);
	struct scene *scene = *state;

	play_server(scene);
	frame_add(&out, FRAME_PING, 0, 0, SLICE("PingPing"));
	put(scene->server_end, &out);
	drive_client(scene);
	assert_non_null(memmem(scene->server_end->in.data, scene->server_end->in.len, pong,
			       sizeof(pong) - 1));
}

/* The peer serves what it has begun and nothing more. */
static void test_goodbye(void **state)
{
	AUTO(buf_release) struct buf out = BUF_INIT(1 * MIB);
	struct scene *scene = *state;
	struct record *kept, *refused;
	struct error err = { 0 };

	play_server(scene);
	kept = record_start(scene, "/x", NULL);
	refused = record_start(scene, "/y", NULL);
	drive_client(scene);
	frame_add(&out, FRAME_GOAWAY, 0, 0, SLICE("\0\0\0\1\0\0\0\0going"));
	put(scene->server_end, &out);
	drive_client(scene);
	assert_int_equal(refused->ended, 1);
	assert_int_equal(refused->code, GRPC_UNAVAILABLE);
	assert_int_equal(kept->ended, 0);
	assert_null(
		grpc_start(scene->client, &(struct grpc_request){ "/z", NULL, NULL, NULL }, &err));
	assert_string_equal(err.message, "/z: the peer accepts no more calls: NO_ERROR: going");
	buf_reset(&out);
	frame_add_headers(&out, FLAG_END_STREAM, 1, SLICE(OK_HEADERS "grpc-status: 0\n"));
	put(scene->server_end, &out);
	while (!grpc_drive(&scene->client, 1, 0, &err))
		;
	assert_int_equal(kept->ended, 1);
	assert_int_equal(kept->code, 0);
	assert_string_equal(err.message, "the client: the connection was closed: NO_ERROR: going");
}

static void test_no_http2(void **state)
{
	AUTO(buf_release) struct buf out = BUF_INIT(1 * MIB);
	struct scene *scene = *state;
	struct record *call;
	struct error err = { 0 };
	int rounds = 0;

	play_server(scene);
	buf_release(&scene->server_end->peer->in);
	call = record_start(scene, "/x", NULL);
	buf_add_text(&out, "HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n");
	put(scene->server_end, &out);
	while (!grpc_drive(&scene->client, 1, 0, &err))
		assert_true(rounds++ < 5);
	assert_int_equal(err.kind, ERROR_PROTOCOL);
	assert_non_null(strstr(err.message, "the client: "));
	assert_int_equal(call->ended, 1);
}

#define REQUEST ":scheme: http\n:authority: x\n:path: /t/Take\n"
#define CALL	":method: POST\n" REQUEST "content-type: application/grpc\n"

/* What a server makes of a client by hand. */
static const struct question {
	const char *headers;
	struct slice data;
	int code; /* -1: it is no call */
	size_t messages;
} questions[] = {
	{ ":method: GET\n" REQUEST "content-type: application/grpc\n", SLICE(""), -1, 0 },
	{ ":method: POST\n" REQUEST, SLICE(""), -1, 0 },
	{ ":method: POST\n" REQUEST "content-type: text/plain\n", SLICE(""), -1, 0 },
	{ CALL, SLICE("\0\0\0\0\2a"), GRPC_INTERNAL, 0 },
	{ CALL, SLICE("\1\0\0\0\1a"), GRPC_INTERNAL, 0 },
	{ CALL, SLICE("\0\0\0\0\1a"), GRPC_OK, 1 },
};

static void play_client(struct scene *scene)
{
	AUTO(buf_release) struct buf out = BUF_INIT(1 * MIB);
	const struct grpc_options options = { "the server", &scene_server, scene, NULL };
	struct error err = { 0 };

	renew_ends(scene);
	scene->played = scene->client_end;
	assert_int_equal(grpc_new(&scene->server_end->base, &options, &scene->server, &err), 0);
	buf_add_text(&out, FRAME_PREFACE);
	frame_add(&out, FRAME_SETTINGS, 0, 0, SLICE(""));
	put(scene->client_end, &out);
}

static void test_questions(void **state)
{
	struct scene *scene = *state;

	for (size_t i = 0; i < ARRAY_SIZE(questions); i++) {
		AUTO(buf_release) struct buf out = BUF_INIT(1 * MIB);
		struct error err = { 0 };

		play_client(scene);
		buf_release(&scene->served[0].last);
		memset(scene->served, 0, sizeof(scene->served));
		scene->served_count = 0;
		frame_add_headers(&out, 0, 1, slice_of(questions[i].headers));
		frame_add(&out, FRAME_DATA, FLAG_END_STREAM, 1, questions[i].data);
		put(scene->client_end, &out);
		assert_int_equal(grpc_drive(&scene->server, 1, 0, &err), 0);
		assert_int_equal(scene->served[0].messages, questions[i].messages);
		assert_int_equal(scene->served_count, questions[i].code >= 0);
		assert_int_equal(scene->served[0].ended, scene->served_count);
		if (scene->served_count)
			assert_int_equal(scene->served[0].code, questions[i].code);
	}
}

static void test_wrong_preface(void **state)
{
	AUTO(buf_release) struct buf out = BUF_INIT(1 * MIB);
	struct scene *scene = *state;
	struct error err = { 0 };

	play_client(scene);
	buf_release(&scene->server_end->in);
	buf_add_text(&out, "POST / HTTP/1.1\r\nHost: x\r\n\r\n");
	put(scene->client_end, &out);
	while (!grpc_drive(&scene->server, 1, 0, &err))
		;
	assert_int_equal(err.kind, ERROR_PROTOCOL);
	assert_non_null(strstr(err.message, "the server: "));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		SCENE_TEST(test_answers),	SCENE_TEST(test_metadata_of_answer),
		SCENE_TEST(test_header_bomb),	SCENE_TEST(test_resets),
		SCENE_TEST(test_ping),		SCENE_TEST(test_goodbye),
		SCENE_TEST(test_no_http2),	SCENE_TEST(test_questions),
		SCENE_TEST(test_wrong_preface),
	};

	return cmocka_run_group_tests_name("gRPC, strange peers", tests, NULL, NULL);
}
