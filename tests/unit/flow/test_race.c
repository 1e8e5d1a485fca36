/* SPDX-License-Identifier: MIT */
/* Two publishers of one :latest, an older and a newer commit, request by request
 * in every order that counts. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <signal.h>
#include <stdio.h>

#include "arena.h"
#include "flow/forward.h"
#include "world.h"

struct publisher {
	struct arena_door *door;
	struct run run;
	struct job job;
	struct publication publication;
	struct moving_tag latest;
	struct error err;
	int status;
	pthread_t thread;
};

struct play {
	struct world *world;
	struct arena arena;
	struct publisher publishers[ARENA_DOORS];
	size_t count;
};

static int pause_here(void *arg, struct error *err)
{
	(void)err;
	arena_pause(((struct publisher *)arg)->door);
	return 0;
}

static void *publish(void *arg)
{
	struct publisher *publisher = arg;
	struct publication *publication = &publisher->publication;
	struct error *err = &publisher->err;

	publisher->status = forward_move(publication, err) || forward_confirm(publication, err);
	arena_leave(publisher->door);
	return NULL;
}

static void set_manifest(struct publication *publication, const struct arena_image *image)
{
	AUTO(buf_release) struct buf bytes = BUF_INIT(4096);
	struct error err = { 0 };

	buf_add_text(&bytes, image->manifest);
	assert_int_equal(
		registry_manifest_of(&bytes, MEDIA_TYPE_OCI_MANIFEST, &publication->manifest, &err),
		0);
}

/* Its own run, so that nothing but the registry is shared. */
static void add_publisher(struct play *play, size_t commit, bool moves_latest)
{
	struct publisher *publisher = &play->publishers[play->count];
	struct publication *publication = &publisher->publication;
	struct error err = { 0 };
	char name[64];

	*publisher = (struct publisher){ .door = &play->arena.doors[play->count++],
					 .publication = PUBLICATION_INIT };
	assert_int_equal(run_open(&(struct run_options){ .folder = play->world->folder,
							 .revision = play->world->sha[commit],
							 .moves_latest = moves_latest },
				  NULL, &publisher->run, &err),
			 0);
	publisher->job = (struct job){ .run = &publisher->run, .settings = &play->world->settings };
	publisher->latest =
		(struct moving_tag){ .name = "latest", .reference = str_copy("app:latest", &err) };
	publication->job = &publisher->job;
	publication->wait = pause_here;
	publication->wait_arg = publisher;
	publication->moving = &publisher->latest;
	publication->moving_len = 1;
	set_manifest(publication, &play->arena.images[commit]);
	snprintf(name, sizeof(name), "%s/app", publisher->door->host);
	assert_int_equal(reference_parse(name, &publication->reference, &err), 0);
	assert_int_equal(registry_open(&publication->reference, NULL, &publication->registry, &err),
			 0);
	arena_enter(publisher->door);
	assert_int_equal(pthread_create(&publisher->thread, NULL, publish, publisher), 0);
}

/* :latest holds that commit, -1: nothing; those of `order` publish, by the world's
 * index. */
static void begin(struct play *play, struct world *world, int latest, const char *order)
{
	*play = (struct play){ .world = world };
	arena_init(&play->arena);
	for (size_t i = 0; i < ARRAY_SIZE(world->sha); i++)
		arena_add(&play->arena, world->sha[i]);
	play->arena.latest = latest;
	for (; *order; order++)
		add_publisher(play, (size_t)(*order - '0'), false);
}

static void end(struct play *play)
{
	for (size_t i = 0; i < play->count; i++) {
		struct publisher *publisher = &play->publishers[i];

		pthread_join(publisher->thread, NULL);
		if (publisher->status)
			fail_msg("%s", publisher->err.message);
		free(publisher->latest.reference);
		publisher->publication.moving = NULL;
		publisher->publication.moving_len = 0;
		publication_release(&publisher->publication);
		run_close(&publisher->run);
	}
	arena_release(&play->arena);
}

/* Within the bound of promise 3: the time to look once more has not come while
 * somebody is between his look and his write. */
static size_t list_choices(const enum arena_state states[ARENA_DOORS], size_t choices[ARENA_DOORS])
{
	bool is_written = false;
	size_t count = 0;

	for (size_t i = 0; i < ARENA_DOORS; i++)
		is_written = is_written || states[i] == ARENA_WRITES;
	for (size_t i = 0; i < ARENA_DOORS; i++)
		if (states[i] != ARENA_GONE && !(states[i] == ARENA_PAUSES && is_written))
			choices[count++] = i;
	return count;
}

#define STEPS_MAX 64

/* What was chosen at each step, of how many. */
struct path {
	unsigned char chosen[STEPS_MAX], of[STEPS_MAX];
	size_t len;
};

/* Follows the path to its end, then always takes the first. */
static void follow(struct play *play, struct path *path)
{
	enum arena_state states[ARENA_DOORS];
	size_t choices[ARENA_DOORS], step = 0;

	for (; arena_stands(&play->arena, states); step++) {
		assert_true(step < STEPS_MAX);
		if (step >= path->len)
			path->chosen[path->len++] = 0;
		path->of[step] = (unsigned char)list_choices(states, choices);
		arena_step(&play->arena, choices[path->chosen[step]]);
	}
}

/* The next one in the order of a dictionary; false after the last. */
static bool next_path(struct path *path)
{
	while (path->len && path->chosen[path->len - 1] + 1 == path->of[path->len - 1])
		path->len--;
	if (!path->len)
		return false;
	path->chosen[path->len - 1]++;
	return true;
}

static void test_an_older_commit_never_ends_as_latest(void **state)
{
	struct path path = { .len = 0 };
	int plays = 0;

	do {
		struct play play;

		begin(&play, *state, 0, "12");
		follow(&play, &path);
		end(&play);
		assert_int_equal(play.arena.latest, 2);
		assert_int_equal(play.publishers[1].latest.outcome, LATEST_MOVED);
		plays++;
	} while (next_path(&path));
	assert_true(plays >= 200);
}

/* All orders of three are too many; the same ones each time. */
static void test_nor_with_three_publishers(void **state)
{
	uint32_t seed = 1;

	for (int i = 0; i < 200; i++) {
		enum arena_state states[ARENA_DOORS];
		size_t choices[ARENA_DOORS];
		struct play play;

		begin(&play, *state, -1, "012");
		while (arena_stands(&play.arena, states)) {
			size_t count = list_choices(states, choices);

			seed = seed * 1103515245 + 12345;
			arena_step(&play.arena, choices[(seed >> 16) % count]);
		}
		end(&play);
		assert_int_equal(play.arena.latest, 2);
	}
}

/* Lets it go on until it stands like that, or has left. */
static void lead(struct play *play, size_t door, enum arena_state wanted)
{
	enum arena_state states[ARENA_DOORS];

	while (arena_stands(&play->arena, states) && states[door] != wanted &&
	       states[door] != ARENA_GONE)
		arena_step(&play->arena, door);
}

/* Nobody can tell then: the registry has no compare-and-swap. */
static void test_beyond_the_bound_the_next_publication_repairs_it(void **state)
{
	struct play play;

	begin(&play, *state, 0, "12");
	lead(&play, 0, ARENA_WRITES);
	lead(&play, 1, ARENA_GONE);
	assert_int_equal(play.arena.latest, 2);
	lead(&play, 0, ARENA_GONE);
	end(&play);
	assert_int_equal(play.arena.latest, 1);
	assert_int_equal(play.publishers[0].latest.outcome, LATEST_MOVED);
	assert_int_equal(play.publishers[1].latest.outcome, LATEST_MOVED);
	begin(&play, *state, 1, "2");
	lead(&play, 0, ARENA_GONE);
	end(&play);
	assert_int_equal(play.arena.latest, 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(function) cmocka_unit_test_setup_teardown(function, world_set_up, world_tear_down)
		TEST(test_an_older_commit_never_ends_as_latest),
		TEST(test_nor_with_three_publishers),
		TEST(test_beyond_the_bound_the_next_publication_repairs_it),
	};

	signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests_name("flow/race", tests, NULL, NULL);
}
