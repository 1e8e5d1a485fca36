/* SPDX-License-Identifier: MIT */
/* Containers, commands in them and their events. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <signal.h>
#include <unistd.h>

#include "base/interrupt.h"
#include "base/time.h"
#include "peer.h"

#define HEX "0123456789012345678901234567890123456789012345678901234567890123"

static int collect(void *arg, const void *data, size_t len, struct error *err)
{
	(void)err;
	buf_add(arg, data, len);
	return 0;
}

static const struct peer_row life_rows[] = {
	{ .request = "POST /v1.41/containers/create HTTP",
	  .has = "{\"Image\":\"sha256:" HEX "\",\"Labels\":{\"run\":\"1\"},"
		 "\"Volumes\":{\"/tmp/re port\":{}},"
		 "\"Healthcheck\":{\"StartInterval\":100000000,\"StartPeriod\":5000000000}}",
	  .status = 201,
	  .body = "{\"Id\":\"c1\",\"Warnings\":[]}" },
	{ .request = "POST /v1.41/containers/c1/start HTTP", .status = 204 },
	{ .request = "GET /v1.41/containers/json?all=1&filters=%7B%22label%22%3A%5B%22run%22%5D%7D",
	  .body = "[{\"Id\":\"c1\",\"Names\":[\"/calm\"],\"Image\":\"app\",\"ImageID\":\"" HEX
		  "\",\"State\":\"running\",\"Labels\":{\"run\":\"1\"},\"Created\":1700000000}]" },
	{ .request = "GET /v1.41/containers/c1/json HTTP",
	  .body = "{\"State\":{\"Status\":\"exited\",\"Running\":false,\"OOMKilled\":true,"
		  "\"ExitCode\":137,\"Error\":\"\",\"Health\":{\"Status\":\"unhealthy\",\"Log\":["
		  "{\"ExitCode\":1,\"Output\":\"a\"},{\"ExitCode\":2,\"Output\":\"b\"}]}}}" },
	{ .request = "GET /v1.41/containers/c1/logs?stdout=1&stderr=1&tail=50 HTTP",
	  .body = "\1\0\0\0\0\0\0\2hi\2\0\0\0\0\0\0\3err",
	  .len = 21,
	  .piece = 3 },
	{ .request = "GET /v1.41/containers/c1/archive?path=%2Ftmp%2Fre%20port HTTP",
	  .body = "a tar",
	  .piece = 2 },
	{ .request = "GET /v1.41/containers/c1/archive?path=%2Fnone HTTP",
	  .status = 404,
	  .body = "{\"message\":\"Could not find the file /none in container c1\"}" },
	{ .request = "DELETE /v1.41/containers/c1?force=1&v=1 HTTP",
	  .status = 409,
	  .body = "{\"message\":\"removal of container c1 is already in progress\"}" },
	{ .request = "DELETE /v1.41/containers/c1?force=1&v=1 HTTP",
	  .status = 404,
	  .body = "{\"message\":\"No such container: c1\"}" },
	{ 0 },
};

static void create_and_start(struct engine *engine)
{
	AUTO(strmap_release) struct strmap labels = { 0 };
	AUTOFREE char *id = NULL;
	struct error err = { 0 };

	assert_int_equal(strmap_set(&labels, "run", "1", &err), 0);
	assert_int_equal(engine->ops->create_container(
				 engine,
				 &(struct engine_container_options){ .image = "sha256:" HEX,
								     .labels = &labels,
								     .volume = "/tmp/re port",
								     .probe_interval_ms = 100,
								     .probe_period_ms = 5000 },
				 &id, &err),
			 0);
	assert_string_equal(id, "c1");
	assert_int_equal(engine->ops->start_container(engine, id, &err), 0);
}

static void look_at_it(struct engine *engine)
{
	AUTO(engine_container_list_release) struct engine_container_list list = { 0 };
	AUTO(engine_container_state_release) struct engine_container_state container = { 0 };
	struct error err = { 0 };

	assert_int_equal(engine->ops->list_containers(engine, "run", &list, &err), 0);
	assert_int_equal(list.len, 1);
	assert_string_equal(list.items[0].name, "calm");
	assert_string_equal(list.items[0].image_id, "sha256:" HEX);
	assert_string_equal(list.items[0].state, "running");
	assert_int_equal(list.items[0].created, 1700000000);
	assert_int_equal(engine->ops->inspect_container(engine, "c1", &container, &err), 0);
	assert_false(container.is_running);
	assert_true(container.is_oom_killed);
	assert_int_equal(container.exit_code, 137);
	assert_null(container.error);
	assert_string_equal(container.health, "unhealthy");
	assert_string_equal(container.health_output, "b");
	assert_int_equal(container.health_exit_code, 2);
}

static void test_a_life(void **state)
{
	AUTO(buf_release) struct buf out = BUF_INIT(4096);
	struct engine_copy copy = { "/tmp/re port", collect, &out };
	struct engine *engine;
	struct error err = { 0 };
	struct peer peer;

	(void)state;
	engine = peer_engine(&peer, PING_DOCKER, life_rows, NULL);
	create_and_start(engine);
	look_at_it(engine);
	assert_int_equal(engine->ops->container_logs(
				 engine, "c1", &(struct engine_logs){ 50, collect, &out }, &err),
			 0);
	assert_string_equal(out.data, "hierr");
	assert_int_equal(engine->ops->copy_out(engine, "c1", &copy, &err), 0);
	assert_string_equal(out.data, "hierra tar");
	copy.path = "/none";
	assert_int_equal(engine->ops->copy_out(engine, "c1", &copy, &err), -1);
	assert_int_equal(err.kind, ERROR_NOT_FOUND);
	error_clear(&err);
	assert_int_equal(engine->ops->remove_container(engine, "c1", &err), 0);
	assert_int_equal(err.kind, ERROR_NONE);
	peer_finish(&peer, engine);
}

#define CREATE                                                                                     \
	{                                                                                          \
		.request = "POST /v1.41/containers/c1/exec HTTP",                                  \
		.has = "{\"AttachStdout\":true,\"AttachStderr\":true,\"Cmd\":[\"/t\",\"a b\"]}",   \
		.status = 201, .body = "{\"Id\":\"e1\"}"                                           \
	}
#define START(...)                                                                                 \
	{                                                                                          \
		.request = "POST /v1.41/exec/e1/start HTTP",                                       \
		.has = "{\"Detach\":false,\"Tty\":false}", __VA_ARGS__                             \
	}
#define INSPECT(text)                                                                              \
	{                                                                                          \
		.request = "GET /v1.41/exec/e1/json HTTP", .body = (text)                          \
	}
#define BYTES(text) .body = (text), .len = sizeof(text) - 1

static const struct {
	struct peer_row rows[6];
	int64_t timeout_ms;
	const char *output;
	int exit_code;
	bool has_timed_out;
	enum error_kind kind;
	const char *message;
} execs[] = {
	{ { CREATE, START(BYTES("\1\0\0\0\0\0\0\3out"), .end = PEER_RAW),
	    INSPECT("{\"Running\":false,\"ExitCode\":3}") },
	  5000,
	  "out",
	  3,
	  false,
	  0,
	  NULL },
	/* Its end is noted late. */
	{ { CREATE, START(BYTES(""), .end = PEER_RAW),
	    INSPECT("{\"Running\":true,\"ExitCode\":null}"),
	    INSPECT("{\"Running\":false,\"ExitCode\":null}"),
	    INSPECT("{\"Running\":false,\"ExitCode\":0}") },
	  5000,
	  "",
	  0,
	  false,
	  0,
	  NULL },
	/* It goes on. */
	{ { CREATE, START(BYTES("\1\0\0\0\0\0\0\3out"), .end = PEER_HOLD) },
	  80,
	  "out",
	  0,
	  true,
	  0,
	  NULL },
	{ { CREATE, START(BYTES("\1\0\0\0\0\0\0\4out"), .end = PEER_RAW) },
	  0,
	  "out",
	  0,
	  false,
	  ERROR_UNREACHABLE,
	  "the engine broke off in the middle of output" },
	{ { { .request = "POST /v1.41/containers/c1/exec HTTP",
	      .status = 409,
	      .body = "{\"message\":\"Container c1 is not running\"}" } },
	  0,
	  "",
	  0,
	  false,
	  ERROR_CONFLICT,
	  "the engine: Container c1 is not running" },
	{ { CREATE, START(.status = 500, .body = "{\"message\":\"no runtime\"}") },
	  0,
	  "",
	  0,
	  false,
	  ERROR_SYSTEM,
	  "the engine: no runtime" },
	{ { CREATE, START(.body = "not framed") },
	  0,
	  "",
	  0,
	  false,
	  ERROR_PROTOCOL,
	  "the engine sends output that is in no known format" },
};

static void test_commands(void **state)
{
	AUTO(strv_release) struct strv argv = { 0 };
	struct error err = { 0 };

	(void)state;
	assert_int_equal(strv_add(&argv, "/t", &err) || strv_add(&argv, "a b", &err), 0);
	for (size_t i = 0; i < ARRAY_SIZE(execs); i++) {
		AUTO(buf_release) struct buf out = BUF_INIT(4096);
		struct engine_exec exec = { .argv = &argv,
					    .timeout_ms = execs[i].timeout_ms,
					    .sink = collect,
					    .sink_arg = &out };
		struct engine_exec_result result = { 0 };
		int64_t begin = time_monotonic_ms();
		struct engine *engine;
		struct peer peer;
		int status;

		error_clear(&err);
		engine = peer_engine(&peer, PING_DOCKER, execs[i].rows, NULL);
		status = engine->ops->exec(engine, "c1", &exec, &result, &err);
		assert_true(time_monotonic_ms() - begin < 4000);
		peer_finish(&peer, engine);
		assert_int_equal(status, execs[i].kind ? -1 : 0);
		assert_int_equal(err.kind, execs[i].kind);
		if (execs[i].kind)
			assert_non_null(strstr(err.message, execs[i].message));
		assert_string_equal(out.data, execs[i].output);
		assert_int_equal(result.exit_code, execs[i].exit_code);
		assert_int_equal(result.has_timed_out, execs[i].has_timed_out);
	}
}

#define EVENT(id, action)                                                                          \
	"{\"status\":\"" action "\",\"Type\":\"container\",\"Action\":\"" action                   \
	"\",\"Actor\":{\"ID\":\"" id "\",\"Attributes\":{\"exitCode\":\"9\"}},"                    \
	"\"timeNano\":1795260211449631327}\n"

static const struct {
	struct peer_row rows[4];
	enum engine_event_type types[5];
	int count;
	enum error_kind end; /* 0: silence */
} watches[] = {
	{ { { .request = "GET /v1.41/events?since=",
	      .has = "&filters=%7B%22container%22%3A%5B%22c1%22%5D%7D HTTP",
	      .body = EVENT("c1", "start") EVENT("c2", "die") EVENT("c1", "exec_start: /t")
		      EVENT("c1", "health_status: healthy") EVENT("c1", "oom") EVENT("c1", "die"),
	      .end = PEER_HOLD,
	      .piece = 7 } },
	  { ENGINE_EVENT_START, ENGINE_EVENT_HEALTHY, ENGINE_EVENT_OOM, ENGINE_EVENT_DIE },
	  4,
	  0 },
	/* Podman does not say which. */
	{ { { .request = "GET /v1.41/events",
	      .body = EVENT("c1", "health_status"),
	      .end = PEER_HOLD },
	    { .request = "GET /v1.41/containers/c1/json HTTP",
	      .body = "{\"State\":{\"Status\":\"running\",\"Health\":{\"Status\":\"unhealthy\"}}"
		      "}" } },
	  { ENGINE_EVENT_UNHEALTHY },
	  1,
	  0 },
	/* Podman's end when its log is rotated: what was lost, inspection tells. */
	{ { { .request = "GET /v1.41/events", .body = EVENT("c1", "start"), .end = PEER_RAW },
	    { .request = "GET /v1.41/containers/c1/json HTTP",
	      .body = "{\"State\":{\"Status\":\"exited\",\"ExitCode\":9}}" },
	    { .request = "GET /v1.41/events", .end = PEER_HOLD } },
	  { ENGINE_EVENT_START, ENGINE_EVENT_DIE },
	  2,
	  0 },
	{ { { .request = "GET /v1.41/events",
	      .body = EVENT("c1", "start") EVENT("c1", "start"),
	      .end = PEER_CUT },
	    { .request = "GET /v1.41/containers/c1/json HTTP",
	      .body = "{\"State\":{\"Status\":\"created\"}}" },
	    { .request = "GET /v1.41/events", .body = EVENT("c1", "oom"), .end = PEER_HOLD } },
	  { ENGINE_EVENT_START, ENGINE_EVENT_OOM },
	  2,
	  0 },
	/* The engine is gone. */
	{ { { .request = "GET /v1.41/events", .end = PEER_RAW },
	    { .request = "GET /v1.41/containers/c1/json", .body = "{}", .end = PEER_CUT } },
	  { 0 },
	  0,
	  ERROR_UNREACHABLE },
	{ { { .request = "GET /v1.41/events", .status = 500, .body = "{\"message\":\"no\"}" } },
	  { 0 },
	  0,
	  ERROR_SYSTEM },
	{ { { .request = "GET /v1.41/events", .body = "no events\n" } }, { 0 }, 0, ERROR_PROTOCOL },
};

static void test_events(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(watches); i++) {
		struct engine_watch *watch = NULL;
		struct engine_event event = { 0 };
		struct error err = { 0 };
		struct engine *engine;
		struct peer peer;

		engine = peer_engine(&peer, PING_DOCKER, watches[i].rows, NULL);
		assert_int_equal(engine->ops->watch(engine, "c1", &watch, &err), 0);
		for (int j = 0; j < watches[i].count; j++) {
			assert_int_equal(engine_watch_next(watch, 2000, &event, &err), 1);
			assert_int_equal(event.type, watches[i].types[j]);
			if (event.type == ENGINE_EVENT_DIE)
				assert_int_equal(event.exit_code, 9);
		}
		assert_int_equal(engine_watch_next(watch, watches[i].end ? 2000 : 30, &event, &err),
				 watches[i].end ? -1 : 0);
		assert_int_equal(err.kind, watches[i].end);
		engine_watch_free(watch);
		peer_finish(&peer, engine);
	}
}

#define RUNNING "{\"State\":{\"Status\":\"running\"}}"

static void test_streams_that_end_at_once(void **state)
{
	struct peer_row rows[23] = { 0 };
	struct engine_watch *watch = NULL;
	struct engine_event event = { 0 };
	struct engine *engine;
	struct error err = { 0 };
	struct peer peer;

	(void)state;
	for (size_t i = 0; i < 21; i++)
		rows[i] = i % 2 ? (struct peer_row){ .request = "GET /v1.41/containers/c1/json",
						     .body = RUNNING }
				: (struct peer_row){ .request = "GET /v1.41/events",
						     .end = PEER_RAW };
	engine = peer_engine(&peer, PING_DOCKER, rows, NULL);
	assert_int_equal(engine->ops->watch(engine, "c1", &watch, &err), 0);
	assert_int_equal(engine_watch_next(watch, 5000, &event, &err), -1);
	assert_int_equal(err.kind, ERROR_UNREACHABLE);
	assert_string_equal(err.message, "the engine's events ended");
	engine_watch_free(watch);
	peer_finish(&peer, engine);
}

/* Events come in while another call is under way. */
static void test_events_during_a_call(void **state)
{
	static const struct peer_row rows[] = {
		{ .request = "GET /v1.41/events", .body = EVENT("c1", "die"), .end = PEER_HOLD },
		{ .request = "POST /v1.41/containers/c1/start", .status = 204 },
		{ 0 },
	};
	struct engine_watch *watch = NULL;
	struct engine_event event = { 0 };
	struct engine *engine;
	struct error err = { 0 };
	struct peer peer;

	(void)state;
	engine = peer_engine(&peer, PING_DOCKER, rows, NULL);
	assert_int_equal(engine->ops->watch(engine, "c1", &watch, &err), 0);
	assert_int_equal(engine_watch_next(watch, 20, &event, &err), 1);
	assert_int_equal(engine->ops->start_container(engine, "c1", &err), 0);
	assert_int_equal(engine_watch_next(watch, 0, &event, &err), 0);
	engine_watch_free(watch);
	engine_watch_free(NULL);
	peer_finish(&peer, engine);
}

static void *press_ctrl_c(void *arg)
{
	(void)arg;
	usleep(50000);
	kill(getpid(), SIGINT);
	return NULL;
}

/* Ctrl-C ends the wait; cleaning up still works. Comes last: it stays pressed. */
static void test_an_interrupt(void **state)
{
	static const struct peer_row rows[] = {
		CREATE,
		START(BYTES(""), .end = PEER_HOLD),
		{ .request = "DELETE /v1.41/containers/c1", .status = 204 },
		{ 0 },
	};
	AUTO(strv_release) struct strv argv = { 0 };
	struct engine_exec_result result = { 0 };
	struct engine *engine;
	struct error err = { 0 };
	pthread_t thread;
	struct peer peer;

	(void)state;
	assert_int_equal(strv_add(&argv, "/t", &err) || strv_add(&argv, "a b", &err), 0);
	signal(SIGINT, SIG_DFL); /* a background job may ignore it */
	assert_int_equal(interrupt_install(&err), 0);
	engine = peer_engine(&peer, PING_DOCKER, rows, NULL);
	assert_int_equal(pthread_create(&thread, NULL, press_ctrl_c, NULL), 0);
	assert_int_equal(engine->ops->exec(engine, "c1", &(struct engine_exec){ .argv = &argv },
					   &result, &err),
			 -1);
	pthread_join(thread, NULL);
	assert_int_equal(err.kind, ERROR_INTERRUPTED);
	assert_string_equal(err.message, "interrupted");
	interrupt_shield(true);
	assert_int_equal(engine->ops->remove_container(engine, "c1", &err), 0);
	peer_finish(&peer, engine);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_life),
		cmocka_unit_test(test_commands),
		cmocka_unit_test(test_events),
		cmocka_unit_test(test_streams_that_end_at_once),
		cmocka_unit_test(test_events_during_a_call),
		cmocka_unit_test(test_an_interrupt),
	};

	return cmocka_run_group_tests_name("engine/container", tests, NULL, NULL);
}
