/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "image/manifest.h"

#define HEX64  "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define DIGEST "\"digest\":\"sha256:" HEX64 "\""
#define BLOB   "{\"mediaType\":\"application/x\",\"size\":7," DIGEST "}"
#define OCI    "\"mediaType\":\"" MEDIA_TYPE_OCI_MANIFEST "\""
#define INDEX  "\"mediaType\":\"" MEDIA_TYPE_OCI_INDEX "\""
/* An entry of an index up to its platform, and what ends it. */
#define ENTRY "{" OCI ",\"size\":9," DIGEST ",\"annotations\":{\"a\":\"b\"},\"platform\":{\"os\":"
#define END   "\"}}"
#define DOCKER                                                                                     \
	"{\"mediaType\":\"" MEDIA_TYPE_DOCKER_MANIFEST "\",\"size\":9," DIGEST                     \
	",\"platform\":{\"os\":\"linux\",\"architecture\":\"ppc64le" END
#define NOWHERE "{" OCI ",\"size\":9," DIGEST ",\"platform\":null}"

static const struct {
	const char *text;
	const char *content_type;
	const char *media_type;
	size_t items;
} good[] = {
	{ "{\"schemaVersion\":2," OCI ",\"config\":" BLOB ",\"layers\":[" BLOB "," BLOB "]}",
	  MEDIA_TYPE_OCI_MANIFEST "; charset=utf-8", MEDIA_TYPE_OCI_MANIFEST, 2 },
	{ "{\"schemaVersion\":2,\"config\":" BLOB ",\"layers\":[]}", MEDIA_TYPE_OCI_MANIFEST,
	  MEDIA_TYPE_OCI_MANIFEST, 0 },
	{ "{\"schemaVersion\":2,\"config\":" BLOB ",\"layers\":[]}", NULL, MEDIA_TYPE_OCI_MANIFEST,
	  0 },
	{ "{\"schemaVersion\":2,\"config\":" BLOB ",\"layers\":[]}", MEDIA_TYPE_DOCKER_MANIFEST,
	  MEDIA_TYPE_DOCKER_MANIFEST, 0 },
	{ "{\"schemaVersion\":2," INDEX ",\"manifests\":[" BLOB "]}", NULL, MEDIA_TYPE_OCI_INDEX,
	  1 },
	{ "{\"schemaVersion\":2,\"manifests\":[]}", MEDIA_TYPE_DOCKER_LIST, MEDIA_TYPE_DOCKER_LIST,
	  0 },
};

static void test_good(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(good); i++) {
		AUTO(manifest_release) struct manifest manifest = { 0 };
		struct error err = { 0 };

		if (manifest_parse(slice_of(good[i].text), good[i].content_type, &manifest, &err))
			fail_msg("%zu: %s", i, err.message);
		assert_string_equal(manifest.media_type, good[i].media_type);
		assert_int_equal(manifest.item_count, good[i].items);
		assert_int_equal(manifest.is_index, !manifest.config.digest);
	}
}

static const struct {
	const char *text;
	const char *content_type;
	const char *message;
} bad[] = {
	{ "{}", NULL, "manifest.schemaVersion: expected 2" },
	{ "{\"schemaVersion\":1}", NULL, "manifest.schemaVersion: expected 2" },
	{ "{\"schemaVersion\":2}", NULL, "manifest: it has neither layers nor manifests" },
	{ "{\"schemaVersion\":2,\"layers\":[],\"manifests\":[]}", NULL,
	  "manifest: it has layers and manifests, only one may be" },
	{ "{\"schemaVersion\":2,\"layers\":[]}", NULL, "manifest.config: expected an object" },
	{ "{\"schemaVersion\":2,\"config\":" BLOB ",\"layers\":{}}", NULL,
	  "manifest.layers: expected an array" },
	{ "{\"schemaVersion\":2,\"config\":" BLOB ",\"layers\":[" BLOB ",3]}", NULL,
	  "layers[1]: expected an object" },
	{ "{\"schemaVersion\":2,\"config\":" BLOB ",\"layers\":[{\"mediaType\":\"x\"," DIGEST "}]}",
	  NULL, "layers[0].size: missing" },
	{ "{\"schemaVersion\":2,\"config\":" BLOB
	  ",\"layers\":[{\"mediaType\":\"x\",\"size\":-1," DIGEST "}]}",
	  NULL, "layers[0].size: less than 0" },
	{ "{\"schemaVersion\":2,\"config\":{\"mediaType\":\"x\",\"size\":1,"
	  "\"digest\":\"sha256:../../etc\"},\"layers\":[]}",
	  NULL, "manifest.config.digest: 'sha256:../../etc' is no SHA-256 digest" },
	{ "{\"schemaVersion\":2," OCI ",\"config\":" BLOB ",\"layers\":[]}",
	  MEDIA_TYPE_DOCKER_MANIFEST,
	  "manifest.mediaType: '" MEDIA_TYPE_OCI_MANIFEST
	  "', but it came as '" MEDIA_TYPE_DOCKER_MANIFEST "'" },
	{ "{\"schemaVersion\":2," INDEX ",\"config\":" BLOB ",\"layers\":[]}", MEDIA_TYPE_OCI_INDEX,
	  "manifest.mediaType: '" MEDIA_TYPE_OCI_INDEX "' is no type for an image" },
	{ "{\"schemaVersion\":2,\"manifests\":[]}", MEDIA_TYPE_OCI_MANIFEST,
	  "manifest.mediaType: '" MEDIA_TYPE_OCI_MANIFEST "' is no type for an index" },
	{ "{\"schemaVersion\":2,\"manifests\":[]}", "text/html",
	  "manifest.mediaType: 'text/html' is no type for an index" },
	{ "{\"schemaVersion\":2,\"schemaVersion\":2}", NULL, NULL },
	{ "<html>", NULL, NULL },
	{ "", NULL, NULL },
};

static void test_bad(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		struct manifest manifest = { 0 };
		struct error err = { 0 };

		assert_int_equal(
			manifest_parse(slice_of(bad[i].text), bad[i].content_type, &manifest, &err),
			-1);
		assert_int_equal(err.kind, ERROR_PROTOCOL);
		if (bad[i].message)
			assert_string_equal(err.message, bad[i].message);
		assert_null(manifest.media_type);
	}
}

/* clang-format off */
static const char *const index_text =
	"{\"schemaVersion\":2,\"manifests\":["
	ENTRY "\"unknown\",\"architecture\":\"unknown" END ","
	ENTRY "\"linux\",\"architecture\":\"amd64" END ","
	ENTRY "\"linux\",\"architecture\":\"arm\",\"variant\":\"v6" END ","
	ENTRY "\"linux\",\"architecture\":\"arm\",\"variant\":\"v7" END ","
	ENTRY "\"linux\",\"architecture\":\"arm64\",\"variant\":\"v8" END ","
	NOWHERE "," DOCKER "]}";
/* clang-format on */

static const struct {
	const char *platform;
	int at; /* -1: none */
} platforms[] = {
	{ NULL, 1 },
	{ "linux/amd64", 1 },
	{ "linux/amd64/v2", 1 },
	{ "linux/arm", 2 },
	{ "linux/arm/v7", 3 },
	{ "linux/arm/v5", -1 },
	{ "linux/arm64", 4 },
	{ "linux/arm64/v8", 4 },
	{ "linux/arm64/v9", -1 },
	{ "linux/ppc64le", 6 },
	{ "windows/amd64", -1 },
	{ "linux/s390x", -1 },
	{ "unknown/unknown", -1 },
};

static void test_platforms(void **state)
{
	AUTO(manifest_release) struct manifest index = { 0 };
	struct error err = { 0 };

	(void)state;
	assert_int_equal(manifest_parse(slice_of(index_text), NULL, &index, &err), 0);
	for (size_t i = 0; i < ARRAY_SIZE(platforms); i++) {
		AUTO(platform_release) struct platform platform = { 0 };
		const struct descriptor *expected;

		expected = platforms[i].at < 0 ? NULL : &index.items[platforms[i].at];
		if (platforms[i].platform)
			assert_int_equal(platform_parse(platforms[i].platform, &platform, &err), 0);
		assert_ptr_equal(
			manifest_for_platform(&index, platforms[i].platform ? &platform : NULL),
			expected);
	}
}

static void test_bad_platforms(void **state)
{
	static const char *const texts[] = { "",       "linux",	      "linux/",
					     "/amd64", "a/b/c/d",     "a//c",
					     "a/b/",   "Linux/amd64", "linux/amd 64" };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		struct platform platform = { 0 };
		struct error err = { 0 };

		assert_int_equal(platform_parse(texts[i], &platform, &err), -1);
		assert_non_null(strstr(err.message, "is no platform: expected OS/ARCHITECTURE"));
	}
}

static void test_host_platform(void **state)
{
	AUTO(platform_release) struct platform platform = { 0 };
	struct error err = { 0 };

	(void)state;
	assert_int_equal(platform_of_host(&platform, &err), 0);
	assert_string_equal(platform.os, "linux");
	assert_true(platform_matches(&platform, &platform));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_good),	      cmocka_unit_test(test_bad),
		cmocka_unit_test(test_platforms),     cmocka_unit_test(test_bad_platforms),
		cmocka_unit_test(test_host_platform),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
