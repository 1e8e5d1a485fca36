/* SPDX-License-Identifier: MIT */
/* Content that an index names: whose entries count. The world is at its second commit. */
#include "world.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "base/limits.h"
#include "base/path.h"
#include "flow/config/configure.h"
#include "flow/index/index-place.h"
#include "flow/index/index.h"

#define DIGITS "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define DIGEST "sha256:" DIGITS

struct scene {
	struct world *world;
	struct job job;
	char place[96], path[512]; /* of the entry of DIGEST as a key */
};

static void open_scene(struct scene *scene, struct world *world)
{
	struct error err = { 0 };
	AUTOFREE char *image = NULL, *folder = NULL;

	*scene = (struct scene){ .world = world, .job = JOB_INIT };
	assert_int_equal(
		job_init(&scene->job, &world->run,
			 &(struct job_subject){ .name = "web", .settings = &world->settings },
			 &err),
		0);
	snprintf(scene->place, sizeof(scene->place), "%s/index", world->state);
	image = index_image(&scene->job, &err);
	assert_non_null(image);
	snprintf(scene->path, sizeof(scene->path), "%s/%s/hash/" DIGITS, scene->place, image);
	folder = path_folder(scene->path, &err);
	assert_int_equal(path_make_folders(folder, 0700, &err), 0);
	assert_int_equal(strv_add(&world->settings.indexes, scene->place, &err), 0);
}

static void scene_release(struct scene *scene)
{
	strv_release(&scene->world->settings.indexes);
	job_release(&scene->job);
}

/* "sha256:0123...", of commit i there. */
static int find(const struct scene *scene, const char *repository, size_t i, struct index_hit *hit)
{
	struct error err = { 0 };
	char text[256];
	int status;

	snprintf(text, sizeof(text), "%s:%.7s@" DIGEST "\n", repository, scene->world->sha[i]);
	assert_int_equal(path_write(scene->path, slice_of(text), 0600, &err), 0);
	status = index_find(&scene->job, DIGEST, hit, &err);
	assert_true(status >= 0);
	return status;
}

static int is_found(const struct scene *scene, const char *repository, size_t i)
{
	AUTO(index_hit_release) struct index_hit hit = { 0 };

	return find(scene, repository, i, &hit);
}

static void test_entries_of_our_own_history_count(void **state)
{
	AUTO(scene_release) struct scene scene;
	AUTO(index_hit_release) struct index_hit hit = { 0 };
	struct world *world = *state;
	char expected[160];

	open_scene(&scene, world);
	assert_int_equal(find(&scene, "r.example/app", 0, &hit), 1);
	snprintf(expected, sizeof(expected), "r.example/app:%.7s@" DIGEST, world->sha[0]);
	assert_string_equal(hit.reference, expected);
	assert_string_equal(hit.sha, world->sha[0]);
	assert_int_equal(is_found(&scene, "r.example/app", 1), 1);
	/* The third commit is later than ours. */
	assert_int_equal(is_found(&scene, "r.example/app", 2), 0);
	assert_int_equal(is_found(&scene, "r.example/other", 0), 0);
	assert_int_equal(is_found(&scene, "app", 0), 0);
}

static void test_entries_of_the_trusted_branch_count(void **state)
{
	AUTO(scene_release) struct scene scene;
	struct world *world = *state;
	char branch[] = "main";

	open_scene(&scene, world);
	WORLD_GIT(world, NULL, "update-ref", "refs/remotes/origin/main", world->sha[2]);
	assert_int_equal(is_found(&scene, "r.example/app", 2), 0);
	world->settings.trusted_branch = branch;
	assert_int_equal(is_found(&scene, "r.example/app", 2), 1);
	WORLD_GIT(world, NULL, "update-ref", "-d", "refs/remotes/origin/main");
	WORLD_GIT(world, NULL, "update-ref", "refs/heads/main", world->sha[0]);
	assert_int_equal(is_found(&scene, "r.example/app", 2), 0);
	world->settings.trusted_branch = NULL;
}

static void test_what_makes_no_sense_is_no_entry(void **state)
{
	static const char *const texts[] = {
		"",
		"\n",
		"text",
		"r.example/app",
		"r.example/app@" DIGEST,
		"r.example/app:latest@" DIGEST,
		"r.example/app:1234567@sha256:12",
		"r.example/app:0000000@" DIGEST,
		"../../r.example/app:1234567@" DIGEST,
		"r.example/app:HEAD@" DIGEST,
	};
	AUTO(scene_release) struct scene scene;
	struct world *world = *state;
	struct index_hit hit = { 0 };

	open_scene(&scene, world);
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		struct error err = { 0 };

		assert_int_equal(path_write(scene.path, slice_of(texts[i]), 0600, &err), 0);
		assert_int_equal(index_find(&scene.job, DIGEST, &hit, &err), 0);
		assert_int_equal(err.kind, ERROR_NONE);
	}
	assert_null(hit.reference);
}

static void test_a_name_of_a_branch_is_no_commit(void **state)
{
	AUTO(scene_release) struct scene scene;
	struct world *world = *state;
	struct index_hit hit = { 0 };
	struct error err = { 0 };

	open_scene(&scene, world);
	WORLD_GIT(world, NULL, "update-ref", "refs/heads/abcdef0", world->sha[0]);
	assert_int_equal(path_write(scene.path, SLICE("r.example/app:abcdef0@" DIGEST), 0600, &err),
			 0);
	assert_int_equal(index_find(&scene.job, DIGEST, &hit, &err), 0);
}

static void test_a_place_that_is_not_there_is_no_error(void **state)
{
	AUTO(scene_release) struct scene scene;
	struct world *world = *state;
	struct index_hit hit = { 0 };
	struct error err = { 0 };

	open_scene(&scene, world);
	strv_release(&world->settings.indexes);
	assert_int_equal(strv_add(&world->settings.indexes, "/none", &err), 0);
	assert_int_equal(index_find(&scene.job, DIGEST, &hit, &err), 0);
	assert_int_equal(strv_add(&world->settings.indexes, scene.place, &err), 0);
	assert_int_equal(is_found(&scene, "r.example/app", 0), 1);
	assert_int_equal(index_find(&scene.job, "local:" DIGITS, &hit, &err), 0);
	assert_int_equal(index_find(&scene.job, NULL, &hit, &err), 0);
}

static void test_a_tag_stands_for_each_entry(void **state)
{
	static const struct {
		const char *image, *entry, *tag;
	} cases[] = {
		{ "team/app/web", "latest", "team..app..web..latest" },
		{ "team.app/web", "latest", "team.app..web..latest" },
		{ "a/b", "pushdate/2026.11.21.102030", "a..b..pushdate..2026.11.21.102030" },
		{ "a/b", "hash/" DIGITS, "a..b..hash.." DIGITS },
	};
	AUTO(buf_release) struct buf first = BUF_INIT(256), second = BUF_INIT(256);
	struct error err = { 0 };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		AUTO(buf_release) struct buf tag = BUF_INIT(256);

		assert_int_equal(index_tag(cases[i].image, cases[i].entry, &tag, &err), 0);
		assert_string_equal(tag.data, cases[i].tag);
	}
	assert_int_equal(index_tag(DIGITS "/a", "hash/" DIGITS, &first, &err), 0);
	assert_int_equal(index_tag(DIGITS "/b", "hash/" DIGITS, &second, &err), 0);
	assert_true(reference_is_valid_tag(first.data));
	assert_string_not_equal(first.data, second.data);
}

static void test_a_project_is_called_like_its_remote(void **state)
{
	static const struct {
		const char *url, *name;
	} cases[] = {
		{ "git@git.example.com:Team/App.git", "team/app" },
		{ "https://git.example.com/team/sub/app/", "team/sub/app" },
		{ "https://git.example.com/../../etc/passwd", "etc/passwd" },
		{ "https://git.example.com/a..b/-c-/.d/e__f.git", "a.b/c/d/e_f" },
		{ "https://git.example.com/~user/t%20x/", "user/t-20x" },
	};
	struct world *world = *state;

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct error err = { 0 };
		AUTOFREE char *name = NULL;

		WORLD_GIT(world, NULL, "config", "remote.origin.url", cases[i].url);
		name = name_project(world->run.repo, &err);
		assert_non_null(name);
		assert_string_equal(name, cases[i].name);
	}
}

/* A linked work tree's folder says nothing of what is in it. */
static void test_without_a_remote_it_is_called_like_the_main_folder(void **state)
{
	static const struct {
		const char *from, *path, *name; /* NULL: the folder of the world */
	} cases[] = {
		{ NULL, "one", NULL },
		{ "x.git", "two", "x" },
		{ "hub/.bare", "hub/three", "hub" },
		{ "x.git", NULL, "x" },
	};
	struct world *world = *state;

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct error err = { 0 };
		AUTO(repo_freep) struct git_repo *repo = NULL;
		const char *base = cases[i].from ? world->state : world->folder;
		AUTOFREE char *from = path_join(base, cases[i].from ? cases[i].from : "", &err);
		AUTOFREE char *path =
			path_join(world->state, cases[i].path ? cases[i].path : "x.git", &err);
		AUTOFREE char *folder = name_for_path(path_base(world->folder), &err);
		AUTOFREE char *name = NULL;

		if (cases[i].from && cases[i].path)
			WORLD_GIT(world, NULL, "clone", "-q", "--bare", "--origin=other", ".",
				  from);
		if (cases[i].path)
			WORLD_GIT(world, NULL, "-C", from, "worktree", "add", "-q", "--detach",
				  path);
		assert_int_equal(repo_open(path, &repo, &err), 0);
		name = name_project(repo, &err);
		assert_string_equal(name, cases[i].name ? cases[i].name : folder);
	}
}

/* Without a section the name is the remote's. */
static void test_no_image_leaves_its_place(void **state)
{
	static const struct {
		const char *url, *image;
	} cases[] = {
		{ "https://git.example.com/team/app", "team/app/app" },
		{ "https://git.example.com/../../etc", "etc/etc" },
		{ "https://git.example.com/a/../../../b", "a/b/b" },
		{ "https://git.example.com/", "" },
	};
	struct world *world = *state;

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct job job = JOB_INIT;
		struct error err = { 0 };
		AUTOFREE char *image = NULL;

		WORLD_GIT(world, NULL, "config", "remote.origin.url", cases[i].url);
		assert_int_equal(job_init(&job, &world->run,
					  &(struct job_subject){ .settings = &world->settings },
					  &err),
				 0);
		image = index_image(&job, &err);
		assert_non_null(image);
		assert_null(strstr(image, ".."));
		if (cases[i].image[0])
			assert_string_equal(image, cases[i].image);
		job_release(&job);
	}
}

static void test_which_places_there_are(void **state)
{
	static const char *const bad[] = { "index", "oci:", "oci:r.example/App",
					   "oci:r.example/a:1", "/a\nb" };
	struct error err = { 0 };

	(void)state;
	assert_int_equal(index_check("/srv/index", &err), 0);
	assert_int_equal(index_check("oci:r.example:5000/team/index", &err), 0);
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		assert_int_equal(index_check(bad[i], &err), -1);
		assert_int_equal(err.kind, ERROR_INPUT);
	}
}

#define WITH_WORLD(test) cmocka_unit_test_setup_teardown(test, world_set_up, world_tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_WORLD(test_entries_of_our_own_history_count),
		WITH_WORLD(test_entries_of_the_trusted_branch_count),
		WITH_WORLD(test_what_makes_no_sense_is_no_entry),
		WITH_WORLD(test_a_name_of_a_branch_is_no_commit),
		WITH_WORLD(test_a_place_that_is_not_there_is_no_error),
		cmocka_unit_test(test_a_tag_stands_for_each_entry),
		WITH_WORLD(test_a_project_is_called_like_its_remote),
		WITH_WORLD(test_without_a_remote_it_is_called_like_the_main_folder),
		WITH_WORLD(test_no_image_leaves_its_place),
		cmocka_unit_test(test_which_places_there_are),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
