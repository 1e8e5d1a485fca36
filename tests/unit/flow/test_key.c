/* SPDX-License-Identifier: MIT */
/* What the content key takes bases for. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <signal.h>
#include <stdio.h>

#include "../registry/peer.h"
#include "base/path.h"
#include "base/time.h"
#include "flow/build/build.h"
#include "flow/key/key.h"
#include "flow/key/silence.h"
#include "world.h"

#define OTHER_DIGEST "sha256:2222222222222222222222222222222222222222222222222222222222222222"
#define DIGEST	     "sha256:1111111111111111111111111111111111111111111111111111111111111111"

#define WORLD_TEST(test) cmocka_unit_test_setup_teardown(test, world_set_up, world_tear_down)

static void commit_text(const struct world *world, const char *text)
{
	AUTO(buf_release) struct buf path = BUF_INIT(200);
	struct error err = { 0 };

	buf_add_format(&path, "%s/Dockerfile", world->folder);
	assert_int_equal(path_write(path.data, slice_of(text), 0644, &err), 0);
	WORLD_GIT(world, NULL, "commit", "-qam", "base");
}

static void find_key(struct run *run, const struct settings *settings, struct job_key *ret_key)
{
	AUTO(job_release) struct job job = JOB_INIT;
	struct error err = { 0 };

	assert_int_equal(job_init(&job, run, &(struct job_subject){ .settings = settings }, &err),
			 0);
	if (job_key_find(&job, ret_key, &err))
		fail_msg("%s", err.message);
}

/* The folder that the image goes to knows nothing of it. */
static void test_a_base_is_asked_of_its_own_registry(void **state)
{
	static const struct peer_row rows[] = {
		{ "HEAD /v2/base/manifests/1", .status = 200,
		  .headers = "Docker-Content-Digest: " DIGEST "\r\n" },
		{ NULL },
	};
	static struct peer peer;
	struct world *world = *state;
	char target[80], text[80], folder[] = ".";
	AUTO(job_key_release) struct job_key key = { 0 };
	struct settings settings = world->settings;
	struct run run;
	struct error err = { 0 };

	peer_listen(&peer, "127.0.0.1");
	peer_run(&peer, rows, NULL);
	snprintf(text, sizeof(text), "FROM %s/base:1\n", peer.host);
	commit_text(world, text);
	assert_int_equal(
		run_open(&(struct run_options){ .folder = world->folder }, NULL, &run, &err), 0);
	run.engine = &world->engine.base;
	snprintf(target, sizeof(target), "oci:%s/images", world->state);
	settings.to = target;
	settings.context = folder;
	find_key(&run, &settings, &key);
	peer_finish(&peer);
	assert_non_null(key.text);
	assert_non_null(strstr(key.inputs.inputs[key.inputs.len - 1].value, DIGEST));
	run.engine = NULL;
	run_close(&run);
}

static void expect_key(struct world *world, const struct settings *settings, char *ret_text,
		       struct job_key *ret_key)
{
	AUTO(job_key_release) struct job_key key = { 0 };
	struct run run = world->run;

	find_key(&run, settings, &key);
	assert_non_null(key.text);
	snprintf(ret_text, 80, "%s", key.text);
	if (ret_key) {
		*ret_key = key;
		key = (struct job_key){ 0 };
	}
}

static const char *input(const struct job_key *key, enum key_kind kind)
{
	for (size_t i = 0; i < key->inputs.len; i++)
		if (key->inputs.inputs[i].kind == kind)
			return key->inputs.inputs[i].value;
	return NULL;
}

static void test_metadata_counts_and_an_unhashed_argument_does_not(void **state)
{
	struct world *world = *state;
	struct settings settings = world->settings;
	char folder[] = ".", plain[80], other[80];
	struct error err = { 0 };

	settings.context = folder;
	expect_key(world, &settings, plain, NULL);
	assert_int_equal(strmap_set(&settings.unhashed_build_args, "MIRROR", "here", &err), 0);
	expect_key(world, &settings, other, NULL);
	assert_string_equal(plain, other);
	assert_int_equal(strmap_set(&settings.metadata, "tools", "2", &err), 0);
	expect_key(world, &settings, other, NULL);
	assert_string_not_equal(plain, other);
	strmap_release(&settings.unhashed_build_args);
	strmap_release(&settings.metadata);
}

static void test_an_unhashed_argument_is_given_to_the_build(void **state)
{
	AUTO(strmap_release) struct strmap args = { 0 };
	AUTO(job_release) struct job job = JOB_INIT;
	struct world *world = *state;
	struct settings settings = world->settings;
	char folder[] = ".";
	struct error err = { 0 };

	settings.context = folder;
	assert_int_equal(strmap_set(&settings.build_args, "MIRROR", "there", &err), 0);
	assert_int_equal(strmap_set(&settings.unhashed_build_args, "MIRROR", "here", &err), 0);
	assert_int_equal(
		job_init(&job, &world->run, &(struct job_subject){ .settings = &settings }, &err),
		0);
	assert_int_equal(job_open_context(&job, &err), 0);
	assert_int_equal(build_find_args(&job, &args, &err), 0);
	assert_string_equal(strmap_get(&args, "MIRROR"), "here");
	strmap_release(&settings.build_args);
	strmap_release(&settings.unhashed_build_args);
}

static void test_a_day_begins_at_midnight_in_utc(void **state)
{
	struct world *world = *state;
	struct settings settings = world->settings;
	AUTO(job_key_release) struct job_key key = { 0 };
	char folder[] = ".", text[80], today[64];
	const char *found;

	settings.context = folder;
	settings.interval_ms = 86400000;
	expect_key(world, &settings, text, &key);
	found = input(&key, KEY_INTERVAL);
	snprintf(today, sizeof(today), "86400 s from %.10sT00:00:00Z",
		 time_rfc3339(time_now()).text);
	assert_string_equal(found, today);
}

/* What may be private is noted as a hash; what is not, as it is. */
static void test_a_note_shows_no_argument(void **state)
{
	AUTO(content_key_release) struct content_key inputs = { 0 };
	AUTO(strmap_release) struct strmap note = { 0 };
	struct world *world = *state;
	struct error err = { 0 };

	assert_int_equal(content_key_add(&inputs, KEY_BASE, "alpine", DIGEST, &err), 0);
	assert_int_equal(content_key_add(&inputs, KEY_BUILD_ARG, "PORT", "secret", &err), 0);
	assert_int_equal(content_key_add(&inputs, KEY_BUILD_ARG, "OTHER", "secret", &err), 0);
	assert_int_equal(key_note(&inputs, &world->run.seal, &note, &err), 0);
	assert_string_equal(strmap_get(&note, "base/alpine"), DIGEST);
	assert_true(str_is_hex(strmap_get(&note, "build arg/PORT"), 64));
	assert_string_not_equal(strmap_get(&note, "build arg/PORT"),
				strmap_get(&note, "build arg/OTHER"));
	assert_int_equal(key_note(&inputs, &(struct seal){ 0 }, &note, &err), 0);
	assert_string_equal(strmap_get(&note, "build arg/PORT"), "");
}

static void test_a_parent_counts_by_its_key(void **state)
{
	AUTO(job_release) struct job parent = JOB_INIT, child = JOB_INIT;
	AUTO(job_key_release) struct job_key key = { 0 }, other = { 0 };
	struct world *world = *state;
	struct settings settings = world->settings;
	const struct job_subject subject = { .settings = &settings };
	char folder[] = ".";
	struct error err = { 0 };

	settings.context = folder;
	assert_int_equal(job_init(&parent, &world->run, &subject, &err), 0);
	assert_int_equal(job_init(&child, &world->run, &subject, &err), 0);
	child.parents = calloc(1, sizeof(*child.parents));
	child.parents[0].job = &parent;
	child.parent_count = 1;
	assert_int_equal(job_key_find(&child, &key, &err), 0);
	assert_non_null(parent.key);
	assert_string_equal(input(&key, KEY_PARENT), parent.key);
	assert_int_equal(str_replace(&parent.key, "local:1", &err), 0);
	assert_int_equal(job_key_find(&child, &other, &err), 0);
	assert_true(other.is_local);
	assert_true(str_starts(other.text, "local:"));
	assert_string_not_equal(key.text + strlen("sha256:"), other.text + strlen("local:"));
}

/* The run is at a commit with that Dockerfile. */
static void use_dockerfile(struct world *world, const char *text)
{
	struct error err = { 0 };

	commit_text(world, text);
	commit_release(&world->run.commit);
	assert_int_equal(commit_resolve(world->run.repo, "HEAD", &world->run.commit, &err), 0);
}

/* The second question is answered from memory; who builds asks anew. */
static void test_what_a_registry_says_is_remembered(void **state)
{
	static const struct peer_row rows[] = {
		{ "HEAD /v2/x/manifests/1", .status = 200,
		  .headers = "Docker-Content-Digest: " DIGEST "\r\n" },
		{ "HEAD /v2/x/manifests/1", .status = 200,
		  .headers = "Docker-Content-Digest: " OTHER_DIGEST "\r\n" },
		{ NULL },
	};
	static const struct {
		const char *before, *after, *kind;
	} cases[] = {
		{ "FROM ", "\n", "base" },
		{ "# syntax=", "\nFROM scratch\n", "frontend" },
	};
	static struct peer peers[ARRAY_SIZE(cases)];
	struct world *world = *state;
	struct settings settings = world->settings;
	const struct job_subject subject = { .settings = &settings };
	char folder[] = ".";
	struct error err = { 0 };

	settings.context = folder;
	settings.base_ttl_ms = 3600000;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		AUTO(job_release) struct job first = JOB_INIT, second = JOB_INIT;
		char text[80], name[80];

		peer_listen(&peers[i], "127.0.0.1");
		peer_run(&peers[i], rows, NULL);
		snprintf(text, sizeof(text), "%s%s/x:1%s", cases[i].before, peers[i].host,
			 cases[i].after);
		snprintf(name, sizeof(name), "%s/%s/x:1", cases[i].kind, peers[i].host);
		use_dockerfile(world, text);
		assert_int_equal(job_init(&first, &world->run, &subject, &err), 0);
		assert_int_equal(job_init(&second, &world->run, &subject, &err), 0);
		assert_int_equal(job_key_keep(&first, &err), 0);
		assert_int_equal(job_key_keep(&second, &err), 0);
		assert_string_equal(first.key, second.key);
		assert_int_equal(job_key_renew(&first, &err), 0);
		assert_string_equal(strmap_get(&first.key_inputs, name), DIGEST);
		assert_int_equal(job_key_renew(&second, &err), 1);
		assert_string_equal(strmap_get(&second.key_inputs, name), OTHER_DIGEST);
		assert_string_not_equal(first.key, second.key);
		peer_finish(&peers[i]);
	}
}

static void test_a_registry_that_is_silent_is_asked_once(void **state)
{
	struct world *world = *state;
	AUTO(job_release) struct job job = JOB_INIT;
	struct settings settings = world->settings;
	char folder[] = ".";
	struct error err = { 0 };

	use_dockerfile(world, "FROM 127.0.0.1:1/base:1\n");
	settings.context = folder;
	assert_int_equal(
		job_init(&job, &world->run, &(struct job_subject){ .settings = &settings }, &err),
		0);
	assert_false(silence_has(world->run.silence, "127.0.0.1:1"));
	assert_int_equal(job_key_keep(&job, &err), 0);
	assert_null(job.key);
	assert_string_equal(job.why_no_key,
			    "neither the engine nor its registry says which digest the base image "
			    "'127.0.0.1:1/base:1' has");
	assert_true(silence_has(world->run.silence, "127.0.0.1:1"));
}

static void test_a_frontend_that_the_engine_has_is_asked_of_nobody(void **state)
{
	struct world *world = *state;
	AUTO(job_key_release) struct job_key key = { 0 };
	struct settings settings = world->settings;
	struct error err = { 0 };
	struct engine_image *image = fake_add(&world->engine, "127.0.0.1:1/x:1", NULL, NULL);
	char folder[] = ".", text[80];

	use_dockerfile(world, "# syntax=127.0.0.1:1/x:1\nFROM scratch\n");
	settings.context = folder;
	assert_int_equal(strv_add(&image->digests, "127.0.0.1:1/x@" DIGEST, &err), 0);
	expect_key(world, &settings, text, &key);
	assert_string_equal(input(&key, KEY_FRONTEND), DIGEST);
}

/* Nobody says which digest it has: known is only the key of who does not use it. */
static void test_a_frontend_that_nobody_uses_does_not_count(void **state)
{
	struct world *world = *state;
	AUTO(job_key_release) struct job_key key = { 0 };
	struct settings settings = world->settings;
	char folder[] = ".", classic[80], builtin[80], podman[80];

	use_dockerfile(world, "# syntax=127.0.0.1:1/x:1\nFROM scratch\n");
	settings.context = folder;
	find_key(&world->run, &settings, &key);
	assert_null(key.text);
	assert_string_equal(key.unknown,
			    "neither the engine nor its registry says which digest the frontend "
			    "'127.0.0.1:1/x:1' has");
	settings.builder = BUILDER_CLASSIC;
	expect_key(world, &settings, classic, NULL);
	settings.builder = BUILDER_AUTO;
	world->engine.base.info.kind = ENGINE_PODMAN;
	expect_key(world, &settings, podman, NULL);
	assert_string_equal(classic, podman);
	world->engine.base.info.kind = ENGINE_DOCKER;
	settings.frontend = FRONTEND_BUILTIN;
	expect_key(world, &settings, builtin, NULL);
	assert_string_not_equal(classic, builtin);
}

static void test_an_engine_of_another_kind_counts_by_its_platform(void **state)
{
	struct world *world = *state;
	AUTO(job_key_release) struct job_key key = { 0 };
	struct settings settings = world->settings;
	char folder[] = ".", platform[] = "linux/s390x", here[80], there[80];

	settings.context = folder;
	expect_key(world, &settings, here, NULL);
	world->engine.base.info.platform = platform;
	expect_key(world, &settings, there, &key);
	world->engine.base.info.platform = NULL;
	assert_string_not_equal(here, there);
	assert_string_equal(input(&key, KEY_PLATFORM), platform);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_a_base_is_asked_of_its_own_registry,
						world_set_up, world_tear_down),
		WORLD_TEST(test_metadata_counts_and_an_unhashed_argument_does_not),
		WORLD_TEST(test_an_unhashed_argument_is_given_to_the_build),
		WORLD_TEST(test_a_day_begins_at_midnight_in_utc),
		WORLD_TEST(test_a_note_shows_no_argument),
		WORLD_TEST(test_a_parent_counts_by_its_key),
		WORLD_TEST(test_what_a_registry_says_is_remembered),
		WORLD_TEST(test_a_registry_that_is_silent_is_asked_once),
		WORLD_TEST(test_a_frontend_that_the_engine_has_is_asked_of_nobody),
		WORLD_TEST(test_a_frontend_that_nobody_uses_does_not_count),
		WORLD_TEST(test_an_engine_of_another_kind_counts_by_its_platform),
	};

	signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
