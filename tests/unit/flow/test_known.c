/* SPDX-License-Identifier: MIT */
/* Layers that a registry has already, and images of which nothing else is missing. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "../registry/peer.h"
#include "base/path.h"
#include "base/process.h"
#include "codec/digest.h"
#include "flow/publish/blobs.h"
#include "flow/publish/documents.h"
#include "flow/publish/known.h"
#include "flow/publish/publish-tag.h"

#define HEX(digit)    digit digit digit digit digit digit digit digit
#define DIGEST(digit) "sha256:" HEX(HEX(digit))
#define DIFF_ID	      DIGEST("d")
#define OTHER_ID      DIGEST("e")
#define LAYER	      DIGEST("a")
#define GZIP	      "application/vnd.docker.image.rootfs.diff.tar.gzip"
#define ZSTD	      "application/vnd.oci.image.layer.v1.tar+zstd"

#define CONFIG_OF(sha)                                                                             \
	"{\"os\":\"linux\",\"architecture\":\"amd64\",\"config\":{\"Env\":[\"SHA=" sha             \
	"\"]},\"rootfs\":{\"type\":\"layers\",\"diff_ids\":[\"" DIFF_ID "\"]}}"
#define HELD_CONFIG CONFIG_OF("1f2e3d4c5b6a79880f1e2d3c4b5a69788f1e2d3c")
#define OUR_CONFIG  CONFIG_OF("2e3d4c5b6a79880f1e2d3c4b5a69788f1e2d3c4b")

#define V2		    "/v2/team/app/"
#define MANIFEST_TYPE(type) "Content-Type: " type "\r\n"

/* What depends on digests is written at the start. */
static char held_id[72], our_id[72], held_path[120], our_path[120], put_path[120];
static char held[1000], held_zstd[1000], held_index[1000], our_manifest[1000], index_path[120];
static char our_manifest_id[72];

static void digest(const char *text, char id[72])
{
	struct digest_text digest;
	struct error err = { 0 };

	assert_int_equal(digest_of(slice_of(text), &digest, &err), 0);
	snprintf(id, 72, "%s", digest.text);
}

static void write_manifest(char out[1000], const char *config_id, size_t config_size,
			   const char *layer_type)
{
	snprintf(out, 1000,
		 "{\"schemaVersion\":2,\"mediaType\":\"%s\",\"config\":{\"mediaType\":\"%s\","
		 "\"digest\":\"%s\",\"size\":%zu},\"layers\":[{\"mediaType\":\"%s\",\"digest\":"
		 "\"" LAYER "\",\"size\":99}]}",
		 MEDIA_TYPE_OCI_MANIFEST, "application/vnd.oci.image.config.v1+json", config_id,
		 config_size, layer_type);
}

static int write_documents(void **state)
{
	char id[72];

	(void)state;
	digest(HELD_CONFIG, held_id);
	digest(OUR_CONFIG, our_id);
	write_manifest(held, held_id, strlen(HELD_CONFIG), GZIP);
	write_manifest(held_zstd, held_id, strlen(HELD_CONFIG), ZSTD);
	write_manifest(our_manifest, our_id, strlen(OUR_CONFIG), GZIP);
	digest(our_manifest, our_manifest_id);
	digest(held, id);
	snprintf(held_index, sizeof(held_index),
		 "{\"schemaVersion\":2,\"manifests\":[{\"mediaType\":\"%s\",\"digest\":\"" OTHER_ID
		 "\",\"size\":9,\"platform\":{\"os\":\"linux\",\"architecture\":\"arm64\"}},"
		 "{\"mediaType\":\"%s\",\"digest\":\"%s\",\"size\":%zu,\"platform\":"
		 "{\"os\":\"linux\",\"architecture\":\"amd64\"}}]}",
		 MEDIA_TYPE_OCI_MANIFEST, MEDIA_TYPE_OCI_MANIFEST, id, strlen(held));
	snprintf(index_path, sizeof(index_path), "GET " V2 "manifests/%s", id);
	snprintf(held_path, sizeof(held_path), "GET " V2 "blobs/%s", held_id);
	snprintf(our_path, sizeof(our_path), "HEAD " V2 "blobs/%s", our_id);
	snprintf(put_path, sizeof(put_path), "PUT /s?digest=%s", our_id);
	return 0;
}

#define GET_LATEST "GET " V2 "manifests/latest"
#define ROW(...)                                                                                   \
	{                                                                                          \
		__VA_ARGS__                                                                        \
	}
#define HAS(text)                                                                                  \
	ROW(GET_LATEST, .status = 200, .headers = MANIFEST_TYPE(MEDIA_TYPE_OCI_MANIFEST),          \
	    .body = (text))
#define HAS_NONE   ROW(GET_LATEST, .status = 404)
#define HAS_CONFIG ROW(held_path, .status = 200, .body = HELD_CONFIG)
#define LACKS_OURS                                                                                 \
	ROW(our_path, .status = 404),                                                              \
		ROW("POST " V2 "blobs/uploads/", .status = 202, .headers = "Location: /s\r\n"),    \
		ROW(put_path, "\r\n\r\n" OUR_CONFIG, .status = 201)
#define HAS_OURS    ROW(our_path, .status = 200)
#define HAS_LAYER   ROW("HEAD " V2 "blobs/" LAYER, .status = 200)
#define LACKS_LAYER ROW("HEAD " V2 "blobs/" LAYER, .status = 404)

/* What was kept: a configuration, a manifest too, a manifest alone, a damaged file. */
enum kept { KEPT_CONFIG, KEPT_ALL, KEPT_MANIFEST, KEPT_DAMAGED, KEPT_NONE };

static const struct row {
	const char *name;
	enum kept kept;
	bool has_before; /* the layer was published from here */
	const char *platform;
	int compression;
	struct peer_row rows[8];
	int status;
	enum error_kind kind;
} table[] = {
	{ "its layers are those of :latest", .rows = { HAS(held), HAS_CONFIG, LACKS_OURS },
	  .status = 1 },
	{ "and of an index at :latest", .platform = "linux/amd64",
	  .rows = { { GET_LATEST, .status = 200, .headers = MANIFEST_TYPE(MEDIA_TYPE_OCI_INDEX),
		      .body = held_index },
		    { index_path, .status = 200, .headers = MANIFEST_TYPE(MEDIA_TYPE_OCI_MANIFEST),
		      .body = held },
		    HAS_CONFIG,
		    LACKS_OURS },
	  .status = 1 },
	{ "and of one whose image is gone", .has_before = true, .platform = "linux/amd64",
	  .rows = { { GET_LATEST, .status = 200, .headers = MANIFEST_TYPE(MEDIA_TYPE_OCI_INDEX),
		      .body = held_index },
		    { index_path, .status = 404 },
		    HAS_OURS,
		    HAS_LAYER },
	  .status = 1 },
	{ "another platform's are not its own", .platform = "linux/riscv64",
	  .rows = { { GET_LATEST, .status = 200, .headers = MANIFEST_TYPE(MEDIA_TYPE_OCI_INDEX),
		      .body = held_index } } },
	{ "what was published before is asked for", .has_before = true,
	  .rows = { HAS_NONE, HAS_OURS, HAS_LAYER }, .status = 1 },
	{ "and may be gone", .has_before = true, .rows = { HAS_NONE, HAS_OURS, LACKS_LAYER } },
	{ ":latest that makes no sense is as none", .has_before = true,
	  .rows = { HAS("{}"), HAS_OURS, HAS_LAYER }, .status = 1 },
	{ "zstd only if it is wanted", .rows = { HAS(held_zstd), HAS_CONFIG } },
	{ "zstd if it is wanted", .compression = LAYER_ZSTD,
	  .rows = { HAS(held_zstd), HAS_CONFIG, HAS_OURS }, .status = 1 },
	{ "the manifest of the engine as it is", KEPT_ALL,
	  .rows = { HAS(held), HAS_CONFIG, HAS_OURS }, .status = 1 },
	{ "its layers are asked for, too", KEPT_ALL, .rows = { HAS_NONE, HAS_OURS, HAS_LAYER },
	  .status = 1 },
	{ "a manifest without its configuration", KEPT_MANIFEST,
	  .rows = { HAS(held), HAS_CONFIG } },
	{ "a damaged configuration", KEPT_DAMAGED, .rows = { HAS(held), HAS_CONFIG } },
	{ "no configuration", KEPT_NONE, .rows = { HAS(held), HAS_CONFIG } },
	{ "a registry that does not let us look", .rows = { { GET_LATEST, .status = 403 } },
	  .status = -1, .kind = ERROR_DENIED },
};

static int push(struct engine *engine, const struct engine_push *options, char **ret_digest,
		struct error *err)
{
	(void)engine;
	(void)options;
	(void)ret_digest;
	(void)err;
	fail_msg("blobs are brought without a push");
	return -1;
}

static const char *keep(const struct row *row, const char *state)
{
	AUTOFREE char *path = NULL;
	struct error err = { 0 };

	if (row->kept == KEPT_ALL || row->kept == KEPT_MANIFEST)
		documents_keep(state, slice_of(our_manifest));
	if (row->kept == KEPT_ALL || row->kept == KEPT_CONFIG)
		documents_keep(state, SLICE(OUR_CONFIG));
	if (row->kept == KEPT_DAMAGED) {
		path = str_format(&err, "%s/documents", state);
		assert_int_equal(path_make_folders(path, 0700, &err), 0);
		assert_int_equal(str_replace(&path, NULL, &err), 0);
		path = str_format(&err, "%s/documents/%s", state, our_id + strlen("sha256:"));
		assert_int_equal(path_write(path, SLICE("{}"), 0600, &err), 0);
	}
	return row->kept == KEPT_ALL || row->kept == KEPT_MANIFEST ? our_manifest_id : our_id;
}

static void make_state(char state[40])
{
	snprintf(state, 40, "/tmp/git-image-test-known-XXXXXX");
	assert_non_null(mkdtemp(state));
}

static void remove_state(const char *state)
{
	const char *argv[] = { "rm", "-rf", state, NULL };
	AUTO(buf_release) struct buf out = BUF_INIT(64);
	struct error err = { 0 };

	assert_int_equal(process_run(&(struct process_options){ .argv = argv }, &out, NULL, &err),
			 0);
}

static void keep_layer(const char *state, const struct reference *reference, const char *diff_id)
{
	AUTO(registry_manifest_release)
	struct registry_manifest manifest = REGISTRY_MANIFEST_INIT;
	AUTO(buf_release) struct buf text = BUF_INIT(1000);
	AUTO(strv_release) struct strv layers = { 0 };
	struct error err = { 0 };

	buf_add_text(&text, held);
	assert_int_equal(strv_add(&layers, diff_id, &err), 0);
	assert_int_equal(registry_manifest_of(&text, MEDIA_TYPE_OCI_MANIFEST, &manifest, &err), 0);
	known_layers_keep(state, reference, &layers, &manifest);
}

static void open_registry(const char *host, struct reference *reference, struct registry **registry)
{
	struct error err = { 0 };
	char name[64];

	snprintf(name, sizeof(name), "%s/team/app", host);
	assert_int_equal(reference_parse(name, reference, &err), 0);
	assert_int_equal(registry_open(reference, NULL, registry, &err), 0);
}

static int bring(const struct row *row, const char *host, struct registry_manifest *manifest,
		 struct error *err)
{
	const struct engine_ops ops = { .push = push };
	const struct settings settings = { .compression = row->compression };
	AUTO(reference_release) struct reference reference = { 0 };
	AUTO(registry_freep) struct registry *registry = NULL;
	AUTO(strv_release) struct strv layers = { 0 };
	struct engine engine = { .ops = &ops };
	char state[40];
	const char *id;
	int status;

	make_state(state);
	id = keep(row, state);
	open_registry(host, &reference, &registry);
	assert_int_equal(strv_add(&layers, DIFF_ID, err), 0);
	if (row->has_before)
		keep_layer(state, &reference, DIFF_ID);
	status = blobs_bring(&(struct bringing){ .engine = &engine,
						 .registry = registry,
						 .reference = &reference,
						 .id = id,
						 .layers = &layers,
						 .platform = row->platform,
						 .settings = &settings,
						 .state_folder = state },
			     manifest, err);
	remove_state(state);
	return status;
}

static void check_manifest(const struct row *row, const struct registry_manifest *manifest)
{
	AUTO(manifest_release) struct manifest parsed = { 0 };
	struct error err = { 0 };

	assert_int_equal(
		manifest_parse(buf_slice(&manifest->bytes), manifest->media_type, &parsed, &err),
		0);
	assert_string_equal(parsed.config.digest, our_id);
	assert_int_equal(parsed.config.size, strlen(OUR_CONFIG));
	assert_int_equal(parsed.item_count, 1);
	assert_string_equal(parsed.items[0].digest, LAYER);
	assert_int_equal(parsed.items[0].size, 99);
	if (row->kept == KEPT_ALL)
		assert_string_equal(manifest->digest.text, our_manifest_id);
}

static void test_what_is_known_is_not_sent(void **unused)
{
	static struct peer peer;

	(void)unused;
	for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
		AUTO(registry_manifest_release)
		struct registry_manifest manifest = REGISTRY_MANIFEST_INIT;
		const struct row *row = &table[i];
		struct error err = { 0 };
		int status;

		peer_listen(&peer, "127.0.0.1");
		peer_run(&peer, row->rows, NULL);
		status = bring(row, peer.host, &manifest, &err);
		peer_finish(&peer);
		if (status != row->status || err.kind != row->kind)
			fail_msg("%s: %d, %s", row->name, status, err.message);
		if (status > 0)
			check_manifest(row, &manifest);
	}
}

/* Of its base neither, whose registry is not asked. */
static void test_what_a_folder_lacks_is_not_known_elsewhere(void **unused)
{
	static const struct peer_row none[] = { { NULL } };
	AUTO(registry_manifest_release)
	struct registry_manifest manifest = REGISTRY_MANIFEST_INIT;
	const struct engine_ops ops = { .push = push };
	const struct settings settings = { .compression = LAYER_GZIP };
	AUTO(reference_release) struct reference reference = { 0 }, base = { 0 };
	AUTO(registry_freep) struct registry *registry = NULL;
	AUTO(strv_release) struct strv layers = { 0 };
	struct engine engine = { .ops = &ops };
	char name[64], state[40], target[80];
	struct error err = { 0 };
	static struct peer peer;

	(void)unused;
	make_state(state);
	peer_listen(&peer, "127.0.0.1");
	peer_run(&peer, none, NULL);
	snprintf(name, sizeof(name), "%s/team/app", peer.host);
	assert_int_equal(reference_parse(name, &reference, &err), 0);
	snprintf(name, sizeof(name), "%s/team/base", peer.host);
	assert_int_equal(reference_parse(name, &base, &err), 0);
	documents_keep(state, SLICE(OUR_CONFIG));
	keep_layer(state, &reference, DIFF_ID);
	snprintf(target, sizeof(target), "oci:%s/images", state);
	assert_int_equal(registry_open_target(target, &reference, &registry, &err), 0);
	assert_int_equal(strv_add(&layers, DIFF_ID, &err), 0);
	assert_int_equal(blobs_bring(&(struct bringing){ .engine = &engine,
							 .registry = registry,
							 .reference = &reference,
							 .base = &base,
							 .id = our_id,
							 .layers = &layers,
							 .settings = &settings,
							 .state_folder = state },
				     &manifest, &err),
			 -1);
	assert_string_equal(err.message, "the engine gives no layers");
	peer_finish(&peer);
	remove_state(state);
}

#define PUT_MANIFEST(answer) ROW("PUT " V2 "manifests/sha256:", .status = (answer))
#define IS_NAMED	     HAS(held), HAS_CONFIG, HAS_OURS

/* By :latest: what follows when the manifest is refused. */
static const struct refused {
	const char *name;
	struct peer_row rows[12];
	int status;
	bool is_known; /* the manifest: no engine has to push */
} refused[] = {
	{ "a layer is lost: the engine pushes",
	  .rows = { IS_NAMED, PUT_MANIFEST(400), LACKS_LAYER, HAS(held), HAS_OURS, LACKS_LAYER } },
	{ "somebody else brought it meanwhile",
	  .rows = { IS_NAMED, PUT_MANIFEST(400), LACKS_LAYER, HAS(held), HAS_OURS, HAS_LAYER,
		    PUT_MANIFEST(201) },
	  .is_known = true },
	{ "refused again",
	  .rows = { IS_NAMED, PUT_MANIFEST(400), LACKS_LAYER, HAS(held), HAS_OURS, HAS_LAYER,
		    PUT_MANIFEST(404) },
	  .status = -1 },
	{ "not for a layer", .rows = { IS_NAMED, PUT_MANIFEST(400), HAS_LAYER }, .status = -1 },
	{ "not for what it holds", .rows = { IS_NAMED, PUT_MANIFEST(403) }, .status = -1 },
};

static void be_refused(const struct refused *row, const char *host, char *state)
{
	const struct engine_ops ops = { .push = push };
	const struct settings settings = { .compression = LAYER_GZIP };
	struct engine engine = { .ops = &ops };
	struct run run = { .engine = &engine, .state_folder = state };
	struct job job = { .run = &run, .settings = &settings, .image.id = our_manifest_id };
	struct publication publication = PUBLICATION_INIT;
	struct error err = { 0 };
	int status;

	job.has_mount_source = true; /* none */
	publication.job = &job;
	open_registry(host, &publication.reference, &publication.registry);
	assert_int_equal(strv_add(&job.image.layers, DIFF_ID, &err), 0);
	status = publish_tag_bring(&publication, &err);
	if (status != row->status ||
	    publish_tag_is_known(&publication) != (row->is_known || row->status))
		fail_msg("%s: %d, %s", row->name, status, err.message);
	strv_release(&job.image.layers);
	publication_release(&publication);
}

static void test_a_layer_that_latest_names_may_be_lost(void **unused)
{
	static struct peer peer;
	char state[40];

	(void)unused;
	make_state(state);
	documents_keep(state, slice_of(our_manifest));
	documents_keep(state, SLICE(OUR_CONFIG));
	for (size_t i = 0; i < ARRAY_SIZE(refused); i++) {
		peer_listen(&peer, "127.0.0.1");
		peer_run(&peer, refused[i].rows, NULL);
		be_refused(&refused[i], peer.host, state);
		peer_finish(&peer);
	}
	remove_state(state);
}

static size_t count_known(const char *state, const struct reference *reference)
{
	AUTO(known_layers_release) struct known_layers known = { 0 };
	struct error err = { 0 };

	assert_int_equal(known_layers_of_before(state, reference, &known, &err), 0);
	return known.len;
}

static void keep_numbered(const char *state, const struct reference *reference, unsigned number)
{
	char diff_id[72];

	snprintf(diff_id, sizeof(diff_id), "sha256:%064x", number);
	keep_layer(state, reference, diff_id);
}

static void test_hints_are_few_and_checked(void **unused)
{
	struct reference reference = { .host = (char[]){ "r.example" },
				       .repository = (char[]){ "team/app" } };
	struct reference other = { .host = (char[]){ "r.example" },
				   .repository = (char[]){ "team/other" } };
	AUTO(buf_release) struct buf path = BUF_INIT(200);
	struct stat before, after;
	struct error err = { 0 };
	char state[40];

	(void)unused;
	make_state(state);
	for (unsigned i = 0; i < 520; i++)
		keep_numbered(state, &reference, i);
	assert_int_equal(count_known(state, &reference), 500);
	assert_int_equal(count_known(state, &other), 0);
	buf_add_format(&path, "%s/layers/8563df1830c978f5", state);
	assert_int_equal(stat(path.data, &before), 0);
	keep_numbered(state, &reference, 519);
	assert_int_equal(stat(path.data, &after), 0);
	assert_int_equal(before.st_ino, after.st_ino);
	assert_int_equal(path_write(path.data,
				    SLICE("\n \nx y 1 z\n" DIFF_ID " " LAYER " -1 " GZIP
					  "\n" DIFF_ID " " LAYER " 5 text/html\n" DIFF_ID " " LAYER
					  " 5 " GZIP "\n" DIFF_ID),
				    0600, &err),
			 0);
	assert_int_equal(count_known(state, &reference), 1);
	remove_state(state);
}

static void test_documents_are_checked_and_few(void **unused)
{
	AUTO(buf_release) struct buf found = BUF_INIT(100);
	char state[40], text[20], id[72];

	(void)unused;
	make_state(state);
	assert_false(documents_find(state, our_id, &found));
	for (int i = 0; i < 230; i++) {
		snprintf(text, sizeof(text), "document %d", i);
		documents_keep(state, slice_of(text));
	}
	digest(text, id);
	assert_true(documents_find(state, id, &found));
	assert_string_equal(found.data, text);
	digest("document 0", id);
	assert_false(documents_find(state, id, &found));
	digest("document 229", id);
	documents_keep(NULL, SLICE("nowhere"));
	assert_false(documents_find(NULL, id, &found));
	assert_false(documents_find(state, "../../etc/passwd", &found));
	remove_state(state);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_what_is_known_is_not_sent),
		cmocka_unit_test(test_what_a_folder_lacks_is_not_known_elsewhere),
		cmocka_unit_test(test_a_layer_that_latest_names_may_be_lost),
		cmocka_unit_test(test_hints_are_few_and_checked),
		cmocka_unit_test(test_documents_are_checked_and_few),
	};

	signal(SIGPIPE, SIG_IGN);
	setenv("HOME", "/nonexistent", 1);
	return cmocka_run_group_tests(tests, write_documents, NULL);
}
