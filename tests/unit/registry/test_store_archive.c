/* SPDX-License-Identifier: MIT */
/* Archives that stand for a registry. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../codec/packed.h"
#include "base/path.h"
#include "codec/digest.h"
#include "codec/tar.h"
#include "documents.h"
#include "store-scene.h"

/* "name=content\n" of each file. */
static int list_entry(void *arg, const struct tar_entry *entry, struct error *err)
{
	assert_int_equal(entry->mtime.tv_sec, 0);
	buf_add_format(arg, "\n%s=", entry->path);
	return buf_check(arg, "a list", err);
}

static int list_data(void *arg, struct slice data, struct error *err)
{
	buf_add_slice(arg, data);
	return buf_check(arg, "a list", err);
}

static void list_archive(const char *path, struct buf *list)
{
	const struct tar_handler handler = { list_entry, list_data, list };
	AUTO(buf_release) struct buf bytes = BUF_INIT(64 * KIB);
	AUTO(tar_reader_freep) struct tar_reader *reader = NULL;
	struct error err = { 0 };

	assert_int_equal(path_read(path, &bytes, &err), 0);
	assert_int_equal(bytes.len % TAR_BLOCK, 0);
	reader = tar_reader_new(&handler, &err);
	assert_non_null(reader);
	assert_int_equal(tar_reader_feed(reader, buf_slice(&bytes), &err), 0);
	assert_int_equal(tar_reader_finish(reader, &err), 0);
}

/* The manifest of CONFIG with one layer. */
static void write_manifest(struct slice layer, struct buf *out)
{
	struct digest_text digest;
	struct error err = { 0 };

	assert_int_equal(digest_of(layer, &digest, &err), 0);
	buf_add_format(out,
		       "{\"schemaVersion\":2,\"mediaType\":\"" MEDIA_TYPE_OCI_MANIFEST
		       "\",\"config\":{\"mediaType\":\"application/"
		       "vnd.oci.image.config.v1+json\",\"digest\":\"" CONFIG_DIGEST
		       "\",\"size\":144},\"layers\":[{\"mediaType\":\"application/"
		       "vnd.oci.image.layer.v1.tar+gzip\",\"digest\":\"%s\",\"size\":%zu}]}",
		       digest.text, layer.len);
}

static void test_an_archive_has_one_image_without_compression(void **state)
{
	const struct store_scene *scene = *state;
	AUTO(registry_freep)
	struct registry *registry = store_scene_open(scene->archive, "team/app");
	AUTO(buf_release) struct buf layer = BUF_INIT(4096), manifest = BUF_INIT(4096);
	AUTO(buf_release) struct buf list = BUF_INIT(64 * KIB), wanted = BUF_INIT(64 * KIB);
	const char *path = scene->archive + strlen("docker-archive:");
	struct digest_text content;
	struct error err = { 0 };
	struct stat st;

	packed_add(&layer, COMPRESSION_GZIP, SLICE("the layer"));
	assert_int_equal(digest_of(SLICE("the layer"), &content, &err), 0);
	assert_int_equal(store_scene_put(registry, SLICE(CONFIG)), REGISTRY_BLOB_SENT);
	assert_int_equal(store_scene_put(registry, buf_slice(&layer)), REGISTRY_BLOB_SENT);
	assert_int_equal(store_scene_put(registry, buf_slice(&layer)), REGISTRY_BLOB_THERE);
	assert_int_equal(store_scene_put(registry, SLICE("the layer")), REGISTRY_BLOB_SENT);
	write_manifest(buf_slice(&layer), &manifest);
	store_scene_put_document(registry, manifest.data, NULL);
	store_scene_put_document(registry, manifest.data, "v1");
	store_scene_put_document(registry, manifest.data, "v1");
	store_scene_put_document(registry, manifest.data, "latest");
	assert_int_equal(stat(path, &st), -1);
	assert_int_equal(registry_finish(registry, &err), 0);
	assert_int_equal(registry_finish(registry, &err), 0);
	list_archive(path, &list);
	buf_add_format(&wanted,
		       "\nblobs/sha256/%s=" CONFIG "\nblobs/sha256/%s=the layer\nmanifest.json="
		       "[{\"Config\":\"blobs/sha256/%s\",\"RepoTags\":[\"team/app:v1\","
		       "\"team/app:latest\"],\"Layers\":[\"blobs/sha256/%s\"]}]",
		       CONFIG_DIGEST + 7, content.text + 7, CONFIG_DIGEST + 7, content.text + 7);
	assert_string_equal(list.data, wanted.data);
}

static void test_an_archive_takes_no_index(void **state)
{
	const struct store_scene *scene = *state;
	AUTO(registry_freep)
	struct registry *registry = store_scene_open(scene->archive, "team/app");
	AUTO(registry_manifest_release) struct registry_manifest manifest = REGISTRY_MANIFEST_INIT;
	AUTO(buf_release) struct buf bytes = BUF_INIT(4096);
	struct error err = { 0 };

	buf_add_text(&bytes, INDEX);
	assert_int_equal(registry_manifest_of(&bytes, MEDIA_TYPE_OCI_INDEX, &manifest, &err), 0);
	assert_int_equal(registry_put_manifest(registry, "v1", &manifest, &err), -1);
	assert_non_null(strstr(err.message, "a Docker archive has room for one platform"));
}

/* The file that an image becomes whose blobs come in this order. */
static void write_archive(const char *kind, const char *file, bool is_config_first,
			  struct buf *ret_bytes)
{
	AUTO(buf_release) struct buf manifest = BUF_INIT(4096);
	AUTO(registry_freep) struct registry *registry = NULL;
	struct error err = { 0 };
	char target[128];

	snprintf(target, sizeof(target), "%s%s", kind, file);
	registry = store_scene_open(target, "team/app");
	if (is_config_first)
		store_scene_put(registry, SLICE(CONFIG));
	store_scene_put(registry, SLICE("the layer"));
	store_scene_put(registry, SLICE(CONFIG));
	write_manifest(SLICE("the layer"), &manifest);
	store_scene_put_document(registry, manifest.data, "v1");
	assert_int_equal(registry_finish(registry, &err), 0);
	assert_int_equal(path_read(strchr(target, '/'), ret_bytes, &err), 0);
}

static int collect(void *arg, const void *data, size_t len, struct error *err)
{
	buf_add(arg, data, len);
	return buf_check(arg, "a layer", err);
}

static void decompress(const struct buf *packed, struct buf *ret_plain)
{
	AUTO(decompressor_freep) struct decompressor *decompressor = NULL;
	struct error err = { 0 };

	assert_int_equal(decompressor_new(&(struct decompression){ .compression = COMPRESSION_GZIP,
								   .max_bytes = MIB,
								   .sink = collect,
								   .sink_arg = ret_plain },
					  &decompressor, &err),
			 0);
	assert_int_equal(decompressor_write(decompressor, packed->data, packed->len, &err), 0);
	assert_int_equal(decompressor_finish(decompressor, &err), 0);
}

static void test_an_archive_is_the_same_in_whatever_order_it_comes(void **state)
{
	static const char *const kinds[] = { "docker-archive:", "oci-archive:" };
	const struct store_scene *scene = *state;

	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		AUTO(buf_release)
		struct buf first = BUF_INIT(64 * KIB), second = BUF_INIT(64 * KIB);
		AUTO(buf_release)
		struct buf packed = BUF_INIT(64 * KIB), plain = BUF_INIT(64 * KIB);
		char file[100];

		snprintf(file, sizeof(file), "%s/x.tar.gz", scene->folder);
		write_archive(kinds[i], file, false, &packed);
		file[strlen(file) - 3] = '\0';
		write_archive(kinds[i], file, true, &first);
		write_archive(kinds[i], file, false, &second);
		assert_true(slice_equal(buf_slice(&first), buf_slice(&second)));
		decompress(&packed, &plain);
		assert_true(slice_equal(buf_slice(&first), buf_slice(&plain)));
	}
}

static void test_an_archive_replaces_plain_files_alone(void **state)
{
	const struct store_scene *scene = *state;
	const char *path = scene->archive + strlen("docker-archive:");
	struct error err = { 0 };
	char target[128];

	assert_int_equal(mkfifo(path, 0600), 0);
	store_scene_refuses(scene->archive, "x.tar' is no plain file");
	assert_int_equal(remove(path), 0);
	assert_int_equal(mkdir(path, 0700), 0);
	store_scene_refuses(scene->archive, "x.tar' is no plain file");
	assert_int_equal(remove(path), 0);
	assert_int_equal(symlink("there", path), 0);
	store_scene_refuses(scene->archive, "x.tar' is no plain file");
	snprintf(target, sizeof(target), "oci-archive:%s/there", scene->folder);
	assert_int_equal(path_write(strchr(target, '/'), SLICE("x"), 0600, &err), 0);
	store_scene_refuses(scene->archive, "x.tar' is no plain file");
	snprintf(target, sizeof(target), "oci-archive:%s/none/x.tar", scene->folder);
	store_scene_refuses(target, "there is no folder '");
	snprintf(target, sizeof(target), "oci-archive:%s/there/x.tar", scene->folder);
	store_scene_refuses(target, "there is no folder '");
}

#define WITH_SCENE(test)                                                                           \
	cmocka_unit_test_setup_teardown(test, store_scene_set_up, store_scene_tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_SCENE(test_an_archive_has_one_image_without_compression),
		WITH_SCENE(test_an_archive_takes_no_index),
		WITH_SCENE(test_an_archive_is_the_same_in_whatever_order_it_comes),
		WITH_SCENE(test_an_archive_replaces_plain_files_alone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
