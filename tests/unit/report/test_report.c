/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <fcntl.h>
#include <pthread.h>

#include "report/report.h"

#define LITERAL(text)                                                                              \
	{                                                                                          \
		(text), sizeof(text) - 1                                                           \
	}

/* A report into memory, and what it wrote. */
struct sample {
	struct report *report;
	FILE *out_file, *err_file;
	char *out, *err;
	size_t out_len, err_len;
};

static void start(struct sample *sample, enum report_kind kind, bool is_quiet, int verbosity)
{
	struct error err = { 0 };

	sample->out_file = open_memstream(&sample->out, &sample->out_len);
	sample->err_file = open_memstream(&sample->err, &sample->err_len);
	sample->report = report_new(&(struct report_options){ .kind = kind,
							      .out = sample->out_file,
							      .err = sample->err_file,
							      .is_quiet = is_quiet,
							      .verbosity = verbosity },
				    &err);
	assert_non_null(sample->report);
}

/* What was written so far; the memory moves with each write. */
static const char *out(struct sample *sample)
{
	fflush(sample->out_file);
	return sample->out;
}

static const char *errors(struct sample *sample)
{
	fflush(sample->err_file);
	return sample->err;
}

static void stop(struct sample *sample)
{
	report_free(sample->report);
	fclose(sample->out_file);
	fclose(sample->err_file);
	free(sample->out);
	free(sample->err);
}

static void log_text(struct sample *sample, enum event_type type, const char *text)
{
	event_emit(report_sink(sample->report),
		   &(struct event){ .type = type, .step = "build", .text = slice_of(text) });
}

static const struct event run[] = {
	{ .type = EVENT_STEP_START, .step = "build", .image = "web", .detail = "1f2e3d4" },
	{ .type = EVENT_BUILD_LOG, .text = LITERAL("Step 1/2 : FROM scratch\n ---> Using") },
	{ .type = EVENT_BUILD_LOG, .text = LITERAL(" cache\nStep 2/2 : COPY\n") },
	{ .type = EVENT_PROGRESS, .subject = "context", .bytes = 1500, .total = 3000000 },
	{ .type = EVENT_STEP_DONE, .step = "build", .image = "web", .elapsed_ms = 1234 },
	{ .type = EVENT_IMAGE, .subject = "web", .digest = "sha256:0123456789abcdef" },
	{ .type = EVENT_TAG, .subject = "web:1f2e3d4", .digest = "sha256:0123456789abcdef" },
	{ .type = EVENT_STEP_SKIP, .step = "stamp", .detail = "already stamped" },
	{ .type = EVENT_PRUNE, .subject = "web:0000001", .bytes = 1200000, .detail = "older" },
	{ .type = EVENT_KEEP, .subject = "web:0000002", .detail = "a container uses it" },
	{ .type = EVENT_READY, .elapsed_ms = 340, .detail = "HEALTHCHECK" },
	{ .type = EVENT_TEST_LOG, .text = LITERAL("1 passed") },
	{ .type = EVENT_PUBLISHED, .subject = "r.example/web:1f2e3d4", .digest = "sha256:01" },
	{ .type = EVENT_STEP_PLAN, .step = "publish", .image = "web", .detail = "push" },
	{ .type = EVENT_NOTICE, .text = LITERAL("3 files changed") },
	{ .type = EVENT_WARNING, .text = LITERAL("unknown key") },
};

static void emit_run(struct sample *sample)
{
	for (size_t i = 0; i < sizeof(run) / sizeof(run[0]); i++)
		event_emit(report_sink(sample->report), &run[i]);
}

static void test_plain(void **state)
{
	struct sample sample;

	(void)state;
	start(&sample, REPORT_AUTO, false, 0);
	emit_run(&sample);
	report_result(sample.report, "%s", "web:1f2e3d4");
	assert_string_equal(errors(&sample), "build web: 1f2e3d4\n"
					     "  | Step 1/2 : FROM scratch\n"
					     "  |  ---> Using cache\n"
					     "  | Step 2/2 : COPY\n"
					     "build web: done in 1.2 s\n"
					     "tagged web:1f2e3d4 sha256:0123456789ab\n"
					     "stamp: not needed: already stamped\n"
					     "removed web:0000001 (1.2 MB): older\n"
					     "kept web:0000002: a container uses it\n"
					     "ready after 340 ms: HEALTHCHECK\n"
					     "  | 1 passed\n"
					     "published r.example/web:1f2e3d4@sha256:01\n"
					     "would publish web: push\n"
					     "note: 3 files changed\n"
					     "warning: unknown key\n");
	assert_string_equal(out(&sample), "web:1f2e3d4\n");
	assert_null(report_open(sample.report, "status"));
	stop(&sample);
}

/* Lines that have not ended wait for their own rest. */
static const struct event crowd[] = {
	{ .type = EVENT_CREW, .total = 2, .detail = "up to 2 at once" },
	{ .type = EVENT_STEP_START, .step = "build", .image = "web" },
	{ .type = EVENT_STEP_START, .step = "build", .image = "api" },
	{ .type = EVENT_BUILD_LOG, .image = "web", .text = LITERAL("one of w") },
	{ .type = EVENT_BUILD_LOG, .image = "api", .text = LITERAL("one of api\n") },
	{ .type = EVENT_NOTICE, .text = LITERAL("of none") },
	{ .type = EVENT_BUILD_LOG, .image = "web", .text = LITERAL("eb\n") },
	{ .type = EVENT_STEP_FAIL, .step = "build", .image = "web" },
	{ .type = EVENT_READY, .image = "api", .elapsed_ms = 340 },
	{ .type = EVENT_LEFT_OUT, .image = "top", .detail = "'web' failed" },
};

static void test_of_several_images_output_tells_whose_it_is(void **state)
{
	struct sample sample;

	(void)state;
	start(&sample, REPORT_PLAIN, false, 0);
	for (size_t i = 0; i < ARRAY_SIZE(crowd); i++)
		event_emit(report_sink(sample.report), &crowd[i]);
	assert_string_equal(errors(&sample), "2 images, up to 2 at once\n"
					     "build web\n"
					     "build api\n"
					     "  api | one of api\n"
					     "note: of none\n"
					     "  web | one of web\n"
					     "build web: failed\n"
					     "api: ready after 340 ms\n"
					     "left out top: 'web' failed\n");
	stop(&sample);
}

/* What was not shown comes again, of the image that failed. */
static void test_several_images_quiet(void **state)
{
	struct sample sample;

	(void)state;
	start(&sample, REPORT_PLAIN, true, 0);
	for (size_t i = 0; i < ARRAY_SIZE(crowd); i++)
		event_emit(report_sink(sample.report), &crowd[i]);
	assert_string_equal(errors(&sample), "  web | one of web\n"
					     "build web: failed\n"
					     "left out top: 'web' failed\n");
	stop(&sample);
}

static void test_quiet(void **state)
{
	struct sample sample;

	(void)state;
	start(&sample, REPORT_PLAIN, true, 0);
	emit_run(&sample);
	assert_string_equal(errors(&sample), "warning: unknown key\n");
	stop(&sample);
}

static void test_tty(void **state)
{
	struct sample sample;

	(void)state;
	start(&sample, REPORT_TTY, false, 0);
	emit_run(&sample);
	assert_non_null(strstr(errors(&sample), "build web: 1f2e3d4\033[K"));
	assert_non_null(strstr(errors(&sample), "\r\033[Jbuild web: done in 1.2 s\n"));
	assert_null(strstr(errors(&sample), "  | Step"));
	assert_non_null(strstr(errors(&sample), "  | 1 passed\n"));
	assert_null(strstr(errors(&sample), "\033[3"));
	stop(&sample);
}

#define NAMED(name) .step = "build", .image = "web", .subject = (name), .digest = (name)

static const struct event steps[] = {
	{ .type = EVENT_BUILD_STEP_START, NAMED("[internal] load") },
	{ .type = EVENT_BUILD_STEP_DONE, NAMED("[internal] load"), .elapsed_ms = 20 },
	{ .type = EVENT_BUILD_STEP_CACHED, NAMED("[2/4] COPY") },
	{ .type = EVENT_BUILD_STEP_START, NAMED("[3/4] RUN x") },
	{ .type = EVENT_BUILD_STEP_START, NAMED("[4/4] RUN y") },
	{ .type = EVENT_BUILD_LOG, NAMED("[4/4] RUN y"), .text = LITERAL("1\n") },
	{ .type = EVENT_BUILD_LOG, NAMED("[4/4] RUN y"), .text = LITERAL("2\n") },
	{ .type = EVENT_BUILD_LOG, NAMED("[3/4] RUN x"), .text = LITERAL("3\n") },
	{ .type = EVENT_TICK },
	{ .type = EVENT_BUILD_STEP_FAIL,
	  NAMED("[4/4] RUN y"),
	  .where = "Dockerfile:4",
	  .detail = "exit code 2",
	  .text = LITERAL("1\n2\n") },
};

static void emit_steps(struct sample *sample)
{
	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++)
		event_emit(report_sink(sample->report), &steps[i]);
}

static void test_steps_of_a_build(void **state)
{
	struct sample sample;

	(void)state;
	start(&sample, REPORT_PLAIN, false, 0);
	emit_steps(&sample);
	assert_string_equal(errors(&sample), "build web: [2/4] COPY: cached\n"
					     "build web: [3/4] RUN x\n"
					     "build web: [4/4] RUN y\n"
					     "  | 1\n"
					     "  | 2\n"
					     "build web: [3/4] RUN x\n"
					     "  | 3\n"
					     "build web: [4/4] RUN y: failed: Dockerfile:4: "
					     "exit code 2\n");
	stop(&sample);
	start(&sample, REPORT_PLAIN, true, 0);
	emit_steps(&sample);
	assert_string_equal(errors(&sample), "  | 1\n  | 2\n"
					     "build web: [4/4] RUN y: failed: Dockerfile:4: "
					     "exit code 2\n");
	stop(&sample);
	start(&sample, REPORT_JSON, true, 0);
	emit_steps(&sample);
	assert_string_equal(out(&sample),
			    "{\"v\":1,\"type\":\"build-step-fail\",\"step\":\"build\","
			    "\"image\":\"web\",\"subject\":\"[4/4] RUN y\","
			    "\"digest\":\"[4/4] RUN y\",\"detail\":\"exit code 2\","
			    "\"where\":\"Dockerfile:4\",\"text\":\"1\\n2\\n\"}\n");
	stop(&sample);
	start(&sample, REPORT_JSON, false, 0);
	emit_steps(&sample);
	assert_null(strstr(out(&sample), "\"tick\""));
	assert_non_null(strstr(out(&sample), "{\"v\":1,\"type\":\"build-step-done\","));
	stop(&sample);
}

static void fail_build(struct sample *sample, int lines)
{
	struct event_sink *sink = report_sink(sample->report);

	event_emit(sink, &(struct event){ .type = EVENT_STEP_START, .step = "build" });
	for (int i = 0; i < lines; i++) {
		char text[32];

		snprintf(text, sizeof(text), "line %d\n", i);
		log_text(sample, EVENT_BUILD_LOG, text);
	}
	log_text(sample, EVENT_BUILD_LOG, "no line feed");
	event_emit(sink, &(struct event){ .type = EVENT_STEP_FAIL, .step = "build" });
}

static void test_last_lines_of_a_failure(void **state)
{
	struct sample sample;

	(void)state;
	start(&sample, REPORT_PLAIN, true, 0);
	fail_build(&sample, 60);
	assert_true(str_starts(errors(&sample), "  | line 11\n  | line 12\n"));
	assert_true(str_ends(errors(&sample), "  | line 59\n  | no line feed\nbuild: failed\n"));
	stop(&sample);
	start(&sample, REPORT_TTY, false, 0);
	fail_build(&sample, 2);
	assert_true(str_ends(errors(&sample), "\r\033[J  | line 0\n  | line 1\n"
					      "  | no line feed\nbuild: failed\n"));
	stop(&sample);
}

static void test_foreign_text_is_safe(void **state)
{
	struct sample sample;

	(void)state;
	start(&sample, REPORT_PLAIN, false, 0);
	log_text(&sample, EVENT_TEST_LOG, "::set-output::x\r\033[2Jerror: fake\n");
	event_emit(report_sink(sample.report),
		   &(struct event){ .type = EVENT_TAG, .subject = "a\nb\033[31m" });
	assert_string_equal(errors(&sample), "  | ::set-output::x\n  | error: fake\ntagged a b\n");
	stop(&sample);
}

static void test_error(void **state)
{
	struct sample sample;
	struct error error = { 0 };

	(void)state;
	error_set(&error, ERROR_BUILD, "it says: a\nerror: b");
	start(&sample, REPORT_PLAIN, false, 0);
	report_error(sample.report, &error);
	assert_string_equal(errors(&sample), "error: it says: a\n  | error: b\n");
	stop(&sample);
	error_set(&error, ERROR_UNREACHABLE, "the engine does not answer");
	start(&sample, REPORT_PLAIN, true, 0);
	report_error(sample.report, &error);
	assert_string_equal(errors(&sample),
			    "error: the engine does not answer\n"
			    "hint: 'git image doctor' checks engine and registry\n");
	assert_string_equal(out(&sample), "");
	stop(&sample);
	start(&sample, REPORT_JSON, true, 0);
	report_error(sample.report, &error);
	assert_string_equal(out(&sample),
			    "{\"v\":1,\"type\":\"error\",\"kind\":\"unreachable\",\"exit\":8,"
			    "\"message\":\"the engine does not answer\","
			    "\"hint\":\"'git image doctor' checks engine and registry\"}\n");
	assert_string_equal(errors(&sample), "");
	stop(&sample);
}

static void test_json(void **state)
{
	struct sample sample;
	struct json_writer *writer;
	const char *line;

	(void)state;
	start(&sample, REPORT_JSON, false, 0);
	emit_run(&sample);
	line = out(&sample);
	assert_true(str_starts(line, "{\"v\":1,\"type\":\"step-start\",\"step\":\"build\","
				     "\"image\":\"web\",\"detail\":\"1f2e3d4\"}\n"));
	assert_non_null(strstr(line, "{\"v\":1,\"type\":\"build-log\",\"text\":\" cache\\nStep 2/2 "
				     ": COPY\\n\"}\n"));
	assert_non_null(strstr(line, "{\"v\":1,\"type\":\"progress\",\"subject\":\"context\","
				     "\"bytes\":1500,\"total\":3000000}\n"));
	assert_non_null(strstr(line, "\"image\":\"web\",\"elapsed_ms\":1234}\n"));
	report_result(sample.report, "for people");
	writer = report_open(sample.report, "status");
	assert_non_null(writer);
	json_add_bool(writer, "built", true);
	report_close(sample.report);
	assert_true(str_ends(out(&sample), "}\n{\"v\":1,\"type\":\"status\",\"built\":true}\n"));
	assert_string_equal(errors(&sample), "");
	stop(&sample);
}

static void test_json_quiet(void **state)
{
	struct sample sample;

	(void)state;
	start(&sample, REPORT_JSON, true, 0);
	emit_run(&sample);
	assert_string_equal(out(&sample),
			    "{\"v\":1,\"type\":\"warning\",\"text\":\"unknown key\"}\n");
	stop(&sample);
}

static void test_none(void **state)
{
	struct sample sample;
	struct error error = { 0 };

	(void)state;
	start(&sample, REPORT_NONE, false, 2);
	emit_run(&sample);
	report_result(sample.report, "x");
	report_error(sample.report, &error);
	assert_string_equal(out(&sample), "");
	assert_string_equal(errors(&sample), "");
	stop(&sample);
}

/* What a terminal gets of one warning. */
static void warn_terminal(char *ret_text, size_t size)
{
	int terminal = posix_openpt(O_RDWR | O_NOCTTY);
	struct error err = { 0 };
	struct report *report;
	FILE *file;
	ssize_t len;

	assert_true(terminal >= 0 && !grantpt(terminal) && !unlockpt(terminal));
	file = fopen(ptsname(terminal), "r+");
	assert_non_null(file);
	report = report_new(&(struct report_options){ .out = file, .err = file }, &err);
	assert_non_null(report);
	event_warning(report_sink(report), "look");
	len = read(terminal, ret_text, size - 1);
	assert_true(len > 0);
	ret_text[len] = '\0';
	report_free(report);
	fclose(file);
	close(terminal);
}

static void test_colours(void **state)
{
	char text[256];

	(void)state;
	setenv("TERM", "xterm", 1);
	unsetenv("NO_COLOR");
	warn_terminal(text, sizeof(text));
	assert_string_equal(text, "\033[33mwarning: look\033[m\r\n");
	setenv("NO_COLOR", "1", 1);
	warn_terminal(text, sizeof(text));
	assert_string_equal(text, "warning: look\r\n");
	unsetenv("NO_COLOR");
	setenv("TERM", "dumb", 1);
	warn_terminal(text, sizeof(text));
	assert_string_equal(text, "warning: look\r\n");
}

static void test_full_output(void **state)
{
	FILE *full = fopen("/dev/full", "w");
	struct error err = { 0 };
	struct report *report;

	(void)state;
	assert_non_null(full);
	report = report_new(&(struct report_options){ .out = full, .err = stderr }, &err);
	assert_non_null(report);
	report_result(report, "text");
	assert_int_equal(report_finish(report, &err), -1);
	assert_int_equal(err.kind, ERROR_SYSTEM);
	assert_string_equal(err.message,
			    "cannot write to the standard output: No space left on device");
	report_free(report);
	fclose(full);
}

#define SPOKEN 500

static void *speak(void *arg)
{
	for (int i = 0; i < SPOKEN; i++)
		event_notice(arg, "one line that nobody else writes into");
	return NULL;
}

static void test_threads_speak_in_turn(void **state)
{
	static const char line[] = "note: one line that nobody else writes into\n";
	struct sample sample;
	const char *at;
	pthread_t thread;

	(void)state;
	start(&sample, REPORT_PLAIN, false, 0);
	assert_int_equal(pthread_create(&thread, NULL, speak, report_sink(sample.report)), 0);
	speak(report_sink(sample.report));
	pthread_join(thread, NULL);
	at = errors(&sample);
	for (int i = 0; i < 2 * SPOKEN; i++, at += strlen(line))
		assert_int_equal(strncmp(at, line, strlen(line)), 0);
	assert_int_equal(*at, '\0');
	stop(&sample);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_plain),
		cmocka_unit_test(test_of_several_images_output_tells_whose_it_is),
		cmocka_unit_test(test_several_images_quiet),
		cmocka_unit_test(test_quiet),
		cmocka_unit_test(test_tty),
		cmocka_unit_test(test_steps_of_a_build),
		cmocka_unit_test(test_last_lines_of_a_failure),
		cmocka_unit_test(test_foreign_text_is_safe),
		cmocka_unit_test(test_error),
		cmocka_unit_test(test_json),
		cmocka_unit_test(test_json_quiet),
		cmocka_unit_test(test_none),
		cmocka_unit_test(test_colours),
		cmocka_unit_test(test_full_output),
		cmocka_unit_test(test_threads_speak_in_turn),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
