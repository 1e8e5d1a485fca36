/* SPDX-License-Identifier: MIT */
/* What stands for a registry on disk: an image layout, an archive. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/limits.h"
#include "base/path.h"
#include "codec/digest.h"
#include "documents.h"
#include "store-scene.h"

#define OTHERS                                                                                     \
	"{\"schemaVersion\":2,\"vendor\":{\"a\":1},\"manifests\":[{\"mediaType\":\"x/y\","         \
	"\"digest\":\"sha256:" ZEROS "\",\"size\":3,\"annotations\":{\"b\":\"c\"}}]}"
#define ZEROS "0000000000000000000000000000000000000000000000000000000000000000"

static void expect_file(const struct store_scene *scene, const char *name, const char *content)
{
	AUTO(buf_release) struct buf bytes = BUF_INIT(64 * KIB);
	struct error err = { 0 };
	AUTOFREE char *path = path_join(scene->folder, name, &err);

	assert_int_equal(path_read(path, &bytes, &err), 0);
	assert_string_equal(bytes.data, content);
}

static void expect_image(struct registry *registry, const char *tag, const char *digest)
{
	AUTO(registry_image_release) struct registry_image image = REGISTRY_IMAGE_INIT;
	struct registry_digest found = { "" };
	struct error err = { 0 };

	assert_int_equal(registry_exists(registry, tag, &found, &err), REGISTRY_YES);
	assert_string_equal(found.text, digest);
	assert_int_equal(registry_read_image(registry, tag, NULL, &image, &err), REGISTRY_YES);
	assert_string_equal(image.manifest.digest.text, digest);
	assert_string_equal(image.config_digest.text, CONFIG_DIGEST);
	assert_string_equal(image.commit.sha, IMAGE_SHA);
}

static void test_a_layout_answers_as_a_registry(void **state)
{
	const struct store_scene *scene = *state;
	AUTO(registry_freep) struct registry *registry = store_scene_open(scene->oci, "team/app");
	AUTO(registry_manifest_release) struct registry_manifest none = REGISTRY_MANIFEST_INIT;
	struct registry_digest found;
	struct error err = { 0 };
	struct stat st;

	assert_int_equal(registry_exists(registry, "v1", &found, &err), REGISTRY_NO);
	assert_int_equal(registry_manifest(registry, CONFIG_DIGEST, &none, &err), REGISTRY_NO);
	assert_int_equal(stat(scene->oci + strlen("oci:"), &st), -1);
	assert_int_equal(store_scene_put(registry, SLICE(CONFIG)), REGISTRY_BLOB_SENT);
	assert_int_equal(store_scene_put(registry, SLICE(CONFIG)), REGISTRY_BLOB_THERE);
	store_scene_put_document(registry, MANIFEST, NULL);
	assert_int_equal(registry_exists(registry, "v1", &found, &err), REGISTRY_NO);
	store_scene_put_document(registry, MANIFEST, "v1");
	expect_image(registry, "v1", MANIFEST_DIGEST);
	expect_image(registry, MANIFEST_DIGEST, MANIFEST_DIGEST);
	store_scene_put_document(registry, INDEX, "v1");
	expect_image(registry, "v1", INDEX_DIGEST);
	expect_file(scene, "a/b/oci-layout", "{\"imageLayoutVersion\":\"1.0.0\"}");
}

static void test_what_has_no_source_is_only_looked_for(void **state)
{
	const struct store_scene *scene = *state;
	const char *const targets[] = { scene->oci, scene->archive };

	for (size_t i = 0; i < ARRAY_SIZE(targets); i++) {
		AUTO(registry_freep)
		struct registry *registry = store_scene_open(targets[i], "team/app");
		struct registry_blob blob = { .digest = CONFIG_DIGEST, .size = strlen(CONFIG) };
		const struct registry_upload upload = { .blobs = &blob, .count = 1 };
		struct error err = { 0 };

		assert_int_equal(registry_upload_blobs(registry, &upload, &err), 0);
		assert_int_equal(blob.outcome, REGISTRY_BLOB_MISSING);
		assert_int_equal(store_scene_put(registry, SLICE(CONFIG)), REGISTRY_BLOB_SENT);
		assert_int_equal(registry_upload_blobs(registry, &upload, &err), 0);
		assert_int_equal(blob.outcome, REGISTRY_BLOB_THERE);
	}
}

static void write_index(const struct store_scene *scene, const char *text)
{
	struct error err = { 0 };
	char path[96];

	snprintf(path, sizeof(path), "%s/a/b/index.json", scene->folder);
	assert_int_equal(path_write(path, slice_of(text), 0644, &err), 0);
}

static void test_what_others_have_in_a_layout_stays(void **state)
{
	const struct store_scene *scene = *state;
	AUTO(registry_freep) struct registry *registry = NULL;
	AUTO(registry_freep) struct registry *other = store_scene_open(scene->oci, "team/other");
	struct registry_digest found;
	struct error err = { 0 };

	store_scene_put_document(other, MANIFEST, "v1");
	write_index(scene, OTHERS);
	registry = store_scene_open(scene->oci, "team/app");
	for (int i = 0; i < 2; i++)
		store_scene_put_document(registry, MANIFEST, "v2");
	expect_file(scene, "a/b/index.json",
		    "{\"schemaVersion\":2,\"vendor\":{\"a\":1},\"manifests\":[{\"mediaType\":"
		    "\"x/y\",\"digest\":\"sha256:" ZEROS
		    "\",\"size\":3,\"annotations\":{\"b\":\"c\"}},{\"mediaType\":"
		    "\"" MEDIA_TYPE_OCI_MANIFEST "\",\"digest\":\"" MANIFEST_DIGEST
		    "\",\"size\":248,\"annotations\":{\"io.containerd.image.name\":\"team/app:v2\","
		    "\"org.opencontainers.image.ref.name\":\"v2\"}}]}");
	assert_int_equal(registry_exists(other, "v2", &found, &err), REGISTRY_UNKNOWN);
	assert_int_equal(err.kind, ERROR_CONFLICT);
}

/* Puts a manifest, which its caller has not looked for. */
static int put_tag(struct registry *registry, const char *tag, struct error *err)
{
	AUTO(registry_manifest_release) struct registry_manifest manifest = REGISTRY_MANIFEST_INIT;
	AUTO(buf_release) struct buf bytes = BUF_INIT(4096);

	buf_add_text(&bytes, MANIFEST);
	assert_int_equal(registry_manifest_of(&bytes, MEDIA_TYPE_OCI_MANIFEST, &manifest, err), 0);
	return registry_put_manifest(registry, tag, &manifest, err);
}

#define V1(digest, more)                                                                           \
	"{\"mediaType\":\"x/y\",\"digest\":\"" digest                                              \
	"\",\"size\":3,\"annotations\":{\"org.opencontainers.image.ref.name\":\"v1\"" more "}}"

static void test_a_tag_that_others_gave_twice_is_one(void **state)
{
	const struct store_scene *scene = *state;
	AUTO(registry_freep) struct registry *registry = store_scene_open(scene->oci, "team/app");
	struct registry_digest found;
	struct error err = { 0 };

	store_scene_put_document(registry, INDEX, NULL);
	store_scene_put_document(registry, MANIFEST, "v1");
	write_index(scene,
		    "{\"manifests\":[" V1(MANIFEST_DIGEST, "") "," V1(INDEX_DIGEST, "") "]}");
	assert_int_equal(registry_exists(registry, "v1", &found, &err), REGISTRY_YES);
	assert_string_equal(found.text, MANIFEST_DIGEST);
	store_scene_put_document(registry, MANIFEST, "v1");
	expect_file(scene, "a/b/index.json",
		    "{\"manifests\":[{\"mediaType\":\"" MEDIA_TYPE_OCI_MANIFEST
		    "\",\"digest\":\"" MANIFEST_DIGEST
		    "\",\"size\":248,\"annotations\":{\"io.containerd.image.name\":\"team/app:v1\","
		    "\"org.opencontainers.image.ref.name\":\"v1\"}}]}");
}

#define SHARED                                                                                     \
	"{\"manifests\":[" V1("sha256:" ZEROS, "") "," V1(                                         \
		CONFIG_DIGEST, ",\"io.containerd.image.name\":\"team/other:v1\"") "]}"

/* Whoever takes a tag while another publication is under way keeps it. */
static void test_a_tag_of_another_repository_is_not_taken(void **state)
{
	const struct store_scene *scene = *state;
	AUTO(registry_freep) struct registry *registry = store_scene_open(scene->oci, "team/app");
	struct error err = { 0 };

	store_scene_put_document(registry, MANIFEST, "v2");
	write_index(scene, SHARED);
	assert_int_equal(put_tag(registry, "v1", &err), -1);
	assert_int_equal(err.kind, ERROR_CONFLICT);
	assert_non_null(strstr(err.message, "it holds 'team/other:v1' there"));
	expect_file(scene, "a/b/index.json", SHARED);
}

static void test_an_index_that_is_none_is_left_alone(void **state)
{
	static const char *const cases[][2] = {
		{ "", "index.json': JSON: not valid" },
		{ "[]", "index.json' has no list of manifests" },
		{ "{}", "index.json' has no list of manifests" },
		{ "{\"manifests\":7}", "index.json' has no list of manifests" },
		{ "{\"manifests\":[" V1("sha256:x", "") "]}", "names no digest for it" },
	};
	const struct store_scene *scene = *state;
	AUTO(registry_freep) struct registry *registry = store_scene_open(scene->oci, "team/app");

	store_scene_put_document(registry, MANIFEST, "v1");
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct registry_digest found;
		struct error err = { 0 };

		write_index(scene, cases[i][0]);
		assert_int_equal(registry_exists(registry, "v1", &found, &err), REGISTRY_UNKNOWN);
		assert_int_equal(err.kind, ERROR_INPUT);
		if (!strstr(err.message, cases[i][1]))
			fail_msg("'%s' lacks '%s'", err.message, cases[i][1]);
		expect_file(scene, "a/b/index.json", cases[i][0]);
	}
}

/* Also if the tag that comes is one too many. */
static void test_an_index_has_room_for_so_many_tags(void **state)
{
	const struct store_scene *scene = *state;
	AUTO(registry_freep) struct registry *registry = store_scene_open(scene->oci, "team/app");
	AUTO(buf_release) struct buf text = BUF_INIT(2 * LIMIT_JSON_DOCUMENT);

	store_scene_put_document(registry, MANIFEST, "v1");
	buf_add_text(&text, "{\"manifests\":[],\"x\":\"");
	while (text.len < LIMIT_JSON_DOCUMENT - 100)
		buf_add_text(&text, "yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy");
	for (size_t i = 0; i < 2; i++) {
		struct error err = { 0 };

		if (!i)
			buf_add_text(&text, "\"}");
		while (i && text.len <= LIMIT_JSON_DOCUMENT)
			buf_add_text(&text, "          ");
		write_index(scene, text.data);
		assert_int_equal(put_tag(registry, "v1", &err), -1);
		assert_int_equal(err.kind, ERROR_INPUT);
		assert_non_null(strstr(err.message, "index.json: longer than 4194304 bytes"));
		assert_string_equal(err.hint, "it has too many tags: another folder has room");
	}
}

#define NESTED                                                                                     \
	"{\"schemaVersion\":2,\"manifests\":[{\"mediaType\":\"" MEDIA_TYPE_OCI_MANIFEST            \
	"\",\"digest\":\"" INDEX_DIGEST                                                            \
	"\",\"size\":248,\"platform\":{\"os\":\"linux\",\"architecture\":\"mips\"}}]}"

static void test_an_index_in_an_index_is_no_image(void **state)
{
	const struct store_scene *scene = *state;
	AUTO(registry_freep) struct registry *registry = store_scene_open(scene->oci, "team/app");
	AUTO(registry_image_release) struct registry_image image = REGISTRY_IMAGE_INIT;
	struct error err = { 0 };

	store_scene_put_document(registry, INDEX, NULL);
	store_scene_put_document(registry, NESTED, "v1");
	assert_int_equal(registry_read_image(registry, "v1", NULL, &image, &err), REGISTRY_UNKNOWN);
	assert_int_equal(err.kind, ERROR_PROTOCOL);
	assert_non_null(strstr(err.message, "an index where an image was announced"));
}

static void test_a_blob_that_lies_does_not_come_in(void **state)
{
	const struct store_scene *scene = *state;
	const char *const targets[] = { scene->oci, scene->archive };

	for (size_t i = 0; i < ARRAY_SIZE(targets); i++) {
		AUTO(registry_freep)
		struct registry *registry = store_scene_open(targets[i], "app");
		enum registry_blob_outcome outcome;
		struct error err = { 0 };

		assert_int_equal(
			store_scene_put_as(registry, SLICE("other"), CONFIG_DIGEST, &outcome, &err),
			-1);
		assert_int_equal(err.kind, ERROR_PROTOCOL);
		assert_int_equal(store_scene_put(registry, SLICE(CONFIG)), REGISTRY_BLOB_SENT);
	}
}

static void test_what_is_no_layout_is_left_alone(void **state)
{
	static const struct {
		const char *name, *content, *message;
	} cases[] = {
		{ "text", "x", "holds something else than an image layout" },
		{ "oci-layout", "{\"imageLayoutVersion\":\"2.0.0\"}",
		  "is an image layout of version 2.0.0" },
		{ "oci-layout", "x", "oci-layout'" },
	};
	const struct store_scene *scene = *state;
	char path[128], target[96];
	struct error err = { 0 };

	snprintf(target, sizeof(target), "oci:%s/c", scene->folder);
	assert_int_equal(mkdir(target + 4, 0755), 0);
	snprintf(path, sizeof(path), "%s/.incoming-of-another", target + 4);
	assert_int_equal(path_write(path, SLICE("x"), 0644, &err), 0);
	registry_free(store_scene_open(target, "app"));
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		snprintf(path, sizeof(path), "%s/%s", target + 4, cases[i].name);
		assert_int_equal(path_write(path, slice_of(cases[i].content), 0644, &err), 0);
		store_scene_refuses(target, cases[i].message);
		assert_int_equal(remove(path), 0);
	}
}

static void test_which_targets_there_are(void **state)
{
	static const char *const bad[] = { "", "oci", "oci:", "OCI:x", "/x", "oci-archive:-" };
	struct error err = { 0 };

	(void)state;
	assert_int_equal(registry_check_target("oci:x", &err), 0);
	assert_int_equal(registry_check_target("docker-archive:/x/y.tar", &err), 0);
	assert_int_equal(registry_check_target("oci-archive:x.tar.gz", &err), 0);
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		assert_int_equal(registry_check_target(bad[i], &err), -1);
}

#define WITH_SCENE(test)                                                                           \
	cmocka_unit_test_setup_teardown(test, store_scene_set_up, store_scene_tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_SCENE(test_a_layout_answers_as_a_registry),
		WITH_SCENE(test_what_has_no_source_is_only_looked_for),
		WITH_SCENE(test_what_others_have_in_a_layout_stays),
		WITH_SCENE(test_a_tag_that_others_gave_twice_is_one),
		WITH_SCENE(test_a_tag_of_another_repository_is_not_taken),
		WITH_SCENE(test_an_index_that_is_none_is_left_alone),
		WITH_SCENE(test_an_index_has_room_for_so_many_tags),
		WITH_SCENE(test_an_index_in_an_index_is_no_image),
		WITH_SCENE(test_what_is_no_layout_is_left_alone),
		WITH_SCENE(test_a_blob_that_lies_does_not_come_in),
		cmocka_unit_test(test_which_targets_there_are),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
