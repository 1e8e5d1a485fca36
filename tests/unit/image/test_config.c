/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "image/config.h"

#define HEX64 "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define SHA_A "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define SHA_B "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"
#define LABEL "org.opencontainers.image.revision"

static const char *const whole =
	"{\"architecture\":\"arm64\",\"os\":\"linux\",\"variant\":\"v8\","
	"\"created\":\"2026-11-21T10:00:00Z\",\"config\":{\"Env\":[\"PATH=/bin\",\"SHA=" SHA_A
	"\",\"EMPTY=\"],\"Labels\":{\"" LABEL "\":\"" SHA_A "\"},\"Cmd\":[\"/x\"]},"
	"\"rootfs\":{\"type\":\"layers\",\"diff_ids\":[\"sha256:" HEX64 "\"]},"
	"\"history\":[{\"created_by\":\"COPY\"},{\"comment\":\"stamp\",\"empty_layer\":true}]}";

static void test_whole(void **state)
{
	AUTO(image_config_release) struct image_config config = { 0 };
	struct error err = { 0 };

	(void)state;
	if (image_config_parse(slice_of(whole), &config, &err))
		fail_msg("%s", err.message);
	assert_string_equal(config.platform.architecture, "arm64");
	assert_string_equal(config.platform.variant, "v8");
	assert_string_equal(config.created, "2026-11-21T10:00:00Z");
	assert_string_equal(image_config_env(&config, "SHA"), SHA_A);
	assert_string_equal(image_config_env(&config, "EMPTY"), "");
	assert_null(image_config_env(&config, "SH"));
	assert_string_equal(strmap_get(&config.labels, LABEL), SHA_A);
	assert_int_equal(config.diff_ids.len, 1);
	assert_int_equal(config.history_count, 2);
	assert_string_equal(config.history[0].created_by, "COPY");
	assert_true(config.history[1].is_empty_layer);
}

static void test_least(void **state)
{
	AUTO(image_config_release) struct image_config config = { 0 };
	const char *text = "{\"config\":{\"Env\":null,\"Labels\":null},"
			   "\"rootfs\":{\"type\":\"layers\"},\"history\":null}";
	struct error err = { 0 };

	(void)state;
	assert_int_equal(image_config_parse(slice_of(text), &config, &err), 0);
	assert_int_equal(config.env.len, 0);
}

static const struct {
	const char *text;
	const char *message;
} bad[] = {
	{ "[]", "config: expected an object" },
	{ "{}", "config.rootfs: expected an object" },
	{ "{\"rootfs\":{\"diff_ids\":[\"sha256:x\"]}}",
	  "config.rootfs.diff_ids[0]: no SHA-256 digest" },
	{ "{\"config\":[],\"rootfs\":{\"diff_ids\":[]}}", "config.config: expected an object" },
	{ "{\"config\":{\"Env\":[1]},\"rootfs\":{\"diff_ids\":[]}}",
	  "config.config.Env: expected an array of strings" },
	{ "{\"rootfs\":{\"diff_ids\":[]},\"history\":{}}", "config.history: expected an array" },
	{ "{\"rootfs\":{\"diff_ids\":[]},\"history\":[{},1]}", "history[1]: expected an object" },
};

static void test_bad(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		struct image_config config = { 0 };
		struct error err = { 0 };

		assert_int_equal(image_config_parse(slice_of(bad[i].text), &config, &err), -1);
		assert_string_equal(err.message, bad[i].message);
		assert_int_equal(err.kind, ERROR_PROTOCOL);
	}
}

static const struct {
	const char *env[4];
	const char *label;
	const char *sha_env;
	struct image_commit expected;
} commits[] = {
	{ { "A=b" }, NULL, NULL, { .sha = "" } },
	{ { "SHA=" SHA_A }, NULL, NULL, { .sha = SHA_A, .source = "SHA" } },
	{ { "SHA=" SHA_B, "SHA=" SHA_A }, NULL, NULL, { .sha = SHA_A, .source = "SHA" } },
	{ { "SHA=" SHA_A, "COMMIT_SHA=" SHA_A }, SHA_A, NULL, { .sha = SHA_A, .source = "SHA" } },
	{ { "SHA=" SHA_A },
	  SHA_B,
	  NULL,
	  { .sha = SHA_A, .source = "SHA", .is_contradicted = true } },
	{ { "COMMIT_SHA=" SHA_B }, NULL, NULL, { .sha = SHA_B, .source = "COMMIT_SHA" } },
	{ { "SHA=1f2e3d4", "COMMIT_SHA=" SHA_B },
	  NULL,
	  NULL,
	  { .sha = SHA_B, .source = "COMMIT_SHA" } },
	{ { NULL }, SHA_B, NULL, { .sha = SHA_B, .source = LABEL } },
	{ { "SHA=" SHA_A "-dirty" },
	  SHA_A,
	  NULL,
	  { .sha = SHA_A, .source = "SHA", .is_dirty = true } },
	{ { "SHA=" SHA_A "-dirt" }, NULL, NULL, { .sha = "" } },
	{ { "SHA=" SHA_A "a" }, NULL, NULL, { .sha = "" } },
	{ { "SHA=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA" }, NULL, NULL, { .sha = "" } },
	{ { "GIT_SHA=" SHA_A, "SHA=" SHA_B },
	  NULL,
	  "GIT_SHA",
	  { .sha = SHA_A, .source = "GIT_SHA" } },
	{ { "SHA=" SHA_B }, NULL, "GIT_SHA", { .sha = "" } },
};

static void test_commits(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(commits); i++) {
		AUTO(strv_release) struct strv env = { 0 };
		AUTO(strmap_release) struct strmap labels = { 0 };
		struct image_commit commit = { 0 };
		struct error err = { 0 };
		bool is_known;

		for (const char *const *item = commits[i].env; *item; item++)
			assert_int_equal(strv_add(&env, *item, &err), 0);
		if (commits[i].label)
			assert_int_equal(strmap_set(&labels, LABEL, commits[i].label, &err), 0);
		is_known = image_commit_of(&env, &labels, commits[i].sha_env, &commit);
		assert_int_equal(is_known, commits[i].expected.source != NULL);
		assert_string_equal(commit.sha, commits[i].expected.sha);
		if (is_known)
			assert_string_equal(commit.source, commits[i].expected.source);
		assert_int_equal(commit.is_dirty, commits[i].expected.is_dirty);
		assert_int_equal(commit.is_contradicted, commits[i].expected.is_contradicted);
	}
}

static void test_what_is_dirty_or_contradicted_is_of_no_commit(void **state)
{
	(void)state;
	assert_true(image_commit_is(&(struct image_commit){ .sha = SHA_A }, SHA_A));
	assert_false(image_commit_is(&(struct image_commit){ .sha = SHA_B }, SHA_A));
	assert_false(
		image_commit_is(&(struct image_commit){ .sha = SHA_A, .is_dirty = true }, SHA_A));
	assert_false(image_commit_is(
		&(struct image_commit){ .sha = SHA_A, .is_contradicted = true }, SHA_A));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_whole),
		cmocka_unit_test(test_least),
		cmocka_unit_test(test_bad),
		cmocka_unit_test(test_commits),
		cmocka_unit_test(test_what_is_dirty_or_contradicted_is_of_no_commit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
