/* SPDX-License-Identifier: MIT */
/* Publications that were broken off: what is left of them, and what each later
 * run makes of it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <stdio.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/limits.h"
#include "base/path.h"
#include "flow/publish/unfinished.h"
#include "world.h"

struct listener {
	struct event_sink sink;
	char text[512];
	enum event_type type;
};

static void listen(struct event_sink *sink, const struct event *event)
{
	struct listener *listener = (struct listener *)sink;

	listener->type = event->type;
	snprintf(listener->text, sizeof(listener->text), "%.*s", (int)event->text.len,
		 event->text.data);
}

static void open_run(struct world *world, const char *sha, struct listener *listener,
		     struct run *run)
{
	struct error err = { 0 };

	*listener = (struct listener){ .sink = { listen } };
	assert_int_equal(run_open(&(struct run_options){ .folder = world->folder, .revision = sha },
				  &listener->sink, run, &err),
			 0);
	run->engine = &world->engine.base;
	assert_int_equal(run_begin(run, &err), 0);
}

static void close_run(struct run *run)
{
	run->engine = NULL;
	run_close(run);
}

static void add_image(struct journal *journal, const char *name)
{
	struct error err = { 0 };
	struct journal_image *image = journal_add(journal, &err);

	image->name = str_copy(name, &err);
	image->repository = str_format(&err, "r.example/%s", name);
	image->tag = str_copy("1f2e3d4", &err);
	image->id = str_copy("sha256:1", &err);
}

/* What a run at that commit leaves that is killed amid its publication of web and
 * worker; returns the file. */
static char *leave(struct world *world, const char *sha)
{
	AUTO(journal_release) struct journal journal = { 0 };
	struct listener listener;
	struct error err = { 0 };
	struct run run;

	open_run(world, sha, &listener, &run);
	assert_int_equal(journal_init(&journal, &run, &err), 0);
	journal.phase = str_copy("tags", &err);
	add_image(&journal, "web");
	add_image(&journal, "worker");
	assert_int_equal(journal_write(&journal, &err), 0);
	close_run(&run);
	return str_copy(journal.path, &err);
}

/* A run at that commit that publishes those of the repositories. */
static void publish(struct world *world, const char *sha, const char *const *repositories,
		    struct listener *listener)
{
	AUTO(journal_list_release) struct journal_list left = { 0 };
	AUTO(strv_release) struct strv list = { 0 };
	struct error err = { 0 };
	struct run run;

	for (; *repositories; repositories++)
		assert_int_equal(strv_add(&list, *repositories, &err), 0);
	open_run(world, sha, listener, &run);
	assert_int_equal(unfinished_find(&run, &list, &left, &err), 0);
	assert_int_equal(unfinished_settle(&run, &list, &left, &err), 0);
	close_run(&run);
}

#define WEB    "r.example/web"
#define WORKER "r.example/worker"

/* The set of the second commit was broken off; then each publishes. */
static const struct row {
	const char *name;
	size_t commit;
	const char *repositories[3];
	enum event_type type;
	const char *says;
	bool stays;
} table[] = {
	{ "the same again", 1, { WEB, WORKER }, EVENT_NOTICE, ": this one finishes it", false },
	{ "a later commit", 2, { WEB, WORKER }, EVENT_NOTICE, ": this one goes beyond it", false },
	{ "an older commit", 0, { WEB, WORKER }, EVENT_WARNING, "finishes it", true },
	{ "a part of it", 1, { WORKER }, EVENT_WARNING, "finishes it", true },
	{ "another image", 2, { "r.example/other" }, EVENT_WARNING, "finishes it", true },
	{ "nothing", 1, { NULL }, EVENT_WARNING, "'web', 'worker'", true },
};

static void test_each_run_that_comes_later(void **state)
{
	struct world *world = *state;

	for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
		const struct row *row = &table[i];
		AUTOFREE char *path = leave(world, world->sha[1]);
		struct listener listener;

		publish(world, world->sha[row->commit], row->repositories, &listener);
		if (listener.type != row->type || !strstr(listener.text, row->says) ||
		    !strstr(listener.text, "was broken off"))
			fail_msg("%s: '%s'", row->name, listener.text);
		if (path_exists(path) != row->stays)
			fail_msg("%s: the journal", row->name);
		unlink(path);
	}
}

static void test_part_after_part_it_is_finished(void **state)
{
	struct world *world = *state;
	AUTOFREE char *path = leave(world, world->sha[1]);
	struct listener listener;

	publish(world, world->sha[1], (const char *const[]){ WORKER, NULL }, &listener);
	assert_true(path_exists(path));
	publish(world, world->sha[2], (const char *const[]){ WEB, NULL }, &listener);
	assert_non_null(strstr(listener.text, "('web') was broken off"));
	assert_non_null(strstr(listener.text, ": this one goes beyond it"));
	assert_false(path_exists(path));
}

static void test_what_nobody_can_finish_is_forgotten(void **state)
{
	struct world *world = *state;
	char other[41], name[128];
	AUTOFREE char *path = NULL;
	struct listener listener;

	WORLD_GIT(world, other, "commit-tree", "-m", "gone", "HEAD^{tree}");
	path = leave(world, other);
	publish(world, world->sha[1], (const char *const[]){ WEB, WORKER, NULL }, &listener);
	assert_non_null(strstr(listener.text, "finishes it"));
	assert_true(path_exists(path));
	snprintf(name, sizeof(name), "%s/.git/objects/%.2s/%s", world->folder, other, other + 2);
	assert_int_equal(unlink(name), 0);
	publish(world, world->sha[1], (const char *const[]){ WEB, WORKER, NULL }, &listener);
	assert_non_null(strstr(listener.text, "its commit is not here any more"));
	assert_false(path_exists(path));
}

static void test_what_is_no_journal_says_nothing(void **state)
{
	static const char *const texts[] = { "",
					     "{",
					     "[]",
					     "{\"v\":0}",
					     "{\"v\":1,\"images\":[1]}",
					     "{\"v\":1,\"commit\":\"HEAD\",\"at\":\"\",\"phase\":"
					     "\"\",\"images\":[]}" };
	struct world *world = *state;

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		AUTOFREE char *path = leave(world, world->sha[1]);
		AUTOFREE char *broken = NULL;
		struct listener listener;
		struct error err = { 0 };

		broken = str_format(&err, "%s.123.new", path);
		assert_int_equal(path_write(path, slice_of(texts[i]), 0600, &err), 0);
		assert_int_equal(path_write(broken, slice_of(texts[i]), 0600, &err), 0);
		publish(world, world->sha[0], (const char *const[]){ NULL }, &listener);
		assert_string_equal(listener.text, "");
		assert_false(path_exists(path));
		assert_false(path_exists(broken));
	}
}

static void find(struct world *world, bool is_dry_run)
{
	AUTO(journal_list_release) struct journal_list left = { 0 };
	struct listener listener;
	struct error err = { 0 };
	struct run run;

	open_run(world, world->sha[1], &listener, &run);
	run.options.is_dry_run = is_dry_run;
	assert_int_equal(journal_find(&run, &left, &err), 0);
	assert_int_equal(left.len, 0);
	close_run(&run);
}

static void test_what_cannot_be_read_yet_and_what_a_dry_run_sees_stay(void **state)
{
	struct world *world = *state;
	AUTOFREE char *path = leave(world, world->sha[1]);
	struct error err = { 0 };

	assert_int_equal(path_write(path, SLICE("{"), 0600, &err), 0);
	find(world, true);
	assert_true(path_exists(path));
	assert_int_equal(path_write(path, SLICE("{\"v\":2,\"parts\":[]}"), 0600, &err), 0);
	find(world, false);
	assert_true(path_exists(path));
	/* Longer than any that we write. */
	assert_int_equal(truncate(path, LIMIT_JSON_DOCUMENT + 1), 0);
	find(world, false);
	assert_true(path_exists(path));
	assert_int_equal(unlink(path), 0);
}

static void test_who_looks_does_not_look_alive(void **state)
{
	static const char id[] = "0123456789abcdef";
	struct world *world = *state;
	AUTOFREE char *path = NULL;
	struct listener listener;
	struct error err = { 0 };
	AUTOCLOSE int fd = -1;
	struct run run;

	open_run(world, world->sha[1], &listener, &run);
	path = str_format(&err, "%s/runs/%s", run.state_folder, id);
	assert_int_equal(path_write(path, SLICE(""), 0600, &err), 0);
	fd = open(path, O_RDWR | O_CLOEXEC);
	assert_int_equal(flock(fd, LOCK_SH | LOCK_NB), 0);
	assert_false(run_is_alive(&run, id));
	assert_int_equal(flock(fd, LOCK_EX | LOCK_NB), 0);
	assert_true(run_is_alive(&run, id));
	close_run(&run);
}

static void test_a_run_that_lives_is_left_alone(void **state)
{
	AUTO(journal_release) struct journal journal = { 0 };
	struct listener listener, other;
	struct world *world = *state;
	struct error err = { 0 };
	struct run run;

	open_run(world, world->sha[1], &listener, &run);
	assert_int_equal(journal_init(&journal, &run, &err), 0);
	journal.phase = str_copy("latest", &err);
	add_image(&journal, "web");
	assert_int_equal(journal_write(&journal, &err), 0);
	publish(world, world->sha[2], (const char *const[]){ WEB, NULL }, &other);
	assert_string_equal(other.text, "");
	assert_true(path_exists(journal.path));
	journal_remove(&journal);
	assert_false(path_exists(journal.path));
	close_run(&run);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(function) cmocka_unit_test_setup_teardown(function, world_set_up, world_tear_down)
		TEST(test_each_run_that_comes_later),
		TEST(test_part_after_part_it_is_finished),
		TEST(test_what_nobody_can_finish_is_forgotten),
		TEST(test_what_is_no_journal_says_nothing),
		TEST(test_what_cannot_be_read_yet_and_what_a_dry_run_sees_stay),
		TEST(test_who_looks_does_not_look_alive),
		TEST(test_a_run_that_lives_is_left_alone),
	};

	return cmocka_run_group_tests_name("flow/unfinished", tests, NULL, NULL);
}
