/* SPDX-License-Identifier: MIT */
/* Which engine is taken, and what is agreed upon with it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/path.h"
#include "engine/api.h"
#include "engine/connect.h"
#include "engine/discover.h"
#include "image/platform.h"
#include "peer.h"

#define PING_DOCKER_26 "Api-Version: 1.45\r\nServer: Docker/26.1.5+dfsg1 (linux)\r\n"

static const struct peer_row no_rows[] = { { 0 } };

static const struct {
	const char *ping;
	enum engine_kind kind;
	const char *version, *api_version;
	bool has_start_interval;
	const char *message; /* NULL: taken */
} pings[] = {
	{ PING_DOCKER, ENGINE_DOCKER, "20.10.24", "1.41", false, NULL },
	{ PING_PODMAN, ENGINE_PODMAN, "4.3.1", "1.41", false, NULL },
	{ PING_DOCKER_26, ENGINE_DOCKER, "26.1.5+dfsg1", "1.45", true, NULL },
	{ "Api-Version: 1.52\r\nServer: Docker/29.0.4 (linux)\r\n", ENGINE_DOCKER, "29.0.4", "1.45",
	  true, NULL },
	{ "Api-Version: 1.44\r\n", ENGINE_DOCKER, "", "1.44", true, NULL },
	{ "Api-Version: 1.40\r\nServer: Docker/19.03.1 (linux)\r\n", 0, NULL, NULL, false,
	  "speaks API version 1.40, needed is 1.41 or newer" },
	{ "Server: nginx\r\n", 0, NULL, NULL, false, "is no container engine" },
	{ "Api-Version: 2.0\r\n", 0, NULL, NULL, false, "is no container engine" },
	{ "Api-Version: 1.4x\r\n", 0, NULL, NULL, false, "is no container engine" },
};

static void test_versions(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(pings); i++) {
		struct engine *engine = NULL;
		struct error err = { 0 };
		struct peer peer;

		peer_start(&peer, pings[i].ping, no_rows);
		assert_int_equal(engine_open(peer.url, NULL, &engine, &err),
				 pings[i].message ? -1 : 0);
		if (pings[i].message) {
			assert_non_null(strstr(err.message, pings[i].message));
		} else {
			assert_int_equal(engine->info.kind, pings[i].kind);
			assert_string_equal(engine->info.version, pings[i].version);
			assert_string_equal(engine->info.api_version, pings[i].api_version);
			assert_string_equal(engine->info.url, peer.url);
			assert_int_equal(engine->info.has_start_interval,
					 pings[i].has_start_interval);
		}
		peer_finish(&peer, engine);
	}
}

static const struct {
	const char *ping;
	struct peer_row row;
	bool is_containerd;
} stores[] = {
	{ PING_DOCKER, { 0 }, false },
	{ PING_PODMAN, { 0 }, false },
	{ PING_DOCKER_26,
	  { .request = "GET /v1.45/info HTTP",
	    .body = "{\"Driver\":\"overlay2\",\"DriverStatus\":[[\"Backing "
		    "Filesystem\",\"extfs\"]]}" },
	  false },
	{ PING_DOCKER_26,
	  { .request = "GET /v1.45/info HTTP",
	    .body = "{\"Driver\":\"overlayfs\",\"DriverStatus\":[[\"a\",\"b\"],[\"driver-type\","
		    "\"io.containerd.snapshotter.v1\"]]}" },
	  true },
};

static void test_stores(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(stores); i++) {
		const struct peer_row rows[] = { stores[i].row, { 0 } };
		struct error err = { 0 };
		struct engine *engine;
		struct peer peer;

		engine = peer_engine(&peer, stores[i].ping, rows, NULL);
		assert_int_equal(api_learn_store(api_of(engine), &err), 0);
		assert_int_equal(api_learn_store(api_of(engine), &err), 0);
		assert_int_equal(engine->info.has_containerd_store, stores[i].is_containerd);
		peer_finish(&peer, engine);
	}
}

static const struct {
	struct peer_row row;
	const char *platform; /* NULL: ours */
	const char *message;  /* NULL: taken */
} platforms[] = {
	{ { .request = "GET /v1.41/version HTTP",
	    .body = "{\"Version\":\"20.10.24\",\"Os\":\"linux\",\"Arch\":\"s390x\"}" },
	  "linux/s390x",
	  NULL },
	{ { .request = "GET /v1.41/version HTTP", .status = 403, .body = "{}" }, NULL, NULL },
	{ { .request = "GET /v1.41/version HTTP", .body = "{\"Os\":\"linux\"}" },
	  NULL,
	  "'linux/' is no platform: expected OS/ARCHITECTURE[/VARIANT] such as linux/arm64" },
};

/* Who listens is no engine, so that it may be anywhere. */
static void test_platforms(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(platforms); i++) {
		const struct peer_row rows[] = { platforms[i].row, { 0 } };
		struct error err = { 0 };
		struct engine *engine;
		struct peer peer;

		engine = peer_engine(&peer, PING_DOCKER, rows, NULL);
		assert_int_equal(engine->ops->learn_platform(engine, &err),
				 platforms[i].message ? -1 : 0);
		if (platforms[i].message)
			assert_non_null(strstr(err.message, platforms[i].message));
		else
			assert_int_equal(engine->ops->learn_platform(engine, &err), 0);
		assert_true(str_equal(engine->info.platform, platforms[i].platform));
		peer_finish(&peer, engine);
	}
}

/* Of our own kind: only we may know which variant that is. */
static void test_what_we_run_on_is_no_other_platform(void **state)
{
	AUTO(platform_release) struct platform host = { 0 };
	AUTO(buf_release) struct buf text = BUF_INIT(100);
	struct engine engine = { 0 };
	struct error err = { 0 };

	(void)state;
	assert_int_equal(platform_of_host(&host, &err), 0);
	buf_add_format(&text, "%s/%s", host.os, host.architecture);
	assert_int_equal(engine_set_platform(&engine, text.data, &err), 0);
	assert_null(engine.info.platform);
}

/* An engine that listens itself, by its name: it is not asked. */
static void test_an_engine_that_is_here_is_of_our_kind(void **state)
{
	static const char *const names[] = { "dockerd", "podman", "systemd" };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		struct error err = { 0 };
		struct engine *engine;
		struct peer peer;
		char name[17];

		assert_int_equal(prctl(PR_GET_NAME, name), 0);
		assert_int_equal(prctl(PR_SET_NAME, names[i]), 0);
		engine = peer_engine(&peer, PING_DOCKER, no_rows, NULL);
		assert_int_equal(engine->ops->learn_platform(engine, &err), 0);
		assert_null(engine->info.platform);
		peer_finish(&peer, engine);
		assert_int_equal(prctl(PR_SET_NAME, name), 0);
	}
}

static void test_urls(void **state)
{
	static const struct {
		const char *url;
		enum error_kind kind;
		const char *message;
	} table[] = {
		{ "tcp://127.0.0.1:2375", ERROR_UNSUPPORTED,
		  "cannot reach an engine at 'tcp://127.0.0.1:2375': only unix:///path and "
		  "buildkit://HOST are known" },
		{ "unix://relative", ERROR_UNSUPPORTED,
		  "cannot reach an engine at 'unix://relative': only unix:///path and "
		  "buildkit://HOST are known" },
		{ "unix:///nowhere/docker.sock", ERROR_UNREACHABLE,
		  "the engine at unix:///nowhere/docker.sock does not answer: "
		  "No such file or directory" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
		struct engine *engine = NULL;
		struct error err = { 0 };

		assert_int_equal(engine_open(table[i].url, NULL, &engine, &err), -1);
		assert_int_equal(err.kind, table[i].kind);
		assert_string_equal(err.message, table[i].message);
		if (str_starts(table[i].url, "tcp:"))
			assert_string_equal(err.hint,
					    "ssh can bring its socket here: ssh -NL "
					    "/PATH/engine.sock:/var/run/docker.sock HOST");
	}
}

/* A home of its own, and nothing else that names an engine. */
struct home {
	char path[40];
};

static void enter(struct home *home)
{
	snprintf(home->path, sizeof(home->path), "/tmp/git-image-test-XXXXXX");
	assert_non_null(mkdtemp(home->path));
	setenv("HOME", home->path, 1);
	unsetenv("DOCKER_HOST");
	unsetenv("DOCKER_CONTEXT");
	unsetenv("DOCKER_CONFIG");
	unsetenv("XDG_RUNTIME_DIR");
}

static void put(const struct home *home, const char *name, const char *content)
{
	struct error err = { 0 };
	AUTOFREE char *path = path_join(home->path, name, &err);
	AUTOFREE char *folder = str_copy(path, &err);

	*strrchr(folder, '/') = '\0';
	assert_int_equal(path_make_folders(folder, 0700, &err), 0);
	assert_int_equal(path_write(path, slice_of(content), 0600, &err), 0);
}

/* SHA-256 of "desk". */
#define DESK_META                                                                                  \
	".docker/contexts/meta/"                                                                   \
	"49be417ad74080a0031b636b44cfc26fdd0065492d6cd3b033960c4414955cf7/meta.json"

static void leave(const struct home *home)
{
	static const char *const names[] = {
		"/" DESK_META,
		"/.docker/contexts/meta/"
		"49be417ad74080a0031b636b44cfc26fdd0065492d6cd3b033960c4414955cf7",
		"/.docker/contexts/meta",
		"/.docker/contexts",
		"/.docker/config.json",
		"/.docker",
		"",
	};
	char path[256];

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		snprintf(path, sizeof(path), "%s%s", home->path, names[i]);
		remove(path);
	}
}

static void expect_named(const char *url, const char *origin)
{
	AUTOFREE char *found = NULL, *where = NULL;
	struct error err = { 0 };

	assert_int_equal(discover_named(&found, &where, &err), 0);
	if (!url) {
		assert_null(found);
		return;
	}
	assert_string_equal(found, url);
	assert_string_equal(where, origin);
}

static void test_the_environment_names_one(void **state)
{
	AUTOFREE char *url = NULL, *origin = NULL;
	struct error err = { 0 };
	struct home home;

	(void)state;
	enter(&home);
	expect_named(NULL, NULL);
	put(&home, ".docker/config.json", "{\"currentContext\":\"desk\"}");
	assert_int_equal(discover_named(&url, &origin, &err), -1);
	assert_int_equal(err.kind, ERROR_INPUT);
	assert_non_null(strstr(err.message, "the docker context 'desk' has no endpoint in"));
	put(&home, DESK_META, "{\"Endpoints\":{\"docker\":{\"Host\":\"unix:///desk.sock\"}}}");
	expect_named("unix:///desk.sock", "the docker context 'desk'");
	setenv("DOCKER_CONTEXT", "default", 1);
	expect_named(NULL, NULL);
	put(&home, ".docker/config.json", "{}");
	setenv("DOCKER_CONTEXT", "desk", 1);
	expect_named("unix:///desk.sock", "the docker context 'desk'");
	setenv("DOCKER_HOST", "unix:///host.sock", 1);
	expect_named("unix:///host.sock", "DOCKER_HOST");
	setenv("DOCKER_HOST", "", 1);
	unsetenv("DOCKER_CONTEXT");
	expect_named(NULL, NULL);
	put(&home, ".docker/config.json", "{");
	free(origin);
	origin = NULL;
	assert_int_equal(discover_named(&url, &origin, &err), -1);
	assert_non_null(strstr(err.message, ".docker/config.json': JSON: not valid"));
	leave(&home);
}

static void test_the_usual_places(void **state)
{
	AUTO(strv_release) struct strv urls = { 0 };
	struct error err = { 0 };

	(void)state;
	setenv("XDG_RUNTIME_DIR", "/run/user/7", 1);
	assert_int_equal(discover_usual(&urls, &err), 0);
	assert_int_equal(urls.len, 4);
	assert_string_equal(urls.items[0], "unix:///var/run/docker.sock");
	assert_string_equal(urls.items[1], "unix:///run/user/7/docker.sock");
	assert_string_equal(urls.items[2], "unix:///run/podman/podman.sock");
	assert_string_equal(urls.items[3], "unix:///run/user/7/podman/podman.sock");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_versions),
		cmocka_unit_test(test_stores),
		cmocka_unit_test(test_platforms),
		cmocka_unit_test(test_what_we_run_on_is_no_other_platform),
		cmocka_unit_test(test_an_engine_that_is_here_is_of_our_kind),
		cmocka_unit_test(test_urls),
		cmocka_unit_test(test_the_environment_names_one),
		cmocka_unit_test(test_the_usual_places),
	};

	return cmocka_run_group_tests_name("engine/connect", tests, NULL, NULL);
}
