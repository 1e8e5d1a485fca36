/* SPDX-License-Identifier: MIT */
/* Several platforms of one image: their order, their tags, who prunes what. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>

#include "flow/build/identity.h"
#include "flow/jobs.h"
#include "flow/key/key.h"
#include "flow/loop.h"
#include "flow/prune.h"
#include "image/platform.h"
#include "world.h"

/* "linux/amd64", or what else these tests run on. */
static char *own_platform(void)
{
	AUTO(platform_release) struct platform own = { 0 };
	struct error err = { 0 };

	assert_int_equal(platform_of_host(&own, &err), 0);
	return str_format(&err, "%s/%s", own.os, own.architecture);
}

static void ask_for(struct world *world, const char *first, const char *second)
{
	struct error err = { 0 };

	assert_int_equal(strv_add(&world->settings.platforms, first, &err), 0);
	if (second)
		assert_int_equal(strv_add(&world->settings.platforms, second, &err), 0);
}

static int end(void **state)
{
	struct world *world = *state;

	strv_release(&world->settings.platforms);
	strv_release(&world->settings.untested_platforms);
	return world_tear_down(state);
}

static void open_jobs(struct world *world, struct jobs *jobs)
{
	struct error err = { 0 };

	assert_int_equal(jobs_open(&world->run, "app", &world->settings, jobs, &err), 0);
}

static void test_one_platform_has_the_plain_tag(void **state)
{
	struct world *world = *state;
	AUTO(jobs_release) struct jobs jobs = { 0 };

	ask_for(world, "plan9/mips", NULL);
	open_jobs(world, &jobs);
	assert_int_equal(jobs.len, 1);
	assert_string_equal(jobs.items[0].platform, "plan9/mips");
	assert_string_equal(jobs.items[0].reference, world_tag(world, 1));
	assert_null(jobs.items[0].platform_tag);
	assert_false(jobs.items[0].is_secondary);
}

static void test_of_several_the_own_one_is_first_and_plain(void **state)
{
	struct world *world = *state;
	AUTO(jobs_release) struct jobs jobs = { 0 };
	AUTOFREE char *own = own_platform();
	char expected[64];

	ask_for(world, "plan9/mips/v2", own);
	open_jobs(world, &jobs);
	assert_int_equal(jobs.len, 2);
	assert_string_equal(jobs.items[0].platform, own);
	assert_string_equal(jobs.items[0].reference, world_tag(world, 1));
	assert_non_null(jobs.items[0].platform_tag);
	assert_true(jobs.items[1].is_secondary);
	snprintf(expected, sizeof(expected), "%.7s-plan9-mips-v2", world->sha[1]);
	assert_string_equal(jobs.items[1].tag, expected);
	assert_string_equal(jobs.items[1].platform_tag, expected);
}

static void test_two_names_of_one_platform_are_refused(void **state)
{
	struct world *world = *state;
	AUTO(jobs_release) struct jobs jobs = { 0 };
	struct error err = { 0 };

	ask_for(world, "linux/arm64", "linux/arm64/v8");
	assert_int_equal(jobs_open(&world->run, "app", &world->settings, &jobs, &err), -1);
	assert_int_equal(err.kind, ERROR_INPUT);
	assert_string_equal(err.message,
			    "image.platform: 'linux/arm64' and 'linux/arm64/v8' are the same");
}

static void test_a_work_tree_is_built_for_one_platform(void **state)
{
	struct world *world = *state;
	AUTO(jobs_release) struct jobs jobs = { 0 };
	AUTOFREE char *own = own_platform();
	char context[] = ".";

	ask_for(world, "plan9/mips", own);
	world->settings.context = context;
	world->run.options.uses_worktree = true;
	open_jobs(world, &jobs);
	assert_int_equal(jobs.len, 1);
	assert_string_equal(jobs.items[0].platform, own);
	assert_true(jobs.items[0].is_dirty);
	assert_null(jobs.items[0].platform_tag);
}

/* Machines of two kinds must not take one image for the other. */
static void test_the_platform_is_part_of_the_key(void **state)
{
	struct world *world = *state;
	AUTO(jobs_release) struct jobs jobs = { 0 };
	AUTOFREE char *own = own_platform();
	AUTO(job_key_release) struct job_key key = { 0 }, other = { 0 };
	struct error err = { 0 };
	char context[] = ".";
	const char *found = NULL;

	world->settings.context = context;
	open_jobs(world, &jobs);
	assert_int_equal(job_key_find(&jobs.items[0], &key, &err), 0);
	for (size_t i = 0; i < key.inputs.len; i++)
		if (key.inputs.inputs[i].kind == KEY_PLATFORM)
			found = key.inputs.inputs[i].value;
	assert_non_null(found);
	assert_true(str_starts(found, own));
	jobs.items[0].platform = "plan9/mips";
	assert_int_equal(job_key_find(&jobs.items[0], &other, &err), 0);
	assert_string_not_equal(key.text, other.text);
}

static void test_untested_platforms_are_exempt(void **state)
{
	struct world *world = *state;
	AUTO(jobs_release) struct jobs jobs = { 0 };
	AUTOFREE char *own = own_platform();
	struct error err = { 0 };

	ask_for(world, own, "plan9/mips");
	assert_int_equal(strv_add(&world->settings.untested_platforms, "plan9/mips", &err), 0);
	open_jobs(world, &jobs);
	assert_false(jobs.items[0].is_exempt);
	assert_true(jobs.items[1].is_exempt);
}

static const struct {
	const char *behind; /* the SHA's first digits */
	bool is_of_amd64;   /* a tag of ours for an image of linux/amd64 */
} tags[] = {
	{ "", true },	     { "-linux-amd64", true }, { "-linux-arm64", false },
	{ "-linux", false }, { "-my-backup", false },  { "-linux-amd64-v1-x", false },
	{ "-", false },	     { "x", false },	       { "-dirty-12345678", false },
};

static void test_a_tag_names_the_platform_that_its_image_has(void **state)
{
	struct world *world = *state;
	char os[] = "linux", architecture[] = "amd64", tag[64];
	const struct engine_image image = { .os = os, .architecture = architecture };

	for (size_t i = 0; i < ARRAY_SIZE(tags); i++) {
		snprintf(tag, sizeof(tag), "%.7s%s", world->sha[1], tags[i].behind);
		assert_int_equal(identity_tag_matches(NULL, tag, world->sha[1], &image),
				 tags[i].is_of_amd64);
		assert_false(identity_tag_matches(NULL, tag, world->sha[0], &image));
	}
}

static void add_for(struct world *world, const char *behind, const char *architecture)
{
	struct record record = { .kind = RECORD_BUILD, .image = (char *)(uintptr_t) "app" };
	struct record_list list = { &record, 1 };
	struct error err = { 0 };
	struct engine_image *image;
	char reference[96];

	snprintf(reference, sizeof(reference), "r.example/app:%.7s%s", world->sha[0], behind);
	image = fake_add(&world->engine, reference, world->sha[0], "2026-01-01T00:00:00Z");
	image->os = str_copy("linux", &err);
	image->architecture = str_copy(architecture, &err);
	record.id = image->id;
	assert_int_equal(record_add(world->run.repo, &world->run.seal, world->sha[0], &list, &err),
			 0);
}

static void assert_left(struct world *world, const char *first, const char *second)
{
	AUTOFREE char *left = fake_tags(&world->engine);
	char expected[256];

	snprintf(expected, sizeof(expected), "r.example/app:%.7s%s%s%.*s%s", world->sha[0], first,
		 second ? " r.example/app:" : "", second ? 7 : 0, world->sha[0],
		 second ? second : "");
	assert_string_equal(left, expected);
}

/* A platform that is no longer asked for is the first one's to clean up. */
static void test_each_platform_prunes_its_own(void **state)
{
	struct world *world = *state;
	AUTO(jobs_release) struct jobs jobs = { 0 };
	AUTOFREE char *own = own_platform();
	struct error err = { 0 };

	ask_for(world, own, "linux/riscv64");
	open_jobs(world, &jobs);
	add_for(world, "", "amd64");
	add_for(world, "-linux-riscv64", "riscv64");
	add_for(world, "-linux-s390x", "s390x");
	add_for(world, "-linux-ppc64le", "riscv64"); /* not what it is */
	jobs.items[0].is_tested = jobs.items[1].is_tested = true;
	assert_int_equal(prune_repository(&jobs.items[0], &err), 0);
	assert_left(world, "-linux-ppc64le", "-linux-riscv64");
	assert_int_equal(prune_repository(&jobs.items[1], &err), 0);
	assert_left(world, "-linux-ppc64le", NULL);
}

/* Steps that a dry run has planned, one a line. */
struct listener {
	struct event_sink sink;
	struct buf plan;
};

static void listen_to(struct event_sink *sink, const struct event *event)
{
	struct listener *listener = (struct listener *)sink;

	if (event->type == EVENT_STEP_PLAN)
		buf_add_format(&listener->plan, "%s: %s\n", event->step, event->detail);
}

/* "verb 'r.example/app:SHA7behind" */
static void assert_planned(const struct listener *listener, const char *verb, const char *sha,
			   const char *behind)
{
	char expected[128];

	snprintf(expected, sizeof(expected), "%s 'r.example/app:%.7s%s", verb, sha, behind);
	assert_non_null(strstr(listener->plan.data, expected));
}

static int release(struct world *world, struct jobs *jobs, struct error *err)
{
	struct graph_image image = { .is_wanted = true, .jobs = *jobs };

	return loop_release(&world->run, &(struct graph){ &image, 1 }, 1, err);
}

/* An untested platform is pruned too, though it has no trial. */
static void test_a_dry_release_says_every_tag(void **state)
{
	struct world *world = *state;
	struct listener listener = { { listen_to }, BUF_INIT(8192) };
	AUTO(jobs_release) struct jobs jobs = { 0 };
	AUTOFREE char *own = own_platform();
	struct error err = { 0 };
	char context[] = ".";

	unsetenv("CI");
	ask_for(world, own, "linux/riscv64");
	assert_int_equal(strv_add(&world->settings.untested_platforms, "linux/riscv64", &err), 0);
	add_for(world, "", "amd64");
	add_for(world, "-linux-riscv64", "riscv64");
	world->settings.context = context;
	world->run.options.is_dry_run = true;
	world->run.sink = &listener.sink;
	open_jobs(world, &jobs);
	assert_int_equal(release(world, &jobs, &err), 0);
	assert_planned(&listener, "prune: remove", world->sha[0], "'");
	assert_planned(&listener, "prune: remove", world->sha[0], "-linux-riscv64'");
	assert_planned(&listener, "publish: publish", world->sha[1], "-linux-riscv64'");
	assert_planned(&listener, "publish: publish", world->sha[1], "', then");
	assert_null(strstr(listener.plan.data, "test: "));
	assert_int_equal(world->engine.image_count, 2);
	buf_release(&listener.plan);
}

static void test_a_dry_release_refuses_what_nothing_can_try(void **state)
{
	struct world *world = *state;
	AUTO(jobs_release) struct jobs jobs = { 0 };
	struct error err = { 0 };
	char context[] = ".";

	world->settings.context = context;
	world->run.options.is_dry_run = true;
	world->engine.base.info.kind = ENGINE_BUILDKIT;
	open_jobs(world, &jobs);
	assert_int_equal(release(world, &jobs, &err), -1);
	assert_int_equal(err.kind, ERROR_INPUT);
	assert_non_null(strstr(err.message, "no passing trial"));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, world_set_up, end)
	const struct CMUnitTest tests[] = {
		TEST(test_one_platform_has_the_plain_tag),
		TEST(test_of_several_the_own_one_is_first_and_plain),
		TEST(test_two_names_of_one_platform_are_refused),
		TEST(test_a_work_tree_is_built_for_one_platform),
		TEST(test_the_platform_is_part_of_the_key),
		TEST(test_untested_platforms_are_exempt),
		TEST(test_a_tag_names_the_platform_that_its_image_has),
		TEST(test_each_platform_prunes_its_own),
		TEST(test_a_dry_release_says_every_tag),
		TEST(test_a_dry_release_refuses_what_nothing_can_try),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
