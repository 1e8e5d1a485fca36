/* SPDX-License-Identifier: MIT */
/* After the classic builder Docker commits and Podman loads; either keeps all but
 * variables and labels. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "codec/digest.h"
#include "codec/json.h"
#include "stamping.h"

static int stamp(struct engine *engine, const char *sha, char **ret_id, struct error *err)
{
	return stamp_with(engine, (struct engine_stamp){ 0 }, sha, ret_id, err);
}

static const struct {
	struct peer_row rows[10];
	enum error_kind kind; /* 0: NEW */
	const char *message;
} commits[] = {
	{ { INSPECT(ID, OLD_CONFIG), CREATE(201), COMMIT(201, "{\"Id\":\"" NEW "\"}"), REMOVE,
	    INSPECT(NEW, DOCKER_CONFIG("", "")), SWEEP("[]") },
	  0,
	  NULL },
	/* A killed run left its container: it serves. */
	{ { INSPECT(ID, OLD_CONFIG), CREATE(409), COMMIT(201, "{\"Id\":\"" NEW "\"}"), REMOVE,
	    INSPECT(NEW, DOCKER_CONFIG("", "")), SWEEP("[]") },
	  0,
	  NULL },
	/* A run beside us removed it between our two calls. */
	{ { INSPECT(ID, OLD_CONFIG), CREATE(409), COMMIT(404, "{}"), CREATE(201),
	    COMMIT(201, "{\"Id\":\"" NEW "\"}"), REMOVE, INSPECT(NEW, DOCKER_CONFIG("", "")),
	    SWEEP("[]") },
	  0,
	  NULL },
	/* No container is made without a command. */
	{ { INSPECT(ID, "{\"Cmd\":null,\"Entrypoint\":null}"),
	    { .request = "POST /v1.41/containers/create?",
	      .has = "\r\n\r\n{\"Image\":\"" ID "\",\"Entrypoint\":[\"none\"],",
	      .status = 201,
	      .body = "{}" },
	    { .request = "POST /v1.41/commit?",
	      .has = "\r\n\r\n{\"Cmd\":null,\"Entrypoint\":[],\"Env\":[\"SHA=s\"],",
	      .status = 201,
	      .body = "{\"Id\":\"" NEW "\"}" },
	    REMOVE,
	    INSPECT(NEW, "{\"Cmd\":null,\"Entrypoint\":[]}"),
	    SWEEP("[]") },
	  0,
	  NULL },
	{ { INSPECT(ID, OLD_CONFIG), CREATE(201), COMMIT(500, "{\"message\":\"disk\"}"), REMOVE },
	  ERROR_SYSTEM,
	  "the engine: disk" },
	{ { INSPECT(ID, OLD_CONFIG), CREATE(201), COMMIT(201, "{\"Id\":\"" NEW "\"}"), REMOVE,
	    INSPECT(NEW, "{\"User\":\"1\",\"Cmd\":[\"a b\"],\"Volumes\":{\"/data\":{}}}") },
	  ERROR_SYSTEM,
	  "the engine changed 'OnBuild' in the image's configuration" },
	/* Strays of other images: old ones that never ran. */
	{ { INSPECT(ID, OLD_CONFIG),
	    CREATE(201),
	    COMMIT(201, "{\"Id\":\"" NEW "\"}"),
	    REMOVE,
	    INSPECT(NEW, DOCKER_CONFIG("", "")),
	    SWEEP("[{\"Id\":\"s1\",\"State\":\"created\",\"Created\":1},"
		  "{\"Id\":\"s2\",\"State\":\"running\",\"Created\":1},"
		  "{\"Id\":\"s3\",\"State\":\"created\",\"Created\":99999999999}]"),
	    { .request = "DELETE /v1.41/containers/s1?force=1&v=1 HTTP", .status = 204 } },
	  0,
	  NULL },
	{ { { .request = "GET /v1.41/images/" ID "/json HTTP", .status = 404, .body = "{}" } },
	  ERROR_NOT_FOUND,
	  "the engine: {}" },
};

static void test_docker_commits(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(commits); i++) {
		AUTOFREE char *id = NULL;
		struct error err = { 0 };
		struct engine *engine;
		struct peer peer;
		int status;

		engine = peer_engine(&peer, PING_DOCKER, commits[i].rows, NULL);
		status = stamp(engine, "s", &id, &err);
		peer_finish(&peer, engine);
		assert_int_equal(status, commits[i].kind ? -1 : 0);
		assert_int_equal(err.kind, commits[i].kind);
		assert_string_equal(status ? err.message : id, status ? commits[i].message : NEW);
	}
}

/* The blob that a descriptor names, checked against it. */
static const char *blob(const struct archive *archive, const struct json *descriptor)
{
	const char *digest = json_text(json_get(descriptor, "digest")), *content;
	struct digest_text actual;
	struct error err = { 0 };
	char path[128];

	snprintf(path, sizeof(path), "blobs/sha256/%s", digest + strlen("sha256:"));
	content = strmap_get(&archive->files, path);
	assert_non_null(content);
	assert_int_equal(json_int(json_get(descriptor, "size"), 0), strlen(content));
	assert_int_equal(digest_of(slice_of(content), &actual, &err), 0);
	assert_string_equal(actual.text, digest);
	return content;
}

#define HISTORY                                                                                    \
	"{\"created\":\"c\",\"created_by\":\"COPY "                                                \
	"x\"},{\"created_by\":\"ENV\",\"empty_layer\":true}"

static const char podman_image[] =
	"{\"Id\":\"" HEX "\",\"Architecture\":\"arm64\",\"Os\":\"linux\",\"Author\":\"\","
	"\"Config\":{\"User\":\"1\",\"Env\":[\"A=b\",\"SHA=old\",\"B=\"],\"Cmd\":[\"x\"],"
	"\"Labels\":{\"gone\":\"1\",\"x\":\"y\"}},\"Healthcheck\":{\"Test\":[\"CMD\",\"/h\"]},"
	"\"RootFS\":{\"Type\":\"layers\",\"Layers\":[\"sha256:l1\",\"sha256:l2\"]},"
	"\"History\":[" HISTORY "," STAMP_ENTRY "]}";

static const char podman_config[] =
	"{\"created\":\"2023-11-14T22:13:20Z\",\"architecture\":\"arm64\",\"os\":\"linux\","
	"\"config\":{\"User\":\"1\",\"Cmd\":[\"x\"],\"Healthcheck\":{\"Test\":[\"CMD\",\"/h\"]},"
	"\"Env\":[\"A=b\",\"SHA=s\",\"B=\"],\"Labels\":{\"revision\":\"s\",\"x\":\"y\"}},"
	"\"rootfs\":{\"type\":\"layers\",\"diff_ids\":[\"sha256:l1\",\"sha256:l2\"]},"
	"\"history\":[" HISTORY "," STAMP_ENTRY "]}";

static const struct peer_row load_rows[] = {
	{ .request = "GET /v4.0.0/libpod/images/" HEX "/json HTTP", .body = podman_image },
	{ .request = "POST /v1.41/images/load HTTP",
	  .body = "{\"stream\":\"Loaded image: docker.io/library/app:1f2e3d4\"}\n" },
	{ 0 },
};

static void check_archive(const struct archive *archive, const char *id)
{
	AUTO(json_freep) struct json *index = NULL, *manifest = NULL;
	struct error err = { 0 };
	struct json *descriptor, *config;

	index = json_parse(slice_of(strmap_get(&archive->files, "index.json")), &err);
	descriptor = json_first(json_get(index, "manifests"));
	assert_string_equal(json_text(json_path(descriptor, "annotations",
						"org.opencontainers.image.ref.name", NULL)),
			    "docker.io/library/app:1f2e3d4");
	manifest = json_parse(slice_of(blob(archive, descriptor)), &err);
	/* In OCI's own form the health check would be lost. */
	assert_string_equal(json_text(json_get(manifest, "mediaType")),
			    "application/vnd.docker.distribution.manifest.v2+json");
	config = json_get(manifest, "config");
	assert_string_equal(blob(archive, config), podman_config);
	assert_string_equal(json_text(json_get(config, "digest")), id);
	assert_int_equal(json_count(json_get(manifest, "layers")), 2);
	assert_string_equal(json_text(json_get(json_first(json_get(manifest, "layers")), "digest")),
			    "sha256:l1");
	assert_string_equal(strmap_get(&archive->files, "oci-layout"),
			    "{\"imageLayoutVersion\":\"1.0.0\"}");
}

static void test_podman_loads(void **state)
{
	AUTO(archive_release) struct archive archive;
	AUTOFREE char *id = NULL;
	struct engine *engine;
	struct error err = { 0 };
	struct peer peer;

	(void)state;
	engine = peer_engine(&peer, PING_PODMAN, load_rows, NULL);
	assert_int_equal(stamp(engine, "s", &id, &err), 0);
	read_archive(&peer, 1, &archive);
	peer_finish(&peer, engine);
	check_archive(&archive, id);
}

/* A commit would get back from the container what it does not name. */
static void test_a_variable_without_a_value_goes(void **state)
{
	static const struct peer_row commit_rows[] = {
		INSPECT(ID, OLD_CONFIG),
		CREATE(201),
		{ .request = "POST /v1.41/commit?",
		  .has = "\"Env\":[\"A=b\",\"SHA=\"],",
		  .status = 201,
		  .body = "{\"Id\":\"" NEW "\"}" },
		REMOVE,
		INSPECT(NEW, DOCKER_CONFIG("", "")),
		SWEEP("[]"),
		{ 0 },
	};
	AUTOFREE char *loaded = NULL, *committed = NULL;
	AUTO(archive_release) struct archive archive;
	struct engine *engine;
	struct error err = { 0 };
	struct peer peer;
	char path[128];

	(void)state;
	engine = peer_engine(&peer, PING_PODMAN, load_rows, NULL);
	assert_int_equal(stamp(engine, "", &loaded, &err), 0);
	read_archive(&peer, 1, &archive);
	peer_finish(&peer, engine);
	snprintf(path, sizeof(path), "blobs/sha256/%s", loaded + strlen("sha256:"));
	assert_non_null(
		strstr(strmap_get(&archive.files, path), "\"Env\":[\"A=b\",\"B=\"],"));
	engine = peer_engine(&peer, PING_DOCKER, commit_rows, NULL);
	assert_int_equal(stamp(engine, "", &committed, &err), 0);
	peer_finish(&peer, engine);
}

static void test_podman_loads_again_after_a_panic(void **state)
{
	struct peer_row rows[] = { load_rows[0], load_rows[1], load_rows[1], { 0 } };
	AUTOFREE char *id = NULL;
	struct engine *engine;
	struct error err = { 0 };
	struct peer peer;

	(void)state;
	rows[1].status = 500;
	rows[1].body = "{\"message\":\"runtime error: invalid memory address\"}";
	engine = peer_engine(&peer, PING_PODMAN, rows, NULL);
	assert_int_equal(stamp(engine, "s", &id, &err), 0);
	peer_finish(&peer, engine);
}

static void test_podman_refuses(void **state)
{
	struct peer_row rows[] = { load_rows[0], load_rows[1], { 0 } };
	AUTOFREE char *id = NULL;
	struct engine *engine;
	struct error err = { 0 };
	struct peer peer;

	(void)state;
	rows[1].body = "{\"errorDetail\":{\"message\":\"no such layer\"}}\n";
	engine = peer_engine(&peer, PING_PODMAN, rows, NULL);
	assert_int_equal(stamp(engine, "s", &id, &err), -1);
	peer_finish(&peer, engine);
	assert_string_equal(err.message, "the engine: no such layer");
}

/* ONBUILD and SHELL are in no inspection: the stored configuration is read. */
static void test_podman_exports(void **state)
{
	static const char stored[] =
		"{\"os\":\"linux\",\"config\":{\"Hostname\":\"b1\",\"OnBuild\":[\"RUN x\"],"
		"\"Shell\":[\"/s\"]},\"rootfs\":{\"diff_ids\":[]},\"history\":[]}";
	AUTO(buf_release) struct buf save = BUF_INIT(65536);
	struct peer_row rows[] = {
		{ .request = "GET /v4.0.0/libpod/images/" HEX "/json HTTP",
		  .body = "{\"Id\":\"" HEX "\",\"Config\":{},\"History\":[{\"created_by\":"
			  "\"/bin/sh -c #(nop) ONBUILD RUN x\"}]}" },
		{ .request = "GET /v1.41/images/" HEX "/get HTTP", .piece = 100 },
		load_rows[1],
		{ 0 },
	};
	AUTO(archive_release) struct archive archive;
	AUTOFREE char *id = NULL;
	struct engine *engine;
	struct error err = { 0 };
	struct peer peer;
	char path[128];

	(void)state;
	write_export(&save, HEX ".json", stored);
	rows[1].body = save.data;
	rows[1].len = save.len;
	engine = peer_engine(&peer, PING_PODMAN, rows, NULL);
	assert_int_equal(stamp(engine, "s", &id, &err), 0);
	read_archive(&peer, 2, &archive);
	peer_finish(&peer, engine);
	snprintf(path, sizeof(path), "blobs/sha256/%s", id + strlen("sha256:"));
	assert_string_equal(strmap_get(&archive.files, path),
			    "{\"created\":\"2023-11-14T22:13:20Z\",\"os\":\"linux\",\"config\":{"
			    "\"OnBuild\":[\"RUN x\"],\"Shell\":[\"/s\"],\"Env\":[\"SHA=s\"],"
			    "\"Labels\":{\"revision\":\"s\"}},\"rootfs\":{\"type\":\"layers\","
			    "\"diff_ids\":[]},\"history\":[" STAMP_ENTRY "]}");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_docker_commits),
		cmocka_unit_test(test_podman_loads),
		cmocka_unit_test(test_a_variable_without_a_value_goes),
		cmocka_unit_test(test_podman_loads_again_after_a_panic),
		cmocka_unit_test(test_podman_refuses),
		cmocka_unit_test(test_podman_exports),
	};

	return cmocka_run_group_tests_name("engine/stamp", tests, NULL, NULL);
}
