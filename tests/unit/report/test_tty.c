/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "report/report.h"
#include "screen.h"

struct sample {
	struct screen screen;
	struct report *report;
};

static void start(struct sample *sample, size_t columns, size_t rows, int verbosity)
{
	struct error err = { 0 };

	setenv("TERM", "xterm", 1);
	setenv("NO_COLOR", "", 1);
	screen_open(&sample->screen, columns, rows);
	sample->report = report_new(&(struct report_options){ .out = sample->screen.file,
							      .err = sample->screen.file,
							      .verbosity = verbosity },
				    &err);
	assert_non_null(sample->report);
}

static void stop(struct sample *sample)
{
	report_free(sample->report);
	screen_close(&sample->screen);
}

static void emit(struct sample *sample, struct event event)
{
	event.step = "build";
	event.image = "web";
	event_emit(report_sink(sample->report), &event);
}

static void emit_step(struct sample *sample, enum event_type type, const char *name)
{
	emit(sample, (struct event){ .type = type, .digest = name, .subject = name });
}

static void emit_log(struct sample *sample, const char *name, const char *text)
{
	emit(sample, (struct event){ .type = EVENT_BUILD_LOG,
				     .digest = name,
				     .subject = name,
				     .text = slice_of(text) });
}

/* Once it may be drawn again. */
static void expect(struct sample *sample, const char *text)
{
	usleep(60000);
	emit(sample, (struct event){ .type = EVENT_TICK });
	assert_string_equal(screen_text(&sample->screen), text);
}

#define MAKE   "[2/5] RUN make"
#define COPY   "[3/5] COPY a b"
#define STEP   "[4/5] RUN test"
#define FROM   "[1/5] FROM a:1"
#define LOADED "[internal] load build context"

static void test_a_build_leaves_one_line_a_step(void **state)
{
	struct sample sample;

	(void)state;
	start(&sample, 60, 20, 0);
	emit(&sample, (struct event){ .type = EVENT_STEP_START, .detail = "1f2e3d4" });
	emit_step(&sample, EVENT_BUILD_STEP_START, LOADED);
	emit(&sample,
	     (struct event){ .type = EVENT_PROGRESS, .subject = "context", .bytes = 1500000 });
	expect(&sample, "build web: 1f2e3d4: context 1.5 MB\n"
			"       " LOADED "\n");
	emit_step(&sample, EVENT_BUILD_STEP_DONE, LOADED);
	emit_step(&sample, EVENT_BUILD_STEP_CACHED, FROM);
	emit_step(&sample, EVENT_BUILD_STEP_CACHED, MAKE);
	emit_step(&sample, EVENT_BUILD_STEP_CACHED, COPY);
	emit_step(&sample, EVENT_BUILD_STEP_START, STEP);
	emit_log(&sample, STEP, "one\n");
	emit_log(&sample, STEP, "t\two\n");
	expect(&sample, "build web: 1f2e3d4\n"
			"       " STEP "\n"
			"  | one\n"
			"  | t wo\n");
	emit(&sample, (struct event){ .type = EVENT_BUILD_STEP_DONE,
				      .digest = STEP,
				      .subject = STEP,
				      .elapsed_ms = 2500 });
	expect(&sample, "build web: 2 steps cached\n"
			"build web: " STEP ": done in 2.5 s\n"
			"build web: 1f2e3d4\n");
	emit_step(&sample, EVENT_BUILD_STEP_CACHED, "[5/5] RUN x");
	emit(&sample, (struct event){ .type = EVENT_STEP_DONE, .elapsed_ms = 3000 });
	expect(&sample, "build web: 2 steps cached\n"
			"build web: " STEP ": done in 2.5 s\n"
			"build web: 1 step cached\n"
			"build web: done in 3.0 s\n");
	stop(&sample);
}

static void test_a_failing_step_leaves_its_last_lines(void **state)
{
	struct error error = { 0 };
	struct sample sample;

	(void)state;
	error_set(&error, ERROR_BUILD, "Dockerfile:7: RUN make: exit code 2");
	start(&sample, 70, 20, 0);
	emit(&sample, (struct event){ .type = EVENT_STEP_START });
	emit_step(&sample, EVENT_BUILD_STEP_START, MAKE);
	emit_step(&sample, EVENT_BUILD_STEP_START, STEP);
	for (int i = 0; i < 9; i++)
		emit_log(&sample, MAKE, "line\nlast\n");
	emit_log(&sample, STEP, "not shown\n");
	expect(&sample, "build web\n"
			"       " MAKE "\n"
			"       " STEP "\n"
			"  | line\n  | last\n  | line\n  | last\n  | line\n  | last\n");
	emit(&sample, (struct event){ .type = EVENT_BUILD_STEP_FAIL,
				      .digest = MAKE,
				      .subject = MAKE,
				      .where = "Dockerfile:7",
				      .detail = "exit code 2",
				      .text = SLICE("line\n\033[2Jla\x01st\n") });
	emit(&sample, (struct event){ .type = EVENT_STEP_FAIL });
	report_error(sample.report, &error);
	expect(&sample, "  | line\n"
			"  | la?st\n"
			"build web: " MAKE ": failed: Dockerfile:7: exit code 2\n"
			"build web: failed\n"
			"error: Dockerfile:7: RUN make: exit code 2\n");
	stop(&sample);
}

static void test_no_line_is_wider_and_nothing_higher_than_the_terminal(void **state)
{
	struct sample sample;
	char name[16];

	(void)state;
	start(&sample, 20, 5, 0);
	emit(&sample, (struct event){ .type = EVENT_STEP_START, .detail = "0123456789" });
	emit_step(&sample, EVENT_BUILD_STEP_START,
		  "\xe4\xb8\xad\xe4\xb8\xad\xe4\xb8\xad\xe4\xb8\xad"
		  "\xe4\xb8\xad\xe4\xb8\xad\xe4\xb8\xad");
	for (int i = 0; i < 6; i++) {
		snprintf(name, sizeof(name), "[%d/9] RUN", i);
		emit_step(&sample, EVENT_BUILD_STEP_START, name);
	}
	emit_log(&sample, name, "0123456789abcdefghij\n");
	for (int i = 0; i < 3; i++)
		expect(&sample, "build web: 01234567\n"
				"       W W W W W W\n"
				"       [0/9] RUN\n"
				"       [1/9] RUN\n");
	stop(&sample);
}

static void test_a_narrower_terminal_keeps_no_rests(void **state)
{
	struct sample sample;

	(void)state;
	start(&sample, 40, 12, 0);
	emit(&sample, (struct event){ .type = EVENT_NOTICE, .text = SLICE("hello") });
	emit(&sample, (struct event){ .type = EVENT_STEP_START, .detail = "0123456789abcdefghij" });
	emit_step(&sample, EVENT_BUILD_STEP_START, "[1/1] RUN abcdefghijkl");
	expect(&sample, "note: hello\nbuild web: 0123456789abcdefghij\n"
			"       [1/1] RUN abcdefghijkl\n");
	screen_narrow(&sample.screen, 20);
	expect(&sample, "note: hello\nbuild web: 01234567\n       [1/1] RUN ab\n");
	report_result(sample.report, "result");
	expect(&sample, "note: hello\nresult\nbuild web: 01234567\n       [1/1] RUN ab\n");
	stop(&sample);
}

static void emit_of(struct sample *sample, const char *image, struct event event)
{
	event.step = "build";
	event.image = image;
	event_emit(report_sink(sample->report), &event);
}

static void test_of_several_images_each_has_a_line(void **state)
{
	struct sample sample;

	(void)state;
	start(&sample, 60, 20, 0);
	event_emit(report_sink(sample.report),
		   &(struct event){ .type = EVENT_CREW, .total = 3, .detail = "up to 2 at once" });
	emit_of(&sample, "web", (struct event){ .type = EVENT_STEP_START, .subject = "r/web:1f" });
	emit_of(&sample, "web",
		(struct event){ .type = EVENT_BUILD_STEP_START, .digest = "a", .subject = MAKE });
	emit_of(&sample, "web",
		(struct event){ .type = EVENT_BUILD_LOG,
				.digest = "a",
				.subject = MAKE,
				.text = SLICE("of web\n") });
	expect(&sample, "3 images, up to 2 at once\n"
			"build web: r/web:1f\n"
			"       " MAKE "\n"
			"  | of web\n");
	emit_of(&sample, "api", (struct event){ .type = EVENT_STEP_START, .subject = "r/api:1f" });
	emit_of(&sample, "api",
		(struct event){ .type = EVENT_BUILD_LOG, .text = SLICE("one\ntw") });
	expect(&sample, "3 images, up to 2 at once\n"
			"build web: " MAKE "\n"
			"build api: one\n");
	emit_of(&sample, "web", (struct event){ .type = EVENT_STEP_DONE, .elapsed_ms = 20 });
	emit_of(&sample, "db", (struct event){ .type = EVENT_STEP_START });
	emit_of(&sample, "api", (struct event){ .type = EVENT_BUILD_LOG, .text = SLICE("o\n") });
	emit_of(&sample, "api", (struct event){ .type = EVENT_STEP_FAIL });
	expect(&sample, "3 images, up to 2 at once\n"
			"build web: done in 20 ms\n"
			"  api | one\n"
			"  api | two\n"
			"build api: failed\n"
			"build db\n");
	stop(&sample);
}

static void test_lines_scroll_away_above(void **state)
{
	AUTO(buf_release) struct buf seen = BUF_INIT(4096);
	struct sample sample;

	(void)state;
	start(&sample, 40, 6, 1);
	emit(&sample, (struct event){ .type = EVENT_STEP_START });
	emit_step(&sample, EVENT_BUILD_STEP_START, MAKE);
	buf_add_text(&seen, "build web: " MAKE "\n");
	for (int i = 0; i < 12; i++) {
		emit_log(&sample, MAKE, "0123456789abcdefghij0123456789abcdef\n");
		buf_add_text(&seen, "  | 0123456789abcdefghij0123456789abcdef\n");
	}
	emit_log(&sample, STEP, "0123456789abcdefghij0123456789abcdefghij\n");
	buf_add_text(&seen, "build web: " STEP "\n"
			    "  | 0123456789abcdefghij0123456789abcdef\nghij\n"
			    "build web\n       " MAKE "\n");
	expect(&sample, seen.data);
	stop(&sample);
	start(&sample, 40, 6, 0);
	emit(&sample, (struct event){ .type = EVENT_STEP_START });
	emit_step(&sample, EVENT_BUILD_STEP_START, MAKE);
	report_free(sample.report);
	sample.report = NULL;
	assert_string_equal(screen_text(&sample.screen), "");
	stop(&sample);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_build_leaves_one_line_a_step),
		cmocka_unit_test(test_a_failing_step_leaves_its_last_lines),
		cmocka_unit_test(test_no_line_is_wider_and_nothing_higher_than_the_terminal),
		cmocka_unit_test(test_a_narrower_terminal_keeps_no_rests),
		cmocka_unit_test(test_of_several_images_each_has_a_line),
		cmocka_unit_test(test_lines_scroll_away_above),
	};

	return cmocka_run_group_tests_name("report/tty", tests, NULL, NULL);
}
