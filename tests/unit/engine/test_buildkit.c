/* SPDX-License-Identifier: MIT */
/* A build on BuildKit, from both of its connections to the image's ID, on a
 * daemon that says what the script says and may break off anywhere. */
#include "../git/fixture.h"

#include <errno.h>
#include <signal.h>

#include "base/buf.h"
#include "base/interrupt.h"
#include "base/time.h"
#include "codec/protobuf.h"
#include "context/context.h"
#include "daemon.h"
#include "engine/api.h"
#include "engine/build/buildkit.h"
#include "engine/build/drive.h"
#include "git/commit.h"
#include "peer.h"

#define FILESYNC "/moby.filesync.v1.FileSync/DiffCopy"
#define HEALTH	 "/grpc.health.v1.Health/Check"
#define SECRET	 "/moby.buildkit.secrets.v1.Secrets/GetSecret"

/* A repository, its context, and an engine that has nothing but a socket. */
struct scene {
	struct git_repo *repo;
	struct context *context;
	struct api api;
	struct engine_build build;
	struct engine_build_result result;
	struct daemon daemon;
	struct strmap response;
	char *id;
	struct error err;
};

static void open_context(struct scene *scene, const char *repository)
{
	struct commit commit = { 0 };

	scene->repo = fixture_open(repository);
	assert_int_equal(commit_resolve(scene->repo, "HEAD", &commit, &scene->err), 0);
	assert_int_equal(context_open(&(struct context_options){ .repo = scene->repo,
								 .commit_sha = commit.sha,
								 .tree_sha = commit.tree },
				      &scene->context, &scene->err),
			 0);
	commit_release(&commit);
}

static void open_scene(struct scene *scene, const char *repository)
{
	static char version[] = "20.10.24", api_version[] = "1.41";

	*scene = (struct scene){ 0 };
	open_context(scene, repository);
	scene->api.engine.info = (struct engine_info){ .url = scene->daemon.url,
						       .version = version,
						       .api_version = api_version };
	scene->build = (struct engine_build){ .context = scene->context,
					      .shared_key = "0123",
					      .content_label_value = "r/app",
					      .step = "build",
					      .result = &scene->result };
}

static void close_scene(struct scene *scene)
{
	context_free(scene->context);
	repo_free(scene->repo);
	engine_build_result_release(&scene->result);
	strmap_release(&scene->response);
	free(scene->id);
}

/* Builds against the script; what api_build_buildkit() gave. */
static int build(struct scene *scene, const struct daemon_script *script, size_t budget)
{
	int status;

	free(TAKE(scene->id));
	error_clear(&scene->err);
	daemon_start(&scene->daemon, script, budget);
	status = api_build_buildkit(&scene->api, &scene->build, &scene->id, &scene->err);
	daemon_finish(&scene->daemon);
	return status;
}

static const struct daemon_question questions[] = {
	{ .path = HEALTH, .message = { "", 0 } },
	{ .path = FILESYNC, .metadata = { "dir-name: dockerfile", "followpaths: Dockerfile" } },
	{ .path = FILESYNC, .metadata = { "dir-name: context", "followpaths: file" } },
	{ .path = "/nobody.Knows/This", .message = { "", 0 }, .code = GRPC_UNIMPLEMENTED },
	{ 0 },
};

/* One vertex "[1/1] COPY file /" from second 1 to 2; digest "d". */
#define VERTEX                                                                                     \
	"\x0a\x25\x0a\x01"                                                                         \
	"d\x1a\x11[1/1] COPY file /"                                                               \
	"\x2a\x02\x08\x01\x32\x02\x08\x02"

static void test_a_build(void **state)
{
	static const struct daemon_script script = { .questions = questions };
	struct scene scene;

	(void)state;
	open_scene(&scene, "plain");
	assert_int_equal(build(&scene, &script, SIZE_MAX), 0);
	assert_string_equal(scene.id, DAEMON_ID);
	assert_int_equal(scene.result.builder, ENGINE_BUILDER_BUILDKIT);
	assert_string_equal(scene.daemon.answers.data,
			    "\x08\x01"
			    "Dockerfile=FROM scratch\nCOPY file /\n;file=hello\n;");
	assert_non_null(strstr(scene.daemon.session_head.data,
			       "\r\nx-docker-expose-session-sharedkey: 0123\r\n"));
	assert_non_null(strstr(scene.daemon.session_head.data,
			       "\r\nx-docker-expose-session-grpc-method: " FILESYNC "\r\n"));
	assert_non_null(memmem(scene.daemon.request.data, scene.daemon.request.len,
			       "label:git-image.content", 23));
	daemon_release(&scene.daemon);
	close_scene(&scene);
}

static void test_what_fails(void **state)
{
	static const struct daemon_question none[] = { { 0 } };
	static const struct {
		struct daemon_script script;
		enum error_kind kind;
		const char *message;
	} table[] = {
		{ { .questions = questions, .code = GRPC_UNKNOWN, .text = "exit code: 2" },
		  ERROR_BUILD,
		  "exit code: 2" },
		{ { .questions = none,
		    .code = GRPC_UNKNOWN,
		    .text = "exporter \"moby\" could not be found",
		    .fails_at_once = true },
		  ERROR_BUILD,
		  "exporter \"moby\" could not be found" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
		int64_t start_ms = time_monotonic_ms();
		struct scene scene;

		open_scene(&scene, "plain");
		assert_int_equal(build(&scene, &table[i].script, SIZE_MAX), -1);
		assert_string_equal(scene.err.message, table[i].message);
		assert_int_equal(scene.err.kind, table[i].kind);
		assert_true(time_monotonic_ms() - start_ms < LIMIT_STATUS_END_MS);
		daemon_release(&scene.daemon);
		close_scene(&scene);
	}
}

/* What BuildKit makes of it is an echo. */
static void test_a_context_that_breaks(void **state)
{
	static const struct daemon_question ask[] = {
		{ .path = FILESYNC,
		  .metadata = { "dir-name: context" },
		  .code = GRPC_INVALID_ARGUMENT },
		{ 0 },
	};
	static const struct daemon_script script = { .questions = ask,
						     .code = GRPC_UNKNOWN,
						     .text = "rpc error: echo" };
	struct scene scene;

	(void)state;
	open_scene(&scene, "pointer");
	assert_int_equal(build(&scene, &script, SIZE_MAX), -1);
	assert_int_equal(scene.err.kind, ERROR_INPUT);
	assert_string_equal(scene.err.message, "'pointer' is a pointer of Git LFS, the file itself "
					       "is not in the repository");
	daemon_release(&scene.daemon);
	close_scene(&scene);
}

/* A daemon that goes at any byte: an error that says so, and soon. */
static void test_a_daemon_that_breaks_off(void **state)
{
	static const struct daemon_script script = { .questions = questions,
						     .status = { VERTEX, sizeof(VERTEX) - 1 } };
	int64_t start_ms;
	size_t whole, cuts = 0;
	struct scene scene;

	(void)state;
	open_scene(&scene, "plain");
	assert_int_equal(build(&scene, &script, SIZE_MAX), 0);
	whole = scene.daemon.sent;
	assert_true(whole > 200);
	daemon_release(&scene.daemon);
	start_ms = time_monotonic_ms();
	for (size_t at = 0; at < whole; at += 1 + whole / 400) {
		int status = build(&scene, &script, at);

		cuts++;
		daemon_release(&scene.daemon);
		if (!status) /* all that matters had come */
			continue;
		assert_int_equal(status, -1);
		if (scene.err.kind != ERROR_UNREACHABLE && scene.err.kind != ERROR_PROTOCOL)
			fail_msg("cut at %zu: %s", at, fixture_error(&scene.err));
		assert_true(scene.err.message[0]);
	}
	assert_true(cuts >= 200);
	assert_true(time_monotonic_ms() - start_ms < 60000);
	close_scene(&scene);
}

static void *interrupt_when_asked(void *arg)
{
	struct daemon *daemon = arg;

	while (!atomic_load(&daemon->is_asked))
		usleep(1000);
	kill(getpid(), SIGINT);
	return NULL;
}

static void test_ctrl_c_stops_the_build(void **state)
{
	static const struct daemon_script script = { .questions = questions, .waits = true };
	int64_t start_ms = time_monotonic_ms();
	struct scene scene;
	pthread_t thread;

	(void)state;
	open_scene(&scene, "plain");
	signal(SIGINT, SIG_DFL); /* a background job may ignore it */
	assert_int_equal(interrupt_install(&scene.err), 0);
	assert_int_equal(pthread_create(&thread, NULL, interrupt_when_asked, &scene.daemon), 0);
	assert_int_equal(build(&scene, &script, SIZE_MAX), -1);
	pthread_join(thread, NULL);
	assert_int_equal(scene.err.kind, ERROR_INTERRUPTED);
	assert_true(time_monotonic_ms() - start_ms < 5000);
	assert_true(atomic_load(&scene.daemon.is_cancelled));
	interrupt_shield(true);
	daemon_release(&scene.daemon);
	close_scene(&scene);
}

static int drive_tunnel(struct scene *scene, struct error *err)
{
	struct session session = { .build = &scene->build };
	struct solve solve = { .build = &scene->build,
			       .ref = session.uuid,
			       .session = session.uuid,
			       .exporter = "moby" };
	AUTO(link_close) struct link link = { 0 };
	struct channel *channel;

	session_name(&session);
	if (channel_open_unix(scene->daemon.url + strlen("unix://"), &channel, err) ||
	    link_open_tunnel(channel, scene->daemon.url, &session, &link, err))
		return -1;
	return drive_build(&link, &session, &solve, &scene->response, err);
}

static void test_one_connection(void **state)
{
	static const struct daemon_script script = { .questions = questions, .has_tunnel = true };
	struct scene scene;
	size_t whole;

	(void)state;
	open_scene(&scene, "plain");
	daemon_start(&scene.daemon, &script, SIZE_MAX);
	assert_int_equal(drive_tunnel(&scene, &scene.err), 0);
	daemon_finish(&scene.daemon);
	assert_string_equal(strmap_get(&scene.response, "containerimage.digest"), DAEMON_ID);
	assert_string_equal(scene.daemon.answers.data,
			    "\x08\x01"
			    "Dockerfile=FROM scratch\nCOPY file /\n;file=hello\n;");
	assert_non_null(strstr(scene.daemon.session_head.data, FILESYNC "\n"));
	whole = scene.daemon.sent;
	daemon_release(&scene.daemon);
	for (size_t at = 0; at < whole; at += 1 + whole / 50) {
		struct error err = { 0 };

		strmap_release(&scene.response);
		scene.response = (struct strmap){ 0 };
		daemon_start(&scene.daemon, &script, at);
		if (drive_tunnel(&scene, &err))
			assert_true(error_is(&err, ERROR_UNREACHABLE) ||
				    error_is(&err, ERROR_PROTOCOL));
		daemon_finish(&scene.daemon);
		daemon_release(&scene.daemon);
	}
	close_scene(&scene);
}

static void test_which_builder(void **state)
{
	static const struct peer_row has_none = { .request = "POST /session HTTP/1.1",
						  .status = 404,
						  .body = "page not found" };
	static const struct peer_row classic = { .request = "POST /v1.41/build?",
						 .body = "{\"aux\":{\"ID\":\"" DAEMON_ID "\"}}" };
	static const struct {
		const char *ping;
		enum engine_builder builder;
		struct peer_row rows[4];
		const char *message; /* NULL: it builds */
	} table[] = {
		{ PING_DOCKER, ENGINE_BUILDER_CLASSIC, { classic }, NULL },
		{ PING_DOCKER, ENGINE_BUILDER_AUTO, { has_none, classic, classic }, NULL },
		{ PING_DOCKER, ENGINE_BUILDER_BUILDKIT, { has_none }, "page not found" },
		{ PING_PODMAN, ENGINE_BUILDER_AUTO, { classic }, NULL },
		{ PING_PODMAN, ENGINE_BUILDER_BUILDKIT, { { 0 } }, "Podman has no BuildKit" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
		struct engine *engine;
		struct scene scene;
		struct peer peer;

		open_scene(&scene, "plain");
		scene.build.builder = table[i].builder;
		engine = peer_engine(&peer, table[i].ping, table[i].rows, NULL);
		assert_int_equal(engine->ops->build(engine, &scene.build, &scene.id, &scene.err),
				 table[i].message ? -1 : 0);
		if (table[i].message) {
			assert_int_equal(scene.err.kind, ERROR_UNSUPPORTED);
			assert_non_null(strstr(scene.err.message, table[i].message));
		} else {
			assert_int_equal(scene.result.builder, ENGINE_BUILDER_CLASSIC);
		}
		/* What is not there is not asked for again. */
		if (table[i].rows[2].request) {
			free(TAKE(scene.id));
			assert_int_equal(context_rewind(scene.context, &scene.err), 0);
			assert_int_equal(
				engine->ops->build(engine, &scene.build, &scene.id, &scene.err), 0);
		}
		peer_finish(&peer, engine);
		close_scene(&scene);
	}
}

static void test_what_is_refused(void **state)
{
	struct scene scene;

	(void)state;
	open_scene(&scene, "heredoc");
	assert_int_equal(api_build_buildkit(&scene.api, &scene.build, &scene.id, &scene.err), -1);
	assert_int_equal(scene.err.kind, ERROR_UNSUPPORTED);
	assert_string_equal(scene.err.message,
			    "Dockerfile:2: a heredoc needs Docker 23 or newer, this is 20.10.24");
	close_scene(&scene);
}

static int setup(void **state)
{
	if (fixture_start(state))
		return -1;
	fixture_run("make() { git init -q $1; cd $1; printf \"$2\" >Dockerfile; shift 2;\n"
		    "eval \"$@\"; git add -A; git commit -qm one; cd ..; }\n"
		    "make plain 'FROM scratch\\nCOPY file /\\n' 'echo hello >file'\n"
		    "make heredoc 'FROM scratch\\nRUN <<EOF\\ntouch /x\\nEOF\\n'\n"
		    "make pointer 'FROM scratch\\nCOPY . /\\n' "
		    "'echo version https://git-lfs.github.com/spec/v1 >pointer; "
		    "echo oid sha256:1 >>pointer; echo size 5 >>pointer'");
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_build),
		cmocka_unit_test(test_what_fails),
		cmocka_unit_test(test_a_context_that_breaks),
		cmocka_unit_test(test_a_daemon_that_breaks_off),
		cmocka_unit_test(test_one_connection),
		cmocka_unit_test(test_which_builder),
		cmocka_unit_test(test_what_is_refused),
		cmocka_unit_test(test_ctrl_c_stops_the_build), /* the last one: it is for good */
	};

	return cmocka_run_group_tests_name("engine/buildkit", tests, setup, fixture_end);
}
