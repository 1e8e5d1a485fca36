/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "image/manifest-write.h"

#define HEX64  "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define DIGEST "sha256:" HEX64
#define MAX    3

#define OCI	    "application/vnd.oci.image.layer.v1.tar"
#define DOCKER	    "application/vnd.docker.image.rootfs.diff.tar"
#define ENTRY(type) "{\"mediaType\":\"" type "\",\"digest\":\"" DIGEST "\",\"size\":3}"
#define MANIFEST(type, config, layers)                                                             \
	"{\"schemaVersion\":2,\"mediaType\":\"" type "\",\"config\":{\"mediaType\":\"" config      \
	"\",\"digest\":\"" DIGEST "\",\"size\":7},\"layers\":[" layers "]}"
#define OCI_IMAGE(layers)                                                                          \
	MANIFEST(MEDIA_TYPE_OCI_MANIFEST, "application/vnd.oci.image.config.v1+json", layers)
#define DOCKER_IMAGE(layers)                                                                       \
	MANIFEST(MEDIA_TYPE_DOCKER_MANIFEST, "application/vnd.docker.container.image.v1+json",     \
		 layers)

static const struct {
	const char *layers[MAX]; /* media types */
	const char *text;	 /* NULL: refused */
} table[] = {
	{ { NULL }, OCI_IMAGE("") },
	{ { OCI "+gzip" }, OCI_IMAGE(ENTRY(OCI "+gzip")) },
	{ { OCI "+gzip", OCI "+zstd", OCI },
	  OCI_IMAGE(ENTRY(OCI "+gzip") "," ENTRY(OCI "+zstd") "," ENTRY(OCI)) },
	/* Docker's base makes it Docker's, if it can be. */
	{ { DOCKER ".gzip", OCI "+gzip", OCI },
	  DOCKER_IMAGE(ENTRY(DOCKER ".gzip") "," ENTRY(DOCKER ".gzip") "," ENTRY(DOCKER)) },
	{ { DOCKER ".gzip", OCI "+zstd" }, OCI_IMAGE(ENTRY(OCI "+gzip") "," ENTRY(OCI "+zstd")) },
	{ { OCI "+gzip", DOCKER ".gzip" }, OCI_IMAGE(ENTRY(OCI "+gzip") "," ENTRY(OCI "+gzip")) },
	{ { "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip" }, NULL },
	{ { OCI "+gzip", "application/vnd.oci.image.layer.nondistributable.v1.tar+gzip" }, NULL },
	{ { "" }, NULL },
};

static void test_manifests(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
		struct descriptor config = { .size = 7 }, layers[MAX] = { { 0 } };
		AUTO(buf_release) struct buf text = BUF_INIT(0);
		AUTO(manifest_release) struct manifest manifest = { 0 };
		const char *media_type = NULL;
		char digest[] = DIGEST, types[MAX][80];
		struct error err = { 0 };
		size_t count;

		config.digest = digest;
		for (count = 0; count < MAX && table[i].layers[count]; count++) {
			snprintf(types[count], sizeof(types[count]), "%s", table[i].layers[count]);
			layers[count] = (struct descriptor){ .media_type = types[count],
							     .digest = digest,
							     .size = 3 };
		}
		if (manifest_of_layers(&(struct manifest){ .config = config,
							   .items = layers,
							   .item_count = count },
				       &text, &media_type, &err)) {
			assert_null(table[i].text);
			assert_int_equal(err.kind, ERROR_UNSUPPORTED);
			continue;
		}
		assert_non_null(table[i].text);
		assert_string_equal(text.data, table[i].text);
		assert_int_equal(manifest_parse(buf_slice(&text), media_type, &manifest, &err), 0);
		assert_int_equal(manifest.item_count, count);
	}
}

/* Lazy pulling finds its table of contents by them. */
static void test_annotations_stay(void **state)
{
	char digest[] = DIGEST, type[] = OCI "+gzip";
	struct descriptor layer = { .media_type = type, .digest = digest, .size = 3 };
	struct manifest image = { .config = { .digest = digest, .size = 7 },
				  .items = &layer,
				  .item_count = 1 };
	AUTO(buf_release) struct buf text = BUF_INIT(0);
	const char *media_type = NULL;
	struct error err = { 0 };

	(void)state;
	assert_int_equal(strmap_set(&layer.annotations, "a", "b", &err), 0);
	assert_int_equal(manifest_of_layers(&image, &text, &media_type, &err), 0);
	assert_non_null(strstr(text.data, "\"size\":3,\"annotations\":{\"a\":\"b\"}}]}"));
	strmap_release(&layer.annotations);
}

static void test_docker_types_become_ocis(void **state)
{
	char digest[] = DIGEST, type[] = "application/vnd.docker.image.rootfs.diff.tar.gzip";
	struct descriptor layer = { .media_type = type, .digest = digest, .size = 3 };
	struct manifest image = { .config = { .digest = digest, .size = 7 },
				  .items = &layer,
				  .item_count = 1 };
	AUTO(buf_release) struct buf text = BUF_INIT(0);
	struct error err = { 0 };

	(void)state;
	assert_int_equal(manifest_in_oci(&image, &text, &err), 0);
	assert_non_null(strstr(text.data, OCI "+gzip"));
	assert_non_null(strstr(text.data, "\"mediaType\":\"" MEDIA_TYPE_OCI_MANIFEST "\""));
	assert_null(strstr(text.data, "docker"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_manifests),
		cmocka_unit_test(test_annotations_stay),
		cmocka_unit_test(test_docker_types_become_ocis),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
