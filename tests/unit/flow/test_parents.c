/* SPDX-License-Identifier: MIT */
/* What a build reads for the images of the same commit, and what is left of it. */
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include <stdio.h>

#include "../registry/documents.h"
#include "../registry/peer.h"
#include "engine/stamp.h"
#include "flow/build/parents.h"
#include "flow/strays.h"
#include "world.h"

#define FULL_NAME "docker.io/library/" STRAYS_BASE ":"

/* An engine that gives an image another configuration. */
static struct engine_ops ops;
static int (*remove_by_tag)(struct engine *engine, const char *reference, struct error *err);

static int stamp(struct engine *engine, const struct engine_stamp *options, char **ret_id,
		 struct error *err)
{
	struct fake_engine *fake = (struct fake_engine *)engine;
	AUTOFREE char *name = str_format(err, "%s:%s", options->repository, options->tag);
	struct engine_image *image = fake_add(fake, name, NULL, NULL);

	assert_string_equal(strmap_get(options->env, "SHA"), "");
	assert_string_equal(strmap_get(options->labels, "git-image.stamp"), "");
	assert_string_equal(strmap_get(options->labels, "git-image.key"), "");
	assert_string_equal(strmap_get(options->labels, ENGINE_CONTENT_LABEL), "r.example/base");
	assert_int_equal(options->created, 0);
	assert_string_equal(options->content_id, fake->images[0].id);
	*ret_id = str_copy(image->id, err);
	return *ret_id ? 0 : -1;
}

/* Engines know a short name by its full one. */
static int remove_image(struct engine *engine, const char *reference, struct error *err)
{
	size_t len = strlen("docker.io/library/");

	return remove_by_tag(
		engine, str_starts(reference, "docker.io/library/") ? reference + len : reference,
		err);
}

static char base[] = "base", base_name[] = "base:latest", child[] = "child", tag[] = "1";
static char base_repository[] = "r.example/base", base_reference[] = "r.example/base:1";
static char child_reference[] = "r.example/child:1", other_reference[] = "r.example/other:1";
static char short_reference[] = "base:1";

/* A child of the image that is the first one of the engine. */
struct family {
	struct job parent, child;
	struct job_parent link;
};

static void make_family(struct world *world, struct family *family, const char *content_id)
{
	struct fake_engine *fake = &world->engine;
	struct engine_image *image = fake_add(fake, "r.example/base:1", world->sha[1], "1");
	struct error err = { 0 };

	ops = *fake->base.ops;
	remove_by_tag = ops.remove_image;
	ops.remove_image = remove_image;
	ops.stamp = stamp;
	fake->base.ops = &ops;
	if (content_id)
		image->parent = str_copy(content_id, &err);
	*family = (struct family){
		.parent = { .run = &world->run,
			    .settings = &world->settings,
			    .name = base,
			    .repository = base_repository,
			    .reference = base_reference,
			    .tag = tag,
			    .image.id = image->id },
		.child = { .run = &world->run,
			   .settings = &world->settings,
			   .name = child,
			   .reference = child_reference,
			   .parents = &family->link,
			   .parent_count = 1 },
	};
	family->link = (struct job_parent){ .base = base_name, .job = &family->parent };
}

/* The names in the engine, "TAG" for what nobody can foresee. */
static void expect_tags(const struct world *world, const char *name, const char *expected)
{
	AUTO(buf_release) struct buf text = BUF_INIT(4096);
	AUTOFREE char *tags = fake_tags(&world->engine);
	const char *made = name ? strrchr(name, ':') + 1 : NULL;
	char *at = made ? strstr(tags, made) : NULL;

	if (at)
		buf_add_format(&text, "%.*sTAG%s", (int)(at - tags), tags, at + strlen(made));
	else
		buf_add_text(&text, tags);
	assert_string_equal(text.data, expected);
}

static void test_buildkit_gets_a_name_for_as_long_as_it_builds(void **state)
{
	struct world *world = *state;
	struct parents parents = { 0 };
	struct family family;
	struct error err = { 0 };
	const char *name;

	make_family(world, &family, NULL);
	world->engine.base.info.has_buildkit = true;
	assert_int_equal(parents_open(&family.child, &parents, &err), 0);
	assert_true(parents_are_local(&parents));
	name = strmap_get(&parents.names, "base:latest");
	assert_true(str_starts(name, FULL_NAME));
	expect_tags(world, name, STRAYS_BASE ":TAG r.example/base:1");
	parents_release(&parents);
	expect_tags(world, NULL, "r.example/base:1");
	assert_int_equal(world->engine.image_count, 1);
}

static void test_two_children_do_not_share_a_name(void **state)
{
	struct world *world = *state;
	AUTO(parents_release) struct parents one = { 0 }, two = { 0 };
	struct family family;
	struct error err = { 0 };

	make_family(world, &family, NULL);
	world->engine.base.info.has_buildkit = true;
	assert_int_equal(parents_open(&family.child, &one, &err), 0);
	family.child.reference = other_reference;
	assert_int_equal(parents_open(&family.child, &two, &err), 0);
	assert_string_not_equal(strmap_get(&one.names, "base:latest"),
				strmap_get(&two.names, "base:latest"));
}

static void test_the_classic_builder_gets_an_id(void **state)
{
	static const struct {
		struct engine_info info;
		int builder;
		bool is_id;
	} rows[] = {
		{ { .kind = ENGINE_DOCKER }, BUILDER_AUTO, true },
		{ { .kind = ENGINE_DOCKER, .has_buildkit = true }, BUILDER_CLASSIC, true },
		{ { .kind = ENGINE_PODMAN }, BUILDER_AUTO, true },
		{ { .kind = ENGINE_DOCKER, .has_buildkit = true }, BUILDER_AUTO, false },
	};
	struct world *world = *state;
	struct engine_image *content = fake_add(&world->engine, "other:1", NULL, "0");
	struct family family;
	struct error err = { 0 };

	make_family(world, &family, content->id);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct parents parents = { 0 };
		const char *name;

		world->engine.base.info = rows[i].info;
		world->settings.builder = rows[i].builder;
		assert_int_equal(parents_open(&family.child, &parents, &err), 0);
		name = strmap_get(&parents.names, "base:latest");
		if (rows[i].is_id)
			assert_string_equal(name, content->id + strlen("sha256:"));
		else
			expect_tags(world, name, STRAYS_BASE ":TAG other:1 r.example/base:1");
		parents_release(&parents);
		expect_tags(world, NULL, "other:1 r.example/base:1");
	}
}

static void test_the_names_of_dead_runs_go(void **state)
{
	struct world *world = *state;
	AUTOFREE char *tags = NULL;
	struct parents parents = { 0 };
	struct family family;
	struct error err = { 0 };
	char dead[128], foreign[128];

	make_family(world, &family, NULL);
	snprintf(dead, sizeof(dead), STRAYS_BASE ":%.16s-0123456789abcdef-0123456789ab",
		 world->run.host.text);
	snprintf(foreign, sizeof(foreign),
		 STRAYS_BASE ":ffffffffffffffff-0123456789abcdef-0123456789ab");
	fake_add(&world->engine, dead, NULL, "2");
	fake_add(&world->engine, foreign, NULL, "2");
	fake_add(&world->engine, STRAYS_BASE "s:1", NULL, "2");
	assert_int_equal(parents_open(&family.child, &parents, &err), 0);
	parents_release(&parents);
	tags = fake_tags(&world->engine);
	assert_null(strstr(tags, dead));
	assert_non_null(strstr(tags, foreign));
	assert_non_null(strstr(tags, STRAYS_BASE "s:1"));
}

static void test_a_parent_that_is_not_there(void **state)
{
	struct world *world = *state;
	AUTO(parents_release) struct parents parents = { 0 };
	struct family family;
	struct error err = { 0 };

	make_family(world, &family, NULL);
	family.parent.image.id = NULL;
	assert_int_equal(parents_open(&family.child, &parents, &err), -1);
	assert_string_equal(err.message, "parent 'base': there is no 'r.example/base:1' yet");
	assert_int_equal(err.kind, ERROR_INPUT);
	error_clear(&err);
	world->engine.base.info.kind = ENGINE_BUILDKIT;
	family.parent.reference = short_reference;
	family.parent.repository = base;
	assert_int_equal(parents_open(&family.child, &parents, &err), -1);
	assert_string_equal(err.message,
			    "parent 'base': 'base:1' is not published, and a BuildKit daemon takes "
			    "images from registries alone");
	assert_string_equal(err.hint, "publish it first: git image release base");
}

/* What has the SHA, but no stamp of ours, or is another commit's, is not built on. */
static void test_what_is_published_is_read_and_judged(void **state)
{
	static const struct peer_row rows[] = {
		{ "GET /v2/base/manifests/1", .status = 200, .headers = IS_MANIFEST,
		  .body = MANIFEST },
		{ "GET /v2/base/blobs/" CONFIG_DIGEST, .status = 200, .body = CONFIG },
		{ NULL },
	};
	static const struct {
		const char *sha, *message;
	} cases[] = {
		{ IMAGE_SHA, "' is not published, and a BuildKit daemon takes" },
		{ "ffffffffffffffffffffffffffffffffffffffff",
		  ":1' in the registry holds commit " IMAGE_SHA ", not ffffffff" },
	};
	struct world *world = *state;
	char repository[80], sha[41];
	struct family family;

	make_family(world, &family, NULL);
	world->engine.base.info.kind = ENGINE_BUILDKIT;
	family.parent.repository = family.parent.reference = repository;
	family.parent.sha = sha;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		AUTO(parents_release) struct parents parents = { 0 };
		static struct peer peer;
		struct error err = { 0 };

		peer = (struct peer){ 0 };
		peer_listen(&peer, "127.0.0.1");
		peer_run(&peer, rows, NULL);
		snprintf(repository, sizeof(repository), "%s/base", peer.host);
		snprintf(sha, sizeof(sha), "%s", cases[i].sha);
		assert_int_equal(parents_open(&family.child, &parents, &err), -1);
		peer_finish(&peer);
		if (!strstr(err.message, cases[i].message))
			fail_msg("%s", err.message);
	}
}

static void test_what_only_the_configuration_names_is_not_replaced(void **state)
{
	struct world *world = *state;
	AUTO(parents_release) struct parents parents = { 0 };
	struct family family;
	struct error err = { 0 };

	make_family(world, &family, NULL);
	family.link.base = NULL;
	assert_int_equal(parents_open(&family.child, &parents, &err), 0);
	assert_int_equal(parents.names.len, 0);
	assert_false(parents_are_local(&parents));
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, world_set_up, world_tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_buildkit_gets_a_name_for_as_long_as_it_builds),
		TEST(test_two_children_do_not_share_a_name),
		TEST(test_the_classic_builder_gets_an_id),
		TEST(test_the_names_of_dead_runs_go),
		TEST(test_a_parent_that_is_not_there),
		TEST(test_what_is_published_is_read_and_judged),
		TEST(test_what_only_the_configuration_names_is_not_replaced),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
