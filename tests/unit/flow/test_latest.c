/* SPDX-License-Identifier: MIT */
/* Which image has the local :latest, and what becomes of the one that had it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>

#include "flow/build/build.h"
#include "world.h"

static const struct {
	const char *note;
	size_t holder; /* commit of the image that :latest holds */
	bool is_moved; /* to commit 1 */
	bool forces;
} latests[] = {
	{ "an older commit's", 0, true, false },
	{ "a later commit's", 2, false, false },
	{ "a later commit's, by force", 2, true, true },
};

static void test_latest_never_goes_back(void **state)
{
	struct world *world = *state;
	struct fake_engine *engine = &world->engine;

	for (size_t i = 0; i < ARRAY_SIZE(latests); i++) {
		AUTO(job_release) struct job job = JOB_INIT;
		struct engine_image *image;
		struct error err = { 0 };

		fake_release(engine);
		fake_init(engine);
		image = fake_add(engine, world_tag(world, latests[i].holder),
				 world->sha[latests[i].holder], "2026-01-01T00:00:00Z");
		assert_int_equal(strv_add(&image->tags, "r.example/app:latest", &err), 0);
		fake_add(engine, world_tag(world, 1), world->sha[1], "2026-01-02T00:00:00Z");
		world->run.options.moves_latest = latests[i].forces;
		world_open_job(world, &world->run, &job);
		assert_int_equal(tag_latest(&job, &err), 0);
		assert_int_equal(strv_has(&engine->images[1].tags, "r.example/app:latest"),
				 latests[i].is_moved);
	}
}

struct listener {
	struct event_sink sink;
	int warnings;
	char text[LIMIT_ERROR_MESSAGE];
};

static void listen(struct event_sink *sink, const struct event *event)
{
	struct listener *listener = (struct listener *)sink;

	if (event->type != EVENT_WARNING)
		return;
	listener->warnings++;
	snprintf(listener->text, sizeof(listener->text), "%.*s", (int)event->text.len,
		 event->text.data);
}

/* As with "redis" where somebody has pulled redis:latest. */
static void test_who_loses_latest_to_us_is_told_once(void **state)
{
	struct world *world = *state;
	struct listener listener = { .sink.emit = listen };
	AUTOFREE char *expected = NULL;
	struct engine_image *image;
	struct error err = { 0 };

	image = fake_add(&world->engine, "r.example/app:latest", NULL, "2026-01-01T00:00:00Z");
	expected = str_format(&err,
			      "'r.example/app:latest' held the image %.12s, which git-image has "
			      "not made; it is still here: to give it a name again, use 'tag %.12s "
			      "NAME' of docker or podman",
			      image->id + strlen("sha256:"), image->id + strlen("sha256:"));
	fake_add(&world->engine, world_tag(world, 1), world->sha[1], "2026-01-02T00:00:00Z");
	world->run.sink = &listener.sink;
	for (int i = 0; i < 2; i++) {
		AUTO(job_release) struct job job = JOB_INIT;

		world_open_job(world, &world->run, &job);
		assert_int_equal(tag_latest(&job, &err), 0);
	}
	world->run.sink = NULL;
	assert_int_equal(listener.warnings, 1);
	assert_string_equal(listener.text, expected);
	assert_int_equal(world->engine.image_count, 2);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, world_set_up, world_tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_latest_never_goes_back),
		TEST(test_who_loses_latest_to_us_is_told_once),
	};

	return cmocka_run_group_tests_name("flow/latest", tests, NULL, NULL);
}
