/* SPDX-License-Identifier: MIT */
/* :latest moves only forward: what comes of each thing that it may hold, and of two or
 * three publishers, request by request in every order that counts. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <signal.h>
#include <stdio.h>

#include "arena.h"
#include "flow/publish/forward.h"
#include "world.h"

/* What a person is told, and its name. */
struct listener {
	struct event_sink sink;
	char text[512], detail[32];
};

struct publisher {
	struct listener listener;
	struct arena_door *door;
	struct run run;
	struct job job;
	struct publication publication;
	struct moving_tag latest;
	bool is_named; /* goes under ARENA_NAMED first */
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

	publisher->status = (publisher->is_named &&
			     registry_put_manifest(publication->registry, publication->tag,
						   &publication->manifest, err)) ||
			    forward_move(publication, err) || forward_confirm(publication, err);
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

static void listen(struct event_sink *sink, const struct event *event)
{
	struct listener *listener = (struct listener *)sink;

	if (event->type != EVENT_NOTICE && event->type != EVENT_WARNING)
		return;
	snprintf(listener->text, sizeof(listener->text), "%.*s", (int)event->text.len,
		 event->text.data);
	snprintf(listener->detail, sizeof(listener->detail), "%s",
		 event->detail ? event->detail : "");
}

struct role {
	size_t commit, image;
	bool moves_latest, is_named;
};

/* Its own run, so that nothing but the registry is shared. */
static void add_publisher(struct play *play, const char *folder, const struct role *role)
{
	struct publisher *publisher = &play->publishers[play->count];
	struct publication *publication = &publisher->publication;
	struct error err = { 0 };
	char name[64];

	*publisher = (struct publisher){ .listener = { .sink = { listen } },
					 .door = &play->arena.doors[play->count++],
					 .publication = PUBLICATION_INIT,
					 .is_named = role->is_named };
	assert_int_equal(run_open(&(struct run_options){ .folder = folder,
							 .revision = play->world->sha[role->commit],
							 .moves_latest = role->moves_latest },
				  &publisher->listener.sink, &publisher->run, &err),
			 0);
	publisher->job = (struct job){ .run = &publisher->run, .settings = &play->world->settings };
	publisher->latest =
		(struct moving_tag){ .name = "latest", .reference = str_copy("app:latest", &err) };
	publication->job = &publisher->job;
	publication->tag = str_copy(ARENA_NAMED, &err);
	publication->name = str_copy("app:" ARENA_NAMED, &err);
	publication->wait = pause_here;
	publication->wait_arg = publisher;
	publication->moving = &publisher->latest;
	publication->moving_len = 1;
	set_manifest(publication, &play->arena.images[role->image]);
	snprintf(name, sizeof(name), "%s/app", publisher->door->host);
	assert_int_equal(reference_parse(name, &publication->reference, &err), 0);
	assert_int_equal(registry_open(&publication->reference, NULL, &publication->registry, &err),
			 0);
	arena_enter(publisher->door);
	assert_int_equal(pthread_create(&publisher->thread, NULL, publish, publisher), 0);
}

/* The images are those of the world's commits; :latest holds one of them, -1: nothing. */
static void prepare(struct play *play, struct world *world, int latest)
{
	*play = (struct play){ .world = world };
	arena_init(&play->arena);
	for (size_t i = 0; i < ARRAY_SIZE(world->sha); i++)
		arena_add(&play->arena, world->sha[i]);
	play->arena.latest = latest;
}

/* Those of `order` publish, by the world's index. */
static void begin(struct play *play, struct world *world, int latest, const char *order)
{
	prepare(play, world, latest);
	for (size_t commit; *order; order++) {
		commit = (size_t)(*order - '0');
		add_publisher(play, world->folder,
			      &(struct role){ .commit = commit, .image = commit });
	}
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

/* Where all orders are too many; the same ones each time. */
static void follow_chance(struct play *play, uint32_t *seed)
{
	enum arena_state states[ARENA_DOORS];
	size_t choices[ARENA_DOORS];

	while (arena_stands(&play->arena, states)) {
		size_t count = list_choices(states, choices);

		*seed = *seed * 1103515245 + 12345;
		arena_step(&play->arena, choices[(*seed >> 16) % count]);
	}
}

static void test_nor_with_three_publishers(void **state)
{
	uint32_t seed = 1;
	struct play play;

	for (int i = 0; i < 200; i++) {
		begin(&play, *state, -1, "012");
		follow_chance(&play, &seed);
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

/* Of one publication: look twice, write, look, wait, look. */
static void test_a_latest_that_is_removed_amid_all_that_is_set(void **state)
{
	enum arena_state states[ARENA_DOORS];
	struct play play;

	for (int when = 0; when < 6; when++) {
		begin(&play, *state, 0, "1");
		for (int step = 0; arena_stands(&play.arena, states) && step < when; step++)
			arena_step(&play.arena, 0);
		play.arena.latest = -1;
		lead(&play, 0, ARENA_GONE);
		end(&play);
		assert_int_equal(play.arena.latest, 1);
		if (when > 2)
			assert_string_equal(play.publishers[0].listener.text,
					    "'app:latest' was removed meanwhile: set again");
	}
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

#define IMAGE(config) "{\"config\":" config ",\"rootfs\":{\"type\":\"layers\",\"diff_ids\":[]}}"
#define ANOTHER_BUILD IMAGE("{\"Env\":[\"A=b\",\"SHA=%s\"]}")
#define NEVER_FETCHED "1f2e3d4c5b6a79880f1e2d3c4b5a69788f1e2d3c"

/* What :latest holds when the second commit is published. */
static const struct held {
	const char *name;
	int latest;	    /* as prepare() has it; 3: of `config`, or of the commit that is made */
	const char *config; /* "%s" is the second commit */
	const char *parent; /* of a commit that is made, "": none */
	enum latest_outcome outcome;
	const char *says; /* NULL: nothing */
} held[] = {
	{ "nothing", -1, NULL, NULL, LATEST_MOVED, NULL },
	{ "these bytes", 1, NULL, NULL, LATEST_ALREADY, NULL },
	{ "an ancestor", 0, NULL, NULL, LATEST_MOVED, NULL },
	{ "another build of this commit", 3, ANOTHER_BUILD, NULL, LATEST_MOVED, NULL },
	{ "a descendant", 2, NULL, NULL, LATEST_SUPERSEDED,
	  "superseded: 'app:latest' holds the later commit" },
	{ "another line", 3, NULL, "HEAD~2", LATEST_UNDETERMINED,
	  "is on another line of history; --move-latest moves it" },
	{ "another history", 3, NULL, "", LATEST_UNDETERMINED,
	  "is of an unrelated history; --move-latest moves it" },
	{ "a commit that was never fetched", 3, IMAGE("{\"Env\":[\"SHA=" NEVER_FETCHED "\"]}"),
	  NULL, LATEST_UNDETERMINED,
	  "is not known here ('git fetch --unshallow' in a shallow clone, else 'git fetch', "
	  "may bring it); --move-latest moves it" },
	{ "no commit", 3, IMAGE("{\"Env\":[\"PATH=/bin\"]}"), NULL, LATEST_UNDETERMINED,
	  "does not say of which commit it is; --move-latest moves it" },
	{ "two commits", 3,
	  IMAGE("{\"Env\":[\"SHA=%s\"],\"Labels\":{\"org.opencontainers.image.revision\":"
		"\"" NEVER_FETCHED "\"}}"),
	  NULL, LATEST_UNDETERMINED, "does not say of which commit it is; --move-latest moves it" },
	{ "no image", 3, "[]", NULL, LATEST_UNDETERMINED, "; --move-latest moves it" },
};

static void add_made(struct play *play, const char *parent)
{
	static const char tree[] = "4b825dc642cb6eb9a060e54bf8d69288fbee4904";
	char sha[41];

	if (parent[0])
		WORLD_GIT(play->world, sha, "commit-tree", "-m", "made", "-p", parent, tree);
	else
		WORLD_GIT(play->world, sha, "commit-tree", "-m", "made", tree);
	arena_add(&play->arena, sha);
}

static void add_other(struct play *play, const char *config)
{
	const char *hole = strstr(config, "%s");
	AUTO(buf_release) struct buf text = BUF_INIT(512);

	if (hole)
		buf_add_format(&text, "%.*s%s%s", (int)(hole - config), config, play->world->sha[1],
			       hole + 2);
	buf_add_text(&text, hole ? "" : config);
	arena_add_config(&play->arena, text.data);
}

/* Two machines release the second commit, and get other layers. */
static void test_of_two_builds_of_a_commit_one_ends_under_all_tags(void **state)
{
	struct world *world = *state;
	uint32_t seed = 1;
	int wins[2] = { 0 };
	struct play play;

	for (int i = 0; i < 200; i++) {
		prepare(&play, world, 0);
		add_other(&play, ANOTHER_BUILD);
		for (size_t image = 1; image <= 3; image += 2)
			add_publisher(
				&play, world->folder,
				&(struct role){ .commit = 1, .image = image, .is_named = true });
		follow_chance(&play, &seed);
		end(&play);
		assert_int_equal(play.arena.latest, play.arena.named);
		wins[play.arena.named == 3]++;
	}
	assert_true(wins[0] > 20 && wins[1] > 20);
}

static void play_held(struct play *play, struct world *world, const struct held *row,
		      bool moves_latest)
{
	prepare(play, world, row->latest);
	if (row->config)
		add_other(play, row->config);
	if (row->parent)
		add_made(play, row->parent);
	add_publisher(play, world->folder,
		      &(struct role){ .commit = 1, .image = 1, .moves_latest = moves_latest });
	lead(play, 0, ARENA_GONE);
	end(play);
}

static void check_held(const struct play *play, const struct held *row,
		       enum latest_outcome expected, const char *says)
{
	const struct publisher *publisher = &play->publishers[0];
	const char *outcome = latest_outcome_name(publisher->latest.outcome);

	if (publisher->latest.outcome != expected)
		fail_msg("%s: %s", row->name, outcome);
	if (play->arena.latest != (expected == LATEST_MOVED ? 1 : row->latest))
		fail_msg("%s: :latest holds %d", row->name, play->arena.latest);
	if (says ? !strstr(publisher->listener.text, says) : publisher->listener.text[0])
		fail_msg("%s: '%s'", row->name, publisher->listener.text);
	if (says)
		assert_string_equal(publisher->listener.detail, outcome);
}

static void test_each_thing_that_latest_may_hold_has_its_outcome(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(held); i++) {
		struct play play;

		play_held(&play, *state, &held[i], false);
		check_held(&play, &held[i], held[i].outcome, held[i].says);
	}
}

static void test_move_latest_overrides_each(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(held); i++) {
		struct play play;

		play_held(&play, *state, &held[i], true);
		check_held(&play, &held[i],
			   held[i].outcome == LATEST_ALREADY ? LATEST_ALREADY : LATEST_MOVED, NULL);
	}
}

static void test_in_a_shallow_clone_the_ancestry_is_undetermined(void **state)
{
	const struct held row = { .name = "shallow", .latest = 0 };
	struct world *world = *state;
	char origin[80], folder[80];
	struct play play;

	snprintf(origin, sizeof(origin), "file://%s", world->folder);
	snprintf(folder, sizeof(folder), "%s/shallow", world->folder);
	WORLD_GIT(world, NULL, "reset", "-q", "--hard", world->sha[1]);
	WORLD_GIT(world, NULL, "clone", "-q", "--depth", "1", origin, folder);
	prepare(&play, world, row.latest);
	add_publisher(&play, folder, &(struct role){ .commit = 1, .image = 1 });
	lead(&play, 0, ARENA_GONE);
	end(&play);
	check_held(
		&play, &row, LATEST_UNDETERMINED,
		"is not known here ('git fetch --unshallow' in a shallow clone, else 'git fetch', "
		"may bring it); --move-latest moves it");
}

static void test_a_commit_of_another_branch_stays_below_latest(void **state)
{
	const struct held row = { .name = "another branch", .latest = 0 };
	char branch[] = "release";
	struct world *world = *state;
	struct play play;

	world->settings.deploy = branch;
	play_held(&play, world, &row, false);
	check_held(&play, &row, LATEST_OTHER_BRANCH, "is not on branch 'release'");
	play_held(&play, world, &row, true);
	check_held(&play, &row, LATEST_MOVED, NULL);
	WORLD_GIT(world, NULL, "branch", "release", world->sha[2]);
	play_held(&play, world, &row, false);
	check_held(&play, &row, LATEST_MOVED, NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(function) cmocka_unit_test_setup_teardown(function, world_set_up, world_tear_down)
		TEST(test_each_thing_that_latest_may_hold_has_its_outcome),
		TEST(test_move_latest_overrides_each),
		TEST(test_in_a_shallow_clone_the_ancestry_is_undetermined),
		TEST(test_a_commit_of_another_branch_stays_below_latest),
		TEST(test_an_older_commit_never_ends_as_latest),
		TEST(test_nor_with_three_publishers),
		TEST(test_of_two_builds_of_a_commit_one_ends_under_all_tags),
		TEST(test_a_latest_that_is_removed_amid_all_that_is_set),
		TEST(test_beyond_the_bound_the_next_publication_repairs_it),
	};

	signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests_name("flow/forward", tests, NULL, NULL);
}
