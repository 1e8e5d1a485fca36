/* SPDX-License-Identifier: MIT */
/* Images that come as a stream: in any form, and lied about. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <sys/resource.h>

#include "base/path.h"
#include "codec/tar.h"
#include "layout-sample.h"

static void test_an_image_comes_in_in_any_order_and_pieces(void **state)
{
	static const char *const orders[] = { "01234", "43210", "40123", "23401" };
	static const size_t pieces[] = { 1, 7, 512, 65536 };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(orders); i++) {
		AUTO(layout_release) struct layout layout = { 0 };
		AUTO(engine_image_release) struct engine_image image = { 0 };
		AUTO(sample_release) struct sample sample;
		AUTOFREE char *id = NULL;
		struct error err = { 0 };

		open_layout(orders[i], &layout);
		make_sample(&sample, "web", &(struct flaw){ 0 });
		sample.order = orders[i];
		sample.piece = pieces[i];
		check(take_in(&layout, &sample, &id, &err), &err);
		check(layout_inspect(&layout, id, &image, &err), &err);
		assert_string_equal(image.id, id);
		assert_int_equal(image.tags.len, 0);
		assert_string_equal(strmap_get(&image.labels, ENGINE_CONTENT_LABEL), "app");
		assert_string_equal(image.env.items[0], "A=b");
		assert_string_equal(image.user, "web");
		assert_string_equal(image.shell.items[0], "/bin/ash");
		assert_string_equal(image.health_test.items[1], "/ok");
		assert_int_equal(image.health_interval_ms, 2000);
		assert_int_equal(image.layers.len, 2);
		assert_string_equal(image.created, "2024-01-02T03:04:05Z");
		assert_string_equal(image.os, "linux");
		assert_string_equal(image.architecture, "amd64");
		assert_true(image.size > (int64_t)strlen("commonweb"));
		assert_int_equal(count_files(&layout, "blobs/sha256"), 4);
		assert_int_equal(count_files(&layout, "incoming"), 0);
	}
}

static void spoil_layer(struct sample *sample)
{
	sample->parts[LAYER_PART].data[TAR_BLOCK] ^= 1;
}

static void add_link(struct sample *sample)
{
	tar_write_header(
		&sample->parts[5],
		&(struct tar_entry){ .type = TAR_SYMLINK,
				     .path = "blobs/sha256/22222222222222222222222222222222"
					     "22222222222222222222222222222222",
				     .link = "/etc/passwd" });
}

static void add_tricks(struct sample *sample)
{
	static const char *const paths[] = {
		"../evil",     "/tmp/evil",	    "blobs/sha256/../../evil",
		"blobs/evil",  "blobs/sha256/0",    "oci-layout",
		"index.json/", "blobs/sha512/0123", "manifest.json",
	};

	for (size_t i = 0; i < ARRAY_SIZE(paths); i++)
		add_file(&sample->parts[5], paths[i], SLICE("evil"));
	tar_write_header(
		&sample->parts[5],
		&(struct tar_entry){ .type = TAR_SYMLINK, .path = "blobs", .link = "/tmp" });
}

static void add_spare_blob(struct sample *sample)
{
	sample->len = 5;
	buf_release(&sample->parts[5]);
	(void)add_blob(sample, SLICE("needed by nobody"));
}

static void add_huge_index(struct sample *sample)
{
	static char zeros[LIMIT_JSON_DOCUMENT + 1];

	add_file(&sample->parts[5], "index.json", (struct slice){ zeros, sizeof(zeros) });
}

static void add_many(struct sample *sample)
{
	for (int i = 0; i < LIMIT_LAYOUT_ENTRIES; i++)
		add_file(&sample->parts[5], "x", SLICE(""));
}

static void cut(struct sample *sample)
{
	buf_truncate(&sample->parts[COMMON_PART], TAR_BLOCK + 3);
}

/* A lie is a good sample, changed. */
#define INDEX_OF(type)                                                                             \
	"{\"schemaVersion\":2,\"manifests\":[{\"mediaType\":\"" type "\",\"digest\":\"" DIFF_ID    \
	"\",\"size\":3}]}"

static const struct {
	const char *name;
	struct flaw flaw;
	const char *order;
	void (*spoil)(struct sample *sample);
	enum error_kind kind;
	const char *message; /* NULL: it is taken, and harmless */
} lies[] = {
	{ "digest", { 0 }, "01234", spoil_layer, ERROR_PROTOCOL, "do not match the digest" },
	{ "no-layer", { 0 }, "1234", NULL, ERROR_PROTOCOL, "it lacks the blob" },
	{ "no-config", { 0 }, "0134", NULL, ERROR_PROTOCOL, "is not there" },
	{ "no-manifest", { 0 }, "0124", NULL, ERROR_PROTOCOL, "it lacks the blob" },
	{ "no-index", { 0 }, "0123", NULL, ERROR_PROTOCOL, "it has no 'index.json'" },
	{ "nothing", { 0 }, "", NULL, ERROR_PROTOCOL, "it has no 'index.json'" },
	{ "size", { .missing_byte = 1 }, "01234", NULL, ERROR_PROTOCOL, "it lacks the blob" },
	{ "diff-ids",
	  { .has_one_diff_id = true },
	  "01234",
	  NULL,
	  ERROR_PROTOCOL,
	  "another count of layers" },
	{ "two", { .has_two_images = true }, "01234", NULL, ERROR_UNSUPPORTED, "several images" },
	{ "link", { 0 }, "501234", add_link, ERROR_PROTOCOL, "no regular file" },
	{ "tricks", { 0 }, "012345", add_tricks, ERROR_NONE, NULL },
	{ "spare", { 0 }, "501234", add_spare_blob, ERROR_NONE, NULL },
	{ "blob-twice", { 0 }, "0012344321", NULL, ERROR_PROTOCOL, "there twice 'index.json'" },
	{ "layer-twice", { 0 }, "0012314", NULL, ERROR_NONE, NULL },
	{ "huge", { 0 }, "501234", add_huge_index, ERROR_SYSTEM, "the index of the image" },
	{ "many", { 0 }, "501234", add_many, ERROR_PROTOCOL, "more entries" },
	{ "cut", { 0 }, "01", cut, ERROR_PROTOCOL, "" },
	{ "no-json", { .index = "{" }, "01234", NULL, ERROR_PROTOCOL, "the image that was built" },
	{ "empty",
	  { .index = "{\"schemaVersion\":2,\"manifests\":[]}" },
	  "01234",
	  NULL,
	  ERROR_PROTOCOL,
	  "no manifest in" },
	{ "manifest",
	  { .index = "{\"schemaVersion\":2,\"layers\":[]}" },
	  "01234",
	  NULL,
	  ERROR_PROTOCOL,
	  "manifest.config" },
	{ "inner",
	  { .index = INDEX_OF("application/vnd.oci.image.index.v1+json") },
	  "01234",
	  NULL,
	  ERROR_PROTOCOL,
	  "it lacks the blob" },
	{ "type",
	  { .index = INDEX_OF("text/plain") },
	  "01234",
	  NULL,
	  ERROR_PROTOCOL,
	  "it lacks the blob" },
};

static void test_a_lie_is_refused_and_leaves_nothing(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(lies); i++) {
		AUTO(engine_image_list_release) struct engine_image_list list = { 0 };
		AUTO(layout_release) struct layout layout = { 0 };
		AUTO(sample_release) struct sample sample;
		AUTOFREE char *id = NULL, *other = NULL;
		struct error err = { 0 };
		int status;

		open_layout(lies[i].name, &layout);
		make_sample(&sample, "web", &lies[i].flaw);
		if (lies[i].spoil)
			lies[i].spoil(&sample);
		sample.order = lies[i].order;
		status = take_in(&layout, &sample, &id, &err);
		if (!lies[i].message) {
			check(status, &err);
			assert_int_equal(count_files(&layout, "blobs/sha256"), 4);
			continue;
		}
		assert_int_equal(status, -1);
		if (!strstr(err.message, lies[i].message) || err.kind != lies[i].kind)
			fail_msg("%s: %s (%s)", lies[i].name, err.message,
				 error_kind_name(err.kind));
		check(layout_list(&layout, NULL, false, &list, &err), &err);
		assert_int_equal(list.len, 0);
		assert_int_equal(count_files(&layout, "incoming"), 0);
		/* What came before the lie goes with the next change. */
		check(take_in_named(&layout, "other", &other, &err), &err);
		assert_int_equal(count_files(&layout, "blobs/sha256"), 4);
	}
	assert_false(path_exists("/tmp/evil"));
}

static void test_a_layer_is_never_in_memory(void **state)
{
	static const char zeros[64 * KIB];
	AUTO(layout_import_freep) struct layout_import *import = NULL;
	AUTO(layout_release) struct layout layout = { 0 };
	AUTO(buf_release) struct buf header = BUF_INIT(4096);
	struct rusage before, after;
	struct error err = { 0 };

	(void)state;
	open_layout("large", &layout);
	tar_write_header(&header, &(struct tar_entry){ .type = TAR_FILE,
						       .path = "blobs/sha256/" ZEROS_HEX,
						       .size = 64 * (int64_t)MIB });
	check(layout_import_new(&layout, &import, &err), &err);
	check(layout_import_feed(import, header.data, header.len, &err), &err);
	getrusage(RUSAGE_SELF, &before);
	for (int i = 0; i < 1023; i++)
		check(layout_import_feed(import, zeros, sizeof(zeros), &err), &err);
	getrusage(RUSAGE_SELF, &after);
	assert_true(after.ru_maxrss - before.ru_maxrss < 4096);
	assert_int_equal(layout_import_feed(import, zeros, sizeof(zeros), &err), -1);
	assert_non_null(strstr(err.message, "do not match the digest"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_an_image_comes_in_in_any_order_and_pieces),
		cmocka_unit_test(test_a_lie_is_refused_and_leaves_nothing),
		cmocka_unit_test(test_a_layer_is_never_in_memory),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
