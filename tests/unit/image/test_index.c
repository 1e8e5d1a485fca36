/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "image/index.h"

#define HEX64  "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define DIGEST "sha256:" HEX64
#define OCI    MEDIA_TYPE_OCI_MANIFEST
#define DOCKER MEDIA_TYPE_DOCKER_MANIFEST
#define MAX    4

#define ENTRY(type, size, platform)                                                                \
	"{\"mediaType\":\"" type "\",\"digest\":\"" DIGEST "\",\"size\":" size                     \
	",\"platform\":{" platform "}}"
#define AMD64	   "\"architecture\":\"amd64\",\"os\":\"linux\""
#define ARM_V7	   "\"architecture\":\"arm\",\"os\":\"linux\",\"variant\":\"v7\""
#define ARM64	   "\"architecture\":\"arm64\",\"os\":\"linux\""
#define WINDOWS	   "\"architecture\":\"amd64\",\"os\":\"windows\""
#define HEAD(type) "{\"schemaVersion\":2,\"mediaType\":\"" type "\",\"manifests\":["

static const struct {
	struct {
		const char *type;
		const char *platform; /* NULL: none */
	} manifests[MAX];
	const char *text; /* NULL: refused */
	const char *message;
} table[] = {
	{ { { OCI, "linux/amd64" } },
	  HEAD(MEDIA_TYPE_OCI_INDEX) ENTRY(OCI, "0", AMD64) "]}",
	  NULL },
	{ { { OCI, "windows/amd64" },
	    { OCI, "linux/arm64" },
	    { OCI, "linux/arm/v7" },
	    { OCI, "linux/amd64" } },
	  HEAD(MEDIA_TYPE_OCI_INDEX) ENTRY(OCI, "3", AMD64) "," ENTRY(OCI, "2", ARM_V7) "," ENTRY(
		  OCI, "1", ARM64) "," ENTRY(OCI, "0", WINDOWS) "]}",
	  NULL },
	{ { { DOCKER, "linux/arm64" }, { DOCKER, "linux/amd64" } },
	  HEAD(MEDIA_TYPE_DOCKER_LIST) ENTRY(DOCKER, "1", AMD64) "," ENTRY(DOCKER, "0", ARM64) "]}",
	  NULL },
	{ { { DOCKER, "linux/arm64" }, { OCI, "linux/amd64" } },
	  HEAD(MEDIA_TYPE_OCI_INDEX) ENTRY(OCI, "1", AMD64) "," ENTRY(DOCKER, "0", ARM64) "]}",
	  NULL },
	{ { { NULL } }, NULL, "an index of no image" },
	{ { { OCI, NULL } }, NULL, "the image " DIGEST " names no platform" },
	{ { { MEDIA_TYPE_OCI_INDEX, "linux/amd64" } },
	  NULL,
	  "an index of images cannot hold '" MEDIA_TYPE_OCI_INDEX "'" },
	{ { { OCI, "linux/arm64" }, { OCI, "linux/amd64" }, { DOCKER, "linux/arm64/v8" } },
	  NULL,
	  "two images are for linux/arm64" },
};

static size_t make_descriptors(size_t row, struct descriptor *descriptors)
{
	struct error err = { 0 };
	size_t count = 0;

	for (; count < MAX && table[row].manifests[count].type; count++) {
		const char *platform = table[row].manifests[count].platform;

		descriptors[count] = (struct descriptor){
			.media_type = str_copy(table[row].manifests[count].type, &err),
			.digest = str_copy(DIGEST, &err),
			.size = (int64_t)count,
		};
		if (platform)
			assert_int_equal(
				platform_parse(platform, &descriptors[count].platform, &err), 0);
	}
	return count;
}

static void release_descriptors(struct descriptor *descriptors, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		free(descriptors[i].media_type);
		free(descriptors[i].digest);
		platform_release(&descriptors[i].platform);
	}
}

static void test_platforms(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
		AUTO(manifest_release) struct manifest parsed = { 0 };
		AUTO(buf_release) struct buf text = BUF_INIT(0);
		struct descriptor descriptors[MAX];
		const char *type = NULL;
		struct error err = { 0 };
		size_t count = make_descriptors(i, descriptors);
		int status = index_of_platforms(descriptors, count, &text, &type, &err);

		release_descriptors(descriptors, count);
		assert_int_equal(status, table[i].text ? 0 : -1);
		if (status) {
			assert_int_equal(err.kind, ERROR_INPUT);
			assert_non_null(strstr(err.message, table[i].message));
			continue;
		}
		assert_string_equal(text.data, table[i].text);
		assert_int_equal(manifest_parse(buf_slice(&text), type, &parsed, &err), 0);
		assert_int_equal(parsed.item_count, count);
	}
}

/* What is read is written again as it was. */
static void test_as_it_stands(void **state)
{
	static const char text[] = HEAD(MEDIA_TYPE_OCI_INDEX)
		ENTRY(OCI, "7", ARM64) ",{\"mediaType\":\"" OCI "\",\"digest\":\"" DIGEST
				       "\",\"size\":9007199254740992,\"annotations\":{\"a\":"
				       "\"\\\"b\\\"\"}}],\"annotations\":{\"c\":\"d\"}}";
	AUTO(manifest_release) struct manifest index = { 0 };
	AUTO(buf_release) struct buf written = BUF_INIT(4096);
	struct error err = { 0 };

	(void)state;
	if (manifest_parse(slice_of(text), NULL, &index, &err))
		fail_msg("%s", err.message);
	index_write(&index, &written);
	assert_string_equal(written.data, text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_platforms),
		cmocka_unit_test(test_as_it_stands),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
