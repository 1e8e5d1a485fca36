/* SPDX-License-Identifier: MIT */
#include "flow/trial/retest.h"

#include <string.h>

#include "base/limits.h"
#include "base/str.h"
#include "codec/digest.h"
#include "flow/key/past.h"

#define PASSED "passed"

static void add_command(struct buf *text, const struct settings_command *command)
{
	buf_add_format(text, "%zu\n", command->argv.len);
	for (size_t i = 0; i < command->argv.len; i++)
		buf_add_format(text, "%zu %s\n", strlen(command->argv.items[i]),
			       command->argv.items[i]);
}

int retest_note_tests(const struct settings *settings, struct record *record, struct error *err)
{
	AUTO(buf_release) struct buf text = BUF_INIT(4 * LIMIT_CONFIG_FILE);
	struct digest_text digest;

	add_command(&text, &settings->ready);
	add_command(&text, &settings->test);
	if (buf_check(&text, "the tests", err) || digest_of(buf_slice(&text), &digest, err))
		return -1;
	free(record->tests);
	record->tests = str_format(err, "%.16s", digest.text + strlen("sha256:"));
	return record->tests ? 0 : -1;
}

bool retest_accepts(const struct settings *settings, const struct record *trial)
{
	if (!trial)
		return false;
	if (str_equal(trial->result, RETEST_SPARED))
		return settings->retest == RETEST_NEVER;
	return str_equal(trial->result, PASSED) &&
	       (!trial->of || settings->retest != RETEST_ALWAYS);
}

/* What the ledger says of the key. */
struct past_trials {
	struct record newest; /* its `of` is the commit whose image was tried */
	bool has_trial;
	bool is_known; /* some run went its way to the end */
};

static void past_trials_release(struct past_trials *past)
{
	record_release(&past->newest);
}

static int take(struct past_trials *past, const char *sha, struct record *record, struct error *err)
{
	if (past->has_trial && strcmp(past->newest.at, record->at) >= 0)
		return 0;
	record_release(&past->newest);
	past->newest = *record;
	*record = (struct record){ 0 };
	past->has_trial = true;
	return past->newest.of ? 0 : str_replace(&past->newest.of, sha, err);
}

/* Fetched lines are anybody's. */
static bool counts(const struct job *job, const struct record *record)
{
	return (record->is_sealed || job->settings->trust == TRUST_ALL) &&
	       str_equal(record->image, job->name) && str_equal(record->key, job->key);
}

static int read_commit(struct job *job, const char *sha, struct past_trials *past,
		       struct error *err)
{
	AUTO(record_list_release) struct record_list list = { 0 };

	if (record_read(job->run->repo, &job->run->seal, sha, &list, err))
		return -1;
	for (size_t i = 0; i < list.len; i++) {
		struct record *record = &list.items[i];

		if (!counts(job, record))
			continue;
		past->is_known = true;
		if (record->kind == RECORD_TRIAL && record->at &&
		    !str_equal(record->result, RETEST_SPARED) && take(past, sha, record, err))
			return -1;
	}
	return 0;
}

static int read_past(struct job *job, struct past_trials *past, struct error *err)
{
	AUTO(strv_release) struct strv shas = { 0 };
	const char *branch = job->settings->trusted_branch;

	if (past_find(job->run, NULL, job->key, &shas, err) ||
	    (branch && past_find(job->run, branch, job->key, &shas, err)))
		return -1;
	for (size_t i = 0; i < shas.len; i++)
		if (read_commit(job, shas.items[i], past, err))
			return -1;
	return 0;
}

static bool has_passed_these_tests(const struct job *job, const struct past_trials *past)
{
	AUTO(record_release) struct record now = { 0 };
	struct error ignored = { 0 };

	return past->has_trial && str_equal(past->newest.result, PASSED) &&
	       !retest_note_tests(job->settings, &now, &ignored) &&
	       str_equal(past->newest.tests, now.tests);
}

/* A run that was killed before its trial left no line: what it built is tried. */
static bool may_be_left(const struct job *job, const struct past_trials *past)
{
	return job->settings->retest == RETEST_NEVER && past->is_known &&
	       (!past->has_trial || str_equal(past->newest.result, PASSED));
}

/* Why no trial is needed, and what is to be noted; all NULL: one is. */
struct verdict {
	char *why;
	char *of;
	const char *result;
};

static void verdict_release(struct verdict *verdict)
{
	free(verdict->why);
	free(verdict->of);
}

static int judge(struct job *job, bool is_built, struct verdict *verdict, struct error *err)
{
	AUTO(past_trials_release) struct past_trials past = { 0 };

	if (job->settings->retest == RETEST_ALWAYS || !job->key || job->is_dirty)
		return 0;
	if (read_past(job, &past, err))
		return -1;
	if (has_passed_these_tests(job, &past)) {
		verdict->result = PASSED;
		verdict->of = TAKE(past.newest.of);
		verdict->why = str_format(err, "the same content passed as %.7s (image.retest)",
					  verdict->of);
	} else if (!is_built && may_be_left(job, &past)) {
		verdict->result = RETEST_SPARED;
		verdict->why = str_copy("it was not built now (image.retest = never)", err);
	} else {
		return 0;
	}
	return verdict->why ? 0 : -1;
}

int retest_foresee(struct job *job, bool will_be_built, char **ret_why, struct error *err)
{
	AUTO(verdict_release) struct verdict verdict = { 0 };

	if (judge(job, will_be_built, &verdict, err))
		return -1;
	*ret_why = TAKE(verdict.why);
	return 0;
}

static int note(struct job *job, const struct verdict *verdict, struct error *err)
{
	struct record *record;

	if (job->run->options.is_dry_run)
		return 0;
	record = job_add_record(job, RECORD_TRIAL, err);
	if (!record || str_replace(&record->result, verdict->result, err) ||
	    str_replace(&record->of, verdict->of, err))
		return -1;
	return verdict->of ? retest_note_tests(job->settings, record, err) : 0;
}

int retest_spare(struct job *job, char **ret_why, struct error *err)
{
	AUTO(verdict_release) struct verdict verdict = { 0 };

	if (judge(job, job->is_built, &verdict, err) || (verdict.why && note(job, &verdict, err)))
		return -1;
	if (verdict.why)
		job->is_tested = true;
	*ret_why = TAKE(verdict.why);
	return 0;
}
