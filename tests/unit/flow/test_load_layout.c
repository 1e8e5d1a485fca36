/* SPDX-License-Identifier: MIT */
/* Image layouts that are loaded, from a folder and from an archive of the same files. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../base/scratch.h"
#include "../codec/packed.h"
#include "base/limits.h"
#include "base/path.h"
#include "codec/digest.h"
#include "codec/tar.h"
#include "image/manifest.h"
#include "load-all.h"

#define LAYER	"the bytes of a layer"
#define NOWHERE "sha256:0000000000000000000000000000000000000000000000000000000000000000"

struct place {
	char folder[64], layout[80], file[80];
	struct strv names; /* of the layout's files, for the archive */
	struct buf layer;  /* compressed */
	struct digest_text diff_id;
};

static int set_up(void **state)
{
	struct place *place = calloc(1, sizeof(*place));
	struct error err = { 0 };

	scratch_make("layout", place->folder);
	snprintf(place->layout, sizeof(place->layout), "%s/layout", place->folder);
	snprintf(place->file, sizeof(place->file), "%s/file", place->folder);
	setenv("XDG_STATE_HOME", place->folder, 1);
	buf_init(&place->layer, MIB);
	packed_add(&place->layer, COMPRESSION_GZIP, SLICE(LAYER));
	assert_int_equal(digest_of(SLICE(LAYER), &place->diff_id, &err), 0);
	*state = place;
	return 0;
}

static int tear_down(void **state)
{
	struct place *place = *state;

	scratch_remove(place->folder);
	strv_release(&place->names);
	buf_release(&place->layer);
	free(place);
	return 0;
}

static void put(struct place *place, const char *name, struct slice bytes)
{
	AUTOFREE char *path = NULL;
	AUTOFREE char *folder = NULL;
	struct error err = { 0 };

	path = path_join(place->layout, name, &err);
	folder = path_folder(path, &err);
	assert_int_equal(path_make_folders(folder, 0700, &err), 0);
	assert_int_equal(path_write(path, bytes, 0644, &err), 0);
	if (!strv_has(&place->names, name))
		assert_int_equal(strv_add(&place->names, name, &err), 0);
}

static void drop(struct place *place, const char *name)
{
	AUTOFREE char *path = NULL;
	struct error err = { 0 };

	path = path_join(place->layout, name, &err);
	assert_int_equal(unlink(path), 0);
	for (size_t i = 0; i < place->names.len; i++)
		if (!strcmp(place->names.items[i], name)) {
			strv_remove(&place->names, i);
			return;
		}
}

/* A descriptor, as JSON, of a blob that is put. */
static struct blob {
	char text[400], name[90];
	struct digest_text digest;
} put_blob(struct place *place, const char *type, struct slice bytes)
{
	struct blob blob;
	struct error err = { 0 };

	assert_int_equal(digest_of(bytes, &blob.digest, &err), 0);
	snprintf(blob.name, sizeof(blob.name), "blobs/sha256/%s", blob.digest.text + 7);
	snprintf(blob.text, sizeof(blob.text),
		 "\"mediaType\":\"%s\",\"digest\":\"%s\",\"size\":%zu", type, blob.digest.text,
		 bytes.len);
	put(place, blob.name, bytes);
	return blob;
}

/* What is other than in a good image; NULL, 0: nothing. */
struct flaw {
	const char *diff_id;
	const char *layer; /* its descriptor */
	bool is_doubled;   /* a second layer that is none */
};

static struct blob put_image(struct place *place, const char *architecture, const struct flaw *flaw)
{
	char text[2000];
	struct blob layer, config;

	layer = put_blob(place, "application/vnd.oci.image.layer.v1.tar+gzip",
			 buf_slice(&place->layer));
	snprintf(text, sizeof(text),
		 "{\"architecture\":\"%s\",\"os\":\"linux\",\"config\":{\"Labels\":{\"a\":\"b\"}},"
		 "\"rootfs\":{\"type\":\"layers\",\"diff_ids\":[\"%s\"]}}",
		 architecture, flaw->diff_id ? flaw->diff_id : place->diff_id.text);
	config = put_blob(place, "application/vnd.oci.image.config.v1+json", slice_of(text));
	snprintf(text, sizeof(text),
		 "{\"schemaVersion\":2,\"mediaType\":\"%s\",\"config\":{%s},\"layers\":[{%s}%s]}",
		 MEDIA_TYPE_OCI_MANIFEST, config.text, flaw->layer ? flaw->layer : layer.text,
		 flaw->is_doubled ? ",{}" : "");
	return put_blob(place, MEDIA_TYPE_OCI_MANIFEST, slice_of(text));
}

static void put_index(struct place *place, const char *manifests)
{
	AUTO(buf_release) struct buf text = BUF_INIT(MIB);

	buf_add_format(&text, "{\"schemaVersion\":2,\"manifests\":[%s]}", manifests);
	put(place, "index.json", buf_slice(&text));
	put(place, "oci-layout", SLICE("{\"imageLayoutVersion\":\"1.0.0\"}"));
}

/* An entry of index.json for each tag. */
static void put_tags(struct place *place, const struct blob *blob, const char *const *tags)
{
	AUTO(buf_release) struct buf text = BUF_INIT(MIB);

	for (; *tags; tags++)
		buf_add_format(
			&text,
			"%s{%s,\"annotations\":{\"org.opencontainers.image.ref.name\":\"%s\"}}",
			text.len ? "," : "", blob->text, *tags);
	put_index(place, text.data);
}

static void pack(const struct place *place)
{
	static const char zeros[TAR_BLOCK];
	AUTO(buf_release) struct buf archive = BUF_INIT(16 * MIB);
	struct error err = { 0 };

	for (size_t i = 0; i < place->names.len; i++) {
		AUTO(buf_release) struct buf content = BUF_INIT(8 * MIB);
		AUTOFREE char *path = path_join(place->layout, place->names.items[i], &err);
		AUTOFREE char *name = str_format(&err, "./%s", place->names.items[i]);

		assert_int_equal(path_read(path, &content, &err), 0);
		tar_write_header(&archive, &(struct tar_entry){ .type = TAR_FILE,
								.path = name,
								.mode = 0644,
								.size = (int64_t)content.len });
		buf_add_slice(&archive, buf_slice(&content));
		buf_add(&archive, zeros, tar_padding((int64_t)content.len));
	}
	tar_write_end(&archive);
	assert_int_equal(path_write(place->file, buf_slice(&archive), 0644, &err), 0);
}

static void refuses(const char *prefix, const char *path, const char *suffix, const char *message)
{
	struct load_archive *archive = NULL;
	struct error err = { 0 };
	char name[200];

	snprintf(name, sizeof(name), "%s%s%s", prefix, path, suffix);
	assert_int_equal(load_all(name, &archive, &err), -1);
	if (!strstr(err.message, message))
		fail_msg("'%s' lacks '%s'", err.message, message);
	assert_int_equal(err.kind, ERROR_INPUT);
}

static void expect_refusal(const struct place *place, const char *message)
{
	pack(place);
	refuses("oci:", place->layout, "", message);
	refuses("", place->file, "", message);
}

static void expect_layer(struct load_archive *archive, const struct manifest *manifest,
			 const struct place *place)
{
	struct engine *engine = load_archive_engine(archive);
	struct error err = { 0 };
	AUTOCLOSE int fd = -1;
	char bytes[200];
	ssize_t len = (ssize_t)place->layer.len;

	assert_int_equal(manifest->item_count, 1);
	assert_int_equal(manifest->items[0].size, len);
	assert_int_equal(engine->ops->open_blob(engine, manifest->items[0].digest, &fd, &err), 0);
	assert_int_equal(read(fd, bytes, (size_t)len), len);
	assert_memory_equal(bytes, place->layer.data, (size_t)len);
}

/* Of these architectures, "amd64 arm64 " */
static void expect_one(const struct place *place, const char *path, const char *architectures)
{
	AUTO(load_archive_freep) struct load_archive *archive = NULL;
	AUTO(buf_release) struct buf found = BUF_INIT(200);
	struct error err = { 0 };

	if (load_all(path, &archive, &err))
		fail_msg("%s", err.message);
	for (size_t i = 0; i < load_archive_count(archive); i++) {
		const struct engine_image *image = load_archive_image(archive, i);
		AUTO(manifest_release) struct manifest manifest = { 0 };
		AUTO(buf_release) struct buf bytes = BUF_INIT(4096);
		struct engine *engine = load_archive_engine(archive);
		AUTOFREE char *type = NULL;

		buf_add_format(&found, "%s ", image->architecture);
		assert_int_equal(engine->ops->read_manifest(engine, image->id, &bytes, &type, &err),
				 0);
		assert_int_equal(manifest_parse(buf_slice(&bytes), type, &manifest, &err), 0);
		assert_string_equal(manifest.config.digest, image->id);
		expect_layer(archive, &manifest, place);
	}
	assert_string_equal(found.data, architectures);
}

static void expect_images(const struct place *place, const char *architectures)
{
	pack(place);
	expect_one(place, place->layout, architectures);
	expect_one(place, place->file, architectures);
}

static const struct flaw no_flaw;

static void test_one_image_may_have_several_tags(void **state)
{
	static const char *const tags[] = { "1f2e3d4", "r.example/app:latest", NULL };
	struct place *place = *state;
	struct blob image = put_image(place, "amd64", &no_flaw);
	char name[120];

	put_tags(place, &image, tags);
	expect_images(place, "amd64 ");
	snprintf(name, sizeof(name), "oci:%s:latest", place->layout);
	expect_one(place, name, "amd64 ");
	snprintf(name, sizeof(name), "oci-archive:%s:1f2e3d4", place->file);
	expect_one(place, name, "amd64 ");
	refuses("oci:", place->layout, ":test",
		"it has no image 'test', but '1f2e3d4', 'r.example/app:latest'");
	refuses("oci:", place->layout, "/none", "cannot open it: No such file");
}

/* As BuildKit writes it, each platform with an attestation, and its own tag, too. */
static void put_platforms(struct place *place, const char *more)
{
	struct blob amd64 = put_image(place, "amd64", &no_flaw),
		    arm64 = put_image(place, "arm64", &no_flaw), index;
	AUTO(buf_release) struct buf text = BUF_INIT(8192);

	buf_add_format(&text,
		       "{\"schemaVersion\":2,\"mediaType\":\"%s\",\"manifests\":[{%s},{%s,"
		       "\"platform\":{\"os\":\"unknown\",\"architecture\":\"unknown\"}}%s,{%s}]}",
		       MEDIA_TYPE_OCI_INDEX, amd64.text,
		       "\"mediaType\":\"" MEDIA_TYPE_OCI_MANIFEST "\",\"digest\":\"" NOWHERE
		       "\",\"size\":1",
		       more, arm64.text);
	index = put_blob(place, MEDIA_TYPE_OCI_INDEX, buf_slice(&text));
	buf_reset(&text);
	buf_add_format(&text, "{%s},{%s}", arm64.text, index.text);
	put_index(place, text.data);
}

/* What is not there of a sparse one is left out. */
static void test_an_index_is_one_image_of_several_platforms(void **state)
{
	put_platforms(*state, "");
	expect_images(*state, "amd64 arm64 ");
	put_platforms(*state, ",{\"mediaType\":\"" MEDIA_TYPE_OCI_MANIFEST
			      "\",\"digest\":\"" NOWHERE "\",\"size\":1}");
	expect_images(*state, "amd64 arm64 ");
}

static void test_several_images_are_told_apart_by_their_tag(void **state)
{
	struct place *place = *state;
	struct blob one = put_image(place, "amd64", &no_flaw),
		    two = put_image(place, "arm64", &no_flaw);
	char text[2000], name[120];

	snprintf(text, sizeof(text),
		 "{%s,\"annotations\":{\"org.opencontainers.image.ref.name\":\"one\"}},{%s}",
		 one.text, two.text);
	put_index(place, text);
	expect_refusal(place, "it holds several images: 'one', ''");
	snprintf(name, sizeof(name), "oci:%s:one", place->layout);
	expect_one(place, name, "amd64 ");
}

static void test_a_missing_file_is_named(void **state)
{
	struct place *place = *state;
	struct blob image;
	char text[500];

	put(place, "other", SLICE("x"));
	pack(place);
	refuses("", place->layout, "", "it has no index.json");
	refuses("", place->file, "", "it has no manifest.json and no index.json");
	image = put_image(place, "amd64", &no_flaw);
	snprintf(text, sizeof(text), "{%s}", image.text);
	put_index(place, text);
	drop(place, "oci-layout");
	expect_refusal(place, "it lacks the file 'oci-layout'");
	put_index(place, text);
	drop(place, image.name);
	snprintf(text, sizeof(text), "it lacks the file '%s'", image.digest.text);
	expect_refusal(place, text);
	put_image(place, "amd64", &no_flaw);
	drop(place, place->names.items[1]);
	expect_refusal(place, "it lacks the file 'sha256:");
}

static void test_bytes_of_another_digest_are_refused(void **state)
{
	struct place *place = *state;
	struct blob image = put_image(place, "amd64", &no_flaw);
	char text[500];

	snprintf(text, sizeof(text), "{%s}", image.text);
	put_index(place, text);
	for (size_t i = 0; i < 3; i++) {
		AUTOFREE char *name = NULL;
		struct error err = { 0 };

		name = str_copy(place->names.items[i], &err);
		put(place, name, SLICE("other"));
		snprintf(text, sizeof(text), "its blob sha256:%.12s has the bytes of sha256:",
			 name + strlen("blobs/sha256/"));
		expect_refusal(place, text);
		put_image(place, "amd64", &no_flaw);
	}
	expect_images(place, "amd64 ");
}

static void expect_flaw(struct place *place, const struct flaw *flaw, const char *message)
{
	struct blob image = put_image(place, "amd64", flaw);
	char text[500];

	snprintf(text, sizeof(text), "{%s}", image.text);
	put_index(place, text);
	expect_refusal(place, message);
}

static void test_layers_are_those_of_the_configuration(void **state)
{
	struct place *place = *state;
	AUTO(buf_release) struct buf cut = BUF_INIT(MIB);
	struct blob layer;
	char text[500];

	expect_flaw(place, &(struct flaw){ .diff_id = NOWHERE },
		    "its layer sha256:000000000000 has the bytes of sha256:");
	expect_flaw(place, &(struct flaw){ .is_doubled = true }, "layers[1].mediaType");
	layer = put_blob(place, "t", SLICE("plain bytes"));
	expect_flaw(place, &(struct flaw){ .layer = layer.text }, "has the bytes of sha256:");
	buf_add(&cut, place->layer.data, place->layer.len - 9);
	layer = put_blob(place, "t", buf_slice(&cut));
	expect_flaw(place, &(struct flaw){ .layer = layer.text }, "it ends amid gzip's data");
	layer = put_blob(place, "t", buf_slice(&place->layer));
	snprintf(text, sizeof(text),
		 "\"mediaType\":\"t\",\"digest\":\"%s\",\"size\":9007199254740991",
		 layer.digest.text);
	expect_flaw(place, &(struct flaw){ .layer = text }, "bytes, not 9007199254740991");
	expect_flaw(place,
		    &(struct flaw){ .layer = "\"mediaType\":\"t\",\"digest\":\"sha256:../.."
					     "/../etc/passwd\",\"size\":1" },
		    "layers[0].digest: 'sha256:../../../etc/passwd' is no SHA-256 digest");
	expect_flaw(place,
		    &(struct flaw){ .layer = "\"mediaType\":\"t\",\"digest\":\"" NOWHERE
					     "\",\"size\":1" },
		    "it lacks the file '" NOWHERE "'");
}

static void test_an_odd_index_is_refused(void **state)
{
	struct place *place = *state;
	AUTO(buf_release) struct buf many = BUF_INIT(MIB), large = BUF_INIT(8 * MIB);
	struct blob image = put_image(place, "amd64", &no_flaw), wrong;
	char text[500];

	for (size_t i = 0; i <= LIMIT_LOAD_MANIFESTS; i++)
		buf_add_format(&many, "%s{%s}", i ? "," : "", image.text);
	put_index(place, many.data);
	expect_refusal(place, "index.json: it names more than 1000 manifests");
	put_index(place, "");
	expect_refusal(place, "it holds no image");
	put_index(place, "7");
	expect_refusal(place, "index.json: manifests[0]: ");
	while (large.len <= LIMIT_JSON_DOCUMENT)
		buf_add_text(&large, "                                ");
	put(place, "index.json", buf_slice(&large));
	expect_refusal(place, "its 'index.json' has more than 4194304 bytes");
	wrong = put_blob(place, MEDIA_TYPE_OCI_INDEX, SLICE("{\"schemaVersion\":2}"));
	snprintf(text, sizeof(text), "{%s}", wrong.text);
	put_index(place, text);
	expect_refusal(place, "it has neither layers nor manifests");
	snprintf(text, sizeof(text), "{%s}", image.text);
	put_index(place, text);
	put(place, "oci-layout", SLICE("{\"imageLayoutVersion\":\"2\"}"));
	expect_refusal(place, "it is an image layout of version 2");
}

static void test_of_a_folder_only_plain_files_are_read(void **state)
{
	struct place *place = *state;
	struct blob image = put_image(place, "amd64", &no_flaw);
	char text[500], path[200];

	snprintf(text, sizeof(text), "{%s}", image.text);
	put_index(place, text);
	snprintf(path, sizeof(path), "%s/%s", place->layout, image.name);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(mkfifo(path, 0600), 0);
	snprintf(text, sizeof(text), "its '%s' is no plain file", image.name);
	refuses("", place->layout, "", text);
	snprintf(path, sizeof(path), "%s/index.json", place->layout);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(symlink("/etc/passwd", path), 0);
	refuses("", place->layout, "", "its 'index.json' is no plain file");
}

#define WITH_PLACE(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_PLACE(test_one_image_may_have_several_tags),
		WITH_PLACE(test_an_index_is_one_image_of_several_platforms),
		WITH_PLACE(test_several_images_are_told_apart_by_their_tag),
		WITH_PLACE(test_a_missing_file_is_named),
		WITH_PLACE(test_bytes_of_another_digest_are_refused),
		WITH_PLACE(test_layers_are_those_of_the_configuration),
		WITH_PLACE(test_an_odd_index_is_refused),
		WITH_PLACE(test_of_a_folder_only_plain_files_are_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
