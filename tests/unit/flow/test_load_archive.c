/* SPDX-License-Identifier: MIT */
/* Archives that are loaded: what is one image, and what is refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../base/scratch.h"
#include "../codec/packed.h"
#include "base/limits.h"
#include "base/path.h"
#include "codec/digest.h"
#include "codec/tar.h"
#include "image/manifest.h"
#include "load-all.h"

#define LAYER "the bytes of a layer"
#define ZEROS "0000000000000000000000000000000000000000000000000000000000000000"

struct place {
	char folder[64], file[96];
	struct buf archive;
	struct digest_text layer; /* of LAYER */
};

static int set_up(void **state)
{
	struct place *place = calloc(1, sizeof(*place));
	struct error err = { 0 };

	scratch_make("load", place->folder);
	snprintf(place->file, sizeof(place->file), "%s/file", place->folder);
	setenv("XDG_STATE_HOME", place->folder, 1);
	buf_init(&place->archive, MIB);
	assert_int_equal(digest_of(SLICE(LAYER), &place->layer, &err), 0);
	*state = place;
	return 0;
}

static int tear_down(void **state)
{
	struct place *place = *state;

	scratch_remove(place->folder);
	buf_release(&place->archive);
	free(place);
	return 0;
}

static void add(struct place *place, enum tar_type type, const char *path, const char *content)
{
	static const char zeros[TAR_BLOCK];
	int64_t size = type == TAR_FILE ? (int64_t)strlen(content) : 0;

	tar_write_header(&place->archive,
			 &(struct tar_entry){ .type = type,
					      .path = path,
					      .link = type == TAR_FILE ? NULL : content,
					      .mode = 0644,
					      .size = size });
	buf_add(&place->archive, content, (size_t)size);
	buf_add(&place->archive, zeros, tar_padding(size));
}

/* With that diff ID, or the layer's own. */
static void add_config(struct place *place, const char *diff_id)
{
	char text[512];

	snprintf(
		text, sizeof(text),
		"{\"architecture\":\"amd64\",\"os\":\"linux\",\"config\":{\"Env\":[\"SHA=1\"],"
		"\"Labels\":{\"a\":\"b\"}},\"rootfs\":{\"type\":\"layers\",\"diff_ids\":[\"%s\"]}}",
		diff_id ? diff_id : place->layer.text);
	add(place, TAR_FILE, "config", text);
}

static int open_archive(const struct place *place, struct load_archive **ret_archive,
			struct error *err)
{
	assert_int_equal(path_write(place->file, buf_slice(&place->archive), 0644, err), 0);
	return load_all(place->file, ret_archive, err);
}

static void expect_refusal(const struct place *place, const char *message)
{
	struct load_archive *archive = NULL;
	struct error err = { 0 };

	assert_int_equal(open_archive(place, &archive, &err), -1);
	if (!strstr(err.message, message))
		fail_msg("'%s' lacks '%s'", err.message, message);
	assert_int_equal(err.kind, ERROR_INPUT);
}

static void expect_blob(struct load_archive *archive, const char *digest, const char *content)
{
	struct engine *engine = load_archive_engine(archive);
	struct error err = { 0 };
	AUTOCLOSE int fd = -1;
	char bytes[64] = "";

	assert_int_equal(engine->ops->open_blob(engine, digest, &fd, &err), 0);
	assert_int_equal(read(fd, bytes, strlen(content)), strlen(content));
	assert_string_equal(bytes, content);
}

static void expect_image(const struct place *place)
{
	AUTO(load_archive_freep) struct load_archive *archive = NULL;
	AUTO(manifest_release) struct manifest manifest = { 0 };
	AUTO(buf_release) struct buf bytes = BUF_INIT(4096);
	const struct engine_image *image;
	struct engine *engine;
	struct error err = { 0 };
	AUTOFREE char *type = NULL;

	if (open_archive(place, &archive, &err))
		fail_msg("%s", err.message);
	image = load_archive_image(archive, 0);
	engine = load_archive_engine(archive);
	assert_string_equal(image->os, "linux");
	assert_string_equal(image->env.items[0], "SHA=1");
	assert_string_equal(strmap_get(&image->labels, "a"), "b");
	assert_int_equal(engine->ops->read_manifest(engine, image->id, &bytes, &type, &err), 0);
	assert_int_equal(manifest_parse(buf_slice(&bytes), type, &manifest, &err), 0);
	assert_string_equal(manifest.config.digest, image->id);
	assert_int_equal(manifest.item_count, image->layers.len);
	for (size_t i = 0; i < manifest.item_count; i++) {
		assert_int_equal(manifest.items[i].size, strlen(LAYER));
		expect_blob(archive, manifest.items[i].digest, LAYER);
	}
	expect_blob(archive, image->id, "{\"architecture\":");
}

#define LIST "[{\"Config\":\"config\",\"Layers\":[\"layer\"]}]"

static void compress(struct place *place, enum compression compression)
{
	struct buf plain = place->archive;

	buf_init(&place->archive, MIB);
	packed_add(&place->archive, compression, buf_slice(&plain));
	buf_release(&plain);
}

static void test_an_image_is_read_in_any_order_and_compression(void **state)
{
	struct place *place = *state;

	add(place, TAR_FILE, "layer", LAYER);
	add_config(place, NULL);
	add(place, TAR_FOLDER, "folder", "");
	add(place, TAR_FILE, "manifest.json", LIST);
	tar_write_end(&place->archive);
	expect_image(place);
	compress(place, COMPRESSION_GZIP);
	expect_image(place);
	buf_reset(&place->archive);
	add(place, TAR_FILE, "manifest.json", LIST);
	add_config(place, NULL);
	add(place, TAR_FILE, "empty", "");
	add(place, TAR_FILE, "layer", LAYER);
	expect_image(place);
}

/* Of a good archive one part is another. */
static void test_what_does_not_fit_is_refused(void **state)
{
	static const struct {
		const char *list, *layer, *diff_id, *message;
	} cases[] = {
		{ NULL, LAYER, NULL, "it has no manifest.json" },
		{ "", LAYER, NULL, "manifest.json: " },
		{ "{}", LAYER, NULL, "it holds 0 images, not one" },
		{ "[]", LAYER, NULL, "it holds 0 images, not one" },
		{ "[{},{}]", LAYER, NULL, "it holds 2 images, not one" },
		{ "[1]", LAYER, NULL, "it lacks the file '(none)'" },
		{ "[{\"Config\":\"/etc/passwd\"}]", LAYER, NULL,
		  "it lacks the file '/etc/passwd'" },
		{ "[{\"Config\":\"layer\"}]", LAYER, NULL, "its configuration: " },
		{ "[{\"Config\":\"config\"}]", LAYER, NULL,
		  "it has 0 layers, its configuration names 1" },
		{ "[{\"Config\":\"config\",\"Layers\":[\"layer\",\"layer\"]}]", LAYER, NULL,
		  "it has 2 layers, its configuration names 1" },
		{ "[{\"Config\":\"config\",\"Layers\":[\"../layer\"]}]", LAYER, NULL,
		  "it lacks the file '../layer'" },
		{ "[{\"Config\":\"config\",\"Layers\":[7]}]", LAYER, NULL,
		  "it lacks the file '(none)'" },
		{ LIST, "other", NULL, "has the bytes of sha256:" },
		{ LIST, LAYER, "sha256:" ZEROS, "its layer sha256:000000000000 has the bytes of" },
		{ LIST, LAYER, "none", "its configuration: " },
	};
	struct place *place = *state;

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		buf_reset(&place->archive);
		add_config(place, cases[i].diff_id);
		add(place, TAR_FILE, "layer", cases[i].layer);
		if (cases[i].list)
			add(place, TAR_FILE, "manifest.json", cases[i].list);
		tar_write_end(&place->archive);
		expect_refusal(place, cases[i].message);
	}
}

static void test_links_and_doubles_are_no_files(void **state)
{
	struct place *place = *state;

	add_config(place, NULL);
	add(place, TAR_SYMLINK, "layer", "/etc/passwd");
	add(place, TAR_FILE, "manifest.json", LIST);
	expect_refusal(place, "it lacks the file 'layer'");
	add(place, TAR_FILE, "manifest.json", LIST);
	expect_refusal(place, "'manifest.json' is in it twice");
}

static void test_many_entries_and_large_documents_are_refused(void **state)
{
	AUTO(buf_release) struct buf large = BUF_INIT(8 * MIB);
	struct place *place = *state;

	buf_release(&place->archive);
	buf_init(&place->archive, 16 * MIB);
	for (size_t i = 0; i <= LIMIT_LAYOUT_ENTRIES; i++)
		add(place, TAR_FOLDER, "folder", "");
	expect_refusal(place, "it has more entries than an image");
	buf_reset(&place->archive);
	while (large.len <= LIMIT_JSON_DOCUMENT)
		buf_add_text(&large, "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[");
	add(place, TAR_FILE, "manifest.json", large.data);
	expect_refusal(place, "its 'manifest.json' has more than 4194304 bytes");
}

static void test_what_is_no_archive_is_refused(void **state)
{
	static const char *const texts[] = { "x", "some text", "\x1f\x8b\x08", "\x28\xb5\x2f\xfd" };
	struct place *place = *state;

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		buf_reset(&place->archive);
		buf_add_text(&place->archive, texts[i]);
		expect_refusal(place, "': ");
	}
	add_config(place, NULL);
	buf_truncate(&place->archive, TAR_BLOCK + 3);
	expect_refusal(place, "': ");
}

#define WITH_PLACE(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_PLACE(test_an_image_is_read_in_any_order_and_compression),
		WITH_PLACE(test_what_does_not_fit_is_refused),
		WITH_PLACE(test_links_and_doubles_are_no_files),
		WITH_PLACE(test_many_entries_and_large_documents_are_refused),
		WITH_PLACE(test_what_is_no_archive_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
