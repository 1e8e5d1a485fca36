/* SPDX-License-Identifier: MIT */
/* A BuildKit daemon as an engine: how it is met, and how it hands over what it built. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/time.h"
#include "codec/protobuf.h"
#include "engine/build/filesend.h"
#include "engine/connect.h"
#include "layout-sample.h"
#include "net/grpc.h"

#define PATIENCE_MS 10000

/* What a daemon says of itself; NULL: it is too old to say. */
struct daemon_facts {
	const char *version;
	const char *os, *architecture, *variant; /* of its first platform */
};

static void put_info(const struct daemon_facts *facts, struct buf *answer)
{
	AUTO(buf_release) struct buf version = BUF_INIT(256);

	protobuf_put_text(&version, 1, "github.com/moby/buildkit");
	protobuf_put_text(&version, 2, facts->version);
	protobuf_put_message(answer, 1, &version);
}

/* Two workers, the first with two platforms. */
static void put_workers(const struct daemon_facts *facts, struct buf *answer)
{
	AUTO(buf_release) struct buf own = BUF_INIT(256), other = BUF_INIT(256);
	AUTO(buf_release) struct buf record = BUF_INIT(256), second = BUF_INIT(256);

	protobuf_put_text(&own, 1, facts->architecture);
	protobuf_put_text(&own, 2, facts->os);
	if (facts->variant)
		protobuf_put_text(&own, 3, facts->variant);
	protobuf_put_text(&other, 1, "mips");
	protobuf_put_text(&other, 2, "plan9");
	protobuf_put_text(&record, 1, "an ID");
	protobuf_put_pair(&record, 2, "a label", "its value");
	protobuf_put_message(&record, 3, &own);
	protobuf_put_message(&record, 3, &other);
	protobuf_put_message(&second, 3, &other);
	protobuf_put_message(answer, 1, &record);
	protobuf_put_message(answer, 1, &second);
}

/* The daemon: a process that answers Info and ListWorkers. */
static int answer_questions(void *arg, struct grpc_call *call, const char *path, struct error *err)
{
	static const struct grpc_handler nothing_more = { 0 };
	AUTO(buf_release) struct buf answer = BUF_INIT(1024);
	const struct daemon_facts *facts = arg;

	if (facts->version && !strcmp(path, "/moby.buildkit.v1.Control/Info"))
		put_info(facts, &answer);
	else if (facts->os && !strcmp(path, "/moby.buildkit.v1.Control/ListWorkers"))
		put_workers(facts, &answer);
	else
		return 0;
	grpc_call_handle(call, &nothing_more, NULL);
	if (grpc_send(call, buf_slice(&answer), err))
		return -1;
	return grpc_finish(call, GRPC_OK, NULL, err);
}

static void serve(int listener, const struct daemon_facts *facts)
{
	static const struct grpc_server server = { .accept = answer_questions };
	struct grpc_options options = { .name = "a test", .server = &server };
	struct channel *channel;
	struct error err = { 0 };
	struct grpc *grpc;

	options.server_arg = (void *)(uintptr_t)facts;
	if (channel_of_socket(accept(listener, NULL, NULL), &channel, &err) ||
	    grpc_new(channel, &options, &grpc, &err))
		_exit(1);
	while (!grpc_drive(&grpc, 1, PATIENCE_MS, &err))
		;
	_exit(0);
}

static pid_t start_daemon(const struct daemon_facts *facts, char *url, size_t size)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	pid_t child;

	snprintf(address.sun_path, sizeof(address.sun_path), "%s/daemon", folder);
	unlink(address.sun_path);
	assert_int_equal(bind(listener, (struct sockaddr *)&address, sizeof(address)), 0);
	assert_int_equal(listen(listener, 4), 0);
	child = fork();
	if (!child)
		serve(listener, facts);
	close(listener);
	snprintf(url, size, "buildkit://%s", address.sun_path);
	return child;
}

static void test_a_daemon_is_an_engine_without_containers(void **state)
{
	static const struct daemon_facts daemons[] = {
		{ "v0.13.2", "linux", "s390x", NULL },
		{ NULL, "linux", "arm", "v6" },
		{ "v0.13.2", NULL, NULL, NULL },
	};
	static const char *const versions[] = { "0.13.2", "", "0.13.2" };
	static const char *const platforms[] = { "linux/s390x", "linux/arm/v6", NULL };

	(void)state;
	setenv("XDG_STATE_HOME", folder, 1);
	for (size_t i = 0; i < ARRAY_SIZE(daemons); i++) {
		AUTO(engine_container_list_release) struct engine_container_list list = { 0 };
		struct engine *engine = NULL;
		struct error err = { 0 };
		AUTOFREE char *id = NULL;
		char url[160];
		pid_t child = start_daemon(&daemons[i], url, sizeof(url));

		check(engine_open(url, NULL, &engine, &err), &err);
		kill(child, SIGKILL);
		waitpid(child, NULL, 0);
		assert_int_equal(engine->info.kind, ENGINE_BUILDKIT);
		assert_string_equal(engine->info.version, versions[i]);
		assert_true(str_equal(engine->info.platform, platforms[i]));
		assert_null(engine->ops->push);
		assert_null(engine->ops->pull);
		check(engine->ops->list_containers(engine, NULL, &list, &err), &err);
		assert_int_equal(list.len, 0);
		assert_int_equal(
			engine->ops->create_container(
				engine, &(struct engine_container_options){ 0 }, &id, &err),
			-1);
		assert_string_equal(err.message, "a BuildKit daemon runs no containers");
		assert_non_null(strstr(error_get_hint(&err), "image.trialEngine"));
		engine->ops->close(engine);
	}
}

static void test_a_platform_that_is_none_is_refused(void **state)
{
	static const struct daemon_facts facts = { "v0.13.2", "linux", "../../x", NULL };
	struct engine *engine = NULL;
	struct error err = { 0 };
	char url[160], message[400];
	pid_t child = start_daemon(&facts, url, sizeof(url));

	(void)state;
	assert_int_equal(engine_open(url, NULL, &engine, &err), -1);
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
	assert_int_equal(err.kind, ERROR_PROTOCOL);
	snprintf(message, sizeof(message),
		 "the engine at %s: 'linux/../../x' is no platform: expected "
		 "OS/ARCHITECTURE[/VARIANT] such as linux/arm64",
		 url);
	assert_string_equal(err.message, message);
}

static void test_nobody_there_is_unreachable(void **state)
{
	struct engine *engine = NULL;
	struct error err = { 0 };

	(void)state;
	assert_int_equal(engine_open("buildkit:///nowhere", NULL, &engine, &err), -1);
	assert_int_equal(err.kind, ERROR_UNREACHABLE);
	assert_non_null(strstr(err.message, "BuildKit at buildkit:///nowhere"));
}

/* A session and who calls it. */
struct world {
	struct engine_build build;
	struct session session;
	struct buf received;
	int64_t room; /* then receiving fails */
	struct grpc *ends[2];
	int ended, code; /* of BuildKit's calls */
	char text[160];
};

static int receive(void *arg, const void *data, size_t len, struct error *err)
{
	struct world *world = arg;

	world->room -= (int64_t)len;
	if (world->room < 0)
		return error_set(err, ERROR_SYSTEM, "the disk is full");
	buf_add(&world->received, data, len);
	return 0;
}

static int accept_call(void *arg, struct grpc_call *call, const char *path, struct error *err)
{
	assert_string_equal(path, FILESEND_DIFF_COPY);
	return filesend_accept(arg, call, err);
}

static void take_end(struct grpc_call *call, void *arg, const struct grpc_status *status)
{
	struct world *world = arg;

	(void)call;
	world->ended++;
	world->code = status->code;
	snprintf(world->text, sizeof(world->text), "%s", status->message);
}

static void open_world(struct world *world, int64_t room)
{
	static const struct grpc_server server = { .accept = accept_call };
	const struct grpc_options options[] = {
		{ .name = "BuildKit" },
		{ .name = "session", .server = &server, .server_arg = &world->session },
	};
	struct error err = { 0 };
	int fds[2];

	*world = (struct world){ .room = room };
	buf_init(&world->received, MIB);
	world->session = (struct session){ .build = &world->build,
					   .receive = receive,
					   .receive_arg = world };
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), 0);
	for (int i = 0; i < 2; i++) {
		struct channel *channel;

		check(channel_of_socket(fds[i], &channel, &err), &err);
		check(grpc_new(channel, &options[i], &world->ends[i], &err), &err);
	}
}

static void close_world(struct world *world)
{
	grpc_free(world->ends[0]);
	grpc_free(world->ends[1]);
	buf_release(&world->received);
}

/* One export: each text a message. */
static void export(struct world *world, const char *const *texts, size_t count)
{
	static const struct grpc_handler handler = { .ended = take_end };
	const struct grpc_request request = { .path = FILESEND_DIFF_COPY,
					      .handler = &handler,
					      .arg = world };
	int64_t deadline = time_monotonic_ms() + PATIENCE_MS;
	int ended = world->ended;
	struct error err = { 0 };
	struct grpc_call *call = grpc_start(world->ends[0], &request, &err);

	assert_non_null(call);
	for (size_t i = 0; i < count; i++) {
		AUTO(buf_release) struct buf message = BUF_INIT(MIB);

		protobuf_put_text(&message, 1, texts[i]);
		check(grpc_send(call, buf_slice(&message), &err), &err);
	}
	check(grpc_close(call, &err), &err);
	while (world->ended == ended && time_monotonic_ms() < deadline)
		check(grpc_drive(world->ends, 2, 100, &err), &err);
	assert_int_equal(world->ended, ended + 1);
}

static void test_an_export_comes_in_its_order_once(void **state)
{
	static const char *const texts[] = { "one ", "", "two ", "three" };
	struct world world;

	(void)state;
	open_world(&world, MIB);
	export(&world, texts, ARRAY_SIZE(texts));
	assert_int_equal(world.code, GRPC_OK);
	assert_string_equal(world.received.data, "one two three");
	assert_int_equal(world.session.error.kind, ERROR_NONE);
	export(&world, texts, ARRAY_SIZE(texts));
	assert_int_not_equal(world.code, GRPC_OK);
	assert_string_equal(world.received.data, "one two three");
	close_world(&world);
}

static void test_what_cannot_be_received_ends_the_build(void **state)
{
	static const char *const texts[] = { "one ", "two ", "three" };
	struct world world;

	(void)state;
	open_world(&world, 6);
	export(&world, texts, ARRAY_SIZE(texts));
	assert_int_not_equal(world.code, GRPC_OK);
	assert_string_equal(world.received.data, "one ");
	assert_string_equal(world.session.error.message, "the disk is full");
	close_world(&world);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_daemon_is_an_engine_without_containers),
		cmocka_unit_test(test_a_platform_that_is_none_is_refused),
		cmocka_unit_test(test_nobody_there_is_unreachable),
		cmocka_unit_test(test_an_export_comes_in_its_order_once),
		cmocka_unit_test(test_what_cannot_be_received_ends_the_build),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
