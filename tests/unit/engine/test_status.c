/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "base/limits.h"
#include "codec/protobuf.h"
#include "context/dockerfile.h"
#include "engine/build/status.h"

/* Line 5 is the last step of "build", line 9 that of the last stage. */
#define DOCKERFILE                                                                                 \
	"FROM base AS build\n# one\nCOPY a b\n\nRUN make \\\n  all\n"                              \
	"FROM scratch\nCOPY --from=build x /\nWORKDIR /x\n"

struct sample {
	struct event_sink sink; /* first */
	struct dockerfile parsed;
	struct build_status *status;
	struct buf seen; /* one event a line */
	size_t start_count, done_count, log_count;
};

static void note_event(struct event_sink *sink, const struct event *event)
{
	struct sample *sample = (struct sample *)sink;
	struct buf *seen = &sample->seen;

	sample->start_count += event->type == EVENT_BUILD_STEP_START;
	sample->done_count += event->type == EVENT_BUILD_STEP_DONE;
	sample->log_count += event->type == EVENT_BUILD_LOG;
	buf_add_text(seen, event_type_name(event->type));
	if (event->digest)
		buf_add_format(seen, " %s", event->digest);
	if (event->subject)
		buf_add_format(seen, " '%s'", event->subject);
	if (event->where)
		buf_add_format(seen, " %s", event->where);
	if (event->detail)
		buf_add_format(seen, " (%s)", event->detail);
	if (event->elapsed_ms)
		buf_add_format(seen, " %lldms", (long long)event->elapsed_ms);
	if (event->bytes || event->total)
		buf_add_format(seen, " %lld/%lld", (long long)event->bytes,
			       (long long)event->total);
	if (event->text.len)
		buf_add_format(seen, ": %.*s", (int)event->text.len, event->text.data);
	if (!seen->len || seen->data[seen->len - 1] != '\n')
		buf_add_char(seen, '\n');
}

static int set_up(void **state)
{
	static struct sample sample;
	struct error err = { 0 };
	struct build_status_options options = { .sink = &sample.sink,
						.step = "build",
						.dockerfile = "Dockerfile",
						.parsed = &sample.parsed };

	sample = (struct sample){ .sink = { note_event }, .seen = BUF_INIT(16 * MIB) };
	*state = &sample;
	if (dockerfile_parse(SLICE(DOCKERFILE), "Dockerfile", &sample.parsed, &err))
		return -1;
	sample.status = build_status_new(&options, &err);
	return sample.status ? 0 : -1;
}

static int tear_down(void **state)
{
	struct sample *sample = *state;

	build_status_free(sample->status);
	dockerfile_release(&sample->parsed);
	buf_release(&sample->seen);
	return 0;
}

struct step {
	const char *digest, *name, *error;
	bool is_cached;
	double started, completed; /* 0: not */
};

static void put_time(struct buf *out, uint32_t number, double seconds)
{
	AUTO(buf_release) struct buf time = BUF_INIT(KIB);
	uint64_t whole = (uint64_t)seconds;

	if (!seconds)
		return;
	protobuf_put_varint(&time, 1, whole);
	protobuf_put_varint(&time, 2, (uint64_t)((seconds - (double)whole) * 1000 + 0.5) * 1000000);
	protobuf_put_message(out, number, &time);
}

static void put_step(struct buf *out, struct step step)
{
	AUTO(buf_release) struct buf vertex = BUF_INIT(64 * KIB);

	protobuf_put_text(&vertex, 1, step.digest);
	protobuf_put_text(&vertex, 3, step.name ? step.name : "");
	protobuf_put_varint(&vertex, 4, step.is_cached);
	put_time(&vertex, 5, step.started);
	put_time(&vertex, 6, step.completed);
	if (step.error)
		protobuf_put_text(&vertex, 7, step.error);
	protobuf_put_message(out, 1, &vertex);
}

static void put_log(struct buf *out, const char *digest, struct slice text)
{
	AUTO(buf_release) struct buf log = BUF_INIT(64 * KIB);

	protobuf_put_text(&log, 1, digest);
	protobuf_put_bytes(&log, 4, text);
	protobuf_put_message(out, 3, &log);
}

static void put_transfer(struct buf *out, const char *id, uint64_t bytes, uint64_t total)
{
	AUTO(buf_release) struct buf transfer = BUF_INIT(64 * KIB);

	protobuf_put_text(&transfer, 1, id);
	protobuf_put_varint(&transfer, 4, bytes);
	protobuf_put_varint(&transfer, 5, total);
	protobuf_put_message(out, 2, &transfer);
}

/* Sends what is in `message` and empties it. */
static void take(struct sample *sample, struct buf *message)
{
	struct error err = { 0 };

	assert_false(message->has_failed);
	assert_int_equal(build_status_take(sample->status, buf_slice(message), &err), 0);
	buf_reset(message);
}

static void take_step(struct sample *sample, struct step step)
{
	AUTO(buf_release) struct buf message = BUF_INIT(64 * KIB);

	put_step(&message, step);
	take(sample, &message);
}

static void take_log(struct sample *sample, const char *digest, struct slice text)
{
	AUTO(buf_release) struct buf message = BUF_INIT(64 * KIB);

	put_log(&message, digest, text);
	take(sample, &message);
}

static void finish(struct sample *sample)
{
	struct error err = { 0 };

	assert_int_equal(build_status_finish(sample->status, &err), 0);
}

/* What was seen since the last call. */
static void expect(struct sample *sample, const char *text)
{
	assert_string_equal(sample->seen.data, text);
	buf_reset(&sample->seen);
}

static void expect_error(const struct sample *sample, const char *failure, enum error_kind kind,
			 const char *text)
{
	struct error err = { 0 };

	assert_int_equal(build_status_error(sample->status, failure, &err), -1);
	assert_string_equal(err.message, text);
	assert_int_equal(err.kind, kind);
}

static void test_a_build_becomes_events_and_counts(void **state)
{
	AUTO(buf_release) struct buf message = BUF_INIT(64 * KIB);
	struct engine_build_result result = { 0 };
	struct sample *sample = *state;

	assert_false(build_status_has_begun(sample->status));
	put_transfer(&message, "transferring context:", 1234, 0);
	put_transfer(&message, "sha256:aa", 5, 10);
	put_transfer(&message, "extracting sha256:aa", 0, 0);
	put_step(&message, (struct step){ "i", .name = "[internal] load build context" });
	put_step(&message, (struct step){ "f", .name = "[build 1/3] FROM docker.io/library/base" });
	put_step(&message, (struct step){ "c", .name = "[build 2/3] COPY a b" });
	put_step(&message, (struct step){ "r", .name = "[build 3/3] RUN make   all" });
	put_step(&message, (struct step){ "w", .name = "[stage-1 2/2] WORKDIR /x" });
	put_step(&message, (struct step){ "i", NULL, .started = 10.25, .completed = 10.75 });
	put_step(&message, (struct step){ "f", NULL, NULL, true, 10, 10 });
	put_step(&message, (struct step){ "c", NULL, NULL, true, 11, 11 });
	put_step(&message, (struct step){ "r", NULL, .started = 11.5 });
	take(sample, &message);
	expect(sample,
	       "build-step-cached f '[build 1/3] FROM docker.io/library/base' Dockerfile:1\n"
	       "build-step-cached c '[build 2/3] COPY a b' Dockerfile:3\n"
	       "build-step-start r '[build 3/3] RUN make all' Dockerfile:5\n"
	       "progress 'context' 1234/0\n"
	       "progress 'sha256:aa' 5/10\n"
	       "build-step-done i '[internal] load build context' 500ms\n");
	put_step(&message, (struct step){ "r", NULL, NULL, false, 11.5, 13 });
	put_log(&message, "r", SLICE("one\ntw"));
	put_log(&message, "r", SLICE("o\nthree"));
	take(sample, &message);
	expect(sample, "build-log r '[build 3/3] RUN make all' Dockerfile:5: one\n"
		       "build-log r '[build 3/3] RUN make all' Dockerfile:5: two\n"
		       "build-log r '[build 3/3] RUN make all' Dockerfile:5: three\n"
		       "build-step-done r '[build 3/3] RUN make all' Dockerfile:5 1500ms\n");
	finish(sample);
	expect(sample, "");
	assert_true(build_status_has_begun(sample->status));
	build_status_count(sample->status, &result);
	assert_int_equal(result.step_count, 2);
	assert_int_equal(result.cached_count, 1);
}

static void test_a_failure_shows_its_line_and_its_last_lines(void **state)
{
	struct sample *sample = *state;
	const char *error = "process \"/bin/sh -c make all\" did not complete successfully: "
			    "exit code: 2";

	take_step(sample, (struct step){ "r", "[build 3/3] RUN make all", .started = 1 });
	take_step(sample, (struct step){ "w", "[stage-1 2/2] WORKDIR /x", .started = 1 });
	for (int i = 0; i < 25; i++) {
		char text[32];

		snprintf(text, sizeof(text), "line %d\n", i);
		take_log(sample, "r", slice_of(text));
	}
	buf_reset(&sample->seen);
	take_step(sample,
		  (struct step){ "w", NULL, "rpc error: context canceled", .completed = 2 });
	take_step(sample, (struct step){ "r", NULL, error, false, 1, 3 });
	expect(sample, "");
	take_log(sample, "r", SLICE("10%\r20%\r\n\n \nthe\tend \xe2\x82"));
	buf_reset(&sample->seen);
	finish(sample);
	expect(sample, "build-log r '[build 3/3] RUN make all' Dockerfile:5: the\tend \xe2\x82\n"
		       "build-step-fail w '[stage-1 2/2] WORKDIR /x' Dockerfile:9 "
		       "(canceled) 1000ms\n"
		       "build-step-fail r '[build 3/3] RUN make all' Dockerfile:5 (exit code 2) "
		       "2000ms: line 7\nline 8\nline 9\nline 10\nline 11\nline 12\nline 13\n"
		       "line 14\nline 15\nline 16\nline 17\nline 18\nline 19\nline 20\nline 21\n"
		       "line 22\nline 23\nline 24\n20%\nthe\tend \xe2\x82\n");
	finish(sample);
	expect(sample, "");
	expect_error(sample, "failed to solve: whatever", ERROR_BUILD,
		     "Dockerfile:5: RUN make all: exit code 2");
}

static const struct {
	const char *name, *error;
	enum error_kind kind;
	const char *message;
} failures[] = {
	{ "[build 3/3] RUN make $X", "executor failed running [/bin/sh -c make]: exit code: 137",
	  ERROR_BUILD, "Dockerfile:5: RUN make $X: exit code 137" },
	{ "[build 2/3] COPY a b",
	  "failed to calculate checksum of ref 0123::4567: \"/a\": not found", ERROR_BUILD,
	  "Dockerfile:3: COPY a b: \"/a\": not found" },
	{ "[build 2/4] COPY a b", "pull access denied", ERROR_BUILD,
	  "[build 2/4] COPY a b: pull access denied" },
	{ "[linux/arm64 build 1/3] FROM base", "pull access denied, repository does not exist",
	  ERROR_DENIED, "Dockerfile:1: FROM base: pull access denied, repository does not exist" },
	{ "[internal] load metadata for a:1", "dial tcp: no such host", ERROR_UNREACHABLE,
	  "load metadata for a:1: dial tcp: no such host" },
	{ "[internal] load metadata for a:1", "a:1: not found", ERROR_BUILD,
	  "load metadata for a:1: a:1: not found" },
	{ "exporting to image", "write: no space left on device", ERROR_SYSTEM,
	  "exporting to image: write: no space left on device" },
	{ "[build 3/3] RUN x", "exit code: x", ERROR_BUILD, "Dockerfile:5: RUN x: exit code: x" },
	{ "[build 3/3] RUN x", ":", ERROR_BUILD, "Dockerfile:5: RUN x: :" },
	{ "[build 3/3", "x", ERROR_BUILD, "[build 3/3: x" },
	{ "[] RUN", "x", ERROR_BUILD, "[] RUN: x" },
};

static void test_an_error_says_where_and_why(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(failures); i++) {
		void *one = NULL;
		struct sample *sample;

		assert_int_equal(set_up(&one), 0);
		sample = one;
		take_step(sample, (struct step){ "v", "[build 1/3] FROM x", "context canceled",
						 false, 1, 1 });
		take_step(sample,
			  (struct step){ "x", failures[i].name, failures[i].error, false, 1, 2 });
		take_step(sample, (struct step){ "y", "[build 3/3] RUN", "later", false, 1, 2 });
		expect_error(sample, "failed", failures[i].kind, failures[i].message);
		tear_down(&one);
	}
}

static void test_without_a_step_the_error_is_of_solve(void **state)
{
	const struct sample *sample = *state;

	expect_error(sample,
		     "failed to solve with frontend dockerfile.v0: failed to create LLB "
		     "definition: dockerfile parse error line 3: unknown instruction: ECHO",
		     ERROR_BUILD, "Dockerfile:3: unknown instruction: ECHO");
	expect_error(sample, "dockerfile parse error on line 12: no: \033[1m", ERROR_BUILD,
		     "Dockerfile:12: no: ?[1m");
	expect_error(sample, "dockerfile parse error on line", ERROR_BUILD,
		     "dockerfile parse error on line");
	expect_error(sample, "401 unauthorized", ERROR_DENIED, "401 unauthorized");
	expect_error(sample, "", ERROR_BUILD, "");
}

static void test_what_comes_twice_or_in_no_order_is_told_once(void **state)
{
	struct engine_build_result result = { 0 };
	struct sample *sample = *state;

	take_step(sample, (struct step){ "a", "[1/2] RUN a", .completed = 5 });
	take_step(sample, (struct step){ "a", "[1/2] RUN a", .started = 4, .completed = 5 });
	take_step(sample, (struct step){ "a", "[1/2] RUN a", .started = 4 });
	expect(sample, "build-step-done a '[1/2] RUN a'\n");
	take_log(sample, "a", SLICE("late"));
	take_log(sample, "unknown", SLICE("log"));
	expect(sample, "build-log: late\nbuild-log: log\n");
	take_step(sample, (struct step){ "s", "[1/2] FROM s", .started = 5 });
	take_step(sample, (struct step){ "s", "[1/2] FROM s", .started = 5 });
	take_step(sample, (struct step){ "s", "[1/2] FROM s", .started = 5, .completed = 6 });
	take_step(sample, (struct step){ "s", "[1/2] FROM s", .started = 7 });
	take_step(sample, (struct step){ "s", "[1/2] FROM s", .started = 7, .completed = 6.5 });
	take_step(sample, (struct step){ "s", "[1/2] FROM s", .started = 5, .completed = 6 });
	expect(sample, "build-step-start s '[1/2] FROM s'\n"
		       "build-step-done s '[1/2] FROM s' 1000ms\n"
		       "build-step-start s '[1/2] FROM s'\n"
		       "build-step-done s '[1/2] FROM s'\n");
	take_step(sample, (struct step){ "o", "RUN", "context canceled", false, 1, 2 });
	take_step(sample, (struct step){ "o", "RUN", "exit code: 5", false, 1, 3 });
	expect_error(sample, "failed", ERROR_BUILD, "failed");
	take_step(sample, (struct step){ "o", "RUN", "exit code: 5", false, 4, 5 });
	expect_error(sample, "failed", ERROR_BUILD, "RUN: exit code 5");
	build_status_count(sample->status, &result);
	assert_int_equal(result.step_count, 1);
}

static void test_long_lines_are_cut_between_characters(void **state)
{
	struct sample *sample = *state;
	char text[3 * LIMIT_BUILD_LINE];
	const char *line;

	for (size_t i = 0; i < sizeof(text); i += 3)
		memcpy(text + i, "\xe2\x82\xac", 3);
	take_step(sample, (struct step){ "a", "a", .started = 4 });
	buf_reset(&sample->seen);
	take_log(sample, "a", (struct slice){ text, sizeof(text) });
	take_log(sample, "a", SLICE("x\n"));
	line = strchr(sample->seen.data, ':') + 2;
	assert_int_equal(strcspn(line, "\n"), LIMIT_BUILD_LINE - LIMIT_BUILD_LINE % 3);
	assert_int_equal(sample->log_count, 4);
	take_step(sample, (struct step){ "a", NULL, "x", .completed = 4 });
	buf_reset(&sample->seen);
	finish(sample);
	assert_true(sample->seen.len > 1500 && sample->seen.len < LIMIT_BUILD_TAIL + KIB);
	assert_string_equal(sample->seen.data + sample->seen.len - 3, "\xacx\n");
}

static void test_warnings_name_their_line_and_are_not_without_end(void **state)
{
	AUTO(buf_release) struct buf message = BUF_INIT(64 * KIB), warning = BUF_INIT(KIB);
	AUTO(buf_release) struct buf range = BUF_INIT(KIB), position = BUF_INIT(KIB);
	struct sample *sample = *state;

	protobuf_put_text(&warning, 3, "StageNameCasing: \033[31m lower");
	protobuf_put_message(&message, 4, &warning);
	protobuf_put_varint(&position, 1, 4);
	protobuf_put_message(&range, 1, &position);
	protobuf_put_message(&warning, 7, &range);
	protobuf_put_message(&message, 4, &warning);
	take(sample, &message);
	expect(sample, "warning: StageNameCasing: ?[31m lower\n"
		       "warning: Dockerfile:4: StageNameCasing: ?[31m lower\n");
	for (int i = 0; i < 200; i++) {
		protobuf_put_message(&message, 4, &warning);
		take(sample, &message);
	}
	assert_int_equal(sample->seen.len, 98 * strlen("warning: Dockerfile:4: StageNameCasing: "
						       "?[31m lower\n"));
}

static void test_hostile_numbers_and_sizes_do_no_harm(void **state)
{
	AUTO(buf_release) struct buf message = BUF_INIT(64 * KIB), vertex = BUF_INIT(64 * KIB);
	AUTO(buf_release) struct buf time = BUF_INIT(KIB);
	struct sample *sample = *state;
	char digest[200], name[40 * KIB];

	memset(digest, 'd', sizeof(digest) - 1);
	digest[sizeof(digest) - 1] = '\0';
	take_step(sample, (struct step){ digest, "too long a digest", .started = 1 });
	take_step(sample, (struct step){ "", "none", .started = 1 });
	protobuf_put_bytes(&vertex, 1, SLICE("a\0b"));
	protobuf_put_message(&message, 1, &vertex);
	put_transfer(&message, digest, UINT64_MAX, 7);
	take(sample, &message);
	buf_consume(&sample->seen, strlen("progress '"));
	assert_int_equal(strcspn(sample->seen.data, "'"), 128);
	assert_false(build_status_has_begun(sample->status));
	buf_reset(&sample->seen);
	memset(name, 'n', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	buf_reset(&vertex);
	protobuf_put_text(&vertex, 1, "v");
	protobuf_put_text(&vertex, 3, name);
	protobuf_put_varint(&time, 1, (uint64_t)-5);
	protobuf_put_varint(&time, 2, UINT64_MAX);
	protobuf_put_message(&vertex, 5, &time);
	buf_reset(&time);
	protobuf_put_varint(&time, 1, 9000000000);
	protobuf_put_message(&vertex, 6, &time);
	protobuf_put_message(&message, 1, &vertex);
	take(sample, &message);
	assert_int_equal(strcspn(sample->seen.data, "'"), strlen("build-step-done v "));
	assert_non_null(strstr(sample->seen.data, "n' 8999999999999ms\n"));
	assert_true(sample->seen.len < LIMIT_BUILD_STEP_NAME + 60);
	snprintf(name, sizeof(name), "403 Forbidden%*s", (int)sizeof(name) - 14, ": exit code: 7");
	take_step(sample, (struct step){ "w", "[internal] x", name, false, 1, 2 });
	expect_error(sample, "", ERROR_BUILD, "x: exit code 7");
}

static void test_there_is_a_last_step(void **state)
{
	AUTO(buf_release) struct buf message = BUF_INIT(4 * MIB);
	struct sample *sample = *state;
	char digest[32];

	for (unsigned i = 0; i < LIMIT_BUILD_STEPS + 10; i++) {
		snprintf(digest, sizeof(digest), "sha256:%u", i * 7919 % (LIMIT_BUILD_STEPS + 10));
		put_step(&message, (struct step){ digest, "[1/1] RUN x", .started = 1 });
	}
	take(sample, &message);
	assert_int_equal(sample->start_count, LIMIT_BUILD_STEPS);
	assert_non_null(strstr(sample->seen.data, "notice: the build has more than 10000 steps: "
						  "the others are not shown\n"));
	put_step(&message, (struct step){ "sha256:1", NULL, .completed = 2 });
	put_step(&message, (struct step){ digest, NULL, .completed = 2 });
	take(sample, &message);
	assert_int_equal(sample->done_count, 1);
}

static void test_malformed_messages_are_refused(void **state)
{
	static const struct slice messages[] = {
		SLICE("\x0a\x05x"),
		SLICE("\x0a\x02\x0a\x05"),
		SLICE("\x12\x02\x0a\x05"),
		SLICE("\x1a\x02\x0a\x05"),
		SLICE("\x22\x02\x0a\x05"),
		SLICE("\x0a\x03\x2a\x01\x08"),
		SLICE("\x22\x05\x3a\x03\x0a\x01\x08"),
	};
	const struct sample *sample = *state;

	for (size_t i = 0; i < ARRAY_SIZE(messages); i++) {
		struct error err = { 0 };

		assert_int_equal(build_status_take(sample->status, messages[i], &err), -1);
		assert_int_equal(err.kind, ERROR_PROTOCOL);
		assert_ptr_equal(strstr(err.message, "the progress of BuildKit: protobuf: "),
				 err.message);
	}
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_a_build_becomes_events_and_counts),
		TEST(test_a_failure_shows_its_line_and_its_last_lines),
		cmocka_unit_test(test_an_error_says_where_and_why),
		TEST(test_without_a_step_the_error_is_of_solve),
		TEST(test_what_comes_twice_or_in_no_order_is_told_once),
		TEST(test_long_lines_are_cut_between_characters),
		TEST(test_warnings_name_their_line_and_are_not_without_end),
		TEST(test_hostile_numbers_and_sizes_do_no_harm),
		TEST(test_there_is_a_last_step),
		TEST(test_malformed_messages_are_refused),
	};

	return cmocka_run_group_tests_name("engine/status", tests, NULL, NULL);
}
