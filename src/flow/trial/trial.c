/* SPDX-License-Identifier: MIT */
#include "flow/trial/trial.h"

#include <string.h>

#include "base/interrupt.h"
#include "base/str.h"
#include "base/time.h"
#include "flow/strays.h"
#include "flow/trial/ready.h"
#include "flow/trial/reports.h"
#include "flow/trial/retest.h"
#include "flow/trial/trial-engine.h"

/* What a trial may take beyond its two timeouts before another host sweeps it. */
#define SPARE_MS (10 * 60 * 1000)
#define KILLED	 (128 + 9)
/* Within which an engine notes that a container has ended. */
#define DEATH_NOTE_MS 1000

int trial_create(struct job *job, struct error *err)
{
	const struct settings *settings = job->settings;
	AUTO(strmap_release) struct strmap labels = { 0 };

	if (trial_engine_open(job, err))
		return -1;
	if (step_is_dry(job, "trial", "start a container of '%s' and await %s", job->reference,
			settings->ready.ends ? "its end" : "it"))
		return 0;
	if (strays_label(job->run,
			 settings->ready_timeout_ms + settings->test_timeout_ms + SPARE_MS, &labels,
			 err) ||
	    job->trial_engine->ops->create_container(
		    job->trial_engine,
		    &(struct engine_container_options){
			    .image = job->trial_image,
			    .labels = &labels,
			    .volume = settings->report,
			    .argv = settings->ready.ends ? &settings->ready.argv : NULL,
			    .probe_interval_ms = ready_probe_interval(job),
			    .probe_period_ms = settings->ready_timeout_ms,
		    },
		    &job->trial_id, err))
		return ready_explain_start(job, "create", err);
	return 0;
}

/* The tests' output goes on as it comes; its start tells why nothing ran. */
struct test_output {
	struct job *job;
	struct buf head;
};

static int emit_log(void *arg, const void *data, size_t len, struct error *err)
{
	struct test_output *output = arg;
	size_t room = output->head.max - output->head.len;

	(void)err;
	buf_add(&output->head, data, len < room ? len : room);
	event_emit(output->job->run->sink, &(struct event){ .type = EVENT_TEST_LOG,
							    .step = "test",
							    .image = output->job->name,
							    .text = { data, len } });
	return 0;
}

/* 126 and 127 are also what a shell gives for a program that it cannot find:
 * the runtime's own words name the one that we asked for. */
static bool is_missing(const char *program, const struct engine_exec_result *result,
		       const struct buf *head)
{
	return (result->exit_code == 126 || result->exit_code == 127) &&
	       strstr(head->data, "exec") && strstr(head->data, program) &&
	       (strstr(head->data, "no such file") || strstr(head->data, "not found"));
}

static int judge_tests(struct job *job, const struct engine_exec_result *result,
		       const struct buf *head, struct error *err)
{
	const struct settings_command *test = &job->settings->test;

	if (result->has_timed_out)
		return error_set(err, ERROR_TEST,
				 "the tests of '%s' did not end within %d s (image.testTimeout)",
				 job->reference, (int)(job->settings->test_timeout_ms / 1000));
	if (!result->exit_code)
		return 0;
	if (!is_missing(test->argv.items[0], result, head))
		return error_set(err, ERROR_TEST, "the tests of '%s' failed with exit code %d",
				 job->reference, result->exit_code);
	error_set(err, ERROR_TEST, "the tests of '%s' did not run: the image has no '%s'",
		  job->reference, test->argv.items[0]);
	return test->uses_shell
		       ? error_hint(err, "write image.test as a JSON array, like "
					 "[\"/bin/test\", \"--all\"], to run it without a shell")
		       : -1;
}

/* With its first process all others of the container are killed; a test that
 * was to begin then is refused in many words. */
static void explain_end(struct job *job, const struct engine_exec_result *result, struct error *err)
{
	bool is_likely = !error_is(err, ERROR_TEST) || result->exit_code == KILLED;

	if (error_is(err, ERROR_INTERRUPTED) || error_is(err, ERROR_UNREACHABLE) ||
	    error_is(err, ERROR_MEMORY))
		return;
	ready_explain_end(job, is_likely ? DEATH_NOTE_MS : 0, err);
}

static bool has_tests(struct job *job)
{
	if (job->settings->test.text)
		return true;
	step_skip(job, "test", "no image.test is set");
	return false;
}

static int run_tests(struct job *job, struct record *record, struct error *err)
{
	const struct settings *settings = job->settings;
	struct test_output output = { .job = job, .head = BUF_INIT(LIMIT_PEER_TEXT) };
	struct engine_exec_result result = { 0 };
	struct engine *engine = job->trial_engine;
	struct step step;
	int status;

	if (!has_tests(job))
		return 0;
	step = step_start(job, "test", settings->test.text);
	status = engine->ops->exec(engine, job->trial_id,
				   &(struct engine_exec){ .argv = &settings->test.argv,
							  .timeout_ms = settings->test_timeout_ms,
							  .sink = emit_log,
							  .sink_arg = &output },
				   &result, err);
	if (!status) {
		record->exit_code = result.has_timed_out ? -1 : result.exit_code;
		status = judge_tests(job, &result, &output.head, err);
	}
	buf_release(&output.head);
	if (status) {
		explain_end(job, &result, err);
		return step_fail(&step);
	}
	step_done(&step, NULL);
	return 0;
}

/* The reports come out whatever the tests said; a failing test stays the error. */
static int test_and_report(struct job *job, struct record *record, struct error *err)
{
	struct error copy_err = { 0 };
	int status = run_tests(job, record, err);

	if (!job->settings->report || (status && error_is(err, ERROR_INTERRUPTED)))
		return status;
	if (!reports_copy(job, &copy_err))
		return status;
	if (!status) {
		*err = copy_err;
		return -1;
	}
	event_warning(job->run->sink, "%s", copy_err.message);
	return status;
}

static int set_result(struct record *record, const char *result, struct error *err)
{
	return str_replace(&record->result, result, err);
}

int trial_run(struct job *job, struct error *err)
{
	struct error ignored = { 0 };
	struct record *record;
	struct step step;
	int status;

	if (job->run->options.is_dry_run) {
		job->is_tested = true; /* for the steps behind */
		return !has_tests(job) || step_is_dry(job, "test", "run its tests") ? 0 : -1;
	}
	record = job_add_record(job, RECORD_TRIAL, err);
	if (!record || set_result(record, "not-ready", err) || retest_note(job, record, err))
		return -1;
	step = step_start(job, "trial", NULL);
	if (ready_await(job, &record->ready_ms, err))
		return step_fail(&step);
	step_done(&step, NULL);
	status = test_and_report(job, record, err);
	if (set_result(record, status ? "failed" : "passed", status ? &ignored : err))
		return -1;
	job->is_tested = !status;
	return status;
}

int trial_remove(struct job *job, struct error *err)
{
	struct engine *engine = job->trial_engine;
	AUTOFREE char *id = TAKE(job->trial_id);
	bool was_shielded = interrupt_shield(true);
	int status = 0;

	if (id && engine->ops->remove_container(engine, id, err))
		status = error_wrap(err, "cannot remove the container %.12s", id);
	if (!status)
		status = trial_engine_leave(job, err);
	interrupt_shield(was_shielded);
	return status;
}
