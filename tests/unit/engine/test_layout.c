/* SPDX-License-Identifier: MIT */
/* Images in an OCI layout: stamped, named, removed, read. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <unistd.h>

#include "base/path.h"
#include "image/manifest.h"
#include "layout-sample.h"

static void test_a_stamp_is_new_bytes_over_the_same_layers(void **state)
{
	AUTO(engine_image_release) struct engine_image image = { 0 }, content = { 0 };
	AUTO(layout_release) struct layout layout = { 0 }, other = { 0 };
	AUTOFREE char *id = NULL, *stamped = NULL, *again = NULL, *elsewhere = NULL;
	struct error err = { 0 };

	(void)state;
	open_layout("a", &layout);
	open_layout("b", &other);
	check(take_in_named(&layout, "web", &id, &err), &err);
	check(layout_inspect(&layout, id, &content, &err), &err);
	check(stamp(&layout, id, "1f2e3d4", &stamped, &err), &err);
	check(layout_inspect(&layout, "app:1f2e3d4", &image, &err), &err);
	assert_string_equal(image.id, stamped);
	assert_string_equal(image.tags.items[0], "app:1f2e3d4");
	assert_string_equal(image.env.items[1], "SHA=1f2e3d4");
	assert_string_equal(image.created, "2023-11-14T22:13:20Z");
	assert_null(strmap_get(&image.labels, ENGINE_CONTENT_LABEL));
	assert_string_equal(strmap_get(&image.labels, "x"), "y");
	assert_string_equal(image.health_test.items[1], "/ok");
	assert_int_equal(image.layers.len, content.layers.len);
	engine_image_release(&content);
	assert_int_equal(layout_inspect(&layout, id, &content, &err), -1);
	assert_int_equal(err.kind, ERROR_NOT_FOUND);
	assert_int_equal(count_files(&layout, "blobs/sha256"), 4);
	/* Of the same content and commit the same ID; a stamp replaces a stamp. */
	free(TAKE(id));
	check(take_in_named(&other, "web", &id, &err), &err);
	check(stamp(&other, id, "1f2e3d4", &elsewhere, &err), &err);
	assert_string_equal(elsewhere, stamped);
	check(stamp(&other, elsewhere, "1f2e3d4", &again, &err), &err);
	assert_string_equal(again, stamped);
	assert_int_equal(count_files(&other, "blobs/sha256"), 4);
}

static void test_names_move_and_go(void **state)
{
	AUTO(layout_release) struct layout layout = { 0 };
	AUTOFREE char *one = NULL, *two = NULL, *content = NULL;
	struct error err = { 0 };

	(void)state;
	open_layout("names", &layout);
	check(take_in_named(&layout, "one", &content, &err), &err);
	check(stamp(&layout, content, "1", &one, &err), &err);
	free(TAKE(content));
	check(take_in_named(&layout, "two", &content, &err), &err);
	check(stamp(&layout, content, "2", &two, &err), &err);
	check(layout_tag(&layout, one, "app", "latest", &err), &err);
	check(layout_tag(&layout, one, "app", "latest", &err), &err);
	check(layout_tag(&layout, "app:1", "app-other", "latest", &err), &err);
	assert_tags(&layout, "app:latest", "app:1 app:latest app-other:latest");
	assert_tags(&layout, "docker.io/library/app:latest",
		    "docker.io/library/app:1 docker.io/library/app:latest app-other:latest");
	assert_int_equal(count_images(&layout, "app", false), 2);
	assert_int_equal(count_images(&layout, "app-other", false), 1);
	assert_int_equal(count_images(&layout, "ap", false), 0);
	check(layout_tag(&layout, two, "app", "latest", &err), &err);
	assert_tags(&layout, "app:latest", "app:2 app:latest");
	assert_int_equal(layout_remove(&layout, one, &err), -1);
	assert_int_equal(err.kind, ERROR_CONFLICT);
	check(layout_remove(&layout, "app-other:latest", &err), &err);
	check(layout_tag(&layout, two, "app", "1", &err), &err);
	assert_tags(&layout, one, "");
	assert_int_equal(count_images(&layout, NULL, true), 1);
	assert_int_equal(count_images(&layout, NULL, false), 2);
	check(layout_remove(&layout, one, &err), &err);
	assert_tags(&layout, one, "not-found");
	assert_int_equal(count_files(&layout, "blobs/sha256"), 4);
	assert_int_equal(layout_remove(&layout, "app:9", &err), -1);
	assert_int_equal(err.kind, ERROR_NOT_FOUND);
	for (const char *tag = "12"; *tag; tag++) {
		char name[] = "app:x";

		name[4] = *tag;
		check(layout_remove(&layout, name, &err), &err);
	}
	check(layout_remove(&layout, "app:latest", &err), &err);
	assert_int_equal(count_files(&layout, "blobs/sha256"), 0);
}

/* As another program may leave it. */
static void test_an_entry_without_a_name_goes_beside_one_with(void **state)
{
	AUTO(layout_release) struct layout layout = { 0 };
	AUTO(buf_release) struct buf old = BUF_INIT(KIB), new = BUF_INIT(KIB);
	AUTOFREE char *id = NULL, *other = NULL, *path = NULL;
	struct error err = { 0 };
	const char *entry;
	int len;

	(void)state;
	open_layout("nameless", &layout);
	check(take_in_named(&layout, "web", &id, &err), &err);
	check(take_in_named(&layout, "other", &other, &err), &err);
	path = path_join(layout.folder, "index.json", &err);
	check(path_read(path, &old, &err), &err);
	entry = strchr(old.data, '[') + 1;
	len = (int)(strchr(entry, '}') - entry);
	buf_add_format(&new, "%.*s%.*s,\"annotations\":{\"%s\":\"app:1\"}},%s",
		       (int)(entry - old.data), old.data, len, entry,
		       "org.opencontainers.image.ref.name", entry);
	check(path_write(path, buf_slice(&new), 0600, &err), &err);
	check(layout_tag(&layout, id, "app", "1", &err), &err);
	assert_tags(&layout, id, "app:1");
	check(layout_remove(&layout, id, &err), &err);
}

static void test_manifest_and_blobs_are_given_as_they_are(void **state)
{
	AUTO(buf_release) struct buf bytes = BUF_INIT(MIB), blob = BUF_INIT(MIB);
	AUTO(layout_release) struct layout layout = { 0 };
	AUTO(manifest_release) struct manifest manifest = { 0 };
	AUTOFREE char *id = NULL, *type = NULL, *text = NULL;
	AUTOCLOSE int fd = -1;
	struct error err = { 0 };
	char layer[16] = "";

	(void)state;
	open_layout("manifest", &layout);
	check(take_in_named(&layout, "web", &id, &err), &err);
	check(layout_read_manifest(&layout, id, &bytes, &type, &err), &err);
	assert_string_equal(type, MANIFEST_TYPE);
	check(manifest_parse(buf_slice(&bytes), type, &manifest, &err), &err);
	assert_string_equal(manifest.config.digest, id);
	assert_string_equal(manifest.items[1].media_type, LAYER_TYPE);
	check(layout_open_blob(&layout, manifest.items[1].digest, &fd, &err), &err);
	assert_int_equal(read(fd, layer, sizeof(layer)), 3);
	assert_string_equal(layer, "web");
	assert_int_equal(layout_open_blob(&layout, "sha256:../../index.json", &fd, &err), -1);
	assert_int_equal(err.kind, ERROR_INPUT);
	assert_int_equal(layout_open_blob(&layout, DIFF_ID, &fd, &err), -1);
	assert_int_equal(err.kind, ERROR_NOT_FOUND);
}

static void test_a_damaged_store_says_what_to_do(void **state)
{
	AUTO(layout_release) struct layout layout = { 0 };
	AUTO(engine_image_release) struct engine_image image = { 0 };
	AUTOFREE char *id = NULL, *path = NULL;
	struct error err = { 0 };

	(void)state;
	open_layout("damaged", &layout);
	check(take_in_named(&layout, "web", &id, &err), &err);
	path = str_format(&err, "%s/blobs/sha256/%s", layout.folder, id + strlen("sha256:"));
	check(path_write(path, SLICE("{}"), 0600, &err), &err);
	assert_int_equal(layout_inspect(&layout, id, &image, &err), -1);
	assert_int_equal(err.kind, ERROR_SYSTEM);
	assert_non_null(strstr(err.message, "is damaged"));
	assert_non_null(strstr(error_get_hint(&err), "remove the folder"));
	free(TAKE(path));
	path = path_join(layout.folder, "index.json", &err);
	check(path_write(path, SLICE("{}"), 0600, &err), &err);
	error_clear(&err);
	assert_int_equal(layout_inspect(&layout, id, &image, &err), -1);
	assert_non_null(strstr(error_get_hint(&err), "remove the folder"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_stamp_is_new_bytes_over_the_same_layers),
		cmocka_unit_test(test_names_move_and_go),
		cmocka_unit_test(test_an_entry_without_a_name_goes_beside_one_with),
		cmocka_unit_test(test_manifest_and_blobs_are_given_as_they_are),
		cmocka_unit_test(test_a_damaged_store_says_what_to_do),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
