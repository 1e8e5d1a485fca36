/* SPDX-License-Identifier: MIT */
/* Layers out of an engine, through the compressor, to a registry. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <dirent.h>
#include <signal.h>
#include <stdio.h>

#include "../engine/export-sample.h"
#include "codec/compress.h"
#include "flow/publish/direct.h"
#include "image/config.h"
#include "image/manifest-write.h"
#include "shelf.h"

#define KNOWN "sha256:0000000000000000000000000000000000000000000000000000000000000000"

static const struct row {
	const char *name;
	/* What the engine does: c the configuration, a b a layer, A B one whose name
	 * is known at its end, ! it breaks off. */
	const char *script;
	const char *known; /* letters */
	int compression;
	bool is_closed;	 /* the registry */
	bool lacks_room; /* for temporary files */
	size_t blobs;	 /* at the registry in the end */
	enum error_kind kind;
	const char *message;
} table[] = {
	{ .name = "named layers", .script = "abc", .blobs = 3 },
	{ .name = "layers without a name", .script = "BcA", .blobs = 3 },
	{ .name = "a layer twice", .script = "AABcab", .blobs = 3 },
	{ .name = "zstd", .script = "abc", .compression = LAYER_ZSTD, .blobs = 3 },
	{ .name = "one is known", .script = "abc", .known = "a", .blobs = 2 },
	{ .name = "one without a name is known", .script = "ABc", .known = "a", .blobs = 2 },
	{ .name = "all are known", .script = "ABcab", .known = "ab", .blobs = 1 },
	{ .name = "a layer is not given",
	  .script = "ac",
	  .kind = ERROR_PROTOCOL,
	  .message = "the engine did not give the layer sha256:" },
	{ .name = "it breaks off", .script = "ab!", .kind = ERROR_UNREACHABLE, .message = "gone" },
	{ .name = "it breaks off amid a layer",
	  .script = "a!",
	  .kind = ERROR_UNREACHABLE,
	  .message = "gone" },
	{ .name = "the registry refuses",
	  .script = "abc",
	  .is_closed = true,
	  .kind = ERROR_DENIED,
	  .message = "blob sha256:" },
	{ .name = "no folder for state",
	  .script = "abc",
	  .lacks_room = true,
	  .kind = ERROR_SYSTEM,
	  .message = "cannot make" },
};

struct scene {
	struct engine engine; /* first, so that either is the other */
	const struct row *row;
	struct export_sample sample;
	struct shelf shelf;
};

static int give_layer(const struct engine_export *to, const char *diff_id, const char *content,
		      bool is_named, struct error *err)
{
	bool is_wanted = false;
	size_t half = strlen(content) / 2;

	if (to->layer_begin(to->arg, is_named ? diff_id : NULL, (int64_t)strlen(content),
			    &is_wanted, err))
		return -1;
	if (!is_wanted)
		return 0;
	if (to->layer_data(to->arg, content, half, err) ||
	    to->layer_data(to->arg, content + half, strlen(content) - half, err))
		return -1;
	return to->layer_end(to->arg, diff_id, err);
}

static int export_image(struct engine *engine, const char *id, const struct engine_export *to,
			struct error *err)
{
	const struct scene *scene = (const struct scene *)engine;
	const struct export_sample *sample = &scene->sample;

	assert_string_equal(id, sample->id);
	assert_int_equal(to->layers->len, 3);
	for (const char *step = scene->row->script; *step; step++) {
		bool is_a = *step == 'a' || *step == 'A', is_named = *step >= 'a';
		int status;

		if (*step == '!')
			return error_set(err, ERROR_UNREACHABLE, "gone");
		if (*step == 'c')
			status = to->config(to->arg, slice_of(sample->config), err);
		else
			status = give_layer(to, is_a ? sample->a : sample->b,
					    is_a ? LAYER_A : LAYER_B, is_named, err);
		if (status)
			return -1;
	}
	return 0;
}

static int read_manifest(struct engine *engine, const char *reference, struct buf *ret_bytes,
			 char **ret_media_type, struct error *err)
{
	(void)engine, (void)reference, (void)ret_bytes, (void)ret_media_type;
	return error_set(err, ERROR_UNSUPPORTED, "it keeps none");
}

static const struct engine_ops ops = { .export_image = export_image,
				       .read_manifest = read_manifest };

static bool is_known(const struct row *row, char letter)
{
	return row->known && strchr(row->known, letter);
}

static int bring(struct scene *scene, const char *folder, struct registry_manifest *manifest,
		 struct error *err)
{
	static char type[] = "application/vnd.oci.image.layer.v1.tar+gzip", digest[] = KNOWN;
	struct descriptor descriptor = { .media_type = type, .digest = digest, .size = 9 };
	const struct settings settings = { .compression = scene->row->compression };
	AUTO(reference_release) struct reference reference = { 0 };
	AUTO(registry_freep) struct registry *registry = NULL;
	struct descriptor known[3] = { { 0 } };
	char name[64];

	for (size_t i = 0; i < 3; i++)
		if (is_known(scene->row, i == 1 ? 'b' : 'a'))
			known[i] = descriptor;
	snprintf(name, sizeof(name), "%s/team/app", scene->shelf.host);
	assert_int_equal(reference_parse(name, &reference, err), 0);
	assert_int_equal(registry_open(&reference, NULL, &registry, err), 0);
	return direct_bring(&(struct bringing){ .engine = &scene->engine,
						.registry = registry,
						.reference = &reference,
						.id = scene->sample.id,
						.layers = &scene->sample.layers,
						.settings = &settings,
						.state_folder = folder },
			    scene->row->known ? known : NULL, manifest, err);
}

static int add_bytes(void *arg, const void *data, size_t len, struct error *err)
{
	buf_add(arg, data, len);
	return buf_check(arg, "a layer", err);
}

static void check_layer(const struct scene *scene, const struct descriptor *layer, char letter)
{
	const struct buf *packed = shelf_find(&scene->shelf, layer->digest);
	AUTO(decompressor_freep) struct decompressor *decompressor = NULL;
	AUTO(buf_release) struct buf content = BUF_INIT(KIB);
	bool is_zstd = scene->row->compression == LAYER_ZSTD;
	struct error err = { 0 };

	if (is_known(scene->row, letter)) {
		assert_string_equal(layer->digest, KNOWN);
		return;
	}
	assert_non_null(packed);
	assert_int_equal(layer->size, packed->len);
	assert_true(str_ends(layer->media_type, is_zstd ? ".tar+zstd" : ".tar+gzip"));
	assert_int_equal(decompressor_new(&(struct decompression){ .is_detected = true,
								   .max_bytes = KIB,
								   .sink = add_bytes,
								   .sink_arg = &content },
					  &decompressor, &err),
			 0);
	assert_int_equal(decompressor_write(decompressor, packed->data, packed->len, &err), 0);
	assert_int_equal(decompressor_finish(decompressor, &err), 0);
	assert_string_equal(content.data, letter == 'a' ? LAYER_A : LAYER_B);
}

static void check_manifest(const struct scene *scene, const struct registry_manifest *bytes)
{
	AUTO(manifest_release) struct manifest manifest = { 0 };
	const struct buf *config;
	struct error err = { 0 };

	assert_int_equal(
		manifest_parse(buf_slice(&bytes->bytes), bytes->media_type, &manifest, &err), 0);
	assert_string_equal(manifest.config.digest, scene->sample.id);
	config = shelf_find(&scene->shelf, scene->sample.id);
	assert_non_null(config);
	assert_string_equal(config->data, scene->sample.config);
	assert_int_equal(manifest.config.size, config->len);
	assert_int_equal(manifest.item_count, 3);
	for (size_t i = 0; i < 3; i++)
		check_layer(scene, &manifest.items[i], i == 1 ? 'b' : 'a');
	assert_int_equal(scene->shelf.blob_count, scene->row->blobs);
}

static void assert_empty(const char *folder)
{
	DIR *open = opendir(folder);
	size_t count = 0;

	assert_non_null(open);
	while (readdir(open))
		count++;
	closedir(open);
	assert_int_equal(count, 2);
}

static int open_files(void)
{
	DIR *open = opendir("/proc/self/fd");
	int count = 0;

	assert_non_null(open);
	while (readdir(open))
		count++;
	closedir(open);
	return count;
}

static void test_layers_to_the_registry(void **state)
{
	char folder[] = "/tmp/git-image-direct-XXXXXX";

	(void)state;
	assert_non_null(mkdtemp(folder));
	for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
		AUTO(registry_manifest_release)
		struct registry_manifest manifest = REGISTRY_MANIFEST_INIT;
		struct scene scene = { .engine = { .ops = &ops }, .row = &table[i] };
		int files = open_files();
		struct error err = { 0 };
		int status;

		export_sample_init(&scene.sample);
		shelf_open(&scene.shelf);
		scene.shelf.is_closed = table[i].is_closed;
		status =
			bring(&scene, table[i].lacks_room ? "/proc/none" : folder, &manifest, &err);
		shelf_close(&scene.shelf);
		if (status != (table[i].kind ? -1 : 0) || err.kind != table[i].kind)
			fail_msg("%s: %s", table[i].name, err.message);
		if (!status)
			check_manifest(&scene, &manifest);
		else if (!strstr(err.message, table[i].message))
			fail_msg("%s: %s", table[i].name, err.message);
		assert_empty(folder);
		shelf_release(&scene.shelf);
		export_sample_release(&scene.sample);
		assert_int_equal(open_files(), files);
	}
	assert_int_equal(rmdir(folder), 0);
}

static void test_engine_that_gives_no_layers(void **state)
{
	static const struct engine_ops none = { 0 };
	struct engine engine = { .ops = &none };
	AUTO(registry_manifest_release) struct registry_manifest manifest = REGISTRY_MANIFEST_INIT;
	struct error err = { 0 };

	(void)state;
	assert_int_equal(
		direct_bring(&(struct bringing){ .engine = &engine }, NULL, &manifest, &err), -1);
	assert_int_equal(err.kind, ERROR_UNSUPPORTED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_layers_to_the_registry),
		cmocka_unit_test(test_engine_that_gives_no_layers),
	};

	signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
