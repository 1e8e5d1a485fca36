/* SPDX-License-Identifier: MIT */
/* What a run still needs no other one removes, for as long as it lives. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <sys/wait.h>
#include <unistd.h>

#include "flow/build/build.h"
#include "flow/prune.h"
#include "world.h"

/* A run at the first commit whose image others stand on, or are published with. */
static void leave_needed(struct world *world, struct run *run)
{
	AUTO(job_release) struct job job = JOB_INIT;
	struct error err = { 0 };

	assert_int_equal(run_open(&(struct run_options){ .folder = world->folder,
							 .revision = world->sha[0] },
				  NULL, run, &err),
			 0);
	run->engine = &world->engine.base;
	assert_int_equal(run_begin(run, &err), 0);
	world_open_job(world, run, &job);
	job.is_needed = true;
	assert_int_equal(job_lock(&job, &err), 0);
	job_unlock(&job);
}

/* The second commit's, which has passed its tests. */
static void prune(struct world *world)
{
	AUTO(job_release) struct job job = JOB_INIT;
	struct error err = { 0 };

	world_open_job(world, &world->run, &job);
	job.is_tested = true;
	assert_int_equal(prune_repository(&job, &err), 0);
}

static void test_what_a_live_run_needs_stays(void **state)
{
	struct world *world = *state;
	struct run other;

	world_add_own(world, 0, "2026-01-01T00:00:00Z");
	world_add_own(world, 1, "2026-01-02T00:00:00Z");
	leave_needed(world, &other);
	prune(world);
	assert_int_equal(world->engine.image_count, 2);
	other.engine = NULL;
	run_close(&other);
	prune(world);
	assert_int_equal(world->engine.image_count, 1);
}

/* As when the same commit is built once more, and gives another image. */
static void test_what_lost_its_tag_stays_too(void **state)
{
	struct world *world = *state;
	AUTO(job_release) struct job job = JOB_INIT;
	struct run other;

	world_add_own(world, 0, "2026-01-01T00:00:00Z");
	leave_needed(world, &other);
	world_open_job(world, &world->run, &job);
	strv_release(&world->engine.images[0].tags);
	drop_untagged(&job, world->engine.images[0].id);
	assert_int_equal(world->engine.image_count, 1);
	other.engine = NULL;
	run_close(&other);
	drop_untagged(&job, world->engine.images[0].id);
	assert_int_equal(world->engine.image_count, 0);
}

/* Its file is there, its lock is not. */
static void test_what_a_dead_run_needed_goes(void **state)
{
	struct world *world = *state;
	int status = -1;
	pid_t child;

	world_add_own(world, 0, "2026-01-01T00:00:00Z");
	world_add_own(world, 1, "2026-01-02T00:00:00Z");
	child = fork();
	if (!child) {
		struct run other;

		leave_needed(world, &other);
		_exit(run_is_held(&other, world->engine.images[0].id) ? 0 : 1);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
	prune(world);
	assert_int_equal(world->engine.image_count, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(function) cmocka_unit_test_setup_teardown(function, world_set_up, world_tear_down)
		TEST(test_what_a_live_run_needs_stays),
		TEST(test_what_lost_its_tag_stays_too),
		TEST(test_what_a_dead_run_needed_goes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
