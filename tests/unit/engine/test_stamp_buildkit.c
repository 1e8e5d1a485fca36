/* SPDX-License-Identifier: MIT */
/* What BuildKit made is stamped by a load of its configuration. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "stamping.h"

/* What BuildKit made: 3 layers, of which the WORKDIR's has no bytes. */
#define BUILDKIT_IMAGE                                                                             \
	"{\"Id\":\"" ID "\",\"Architecture\":\"arm64\",\"Variant\":\"v8\",\"Os\":\"linux\","       \
	"\"Author\":\"\",\"Config\":{\"Hostname\":\"\",\"User\":\"1\",\"Tty\":false,\"Cmd\":null," \
	"\"Env\":[\"A=b\"],\"Healthcheck\":{\"Test\":[\"CMD\",\"/h\"]},\"Shell\":[\"/s\"],"        \
	"\"OnBuild\":[\"RUN x\"],\"Volumes\":{\"/d\":{}},\"ExposedPorts\":{\"80/tcp\":{}},"        \
	"\"StopSignal\":\"USR1\",\"Labels\":{\"gone\":\"1\",\"x\":\"y\"}},"                        \
	"\"RootFS\":{\"Type\":\"layers\",\"Layers\":[\"sha256:l1\",\"sha256:l2\",\"sha256:l3\"]}}"

#define BUILDKIT_ENTRY(time, by, bytes)                                                            \
	"{\"Created\":" time ",\"CreatedBy\":\"" by "\",\"Size\":" bytes ",\"Comment\":\"k\"}"

static const char buildkit_config[] =
	"{\"created\":\"2023-11-14T22:13:20Z\",\"architecture\":\"arm64\",\"os\":\"linux\","
	"\"variant\":\"v8\","
	"\"config\":{\"User\":\"1\",\"Healthcheck\":{\"Test\":[\"CMD\",\"/h\"]},\"Shell\":[\"/s\"],"
	"\"OnBuild\":[\"RUN x\"],\"Volumes\":{\"/d\":{}},\"ExposedPorts\":{\"80/tcp\":{}},"
	"\"StopSignal\":\"USR1\",\"Env\":[\"A=b\",\"SHA=s\"],"
	"\"Labels\":{\"revision\":\"s\",\"x\":\"y\"}},\"rootfs\":{\"type\":\"layers\","
	"\"diff_ids\":[\"sha256:l1\",\"sha256:l2\",\"sha256:l3\"]},\"history\":["
	"{\"created\":\"2001-09-09T01:46:40Z\",\"created_by\":\"ADD r /\",\"comment\":\"k\"},"
	/* No younger than the stamp. */
	"{\"created\":\"2023-11-14T22:13:20Z\",\"created_by\":\"WORKDIR /w\",\"comment\":\"k\"},"
	"{\"created\":\"2023-11-14T22:13:20Z\",\"created_by\":\"RUN x\",\"comment\":\"k\"},"
	"{\"created\":\"2023-11-14T22:13:20Z\",\"created_by\":\"USER 1\",\"comment\":\"k\","
	"\"empty_layer\":true}," STAMP_ENTRY "]}";

static const struct peer_row graph_rows[] = {
	{ .request = "GET /v1.41/images/" ID "/json HTTP", .body = BUILDKIT_IMAGE },
	{ .request = "GET /v1.41/images/" ID "/history HTTP",
	  .body = "[" BUILDKIT_ENTRY("1800000000", "USER 1", "0") ","
	  /* */ BUILDKIT_ENTRY("1800000000", "RUN x", "5") ","
	  /* */ BUILDKIT_ENTRY("1800000000", "WORKDIR /w", "0") ","
	  /* */ BUILDKIT_ENTRY("1000000000", "ADD r /", "7") "]" },
	{ .request = "POST /v1.41/images/load HTTP",
	  .body = "{\"stream\":\"Loaded image: app:1f2e3d4\"}\n" },
	{ 0 },
};

static void test_graph_loads(void **state)
{
	AUTO(archive_release) struct archive archive;
	AUTOFREE char *id = NULL;
	struct engine *engine;
	struct error err = { 0 };
	struct peer peer;
	char path[96], manifest[256];

	(void)state;
	engine = peer_engine(&peer, PING_DOCKER, graph_rows, NULL);
	assert_int_equal(stamp_with(engine, (struct engine_stamp){ .is_from_buildkit = true }, "s",
				    &id, &err),
			 0);
	read_archive(&peer, 2, &archive);
	peer_finish(&peer, engine);
	snprintf(path, sizeof(path), "%s.json", id + strlen("sha256:"));
	assert_string_equal(strmap_get(&archive.files, path), buildkit_config);
	snprintf(manifest, sizeof(manifest),
		 "[{\"Config\":\"%s\",\"RepoTags\":[\"app:1f2e3d4\"],"
		 "\"Layers\":[\"layer\",\"layer\",\"layer\"]}]",
		 path);
	assert_string_equal(strmap_get(&archive.files, "manifest.json"), manifest);
}

/* What another commit's stamp has left: its labels among the others, its time in what the
 * build made, its entry. */
static void test_a_stamp_in_place_of_another_gives_the_same_bytes(void **state)
{
	static const struct peer_row rows[] = {
		{ .request = "GET /v1.41/images/" ID "/json HTTP",
		  .body = "{\"Id\":\"" ID "\",\"Architecture\":\"arm64\",\"Variant\":\"v8\","
			  "\"Os\":\"linux\",\"Config\":{\"User\":\"1\",\"Env\":[\"A=b\",\"SHA=r\"],"
			  "\"Healthcheck\":{\"Test\":[\"CMD\",\"/h\"]},\"Shell\":[\"/s\"],"
			  "\"OnBuild\":[\"RUN x\"],\"Volumes\":{\"/d\":{}},"
			  "\"ExposedPorts\":{\"80/tcp\":{}},\"StopSignal\":\"USR1\","
			  "\"Labels\":{\"revision\":\"r\",\"x\":\"y\"}},\"RootFS\":{\"Type\":"
			  "\"layers\",\"Layers\":[\"sha256:l1\",\"sha256:l2\",\"sha256:l3\"]}}" },
		{ .request = "GET /v1.41/images/" ID "/history HTTP",
		  .body = "[{\"Created\":1600000000,\"CreatedBy\":\"\",\"Size\":0,"
			  "\"Comment\":\"git-image stamp\"},"
		  /* */ BUILDKIT_ENTRY("1600000000", "USER 1", "0") ","
		  /* */ BUILDKIT_ENTRY("1600000000", "RUN x", "5") ","
		  /* */ BUILDKIT_ENTRY("1600000000", "WORKDIR /w", "0") ","
		  /* */ BUILDKIT_ENTRY("1000000000", "ADD r /", "7") "]" },
		{ .request = "POST /v1.41/images/load HTTP",
		  .body = "{\"stream\":\"Loaded image: app:1f2e3d4\"}\n" },
		{ 0 },
	};
	AUTO(archive_release) struct archive archive;
	AUTOFREE char *id = NULL;
	struct engine *engine;
	struct error err = { 0 };
	struct peer peer;
	char path[96];

	(void)state;
	engine = peer_engine(&peer, PING_DOCKER, rows, NULL);
	assert_int_equal(stamp_with(engine, (struct engine_stamp){ .is_from_buildkit = true }, "s",
				    &id, &err),
			 0);
	read_archive(&peer, 2, &archive);
	peer_finish(&peer, engine);
	snprintf(path, sizeof(path), "%s.json", id + strlen("sha256:"));
	assert_string_equal(strmap_get(&archive.files, path), buildkit_config);
}

/* An engine that cannot load it so, or cannot tell what it is, commits. */
static void test_graph_commits(void **state)
{
	struct peer_row rows[] = {
		INSPECT(ID, OLD_CONFIG),
		{ .request = "GET /v1.41/images/" ID "/history HTTP", .body = "[]" },
		{ .request = "POST /v1.41/images/load HTTP",
		  .body = "{\"errorDetail\":{\"message\":\"open /x: no such file\"}}\n" },
		CREATE(201),
		COMMIT(201, "{\"Id\":\"" NEW "\"}"),
		REMOVE,
		INSPECT(NEW, DOCKER_CONFIG("", "")),
		SWEEP("[]"),
		{ 0 },
	};
	AUTOFREE char *id = NULL;
	struct engine *engine;
	struct error err = { 0 };
	struct peer peer;

	(void)state;
	engine = peer_engine(&peer, PING_DOCKER, rows, NULL);
	assert_int_equal(stamp_with(engine, (struct engine_stamp){ .is_from_buildkit = true }, "s",
				    &id, &err),
			 0);
	peer_finish(&peer, engine);
	assert_string_equal(id, NEW);
}

/* Nothing but the stored configuration tells of an inline cache, or which of two
 * entries without bytes made the one layer. */
static const struct {
	const char *history; /* NULL: not asked for */
	bool has_inline_cache;
	const char *path; /* of the configuration in the export */
} untold[] = {
	{ NULL, true, HEX ".json" },
	{ NULL, true, "blobs/sha256/" HEX },
	{ "[" BUILDKIT_ENTRY("1", "RUN a", "0") "," BUILDKIT_ENTRY("1", "RUN b", "0") ","
	  /* */ BUILDKIT_ENTRY("1", "RUN c", "0") "," BUILDKIT_ENTRY("1", "RUN d", "0") "]",
	  false, HEX ".json" },
};

static void test_graph_exports(void **state)
{
	static const char stored[] = "{\"os\":\"linux\",\"moby.buildkit.cache.v0\":\"W10=\"}";

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(untold); i++) {
		AUTO(buf_release) struct buf save = BUF_INIT(65536);
		AUTO(archive_release) struct archive archive;
		struct peer_row rows[5] = { graph_rows[0] };
		struct engine_stamp options = { .is_from_buildkit = true,
						.has_inline_cache = untold[i].has_inline_cache };
		AUTOFREE char *id = NULL;
		struct engine *engine;
		struct error err = { 0 };
		struct peer peer;
		size_t row = 1;
		char path[96];

		write_export(&save, untold[i].path, stored);
		if (untold[i].history) {
			rows[row] = graph_rows[1];
			rows[row++].body = untold[i].history;
		}
		rows[row++] = (struct peer_row){ .request = "GET /v1.41/images/" HEX "/get HTTP",
						 .body = save.data,
						 .len = save.len };
		rows[row] = graph_rows[2];
		engine = peer_engine(&peer, PING_DOCKER, rows, NULL);
		assert_int_equal(stamp_with(engine, options, "s", &id, &err), 0);
		read_archive(&peer, row, &archive);
		peer_finish(&peer, engine);
		snprintf(path, sizeof(path), "%s.json", id + strlen("sha256:"));
		assert_non_null(strstr(strmap_get(&archive.files, path),
				       "\"moby.buildkit.cache.v0\":\"W10=\""));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_graph_loads),
		cmocka_unit_test(test_a_stamp_in_place_of_another_gives_the_same_bytes),
		cmocka_unit_test(test_graph_commits),
		cmocka_unit_test(test_graph_exports),
	};

	return cmocka_run_group_tests_name("engine/stamp-buildkit", tests, NULL, NULL);
}
