/* SPDX-License-Identifier: MIT */
/* Where content of a key may be: what earlier runs and commits have left. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>

#include "base/path.h"
#include "flow/build/identity.h"
#include "flow/key/key-tags.h"
#include "flow/key/key.h"
#include "flow/key/past.h"
#include "flow/ledger/record.h"
#include "git/notes.h"
#include "world.h"

#define KEY(digit) "sha256:" digit digit digit digit "00000000000000000000000000000000"
#define ONE	   KEY("11111111")
#define TWO	   KEY("22222222")
#define ID	   "sha256:1234000000000000000000000000000000000000000000000000000000000000"

#define WORLD_TEST(test) cmocka_unit_test_setup_teardown(test, world_set_up, world_tear_down)

static void expect_tags(const struct world *world, const char *key, const char *expected)
{
	AUTO(strv_release) struct strv tags = { 0 };
	AUTO(buf_release) struct buf text = BUF_INIT(4096);
	struct error err = { 0 };

	assert_int_equal(key_tags_find(world->state, "r.example/app", key, &tags, &err), 0);
	for (size_t i = 0; i < tags.len; i++)
		buf_add_format(&text, "%s ", tags.items[i]);
	assert_string_equal(text.data, expected);
}

static void test_the_newest_tag_of_a_key_comes_first(void **state)
{
	struct world *world = *state;

	expect_tags(world, ONE, "");
	key_tags_keep(world->state, "r.example/app", ONE, "1111111", ID);
	key_tags_keep(world->state, "r.example/app", TWO, "2222222", ID);
	key_tags_keep(world->state, "r.example/app", ONE, "3333333", ID);
	key_tags_keep(world->state, "r.example/app", ONE, "1111111", ID);
	key_tags_keep(world->state, "r.example/other", ONE, "4444444", ID);
	expect_tags(world, ONE, "1111111 3333333 ");
	expect_tags(world, TWO, "2222222 ");
}

static void test_the_index_is_bounded(void **state)
{
	struct world *world = *state;
	char tag[16];

	key_tags_keep(world->state, "r.example/app", TWO, "2222222", ID);
	for (int i = 0; i < 510; i++) {
		snprintf(tag, sizeof(tag), "%07x", i);
		key_tags_keep(world->state, "r.example/app", ONE, tag, ID);
	}
	expect_tags(world, TWO, "");
	expect_tags(world, ONE, "00001fd 00001fc 00001fb 00001fa ");
}

static void test_a_damaged_index_is_as_good_as_none(void **state)
{
	struct world *world = *state;
	AUTO(buf_release) struct buf path = BUF_INIT(200), text = BUF_INIT(400000);
	struct error err = { 0 };

	key_tags_keep(world->state, "r.example/app", ONE, "1111111", ID);
	buf_add_format(&path, "%s/keys/cf65182dfc95a81c", world->state);
	if (!path_exists(path.data))
		fail_msg("no %s", path.data);
	buf_add_text(&text, ONE " ../../x\n" ONE " \n" ONE "\n\n" ONE " 5555555");
	assert_int_equal(path_write(path.data, buf_slice(&text), 0600, &err), 0);
	expect_tags(world, ONE, "5555555 ");
	for (int i = 0; i < 300000; i++)
		buf_add_char(&text, 'x');
	assert_int_equal(path_write(path.data, buf_slice(&text), 0600, &err), 0);
	expect_tags(world, ONE, "");
	key_tags_keep(world->state, "r.example/app", ONE, "6666666", ID);
	expect_tags(world, ONE, "6666666 ");
}

static void test_an_id_is_known_with_its_key(void **state)
{
	struct world *world = *state;

	assert_false(key_tags_has(world->state, "r.example/app", ONE, ID));
	key_tags_keep(world->state, "r.example/app", ONE, "1111111", ID);
	assert_true(key_tags_has(world->state, "r.example/app", ONE, ID));
	assert_false(key_tags_has(world->state, "r.example/app", TWO, ID));
	assert_false(key_tags_has(world->state, "r.example/other", ONE, ID));
	key_tags_keep(world->state, "r.example/app", ONE, "1111111", "sha256:2");
	assert_false(key_tags_has(world->state, "r.example/app", ONE, ID));
	assert_false(key_tags_has(world->state, "r.example/app", ONE, ""));
}

static void add_build(struct world *world, size_t i, char *key)
{
	char run[] = "r", image[] = "app", id[] = "sha256:1", at[] = "2026-01-01T00:00:00Z";
	struct record record = {
		.kind = RECORD_BUILD, .run = run, .image = image, .id = id, .at = at, .key = key
	};
	struct record_list list = { &record, 1 };
	struct error err = { 0 };

	assert_int_equal(record_add(world->run.repo, &world->run.seal, world->sha[i], &list, &err),
			 0);
}

static void expect_past(struct world *world, const char *branch, const char *key,
			const struct strv *expected)
{
	AUTO(strv_release) struct strv shas = { 0 };
	struct error err = { 0 };

	if (past_find(&world->run, branch, key, &shas, &err))
		fail_msg("%s", err.message);
	assert_int_equal(shas.len, expected->len);
	for (size_t i = 0; i < shas.len; i++)
		assert_string_equal(shas.items[i], expected->items[i]);
}

/* The run is of the second commit of three. */
static void test_the_past_is_of_this_commit_and_before(void **state)
{
	struct world *world = *state;
	char *both[] = { world->sha[1], world->sha[0] }, *later[] = { world->sha[2] };
	char one[] = ONE, two[] = TWO;

	add_build(world, 0, one);
	add_build(world, 1, one);
	add_build(world, 2, two);
	expect_past(world, NULL, ONE, &(struct strv){ both, 2 });
	expect_past(world, NULL, TWO, &(struct strv){ 0 });
	expect_past(world, NULL, "unknown", &(struct strv){ 0 });
	expect_past(world, "none", TWO, &(struct strv){ 0 });
	WORLD_GIT(world, NULL, "branch", "trusted");
	expect_past(world, "trusted", TWO, &(struct strv){ later, 1 });
	expect_past(world, "trusted", ONE, &(struct strv){ both, 2 });
}

static void test_the_past_is_read_once(void **state)
{
	struct world *world = *state;
	char one[] = ONE;

	expect_past(world, NULL, ONE, &(struct strv){ 0 });
	add_build(world, 0, one);
	expect_past(world, NULL, ONE, &(struct strv){ 0 });
}

/* To where a remote's goes that init --ledger has set up. */
static void make_it_fetched(struct world *world)
{
	WORLD_GIT(world, NULL, "update-ref", "refs/notes/remotes/origin/image", RECORD_REF);
	WORLD_GIT(world, NULL, "update-ref", "-d", RECORD_REF);
}

static void test_the_past_has_what_was_fetched(void **state)
{
	struct world *world = *state;
	char *first[] = { world->sha[0] };
	char one[] = ONE;

	add_build(world, 0, one);
	make_it_fetched(world);
	expect_past(world, NULL, ONE, &(struct strv){ first, 1 });
}

static void test_a_dry_run_joins_nothing(void **state)
{
	struct world *world = *state;
	struct error err = { 0 };
	char one[] = ONE, tip[41];

	add_build(world, 0, one);
	make_it_fetched(world);
	world->run.options.is_dry_run = true;
	expect_past(world, NULL, ONE, &(struct strv){ 0 });
	assert_int_equal(notes_tip(world->run.repo, RECORD_REF, tip, &err), 0);
	assert_string_equal(tip, "");
}

/* :latest is of the first commit, under the stamp that its parent has, too. */
static void find_latest(struct world *world, struct key_found *found)
{
	AUTO(job_release) struct job job = JOB_INIT;
	struct error err = { 0 };

	world->settings.to = strdup("oci:nowhere");
	assert_int_equal(
		job_init(&job, &world->run,
			 &(struct job_subject){ .name = "app", .settings = &world->settings },
			 &err),
		0);
	assert_int_equal(str_replace(&job.key, ONE, &err), 0);
	if (key_lookup(&job, found, &err))
		fail_msg("%s", err.message);
	free(TAKE(world->settings.to));
}

static struct engine_image *add_latest(struct world *world)
{
	struct engine_image *image = fake_add(&world->engine, "r.example/app:latest", world->sha[0],
					      "2026-01-01T00:00:00Z");
	struct digest_text stamp;
	struct error err = { 0 };

	assert_int_equal(identity_stamp(ONE, world->sha[0], &image->layers, &stamp, &err), 0);
	assert_int_equal(strmap_set(&image->labels, LABEL_STAMP, stamp.text, &err), 0);
	assert_int_equal(strmap_set(&image->labels, LABEL_KEY, ONE, &err), 0);
	assert_int_equal(strmap_set(&image->labels, LABEL_REPOSITORY, "r.example/app", &err), 0);
	return image;
}

static void test_an_image_that_only_inherited_the_stamp_is_not_reused(void **state)
{
	AUTO(key_found_release) struct key_found unknown = { 0 }, found = { 0 };
	struct world *world = *state;
	struct engine_image *image = add_latest(world);

	find_latest(world, &unknown);
	assert_int_equal(unknown.place, KEY_FOUND_NOWHERE);
	key_tags_keep(world->run.state_folder, "r.example/app", ONE, "1111111", image->id);
	find_latest(world, &found);
	assert_int_equal(found.place, KEY_FOUND_LOCAL);
	assert_string_equal(found.id, image->id);
}

static void test_an_image_that_the_ledger_names_is_reused(void **state)
{
	AUTO(key_found_release) struct key_found found = { 0 };
	struct world *world = *state;
	struct engine_image *image = add_latest(world);
	struct error err = { 0 };
	char one[] = ONE;

	assert_int_equal(str_replace(&image->id, "sha256:1", &err), 0);
	add_build(world, 0, one);
	find_latest(world, &found);
	assert_int_equal(found.place, KEY_FOUND_LOCAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		WORLD_TEST(test_the_newest_tag_of_a_key_comes_first),
		WORLD_TEST(test_the_index_is_bounded),
		WORLD_TEST(test_a_damaged_index_is_as_good_as_none),
		WORLD_TEST(test_an_id_is_known_with_its_key),
		WORLD_TEST(test_an_image_that_only_inherited_the_stamp_is_not_reused),
		WORLD_TEST(test_an_image_that_the_ledger_names_is_reused),
		WORLD_TEST(test_the_past_is_of_this_commit_and_before),
		WORLD_TEST(test_the_past_is_read_once),
		WORLD_TEST(test_the_past_has_what_was_fetched),
		WORLD_TEST(test_a_dry_run_joins_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
