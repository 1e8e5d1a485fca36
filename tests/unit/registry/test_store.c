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
#include <unistd.h>

#include "base/path.h"
#include "base/process.h"
#include "codec/compress.h"
#include "codec/digest.h"
#include "codec/tar.h"
#include "documents.h"
#include "registry/blob.h"

#define OTHERS                                                                                     \
	"{\"schemaVersion\":2,\"vendor\":{\"a\":1},\"manifests\":[{\"mediaType\":\"x/y\","         \
	"\"digest\":\"sha256:" ZEROS "\",\"size\":3,\"annotations\":{\"b\":\"c\"}}]}"
#define ZEROS "0000000000000000000000000000000000000000000000000000000000000000"

struct place {
	char folder[64];
	char oci[96], archive[96]; /* targets in it */
};

static int set_up(void **state)
{
	struct place *place = calloc(1, sizeof(*place));

	snprintf(place->folder, sizeof(place->folder), "/tmp/git-image-test-store-XXXXXX");
	assert_non_null(mkdtemp(place->folder));
	snprintf(place->oci, sizeof(place->oci), "oci:%s/a/b", place->folder);
	snprintf(place->archive, sizeof(place->archive), "docker-archive:%s/x.tar", place->folder);
	*state = place;
	return 0;
}

static int tear_down(void **state)
{
	struct place *place = *state;
	const char *const argv[] = { "rm", "-rf", place->folder, NULL };
	AUTO(buf_release) struct buf out = BUF_INIT(64);
	struct error err = { 0 };
	int code;

	assert_int_equal(process_run(&(struct process_options){ .argv = argv }, &out, &code, &err),
			 0);
	free(place);
	return 0;
}

static struct registry *open_target(const char *target, const char *repository)
{
	AUTO(reference_release) struct reference reference = { 0 };
	struct registry *registry = NULL;
	struct error err = { 0 };

	assert_int_equal(reference_parse(repository, &reference, &err), 0);
	if (registry_open_target(target, &reference, &registry, &err))
		fail_msg("%s", err.message);
	return registry;
}

/* A blob in memory. */
struct source {
	struct slice bytes, left;
};

static int start(void *arg, struct error *err)
{
	struct source *source = arg;

	(void)err;
	source->left = source->bytes;
	return 0;
}

static ssize_t read_some(void *arg, void *data, size_t len, struct error *err)
{
	struct source *source = arg;

	(void)err;
	if (len > source->left.len)
		len = source->left.len;
	memcpy(data, source->left.data, len);
	source->left = slice_skip(source->left, len);
	return (ssize_t)len;
}

static int put_as(struct registry *registry, struct slice bytes, const char *digest,
		  enum registry_blob_outcome *ret_outcome, struct error *err)
{
	struct source source = { .bytes = bytes };
	struct registry_blob blob = { .digest = digest,
				      .size = (int64_t)bytes.len,
				      .start = start,
				      .read = read_some,
				      .arg = &source };
	int status = registry_upload_blobs(
		registry, &(struct registry_upload){ .blobs = &blob, .count = 1 }, err);

	*ret_outcome = blob.outcome;
	return status;
}

static enum registry_blob_outcome put(struct registry *registry, struct slice bytes)
{
	enum registry_blob_outcome outcome;
	struct digest_text digest;
	struct error err = { 0 };

	assert_int_equal(digest_of(bytes, &digest, &err), 0);
	if (put_as(registry, bytes, digest.text, &outcome, &err))
		fail_msg("%s", err.message);
	return outcome;
}

static void put_document(struct registry *registry, const char *text, const char *tag)
{
	AUTO(registry_manifest_release) struct registry_manifest manifest = REGISTRY_MANIFEST_INIT;
	AUTO(buf_release) struct buf bytes = BUF_INIT(4096);
	struct error err = { 0 };
	bool is_index = strstr(text, "manifests");

	buf_add_text(&bytes, text);
	assert_int_equal(registry_manifest_of(
				 &bytes, is_index ? MEDIA_TYPE_OCI_INDEX : MEDIA_TYPE_OCI_MANIFEST,
				 &manifest, &err),
			 0);
	if (registry_put_manifest(registry, tag ? tag : manifest.digest.text, &manifest, &err))
		fail_msg("%s", err.message);
}

static void expect_file(const struct place *place, const char *name, const char *content)
{
	AUTO(buf_release) struct buf bytes = BUF_INIT(64 * KIB);
	struct error err = { 0 };
	AUTOFREE char *path = path_join(place->folder, name, &err);

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
	const struct place *place = *state;
	AUTO(registry_freep) struct registry *registry = open_target(place->oci, "team/app");
	AUTO(registry_manifest_release) struct registry_manifest none = REGISTRY_MANIFEST_INIT;
	struct registry_digest found;
	struct error err = { 0 };
	struct stat st;

	assert_int_equal(registry_exists(registry, "v1", &found, &err), REGISTRY_NO);
	assert_int_equal(registry_manifest(registry, CONFIG_DIGEST, &none, &err), REGISTRY_NO);
	assert_int_equal(stat(place->oci + strlen("oci:"), &st), -1);
	assert_int_equal(put(registry, SLICE(CONFIG)), REGISTRY_BLOB_SENT);
	assert_int_equal(put(registry, SLICE(CONFIG)), REGISTRY_BLOB_THERE);
	put_document(registry, MANIFEST, NULL);
	assert_int_equal(registry_exists(registry, "v1", &found, &err), REGISTRY_NO);
	put_document(registry, MANIFEST, "v1");
	expect_image(registry, "v1", MANIFEST_DIGEST);
	expect_image(registry, MANIFEST_DIGEST, MANIFEST_DIGEST);
	put_document(registry, INDEX, "v1");
	expect_image(registry, "v1", INDEX_DIGEST);
	expect_file(place, "a/b/oci-layout", "{\"imageLayoutVersion\":\"1.0.0\"}");
}

static void test_what_has_no_source_is_only_looked_for(void **state)
{
	const struct place *place = *state;
	const char *const targets[] = { place->oci, place->archive };

	for (size_t i = 0; i < ARRAY_SIZE(targets); i++) {
		AUTO(registry_freep)
		struct registry *registry = open_target(targets[i], "team/app");
		struct registry_blob blob = { .digest = CONFIG_DIGEST, .size = strlen(CONFIG) };
		const struct registry_upload upload = { .blobs = &blob, .count = 1 };
		struct error err = { 0 };

		assert_int_equal(registry_upload_blobs(registry, &upload, &err), 0);
		assert_int_equal(blob.outcome, REGISTRY_BLOB_MISSING);
		assert_int_equal(put(registry, SLICE(CONFIG)), REGISTRY_BLOB_SENT);
		assert_int_equal(registry_upload_blobs(registry, &upload, &err), 0);
		assert_int_equal(blob.outcome, REGISTRY_BLOB_THERE);
	}
}

static void test_what_others_have_in_a_layout_stays(void **state)
{
	const struct place *place = *state;
	AUTO(registry_freep) struct registry *registry = NULL;
	AUTO(registry_freep) struct registry *other = open_target(place->oci, "team/other");
	struct registry_digest found;
	struct error err = { 0 };
	char path[96];

	put_document(other, MANIFEST, "v1");
	snprintf(path, sizeof(path), "%s/a/b/index.json", place->folder);
	assert_int_equal(path_write(path, SLICE(OTHERS), 0644, &err), 0);
	registry = open_target(place->oci, "team/app");
	for (int i = 0; i < 2; i++)
		put_document(registry, MANIFEST, "v2");
	expect_file(place, "a/b/index.json",
		    "{\"schemaVersion\":2,\"vendor\":{\"a\":1},\"manifests\":[{\"mediaType\":"
		    "\"x/y\",\"digest\":\"sha256:" ZEROS
		    "\",\"size\":3,\"annotations\":{\"b\":\"c\"}},{\"mediaType\":"
		    "\"" MEDIA_TYPE_OCI_MANIFEST "\",\"digest\":\"" MANIFEST_DIGEST
		    "\",\"size\":248,\"annotations\":{\"io.containerd.image.name\":\"team/app:v2\","
		    "\"org.opencontainers.image.ref.name\":\"v2\"}}]}");
	assert_int_equal(registry_exists(other, "v2", &found, &err), REGISTRY_UNKNOWN);
	assert_int_equal(err.kind, ERROR_CONFLICT);
}

#define NESTED                                                                                     \
	"{\"schemaVersion\":2,\"manifests\":[{\"mediaType\":\"" MEDIA_TYPE_OCI_MANIFEST            \
	"\",\"digest\":\"" INDEX_DIGEST                                                            \
	"\",\"size\":248,\"platform\":{\"os\":\"linux\",\"architecture\":\"mips\"}}]}"

static void test_an_index_in_an_index_is_no_image(void **state)
{
	const struct place *place = *state;
	AUTO(registry_freep) struct registry *registry = open_target(place->oci, "team/app");
	AUTO(registry_image_release) struct registry_image image = REGISTRY_IMAGE_INIT;
	struct error err = { 0 };

	put_document(registry, INDEX, NULL);
	put_document(registry, NESTED, "v1");
	assert_int_equal(registry_read_image(registry, "v1", NULL, &image, &err), REGISTRY_UNKNOWN);
	assert_int_equal(err.kind, ERROR_PROTOCOL);
	assert_non_null(strstr(err.message, "an index where an image was announced"));
}

static void test_a_blob_that_lies_does_not_come_in(void **state)
{
	const struct place *place = *state;
	const char *const targets[] = { place->oci, place->archive };

	for (size_t i = 0; i < ARRAY_SIZE(targets); i++) {
		AUTO(registry_freep) struct registry *registry = open_target(targets[i], "app");
		enum registry_blob_outcome outcome;
		struct error err = { 0 };

		assert_int_equal(put_as(registry, SLICE("other"), CONFIG_DIGEST, &outcome, &err),
				 -1);
		assert_int_equal(err.kind, ERROR_PROTOCOL);
		assert_int_equal(put(registry, SLICE(CONFIG)), REGISTRY_BLOB_SENT);
	}
}

static int collect(void *arg, const void *data, size_t len, struct error *err)
{
	buf_add(arg, data, len);
	return buf_check(arg, "a layer", err);
}

static void compress(const char *text, struct buf *out)
{
	AUTO(compressor_freep) struct compressor *compressor = NULL;
	struct error err = { 0 };

	assert_int_equal(compressor_new(COMPRESSION_GZIP, collect, out, &compressor, &err), 0);
	assert_int_equal(compressor_write(compressor, text, strlen(text), &err), 0);
	assert_int_equal(compressor_finish(compressor, &err), 0);
}

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
	const struct place *place = *state;
	AUTO(registry_freep) struct registry *registry = open_target(place->archive, "team/app");
	AUTO(buf_release) struct buf layer = BUF_INIT(4096), manifest = BUF_INIT(4096);
	AUTO(buf_release) struct buf list = BUF_INIT(64 * KIB), wanted = BUF_INIT(64 * KIB);
	const char *path = place->archive + strlen("docker-archive:");
	struct digest_text content;
	struct error err = { 0 };
	struct stat st;

	compress("the layer", &layer);
	assert_int_equal(digest_of(SLICE("the layer"), &content, &err), 0);
	assert_int_equal(put(registry, SLICE(CONFIG)), REGISTRY_BLOB_SENT);
	assert_int_equal(put(registry, buf_slice(&layer)), REGISTRY_BLOB_SENT);
	assert_int_equal(put(registry, buf_slice(&layer)), REGISTRY_BLOB_THERE);
	assert_int_equal(put(registry, SLICE("the layer")), REGISTRY_BLOB_SENT);
	write_manifest(buf_slice(&layer), &manifest);
	put_document(registry, manifest.data, NULL);
	put_document(registry, manifest.data, "v1");
	put_document(registry, manifest.data, "v1");
	put_document(registry, manifest.data, "latest");
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
	const struct place *place = *state;
	AUTO(registry_freep) struct registry *registry = open_target(place->archive, "team/app");
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
	registry = open_target(target, "team/app");
	if (is_config_first)
		put(registry, SLICE(CONFIG));
	put(registry, SLICE("the layer"));
	put(registry, SLICE(CONFIG));
	write_manifest(SLICE("the layer"), &manifest);
	put_document(registry, manifest.data, "v1");
	assert_int_equal(registry_finish(registry, &err), 0);
	assert_int_equal(path_read(strchr(target, '/'), ret_bytes, &err), 0);
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
	const struct place *place = *state;

	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		AUTO(buf_release)
		struct buf first = BUF_INIT(64 * KIB), second = BUF_INIT(64 * KIB);
		AUTO(buf_release)
		struct buf packed = BUF_INIT(64 * KIB), plain = BUF_INIT(64 * KIB);
		char file[100];

		snprintf(file, sizeof(file), "%s/x.tar.gz", place->folder);
		write_archive(kinds[i], file, false, &packed);
		file[strlen(file) - 3] = '\0';
		write_archive(kinds[i], file, true, &first);
		write_archive(kinds[i], file, false, &second);
		assert_true(slice_equal(buf_slice(&first), buf_slice(&second)));
		decompress(&packed, &plain);
		assert_true(slice_equal(buf_slice(&first), buf_slice(&plain)));
	}
}

static void expect_refusal(const char *target, const char *message)
{
	AUTO(reference_release) struct reference reference = { 0 };
	struct registry *registry = NULL;
	struct error err = { 0 };

	assert_int_equal(reference_parse("app", &reference, &err), 0);
	assert_int_equal(registry_open_target(target, &reference, &registry, &err), -1);
	assert_int_equal(err.kind, ERROR_INPUT);
	if (!strstr(err.message, message))
		fail_msg("'%s' lacks '%s'", err.message, message);
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
	const struct place *place = *state;
	char path[96], target[96];

	snprintf(target, sizeof(target), "oci:%s/c", place->folder);
	assert_int_equal(mkdir(target + 4, 0755), 0);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct error err = { 0 };

		snprintf(path, sizeof(path), "%s/%s", target + 4, cases[i].name);
		assert_int_equal(path_write(path, slice_of(cases[i].content), 0644, &err), 0);
		expect_refusal(target, cases[i].message);
		assert_int_equal(remove(path), 0);
	}
}

static void test_an_archive_replaces_plain_files_alone(void **state)
{
	const struct place *place = *state;
	const char *path = place->archive + strlen("docker-archive:");
	struct error err = { 0 };
	char target[128];

	assert_int_equal(mkfifo(path, 0600), 0);
	expect_refusal(place->archive, "x.tar' is no plain file");
	assert_int_equal(remove(path), 0);
	assert_int_equal(mkdir(path, 0700), 0);
	expect_refusal(place->archive, "x.tar' is no plain file");
	assert_int_equal(remove(path), 0);
	assert_int_equal(symlink("there", path), 0);
	expect_refusal(place->archive, "x.tar' is no plain file");
	snprintf(target, sizeof(target), "oci-archive:%s/there", place->folder);
	assert_int_equal(path_write(strchr(target, '/'), SLICE("x"), 0600, &err), 0);
	expect_refusal(place->archive, "x.tar' is no plain file");
	snprintf(target, sizeof(target), "oci-archive:%s/none/x.tar", place->folder);
	expect_refusal(target, "there is no folder '");
	snprintf(target, sizeof(target), "oci-archive:%s/there/x.tar", place->folder);
	expect_refusal(target, "there is no folder '");
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

#define WITH_PLACE(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_PLACE(test_a_layout_answers_as_a_registry),
		WITH_PLACE(test_what_has_no_source_is_only_looked_for),
		WITH_PLACE(test_what_others_have_in_a_layout_stays),
		WITH_PLACE(test_an_index_in_an_index_is_no_image),
		WITH_PLACE(test_what_is_no_layout_is_left_alone),
		WITH_PLACE(test_a_blob_that_lies_does_not_come_in),
		WITH_PLACE(test_an_archive_has_one_image_without_compression),
		WITH_PLACE(test_an_archive_takes_no_index),
		WITH_PLACE(test_an_archive_is_the_same_in_whatever_order_it_comes),
		WITH_PLACE(test_an_archive_replaces_plain_files_alone),
		cmocka_unit_test(test_which_targets_there_are),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
