/* SPDX-License-Identifier: MIT */
/* image.retest: which trial of another commit's image counts for this one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "flow/build/build.h"
#include "flow/build/identity.h"
#include "flow/trial/retest.h"
#include "world.h"

#define KEY "sha256:1111222233334444555566667777888800000000000000000000000000000000"

/* The image of commit i, of KEY, with one layer. */
static void add_image(struct world *world, size_t i, const char *layer)
{
	struct engine_image *image = fake_add(&world->engine, world_tag(world, i), world->sha[i],
					      "2026-01-01T00:00:00Z");
	struct strv none = { 0 };
	struct digest_text stamp;
	struct error err = { 0 };

	strv_release(&image->layers);
	image->layers = none;
	assert_int_equal(strv_add(&image->layers, layer, &err), 0);
	assert_int_equal(strmap_set(&image->labels, LABEL_KEY, KEY, &err), 0);
	assert_int_equal(identity_stamp(KEY, world->sha[i], &image->layers, &stamp, &err), 0);
	assert_int_equal(strmap_set(&image->labels, LABEL_STAMP, stamp.text, &err), 0);
}

static void set_tests(struct world *world, const char *command)
{
	struct error err = { 0 };

	strv_release(&world->settings.test.argv);
	assert_int_equal(strv_add(&world->settings.test.argv, command, &err), 0);
}

/* On the first commit, of an image that has the layer "one"; NULL: it was only built. */
static void add_line(struct world *world, const char *result)
{
	AUTO(job_release) struct job job = JOB_INIT;
	struct error err = { 0 };
	struct record *record;

	add_image(world, 1, "one");
	set_tests(world, "a");
	world_open_job(world, &world->run, &job);
	record = job_add_record(&job, result ? RECORD_TRIAL : RECORD_BUILD, &err);
	assert_non_null(record);
	if (result) {
		assert_int_equal(str_replace(&record->result, result, &err), 0);
		assert_int_equal(retest_note(&job, record, &err), 0);
	}
	assert_int_equal(
		record_add(world->run.repo, &world->run.seal, world->sha[0], &job.records, &err),
		0);
	fake_release(&world->engine);
	fake_init(&world->engine);
}

static const struct {
	const char *note;
	int rule;
	const char *result; /* of the trial on record; NULL: there is only a build */
	const char *layer;  /* of this commit's image */
	const char *tests;
	bool is_built;	    /* in this run */
	const char *spared; /* the result that is noted; NULL: it is tried */
} cases[] = {
	{ "the same", RETEST_CONTENT, "passed", "one", "a", false, "passed" },
	{ "always", RETEST_ALWAYS, "passed", "one", "a", false, NULL },
	{ "built now", RETEST_CONTENT, "passed", "one", "a", true, NULL },
	{ "built now, never", RETEST_NEVER, "passed", "one", "a", true, NULL },
	{ "built anew before", RETEST_CONTENT, "passed", "two", "a", false, NULL },
	{ "built anew before, never", RETEST_NEVER, "passed", "two", "a", false, NULL },
	{ "other tests", RETEST_CONTENT, "passed", "one", "b", false, NULL },
	{ "other tests, never", RETEST_NEVER, "passed", "one", "b", false, RETEST_SPARED },
	{ "no trial", RETEST_CONTENT, NULL, "one", "a", false, NULL },
	{ "no trial, never", RETEST_NEVER, NULL, "one", "a", false, NULL },
	{ "it failed", RETEST_NEVER, "failed", "one", "a", false, NULL },
	{ "nobody's word", RETEST_NEVER, RETEST_SPARED, "one", "a", false, NULL },
};

static void check(struct world *world, size_t i)
{
	AUTO(job_release) struct job job = JOB_INIT;
	AUTOFREE char *why = NULL, *foreseen = NULL;
	struct error err = { 0 };

	add_line(world, cases[i].result);
	add_image(world, 1, cases[i].layer);
	set_tests(world, cases[i].tests);
	world->settings.retest = cases[i].rule;
	world_open_job(world, &world->run, &job);
	job.is_built = cases[i].is_built;
	assert_int_equal(retest_foresee(&job, &foreseen, &err), 0);
	assert_int_equal(retest_spare(&job, &why, &err), 0);
	if (!why != !cases[i].spared)
		fail_msg("%s: %s", cases[i].note, why ? why : "tried");
	assert_true(str_equal(why, foreseen));
	assert_int_equal(job.records.len, why != NULL);
	assert_int_equal(job.is_tested, why != NULL);
	if (!why)
		return;
	assert_string_equal(job.records.items[0].result, cases[i].spared);
	assert_string_equal(job.records.items[0].of, world->sha[0]);
	assert_true(retest_accepts(&world->settings, &job.records.items[0]));
	world->settings.retest = RETEST_ALWAYS;
	assert_false(retest_accepts(&world->settings, &job.records.items[0]));
}

static void test_which_trial_counts(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		void *world;

		assert_int_equal(world_set_up(&world), 0);
		check(world, i);
		strv_release(&((struct world *)world)->settings.test.argv);
		assert_int_equal(world_tear_down(&world), 0);
	}
	(void)state;
}

static void test_a_spared_trial_counts_by_what_it_stands_on(void **state)
{
	char spared[] = RETEST_SPARED, sha[] = "1111111111111111111111111111111111111111";
	struct settings settings = { .retest = RETEST_NEVER };
	struct record trial = { .kind = RECORD_TRIAL, .result = spared };

	(void)state;
	assert_false(retest_accepts(&settings, &trial));
	trial.of = sha;
	assert_true(retest_accepts(&settings, &trial));
	settings.retest = RETEST_CONTENT;
	assert_false(retest_accepts(&settings, &trial));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_which_trial_counts),
		cmocka_unit_test(test_a_spared_trial_counts_by_what_it_stands_on),
	};

	return cmocka_run_group_tests_name("flow/retest", tests, NULL, NULL);
}
