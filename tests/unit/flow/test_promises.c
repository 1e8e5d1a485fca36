/* SPDX-License-Identifier: MIT */
/* Promises 3, 4 and 5 as far as an engine in memory can show them, and a real
 * repository with three commits. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <unistd.h>

#include "engine/stamp.h"
#include "flow/build/build.h"
#include "flow/build/identity.h"
#include "flow/prune.h"
#include "flow/publish/forward.h"
#include "flow/strays.h"
#include "world.h"

static void test_only_stale_images_of_ours_go(void **state)
{
	struct world *world = *state;
	struct fake_engine *engine = &world->engine;
	AUTO(job_release) struct job job = JOB_INIT;
	AUTOFREE char *left = NULL, *expected = NULL;
	struct error err = { 0 };
	char other[64];

	world_add_own(world, 0, "2026-01-01T00:00:00Z");
	world_add_own(world, 1, "2026-01-02T00:00:00Z");
	fake_add(engine, "r.example/app:v1.0", world->sha[0], "2026-01-01T00:00:00Z");
	fake_add(engine, "r.example/app:experiment", NULL, "2026-01-01T00:00:00Z");
	fake_add(engine, "r.example/app:abcdef1", NULL, "2026-01-01T00:00:00Z");
	fake_add(engine, "r.example/app:abcdef2", world->sha[0], "2026-01-01T00:00:00Z");
	snprintf(other, sizeof(other), "r.example/app2:%.7s", world->sha[0]);
	fake_add(engine, other, world->sha[0], "2026-01-01T00:00:00Z");
	fake_use(engine, world_add_own(world, 2, "2026-01-03T00:00:00Z"));
	world_open_job(world, &world->run, &job);
	job.is_tested = true;
	assert_int_equal(prune_repository(&job, &err), 0);
	left = fake_tags(engine);
	assert_null(strstr(left, world_tag(world, 0)));
	assert_non_null(strstr(left, world_tag(world, 1)));
	assert_non_null(strstr(left, world_tag(world, 2)));
	assert_non_null(strstr(left, "app:v1.0"));
	assert_non_null(strstr(left, "app:experiment"));
	assert_non_null(strstr(left, "app:abcdef1"));
	assert_non_null(strstr(left, "app:abcdef2"));
	assert_non_null(strstr(left, other));
}

static void add_trial(struct world *world, const char *sha, const char *id, const char *result)
{
	world_note(world, sha,
		   &(struct record){ .kind = RECORD_TRIAL,
				     .id = (char *)(uintptr_t)id,
				     .result = (char *)(uintptr_t)result });
}

/* It adds no layer and inherits all that the stamp covers. */
static void test_what_somebody_built_on_ours_stays(void **state)
{
	struct world *world = *state;
	AUTO(job_release) struct job job = JOB_INIT;
	struct error err = { 0 };

	fake_add(&world->engine, world_tag(world, 0), world->sha[0], "2026-01-01T00:00:00Z");
	world_add_own(world, 1, "2026-01-02T00:00:00Z");
	world_open_job(world, &world->run, &job);
	job.is_tested = true;
	assert_int_equal(prune_repository(&job, &err), 0);
	assert_int_equal(world->engine.image_count, 2);
}

static void test_the_last_tested_stays_until_this_one_is(void **state)
{
	struct world *world = *state;
	AUTO(job_release) struct job job = JOB_INIT;
	struct error err = { 0 };
	struct engine_image *image;

	image = world_add_own(world, 0, "2026-01-01T00:00:00Z");
	add_trial(world, world->sha[0], image->id, "passed");
	world_add_own(world, 1, "2026-01-02T00:00:00Z");
	world_open_job(world, &world->run, &job);
	assert_false(job.is_tested);
	assert_int_equal(prune_repository(&job, &err), 0);
	assert_int_equal(world->engine.image_count, 2);
	job.is_tested = true;
	assert_int_equal(prune_repository(&job, &err), 0);
	assert_int_equal(world->engine.image_count, 1);
}

static void test_keep_counts_further_ones(void **state)
{
	struct world *world = *state;
	AUTO(job_release) struct job job = JOB_INIT;
	AUTOFREE char *left = NULL;
	struct error err = { 0 };

	for (size_t i = 0; i < 3; i++) {
		char created[32];

		snprintf(created, sizeof(created), "2026-01-0%zuT00:00:00Z", i + 1);
		world_add_own(world, i, created);
	}
	world->settings.keep = 1;
	world_open_job(world, &world->run, &job);
	job.is_tested = true;
	assert_int_equal(prune_repository(&job, &err), 0);
	left = fake_tags(&world->engine);
	assert_null(strstr(left, world_tag(world, 0)));
	assert_non_null(strstr(left, world_tag(world, 2)));
}

static void test_a_later_commits_image_stays(void **state)
{
	struct world *world = *state;
	AUTO(job_release) struct job job = JOB_INIT;
	AUTOFREE char *left = NULL;
	struct error err = { 0 };

	world_add_own(world, 0, "2026-01-01T00:00:00Z");
	world_add_own(world, 1, "2026-01-03T00:00:00Z");
	world_add_own(world, 2, "2026-01-02T00:00:00Z");
	world_open_job(world, &world->run, &job);
	job.is_tested = true;
	assert_int_equal(prune_repository(&job, &err), 0);
	left = fake_tags(&world->engine);
	assert_null(strstr(left, world_tag(world, 0)));
	assert_non_null(strstr(left, world_tag(world, 2)));
}

/* What it would be called is set by hand: no work tree is read here. */
static void test_the_work_trees_image_does_not_replace_the_commits(void **state)
{
	struct world *world = *state;
	AUTO(job_release) struct job job = JOB_INIT;
	char dirty_sha[64], dirty_tag[128];
	struct error err = { 0 };

	snprintf(dirty_sha, sizeof(dirty_sha), "%s-dirty", world->sha[1]);
	fake_add(&world->engine, world_tag(world, 1), world->sha[1], "2026-01-01T00:00:00Z");
	snprintf(dirty_tag, sizeof(dirty_tag), "%s-dirty-01234567", world_tag(world, 1));
	fake_add(&world->engine, dirty_tag, dirty_sha, "2026-01-02T00:00:00Z");
	world_open_job(world, &world->run, &job);
	assert_int_equal(str_replace(&job.tag, strchr(dirty_tag, ':') + 1, &err), 0);
	assert_int_equal(str_replace(&job.sha, dirty_sha, &err), 0);
	assert_int_equal(str_replace(&job.image.id, world->engine.images[1].id, &err), 0);
	job.is_dirty = true;
	job.is_tested = true;
	assert_int_equal(prune_repository(&job, &err), 0);
	assert_int_equal(world->engine.image_count, 2);
}

static void test_what_somebody_tagged_meanwhile_stays(void **state)
{
	struct world *world = *state;
	AUTO(job_release) struct job job = JOB_INIT;
	AUTOFREE char *id = NULL;
	struct error err = { 0 };

	fake_add(&world->engine, world_tag(world, 1), world->sha[1], "2026-01-02T00:00:00Z");
	id = str_copy(fake_add(&world->engine, "r.example/app:v1.0", world->sha[1],
			       "2026-01-01T00:00:00Z")
			      ->id,
		      &err);
	world_open_job(world, &world->run, &job);
	drop_untagged(&job, id);
	assert_int_equal(world->engine.image_count, 2);
}

static void test_a_dry_run_removes_nothing(void **state)
{
	struct world *world = *state;
	AUTO(job_release) struct job job = JOB_INIT;
	struct error err = { 0 };

	fake_add(&world->engine, world_tag(world, 0), world->sha[0], "2026-01-01T00:00:00Z");
	fake_add(&world->engine, world_tag(world, 1), world->sha[1], "2026-01-02T00:00:00Z");
	world->run.options.is_dry_run = true;
	world_open_job(world, &world->run, &job);
	job.is_tested = true;
	assert_int_equal(prune_repository(&job, &err), 0);
	assert_int_equal(world->engine.image_count, 2);
}

/* `sha`: it is stamped; NULL: BuildKit made it. */
static struct engine_image *add_dangling(struct world *world, const char *sha, const char *label,
					 const char *repository)
{
	struct engine_image *image = fake_add(&world->engine, "x:y", sha, "2026-01-01T00:00:00Z");
	struct error err = { 0 };

	assert_int_equal(strmap_set(&image->labels, label, repository, &err), 0);
	strv_release(&image->tags);
	return image;
}

static void test_dangling_images_of_ours_go(void **state)
{
	struct world *world = *state;
	AUTO(job_release) struct job job = JOB_INIT;
	struct engine_image *used, *tagged;
	struct error err = { 0 };

	add_dangling(world, world->sha[0], LABEL_REPOSITORY, "r.example/app");
	add_dangling(world, NULL, ENGINE_CONTENT_LABEL, "r.example/app");
	/* A label alone proves nothing. */
	add_dangling(world, NULL, LABEL_REPOSITORY, "r.example/app");
	add_dangling(world, world->sha[0], LABEL_REPOSITORY, "r.example/b");
	add_dangling(world, NULL, ENGINE_CONTENT_LABEL, "r.example/b");
	used = add_dangling(world, NULL, ENGINE_CONTENT_LABEL, "r.example/app");
	fake_use(&world->engine, used);
	tagged = add_dangling(world, NULL, ENGINE_CONTENT_LABEL, "r.example/app");
	assert_int_equal(strv_add(&tagged->tags, "somebody:s", &err), 0);
	world_open_job(world, &world->run, &job);
	assert_int_equal(strays_drop_images(&job, &err), 0);
	assert_int_equal(world->engine.image_count, 5);
	for (size_t i = 0; i < world->engine.image_count; i++) {
		const struct engine_image *image = &world->engine.images[i];
		const char *content = strmap_get(&image->labels, ENGINE_CONTENT_LABEL);

		assert_false(content && !strcmp(content, "r.example/app") && !image->tags.len &&
			     strcmp(image->id, world->engine.containers[0].image_id) != 0);
	}
}

static void test_a_tag_of_another_commit_is_a_conflict(void **state)
{
	struct world *world = *state;
	AUTO(job_release) struct job job = JOB_INIT;
	struct error err = { 0 };

	fake_add(&world->engine, world_tag(world, 1), world->sha[2], "2026-01-01T00:00:00Z");
	assert_int_equal(
		job_init(&job, &world->run,
			 &(struct job_subject){ .name = "app", .settings = &world->settings },
			 &err),
		0);
	assert_int_equal(plan_job(&job, &err), -1);
	assert_int_equal(error_exit_code(err.kind), 9);
	assert_non_null(strstr(err.message, world->sha[2]));
	assert_non_null(strstr(err.message, world->sha[1]));
}

static void expect_conflict(struct world *world, const char *holds)
{
	AUTO(job_release) struct job job = JOB_INIT;
	AUTOFREE char *expected = NULL;
	struct error err = { 0 };

	assert_int_equal(
		job_init(&job, &world->run,
			 &(struct job_subject){ .name = "app", .settings = &world->settings },
			 &err),
		0);
	assert_int_equal(plan_job(&job, &err), -1);
	assert_int_equal(error_exit_code(err.kind), 9);
	expected = str_format(&err, "'%s' holds %s, not commit %s", world_tag(world, 1), holds,
			      world->sha[1]);
	assert_string_equal(err.message, expected);
}

/* All that is written into it has to agree, and with its layers. */
static void test_a_foreign_image_under_the_commits_tag_is_a_conflict(void **state)
{
	static const char lower[] = "sha256:lower";
	struct world *world = *state;
	struct engine_image *image = fake_add(&world->engine, world_tag(world, 1), world->sha[1],
					      "2026-01-01T00:00:00Z");
	struct error err = { 0 };

	assert_int_equal(strmap_set(&image->labels, LABEL_REVISION, "v1", &err), 0);
	expect_conflict(world, "an image whose label 'org.opencontainers.image.revision' says "
			       "'v1'");
	assert_int_equal(strmap_set(&image->labels, LABEL_REVISION, world->sha[1], &err), 0);
	assert_int_equal(strv_add(&image->layers, lower, &err), 0);
	expect_conflict(world, "an image that git-image did not stamp");
	strmap_release(&image->labels);
	expect_conflict(world, "an image that git-image did not stamp");
}

static void test_a_fetched_line_is_no_passing_trial(void **state)
{
	struct world *world = *state;
	AUTO(record_list_release) struct record_list list = { 0 };
	AUTO(job_release) struct job job = JOB_INIT;
	struct error err = { 0 };
	struct engine_image *image;
	char line[512];

	image = fake_add(&world->engine, world_tag(world, 1), world->sha[1],
			 "2026-01-02T00:00:00Z");
	snprintf(
		line, sizeof(line),
		"{\"v\":1,\"kind\":\"trial\",\"image\":\"app\",\"id\":\"%s\",\"result\":\"passed\","
		"\"seal\":\"%064d\"}",
		image->id, 0);
	WORLD_GIT(world, NULL, "notes", "--ref=image", "add", "-m", line, world->sha[1]);
	world_open_job(world, &world->run, &job);
	assert_false(job.is_tested);
	job_release(&job);
	world->settings.trust = TRUST_ALL;
	world_open_job(world, &world->run, &job);
	assert_true(job.is_tested);
	job_release(&job);
	world->settings.trust = TRUST_OWN;
	add_trial(world, world->sha[1], image->id, "passed");
	world_open_job(world, &world->run, &job);
	assert_true(job.is_tested);
	assert_int_equal(record_read(world->run.repo, &world->run.seal, world->sha[1], &list, &err),
			 0);
	assert_int_equal(list.len, 2);
}

static const struct {
	const char *note;
	bool has_ended;	      /* the run that left the container */
	bool is_of_our_state; /* it shares our state folder */
	bool goes;
} strays[] = {
	{ "of a run that goes on", false, true, false },
	{ "of a run that was killed", true, true, true },
	{ "of a run that we cannot see", false, false, false },
};

static void test_containers_of_dead_runs_go(void **state)
{
	struct world *world = *state;

	for (size_t i = 0; i < ARRAY_SIZE(strays); i++) {
		struct fake_engine *engine = &world->engine;
		struct engine_container *container;
		struct run other;
		struct error err = { 0 };

		fake_release(engine);
		fake_init(engine);
		setenv("XDG_STATE_HOME", strays[i].is_of_our_state ? world->state : world->folder,
		       1);
		assert_int_equal(run_open(&(struct run_options){ .folder = world->folder }, NULL,
					  &other, &err),
				 0);
		other.engine = &engine->base;
		assert_int_equal(run_begin(&other, &err), 0);
		container =
			fake_use(engine, fake_add(engine, world_tag(world, 0), world->sha[0], ""));
		assert_int_equal(strays_label(&other, 60000, &container->labels, &err), 0);
		if (strays[i].has_ended) {
			close(other.alive_fd);
			other.alive_fd = -1;
		}
		assert_int_equal(strays_sweep(&world->run, world->run.engine, &err), 0);
		assert_int_equal(engine->container_count, !strays[i].goes);
		other.engine = NULL;
		run_close(&other);
	}
}

static const struct {
	const char *note;
	int commit; /* that :latest holds; -1: none known, -2: there is no :latest */
	bool is_contradicted;
	bool forces;
	enum latest_outcome outcome;
} judgements[] = {
	{ "nothing", -2, false, false, LATEST_MOVED },
	{ "an ancestor", 0, false, false, LATEST_MOVED },
	{ "the same commit", 1, false, false, LATEST_MOVED },
	{ "a descendant", 2, false, false, LATEST_SUPERSEDED },
	{ "a descendant, by force", 2, false, true, LATEST_MOVED },
	{ "no commit", -1, false, false, LATEST_UNDETERMINED },
	{ "no commit, by force", -1, false, true, LATEST_MOVED },
	{ "an ancestor, by one of two statements", 0, true, false, LATEST_UNDETERMINED },
};

static void test_latest_in_the_registry_moves_only_forward(void **state)
{
	struct world *world = *state;
	AUTO(job_release) struct job job = JOB_INIT;
	const struct moving_tag latest = { .name = "latest" };
	struct error err = { 0 };

	world_open_job(world, &world->run, &job);
	for (size_t i = 0; i < ARRAY_SIZE(judgements); i++) {
		struct registry_image held = REGISTRY_IMAGE_INIT;
		enum latest_outcome outcome = LATEST_NOT_TRIED;

		if (judgements[i].commit >= 0)
			memcpy(held.commit.sha, world->sha[judgements[i].commit], 41);
		held.commit.is_contradicted = judgements[i].is_contradicted;
		world->run.options.moves_latest = judgements[i].forces;
		assert_int_equal(forward_judge(&job, &latest,
					       judgements[i].commit == -2 ? NULL : &held, &outcome,
					       &err),
				 0);
		assert_int_equal(outcome, judgements[i].outcome);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(function) cmocka_unit_test_setup_teardown(function, world_set_up, world_tear_down)
		TEST(test_only_stale_images_of_ours_go),
		TEST(test_what_somebody_built_on_ours_stays),
		TEST(test_the_last_tested_stays_until_this_one_is),
		TEST(test_keep_counts_further_ones),
		TEST(test_a_later_commits_image_stays),
		TEST(test_the_work_trees_image_does_not_replace_the_commits),
		TEST(test_what_somebody_tagged_meanwhile_stays),
		TEST(test_a_dry_run_removes_nothing),
		TEST(test_dangling_images_of_ours_go),
		TEST(test_a_tag_of_another_commit_is_a_conflict),
		TEST(test_a_foreign_image_under_the_commits_tag_is_a_conflict),
		TEST(test_a_fetched_line_is_no_passing_trial),
		TEST(test_latest_in_the_registry_moves_only_forward),
		TEST(test_containers_of_dead_runs_go),
	};

	return cmocka_run_group_tests_name("flow/promises", tests, NULL, NULL);
}
