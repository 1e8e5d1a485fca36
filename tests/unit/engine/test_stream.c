/* SPDX-License-Identifier: MIT */
/* What engines stream: cut anywhere, cut off, and hostile. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/limits.h"
#include "engine/frames.h"
#include "engine/names.h"
#include "engine/stream.h"

static int collect_text(void *arg, const struct json *message, struct error *err)
{
	const char *failure = stream_failure(message);

	if (failure)
		return error_set(err, ERROR_BUILD, "%s", failure);
	buf_add_text(arg, json_text(json_get(message, "stream")));
	buf_add_char(arg, '|');
	return 0;
}

static const struct {
	const char *text;
	const char *collected;
	enum error_kind kind;
	const char *message;
} streams[] = {
	{ "{\"stream\":\"a\"}\r\n{\"stream\":\"b\"}\r\n", "a|b|", 0, NULL },
	{ "{\"stream\":\"a\"}\n\n\r\n{\"stream\":\"b\"}", "a|b|", 0, NULL },
	{ "{\"stream\":\"a\\u0000b\\u001b[2J\\ufffd\"}\n{\"stream\":\"\xc3\xa9\"}\n", "a|\xc3\xa9|",
	  0, NULL },
	{ "{\"stream\":\"a\"}\n{\"errorDetail\":{\"code\":1,\"message\":\"no\"},\"error\":\"no\"}\n"
	  "{\"stream\":\"b\"}\n",
	  "a|", ERROR_BUILD, "no" },
	{ "{\"error\":\"podman says no\"}", "", ERROR_BUILD, "podman says no" },
	{ "{\"stream\":\"a\"}\nnonsense\n", "a|", ERROR_PROTOCOL,
	  "the engine's stream: JSON: not valid at byte 0 of 8" },
	{ "{\"stream\":\"a", "", ERROR_PROTOCOL,
	  "the engine's stream: JSON: not valid at byte 11 of 12" },
	{ "", "", 0, NULL },
};

static int feed_in_pieces(http_sink *sink, void *arg, struct slice text, size_t cut,
			  struct error *err)
{
	struct slice head = { text.data, cut }, tail = slice_skip(text, cut);

	/* Pieces of their own memory, so that a look beyond them is found. */
	for (const struct slice *piece = &head; piece; piece = piece == &head ? &tail : NULL) {
		AUTOFREE char *copy = piece->len ? malloc(piece->len) : NULL;

		if (!copy)
			continue;
		memcpy(copy, piece->data, piece->len);
		if (sink(arg, copy, piece->len, err))
			return -1;
	}
	return 0;
}

static void test_messages_cut_anywhere(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(streams); i++) {
		struct slice text = slice_of(streams[i].text);

		for (size_t cut = 0; cut <= text.len; cut++) {
			AUTO(buf_release) struct buf out = BUF_INIT(4096);
			AUTO(stream_release) struct stream stream = STREAM_INIT(collect_text, &out);
			struct error err = { 0 };
			int status = feed_in_pieces(stream_feed, &stream, text, cut, &err) ||
				     stream_finish(&stream, &err);

			assert_int_equal(status, streams[i].kind ? 1 : 0);
			assert_int_equal(err.kind, streams[i].kind);
			assert_string_equal(out.data, streams[i].collected);
			if (streams[i].kind)
				assert_string_equal(err.message, streams[i].message);
		}
	}
}

static void test_a_line_without_end(void **state)
{
	AUTO(buf_release) struct buf out = BUF_INIT(4096);
	AUTO(stream_release) struct stream stream = STREAM_INIT(collect_text, &out);
	static const char piece[64 * 1024] = { ' ' };
	struct error err = { 0 };
	int status = 0, count = 0;

	(void)state;
	while (!status && count++ < 100)
		status = stream_feed(&stream, piece, sizeof(piece), &err);
	assert_int_equal(count, LIMIT_STREAM_LINE / sizeof(piece) + 1);
	assert_string_equal(err.message,
			    "a line of the engine's stream: longer than 1048576 bytes");
}

static int collect_bytes(void *arg, const void *data, size_t len, struct error *err)
{
	(void)err;
	buf_add(arg, data, len);
	return 0;
}

static const struct {
	const char *bytes;
	size_t len;
	const char *output;
	enum error_kind kind;
} frames_table[] = {
	{ "\1\0\0\0\0\0\0\2hi\2\0\0\0\0\0\0\4err\n", 22, "hierr\n", 0 },
	{ "\1\0\0\0\0\0\0\0\1\0\0\0\0\0\0\1x", 17, "x", 0 },
	{ "\1\0\0\0\0\0\0\4\1\0\0\0", 12, "\1", 0 },
	{ "", 0, "", 0 },
	{ "\1\0\0\0\0\0\0\5hi", 10, "hi", ERROR_UNREACHABLE },
	{ "\1\0\0\0\0", 5, "", ERROR_UNREACHABLE },
	{ "plain text", 10, "", ERROR_PROTOCOL },
	{ "\1\0\7\0\0\0\0\1x", 9, "", ERROR_PROTOCOL },
};

static void test_frames_cut_anywhere(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(frames_table); i++) {
		struct slice bytes = { frames_table[i].bytes, frames_table[i].len };

		for (size_t cut = 0; cut <= bytes.len; cut++) {
			AUTO(buf_release) struct buf out = BUF_INIT(4096);
			struct frames frames = { .sink = collect_bytes, .sink_arg = &out };
			struct error err = { 0 };
			int status = feed_in_pieces(frames_feed, &frames, bytes, cut, &err) ||
				     frames_finish(&frames, &err);

			assert_int_equal(status, frames_table[i].kind ? 1 : 0);
			assert_int_equal(err.kind, frames_table[i].kind);
			assert_string_equal(out.data, frames_table[i].output);
		}
	}
}

static void test_refusals_of_registries(void **state)
{
	static const struct {
		const char *words;
		enum error_kind kind;
	} table[] = {
		{ "no basic auth credentials", ERROR_DENIED },
		{ "denied: requested access to the resource is denied", ERROR_DENIED },
		{ "unauthorized: authentication required", ERROR_DENIED },
		{ "pulling from host r.example failed: 401 Unauthorized", ERROR_DENIED },
		{ "Get \"https://r/v2/\": dial tcp 1.2.3.4:443: connect: connection refused",
		  ERROR_UNREACHABLE },
		{ "received unexpected HTTP status: 503 Service Unavailable", ERROR_UNREACHABLE },
		{ "write tcp 127.0.0.1:2->127.0.0.1:1: use of closed network connection",
		  ERROR_UNREACHABLE },
		{ "Patch \"http://r/v2/\": write tcp 127.0.0.1:2->127.0.0.1:1: write: broken pipe",
		  ERROR_UNREACHABLE },
		{ "Get \"https://r/v2/\": x509: certificate signed by unknown authority",
		  ERROR_DENIED },
		{ "An image does not exist locally with the tag: r/x", ERROR_SYSTEM },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(table); i++)
		assert_int_equal(stream_failure_kind(table[i].words), table[i].kind);
}

static void test_names(void **state)
{
	static const struct {
		const char *name, *full, *familiar;
	} table[] = {
		{ "app:1", "docker.io/library/app:1", "app:1" },
		{ "me/app", "docker.io/me/app", "me/app" },
		{ "docker.io/library/app:1", "docker.io/library/app:1", "app:1" },
		{ "r.example.com:5000/team/app:1", "r.example.com:5000/team/app:1",
		  "r.example.com:5000/team/app:1" },
		{ "localhost/app:1", "localhost/app:1", "localhost/app:1" },
		{ "sha256:0123456789012345678901234567890123456789012345678901234567890123",
		  "0123456789012345678901234567890123456789012345678901234567890123",
		  "sha256:0123456789012345678901234567890123456789012345678901234567890123" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
		struct error err = { 0 };
		AUTOFREE char *full = names_full(table[i].name, &err);

		assert_string_equal(full, table[i].full);
		assert_string_equal(names_familiar(table[i].name), table[i].familiar);
	}
}

static void test_names_as_they_were_asked_for(void **state)
{
	static const struct {
		const char *tag, *asked, *spelled;
		bool is_asked;
	} table[] = {
		{ "docker.io/library/app:1", "app:latest", "app:1", true },
		{ "app:1", "docker.io/library/app:latest", "docker.io/library/app:1", true },
		{ "docker.io/me/app:1", "me/app", "me/app:1", true },
		{ "docker.io/library/app:1", "other:1", "app:1", false },
		{ "localhost/app:1", "app", "localhost/app:1", false },
		{ "r.example.com/x/app:1", "x/app", "r.example.com/x/app:1", false },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
		AUTO(reference_release) struct reference asked = { 0 };
		AUTOFREE char *spelled = NULL;
		struct error err = { 0 };
		bool is_asked;

		assert_int_equal(reference_parse(table[i].asked, &asked, &err), 0);
		spelled = names_as_asked(table[i].tag, &asked, &is_asked, &err);
		assert_string_equal(spelled, table[i].spelled);
		assert_int_equal(is_asked, table[i].is_asked);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_messages_cut_anywhere),
		cmocka_unit_test(test_a_line_without_end),
		cmocka_unit_test(test_frames_cut_anywhere),
		cmocka_unit_test(test_refusals_of_registries),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_names_as_they_were_asked_for),
	};

	return cmocka_run_group_tests_name("engine/stream", tests, NULL, NULL);
}
