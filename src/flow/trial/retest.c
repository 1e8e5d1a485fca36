/* SPDX-License-Identifier: MIT */
#include "flow/trial/retest.h"

#include <string.h>

#include "base/limits.h"
#include "base/str.h"
#include "codec/digest.h"
#include "flow/build/identity.h"
#include "flow/key/past.h"

#define PASSED "passed"

static void add_command(struct buf *text, const struct settings_command *command)
{
	buf_add_format(text, "%zu\n", command->argv.len);
	for (size_t i = 0; i < command->argv.len; i++)
		buf_add_format(text, "%zu %s\n", strlen(command->argv.items[i]),
			       command->argv.items[i]);
}

static int note_hash(const struct buf *text, char **ret_hash, struct error *err)
{
	struct digest_text digest;

	if (buf_check(text, "what is tried", err) || digest_of(buf_slice(text), &digest, err))
		return -1;
	free(*ret_hash);
	*ret_hash = str_format(err, "%.16s", digest.text + strlen("sha256:"));
	return *ret_hash ? 0 : -1;
}

int retest_note(const struct job *job, struct record *record, struct error *err)
{
	AUTO(buf_release) struct buf tests = BUF_INIT(4 * LIMIT_CONFIG_FILE);
	AUTO(buf_release) struct buf layers = BUF_INIT(LIMIT_JSON_DOCUMENT);

	add_command(&tests, &job->settings->ready);
	add_command(&tests, &job->settings->test);
	if (job->settings->ready.ends)
		buf_add_text(&tests, "exit\n");
	for (size_t i = 0; i < job->image.layers.len; i++)
		buf_add_format(&layers, "%s\n", job->image.layers.items[i]);
	if (note_hash(&tests, &record->tests, err))
		return -1;
	return note_hash(&layers, &record->layers, err);
}

bool retest_accepts(const struct settings *settings, const struct record *trial)
{
	if (!trial)
		return false;
	if (str_equal(trial->result, RETEST_SPARED))
		return trial->of && settings->retest == RETEST_NEVER;
	return str_equal(trial->result, PASSED) &&
	       (!trial->of || settings->retest != RETEST_ALWAYS);
}

/* It is stamped into the image, whether this run knows it or not. */
static const char *key_of(const struct job *job)
{
	return strmap_get(&job->image.labels, LABEL_KEY);
}

/* What the ledger says of the key. */
struct past_trials {
	struct record newest; /* its `of` is the commit whose image was tried */
	bool has_trial;
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
	       record->kind == RECORD_TRIAL && record->at && str_equal(record->image, job->name) &&
	       str_equal(record->key, key_of(job)) && !str_equal(record->result, RETEST_SPARED);
}

static int read_commit(struct job *job, const char *sha, struct past_trials *past,
		       struct error *err)
{
	AUTO(record_list_release) struct record_list list = { 0 };

	if (record_read(job->run->repo, &job->run->seal, sha, &list, err))
		return -1;
	for (size_t i = 0; i < list.len; i++) {
		struct record *record = &list.items[i];

		if (counts(job, record) && take(past, sha, record, err))
			return -1;
	}
	return 0;
}

static int read_past(struct job *job, struct past_trials *past, struct error *err)
{
	AUTO(strv_release) struct strv shas = { 0 };
	const char *branch = job->settings->trusted_branch;

	if (past_find(job->run, NULL, key_of(job), &shas, err) ||
	    (branch && past_find(job->run, branch, key_of(job), &shas, err)))
		return -1;
	for (size_t i = 0; i < shas.len; i++)
		if (read_commit(job, shas.items[i], past, err))
			return -1;
	return 0;
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

/* The key says what goes into a build, not what came out: the layers do. */
static int compare(const struct job *job, struct past_trials *past, struct verdict *verdict,
		   struct error *err)
{
	AUTO(record_release) struct record now = { 0 };
	bool has_these_tests;

	if (!past->has_trial || !str_equal(past->newest.result, PASSED))
		return 0;
	if (retest_note(job, &now, err))
		return -1;
	has_these_tests = str_equal(past->newest.tests, now.tests);
	if (!str_equal(past->newest.layers, now.layers) ||
	    (!has_these_tests && job->settings->retest != RETEST_NEVER))
		return 0;
	verdict->result = has_these_tests ? PASSED : RETEST_SPARED;
	verdict->of = TAKE(past->newest.of);
	verdict->why = str_format(err, "the same content passed %sas %.7s (image.retest)",
				  has_these_tests ? "" : "other tests ", verdict->of);
	return verdict->why ? 0 : -1;
}

static int judge(struct job *job, struct verdict *verdict, struct error *err)
{
	AUTO(past_trials_release) struct past_trials past = { 0 };

	if (job->settings->retest == RETEST_ALWAYS || job->is_built || job->is_dirty ||
	    !key_of(job))
		return 0;
	return read_past(job, &past, err) ? -1 : compare(job, &past, verdict, err);
}

int retest_foresee(struct job *job, char **ret_why, struct error *err)
{
	AUTO(verdict_release) struct verdict verdict = { 0 };

	if (judge(job, &verdict, err))
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
	return retest_note(job, record, err);
}

int retest_spare(struct job *job, char **ret_why, struct error *err)
{
	AUTO(verdict_release) struct verdict verdict = { 0 };

	if (judge(job, &verdict, err) || (verdict.why && note(job, &verdict, err)))
		return -1;
	if (verdict.why)
		job->is_tested = true;
	*ret_why = TAKE(verdict.why);
	return 0;
}
