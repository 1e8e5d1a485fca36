/* SPDX-License-Identifier: MIT */
/* Which key a child gets whose parent is here, but of other content than it would be now. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "engine/build/build.h"
#include "engine/stamp.h"
#include "flow/build/identity.h"
#include "flow/ensure/ensure.h"
#include "flow/key/key.h"
#include "world.h"

#define OLD_KEY "sha256:1111111111111111111111111111111111111111111111111111111111111111"

#define WORLD_TEST(test) cmocka_unit_test_setup_teardown(test, world_set_up, world_tear_down)

/* An engine that builds and stamps. */
static struct engine_ops ops;

static int build(struct engine *engine, const struct engine_build *options, char **ret_id,
		 struct error *err)
{
	struct fake_engine *fake = (struct fake_engine *)engine;

	options->result->builder = ENGINE_BUILDER_CLASSIC;
	*ret_id = str_copy(fake_add(fake, "content:1", NULL, "2")->id, err);
	return *ret_id ? 0 : -1;
}

static int stamp(struct engine *engine, const struct engine_stamp *options, char **ret_id,
		 struct error *err)
{
	struct fake_engine *fake = (struct fake_engine *)engine;
	AUTOFREE char *name = str_format(err, "%s:%s", options->repository, options->tag);
	struct engine_image *image = fake_add(fake, name, NULL, "3");
	const char *sha = strmap_get(options->env, "SHA");

	assert_int_equal(strmap_copy(&image->labels, options->labels, err), 0);
	strv_remove(&image->layers, 0);
	assert_int_equal(strv_add(&image->layers, options->content_id, err), 0);
	assert_int_equal(strv_add_taken(&image->env, str_format(err, "SHA=%s", sha), err), 0);
	*ret_id = str_copy(image->id, err);
	return *ret_id ? 0 : -1;
}

/* Two images of one commit: the second one stands on the first. */
struct family {
	struct settings settings[2];
	struct job jobs[2];
};

static void family_close(struct family *family)
{
	job_release(&family->jobs[1]);
	job_release(&family->jobs[0]);
}

static void family_open(struct family *family, struct world *world)
{
	static char repositories[2][20] = { "r.example/base", "r.example/child" };
	static const char *const names[2] = { "base", "child" };
	static char folder[] = ".";
	struct error err = { 0 };

	*family = (struct family){ .jobs = { JOB_INIT, JOB_INIT } };
	for (size_t i = 0; i < 2; i++) {
		family->settings[i] = world->settings;
		family->settings[i].repository = repositories[i];
		family->settings[i].context = folder;
		family->settings[i].ensure = ENSURE_NONE;
		assert_int_equal(job_init(&family->jobs[i], &world->run,
					  &(struct job_subject){ .name = names[i],
								 .settings = &family->settings[i] },
					  &err),
				 0);
	}
	family->jobs[1].parents = calloc(1, sizeof(struct job_parent));
	family->jobs[1].parents[0].job = &family->jobs[0];
	family->jobs[1].parent_count = 1;
	ops = *world->engine.base.ops;
	ops.build = build;
	ops.stamp = stamp;
	world->engine.base.ops = &ops;
}

/* As an earlier run left it; `key` may be NULL. */
static void add_parent(struct world *world, const struct job *job, const char *key)
{
	struct engine_image *image =
		fake_add(&world->engine, job->reference, world->sha[1], "2026-01-01T00:00:00Z");
	struct digest_text text;
	struct error err = { 0 };

	assert_int_equal(identity_stamp(key, world->sha[1], &image->layers, &text, &err), 0);
	assert_int_equal(strmap_set(&image->labels, LABEL_STAMP, text.text, &err), 0);
	assert_int_equal(strmap_set(&image->labels, LABEL_KEY, key ? key : "", &err), 0);
}

static const char *label_of(struct world *world, const char *reference)
{
	struct engine_image *images = world->engine.images;

	for (size_t i = 0; i < world->engine.image_count; i++)
		if (strv_has(&images[i].tags, reference))
			return strmap_get(&images[i].labels, LABEL_KEY);
	return NULL;
}

/* The child's key with a parent of that key, and its present one. */
static void find_keys(struct family *family, const char *parent_key, char **ret_then,
		      char **ret_now)
{
	AUTO(job_key_release) struct job_key now = { 0 }, then = { 0 };
	struct job *parent = &family->jobs[0];
	struct error err = { 0 };

	assert_int_equal(job_key_find(&family->jobs[1], &now, &err), 0);
	assert_int_equal(str_replace(&parent->key, parent_key, &err), 0);
	assert_int_equal(job_key_find(&family->jobs[1], &then, &err), 0);
	assert_int_equal(str_replace(&parent->key, NULL, &err), 0);
	assert_string_not_equal(now.text, then.text);
	*ret_now = TAKE(now.text);
	*ret_then = TAKE(then.text);
}

/* Of the child, after what it asks for. */
static int ensure(struct family *family, bool by_content, struct ensured *ret_ensured,
		  struct error *err)
{
	const struct ensure_options options = { .by_content = by_content }, parents = { 0 };
	AUTO(ensured_release) struct ensured parent = { 0 };
	int status = ensure_job(&family->jobs[1], &options, ret_ensured, err);

	if (status <= 0)
		return status;
	assert_null(family->jobs[0].image.id);
	assert_null(ret_ensured->reference);
	assert_int_equal(ensure_job(&family->jobs[0], &parents, &parent, err), 0);
	assert_int_equal(parent.how, ENSURED_LOCAL);
	return ensure_job(&family->jobs[1], &options, ret_ensured, err);
}

static void expect_old_key(struct world *world, bool by_content)
{
	AUTO(family_close) struct family family;
	AUTO(ensured_release) struct ensured ensured = { 0 };
	AUTOFREE char *then = NULL, *now = NULL, *early = NULL, *name = NULL;
	struct job *child = &family.jobs[1];
	struct error err = { 0 };

	family_open(&family, world);
	add_parent(world, &family.jobs[0], OLD_KEY);
	find_keys(&family, OLD_KEY, &then, &now);
	/* As a word does that may be a content tag. */
	early = ensure_content_tag(child, &err);
	assert_string_equal(child->key, now);
	assert_int_equal(ensure(&family, by_content, &ensured, &err), 0);
	assert_int_equal(ensured.how, ENSURED_BUILT);
	assert_string_equal(label_of(world, child->reference), then);
	name = str_format(&err, "r.example/child:latest-%.16s", strchr(then, ':') + 1);
	assert_string_equal(ensured.reference, by_content ? name : child->reference);
}

static void test_a_child_has_the_key_of_the_parent_that_it_is_built_on(void **state)
{
	expect_old_key(*state, false);
}

static void test_so_has_its_content_tag(void **state)
{
	expect_old_key(*state, true);
}

static void test_a_child_of_a_parent_without_a_key_has_none(void **state)
{
	struct world *world = *state;
	AUTO(family_close) struct family family;
	AUTO(ensured_release) struct ensured ensured = { 0 };
	AUTOFREE char *tag = NULL;
	struct error err = { 0 };

	family_open(&family, world);
	add_parent(world, &family.jobs[0], NULL);
	tag = ensure_content_tag(&family.jobs[1], &err);
	assert_non_null(tag);
	assert_int_equal(ensure(&family, false, &ensured, &err), 0);
	assert_null(family.jobs[0].key);
	assert_string_equal(family.jobs[0].why_no_key, "the image that is there has none");
	assert_string_equal(label_of(world, family.jobs[1].reference), "");
	assert_string_equal(family.jobs[1].why_no_key, "the key of its parent 'base' is not known");
	assert_int_equal(ensure_job(&family.jobs[1], &(struct ensure_options){ .by_content = true },
				    &ensured, &err),
			 -1);
	assert_string_equal(err.message,
			    "the content key of 'child' is not known before the build");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		WORLD_TEST(test_a_child_has_the_key_of_the_parent_that_it_is_built_on),
		WORLD_TEST(test_so_has_its_content_tag),
		WORLD_TEST(test_a_child_of_a_parent_without_a_key_has_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
