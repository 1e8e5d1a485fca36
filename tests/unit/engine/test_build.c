/* SPDX-License-Identifier: MIT */
/* The classic builder: what goes there, and what comes back. */
#include "../git/fixture.h"

#include "base/buf.h"
#include "context/context.h"
#include "engine/build/build.h"
#include "git/commit.h"
#include "peer.h"

#define HEX "0123456789012345678901234567890123456789012345678901234567890123"
#define ID  "sha256:" HEX

struct log {
	struct event_sink sink;
	struct buf text;
};

static void emit(struct event_sink *sink, const struct event *event)
{
	struct log *log = (struct log *)sink;

	assert_int_equal(event->type, EVENT_BUILD_LOG);
	assert_string_equal(event->step, "build");
	buf_add_slice(&log->text, event->text);
}

/* A commit that a script makes, and its context. */
struct source {
	struct git_repo *repo;
	struct context *context;
};

static struct source open_source(const char *script, const char *dockerfile)
{
	static int count;
	struct context_options options = { .dockerfile = dockerfile };
	struct source source = { 0 };
	struct commit commit = { 0 };
	struct error err = { 0 };
	char name[16];

	snprintf(name, sizeof(name), "r%d", count++);
	fixture_run("git init -q %s && cd %s\n%s\ngit add -A && git commit -qm one", name, name,
		    script);
	source.repo = fixture_open(name);
	assert_int_equal(commit_resolve(source.repo, "HEAD", &commit, &err), 0);
	options.repo = source.repo;
	options.commit_sha = commit.sha;
	options.tree_sha = commit.tree;
	assert_int_equal(context_open(&options, &source.context, &err), 0);
	commit_release(&commit);
	return source;
}

static void close_source(struct source *source)
{
	context_free(source->context);
	repo_free(source->repo);
}

#define PLAIN "echo FROM scratch >Dockerfile; echo hello >file"

#define DOCKER_LOG                                                                                 \
	"{\"stream\":\"Step 1/2 : FROM scratch\"}\r\n{\"stream\":\"\\n\"}\r\n"                     \
	"{\"stream\":\" ---\\u003e Using cache\\n\"}\r\n"                                          \
	"{\"stream\":\"Step 2/2 : RUN make\"}\r\n{\"stream\":\"\\n\"}\r\n"

static const struct {
	const char *ping;
	struct peer_row row;
	enum error_kind kind; /* 0: ID */
	const char *message;
	int step_count, cached_count;
} builds[] = {
	{ PING_DOCKER,
	  { .body = DOCKER_LOG "{\"aux\":{\"ID\":\"" ID "\"}}\r\n"
			       "{\"stream\":\"Successfully built 012345678901\\n\"}\r\n" },
	  0,
	  NULL,
	  1,
	  1 },
	{ PING_PODMAN,
	  { .body = "{\"stream\":\"STEP 1/2: FROM scr\"}\n{\"stream\":\"atch\\nSTEP 2/2: RUN "
		    "x\\n\"}\n"
		    "{\"stream\":\"--\\u003e Using cache 0123\\n\"}\n{\"stream\":\"" HEX "\\n\"}\n"
		    "{\"aux\":{\"ID\":\"" HEX "\"}}\n" },
	  0,
	  NULL,
	  1,
	  1 },
	{ PING_DOCKER,
	  { .body = DOCKER_LOG "{\"errorDetail\":{\"code\":2,\"message\":\"The command 'make' "
			       "returned a non-zero code: 2\"},\"error\":\"x\"}\r\n" },
	  ERROR_BUILD,
	  "step 2/2: RUN make: The command 'make' returned a non-zero code: 2",
	  1,
	  1 },
	{ PING_PODMAN,
	  { .body = "{\"stream\":\"STEP 1/2: FROM scratch\\n\"}\n{\"error\":\"exit status 1\"}\n" },
	  ERROR_BUILD,
	  "step 1/2: FROM scratch: exit status 1",
	  0,
	  0 },
	{ PING_DOCKER,
	  { .body = "{\"stream\":\"Step 1/2 : FROM r.example.com/a\\n\"}\r\n{\"errorDetail\":"
		    "{\"message\":\"Get https://r.example.com/v2/: dial tcp: no such host\"}}" },
	  ERROR_UNREACHABLE,
	  "step 1/2: FROM r.example.com/a: Get https://r.example.com/v2/: dial tcp: no such host",
	  0,
	  0 },
	{ PING_DOCKER,
	  { .body = DOCKER_LOG "{\"errorDetail\":{\"message\":\"write /x: no space left on "
			       "device\"}}" },
	  ERROR_SYSTEM,
	  "step 2/2: RUN make: write /x: no space left on device",
	  1,
	  1 },
	{ PING_DOCKER,
	  { .status = 400, .body = "{\"message\":\"dockerfile parse error line 3: no\"}" },
	  ERROR_BUILD,
	  "the engine: dockerfile parse error line 3: no",
	  0,
	  0 },
	{ PING_DOCKER,
	  { .status = 500, .body = "{\"message\":\"write /x: no space left on device\"}" },
	  ERROR_SYSTEM,
	  "the engine: write /x: no space left on device",
	  0,
	  0 },
	{ PING_DOCKER,
	  { .body = DOCKER_LOG },
	  ERROR_PROTOCOL,
	  "the engine ended the build without an image",
	  1,
	  1 },
};

static void build_in_pieces(struct context *context, size_t i, size_t piece, enum peer_end end)
{
	struct peer_row rows[] = { builds[i].row, { 0 } };
	struct log log = { { emit }, BUF_INIT(4096) };
	AUTO(engine_build_result_release) struct engine_build_result result = { 0 };
	AUTOFREE char *id = NULL;
	struct error err = { 0 };
	struct engine *engine;
	struct peer peer;
	int status;

	rows[0].request = "POST /v1.41/build?rm=1&forcerm=1&dockerfile=Dockerfile HTTP";
	rows[0].has = "hello\n";
	rows[0].piece = piece;
	rows[0].end = end;
	engine = peer_engine(&peer, builds[i].ping, rows, &log.sink);
	assert_int_equal(context_rewind(context, &err), 0);
	status = engine->ops->build(engine,
				    &(struct engine_build){ .builder = ENGINE_BUILDER_CLASSIC,
							    .context = context,
							    .step = "build",
							    .result = &result },
				    &id, &err);
	peer_finish(&peer, engine);
	buf_release(&log.text);
	if (end == PEER_CUT) {
		assert_int_equal(status, -1);
		assert_true(error_is(&err, ERROR_UNREACHABLE) || err.kind == builds[i].kind);
		return;
	}
	assert_int_equal(status, builds[i].kind ? -1 : 0);
	assert_int_equal(err.kind, builds[i].kind);
	assert_string_equal(status ? err.message : id, status ? builds[i].message : ID);
	assert_int_equal(result.step_count, builds[i].step_count);
	assert_int_equal(result.cached_count, builds[i].cached_count);
}

static void test_builds(void **state)
{
	AUTO(close_source) struct source source = open_source(PLAIN, NULL);

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(builds); i++) {
		for (size_t piece = 0; piece < 12; piece++)
			build_in_pieces(source.context, i, piece, PEER_WHOLE);
		if (!builds[i].row.status)
			build_in_pieces(source.context, i, 5, PEER_CUT);
	}
}

static void test_the_log_is_whole(void **state)
{
	struct log log = { { emit }, BUF_INIT(4096) };
	struct peer_row rows[] = { builds[1].row, { 0 } };
	AUTO(close_source) struct source source = open_source(PLAIN, NULL);
	AUTOFREE char *id = NULL;
	struct error err = { 0 };
	struct engine *engine;
	struct peer peer;

	(void)state;
	rows[0].request = "POST ";
	engine = peer_engine(&peer, PING_PODMAN, rows, &log.sink);
	assert_int_equal(
		engine->ops->build(engine,
				   &(struct engine_build){ .builder = ENGINE_BUILDER_CLASSIC,
							   .context = source.context,
							   .step = "build" },
				   &id, &err),
		0);
	peer_finish(&peer, engine);
	assert_string_equal(log.text.data, "STEP 1/2: FROM scratch\nSTEP 2/2: RUN x\n"
					   "--> Using cache 0123\n" HEX "\n");
	buf_release(&log.text);
}

#define ONE   "1111111111111111111111111111111111111111111111111111111111111111"
#define OTHER "2222222222222222222222222222222222222222222222222222222222222222"

static const struct {
	const char *ping;
	const char *log;
	const char *stages[2];
} stages[] = {
	{ PING_DOCKER,
	  "{\"stream\":\"Step 1/5 : FROM scratch AS one\"}\r\n{\"stream\":\"\\n\"}\r\n"
	  "{\"stream\":\" ---\\u003e \\n\"}\r\n{\"stream\":\"Step 2/5 : COPY a /a\\n\"}\r\n"
	  "{\"stream\":\" ---\\u003e 111111111111\\n\"}\r\n{\"aux\":{\"ID\":\"sha256:" ONE
	  "\"}}\r\n{\"stream\":\"Step 3/5 : FROM scratch AS two\\n\"}\r\n"
	  "{\"stream\":\" ---\\u003e 222222222222\\n\"}\r\n{\"aux\":{\"ID\":\"sha256:" OTHER
	  "\"}}\r\n{\"stream\":\"Step 5/5 : FROM scratch\\n ---\\u003e 012345678901\\n\"}\r\n",
	  { "sha256:" ONE, "sha256:" OTHER } },
	{ PING_PODMAN,
	  "{\"stream\":\"[1/3] STEP 1/1: FROM scratch AS one\\n\"}\n"
	  "{\"stream\":\"--\\u003e Using cache " ONE "\\n--\\u003e 11111111111\\n\"}\n"
	  "{\"stream\":\"[2/3] STEP 1/1: FROM scratch AS two\\n--\\u003e 22222222222\\n\"}\n"
	  "{\"stream\":\"[3/3] STEP 1/1: FROM scratch\\n\"}\n",
	  { ONE, "22222222222" } },
};

static void test_stages(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(stages); i++) {
		AUTOFREE char *answer = NULL, *id = NULL;
		AUTO(engine_build_result_release) struct engine_build_result result = { 0 };
		AUTO(close_source) struct source source = open_source(PLAIN, NULL);
		struct error err = { 0 };
		struct engine *engine;
		struct peer peer;

		answer = str_format(&err, "%s{\"aux\":{\"ID\":\"" ID "\"}}\n", stages[i].log);
		engine = peer_engine(
			&peer, stages[i].ping,
			(const struct peer_row[]){ { .request = "POST ", .body = answer }, { 0 } },
			NULL);
		assert_int_equal(engine->ops->build(
					 engine,
					 &(struct engine_build){ .builder = ENGINE_BUILDER_CLASSIC,
								 .context = source.context,
								 .result = &result },
					 &id, &err),
				 0);
		peer_finish(&peer, engine);
		assert_string_equal(id, ID);
		assert_int_equal(result.stages.len, 2);
		assert_string_equal(result.stages.items[0], stages[i].stages[0]);
		assert_string_equal(result.stages.items[1], stages[i].stages[1]);
	}
}

/* base64url of {"r.example.com":{"username":"u","password":"p",...}} */
#define CREDENTIALS                                                                                \
	"eyJyLmV4YW1wbGUuY29tIjp7InVzZXJuYW1lIjoidSIsInBhc3N3b3Jk"                                 \
	"IjoicCIsInNlcnZlcmFkZHJlc3MiOiJyLmV4YW1wbGUuY29tIn19"

static void test_options(void **state)
{
	static const struct peer_row rows[] = {
		{ .request = "POST /v1.41/build?rm=1&forcerm=1&dockerfile=a%20b%2FDockerfile&"
			     "target=t&platform=linux%2Farm64&nocache=1&pull=1&"
			     "buildargs=%7B%22A%22%3A%22b%20c%22%7D&labels=%7B%22l%22%3A%22v%22%7D "
			     "HTTP",
		  .has = "X-Registry-Config: " CREDENTIALS "\r\n",
		  .body = "{\"aux\":{\"ID\":\"" ID "\"}}" },
		{ .request = "GET /v1.41/images/" ID "/json HTTP",
		  .body = "{\"Id\":\"" ID "\",\"Os\":\"linux\",\"Architecture\":\"amd64\"}" },
		{ 0 },
	};
	AUTO(strmap_release) struct strmap args = { 0 }, labels = { 0 };
	AUTO(close_source)
	struct source source = open_source(
		"mkdir 'a b'; echo FROM r.example.com/base >'a b/Dockerfile'", "a b/Dockerfile");
	AUTOFREE char *id = NULL;
	struct error err = { 0 };
	struct engine *engine;
	struct peer peer;

	(void)state;
	assert_int_equal(strmap_set(&args, "A", "b c", &err), 0);
	assert_int_equal(strmap_set(&labels, "l", "v", &err), 0);
	fixture_run(
		"mkdir docker\n"
		"echo '{\"auths\":{\"r.example.com\":{\"auth\":\"dTpw\"}}}' >docker/config.json");
	setenv("DOCKER_CONFIG", fixture_text("ROOT/docker"), 1);
	engine = peer_engine(&peer, PING_DOCKER, rows, NULL);
	assert_int_equal(
		engine->ops->build(engine,
				   &(struct engine_build){ .builder = ENGINE_BUILDER_CLASSIC,
							   .context = source.context,
							   .target = "t",
							   .platform = "linux/arm64",
							   .no_cache = true,
							   .pull = true,
							   .build_args = &args,
							   .labels = &labels },
				   &id, &err),
		-1);
	peer_finish(&peer, engine);
	unsetenv("DOCKER_CONFIG");
	/* Docker 20.10 takes the wrong base without a word. */
	assert_int_equal(err.kind, ERROR_BUILD);
	assert_string_equal(err.message, "the engine built for linux/amd64, not for linux/arm64");
}

static void test_a_context_that_breaks(void **state)
{
	static const struct peer_row rows[] = { { 0 } };
	AUTO(close_source)
	struct source source =
		open_source(PLAIN "; echo version https://git-lfs.github.com/spec/v1"
				  " >pointer; echo oid sha256:1 >>pointer; echo size 5 >>pointer",
			    NULL);
	AUTOFREE char *id = NULL;
	struct error err = { 0 };
	struct engine *engine;
	struct peer peer;

	(void)state;
	engine = peer_engine(&peer, PING_DOCKER, rows, NULL);
	assert_int_equal(engine->ops->build(engine,
					    &(struct engine_build){
						    .builder = ENGINE_BUILDER_CLASSIC,
						    .context = source.context,
					    },
					    &id, &err),
			 -1);
	peer_finish(&peer, engine);
	assert_int_equal(err.kind, ERROR_INPUT);
	assert_string_equal(err.message,
			    "'pointer' is a pointer of Git LFS, the file itself is not in "
			    "the repository");
}

#define HEREDOC "printf 'FROM scratch\\nRUN <<EOF\\ntouch /x\\nEOF\\n' >Dockerfile"

static const struct {
	const char *ping;
	const char *script;
	const char *message;
} refusals[] = {
	{ PING_DOCKER, HEREDOC,
	  "Dockerfile:2: a heredoc needs BuildKit, the classic builder would drop it" },
	{ PING_DOCKER,
	  "printf 'FROM scratch\\n\\nRUN --mount=type=cache,target=/c make\\n' >Dockerfile",
	  "Dockerfile:3: --mount needs BuildKit, the classic builder does not know it" },
	{ PING_PODMAN, HEREDOC, "Dockerfile:2: a heredoc needs Podman 4.8 or newer" },
};

static void test_what_is_refused(void **state)
{
	static const struct peer_row rows[] = { { 0 } };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(refusals); i++) {
		AUTO(close_source) struct source source = open_source(refusals[i].script, NULL);
		AUTOFREE char *id = NULL;
		struct error err = { 0 };
		struct engine *engine;
		struct peer peer;

		engine = peer_engine(&peer, refusals[i].ping, rows, NULL);
		assert_int_equal(engine->ops->build(
					 engine,
					 &(struct engine_build){ .builder = ENGINE_BUILDER_CLASSIC,
								 .context = source.context },
					 &id, &err),
				 -1);
		peer_finish(&peer, engine);
		assert_int_equal(err.kind, ERROR_UNSUPPORTED);
		assert_string_equal(err.message, refusals[i].message);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_builds),
		cmocka_unit_test(test_the_log_is_whole),
		cmocka_unit_test(test_stages),
		cmocka_unit_test(test_options),
		cmocka_unit_test(test_a_context_that_breaks),
		cmocka_unit_test(test_what_is_refused),
	};

	return cmocka_run_group_tests_name("engine/build", tests, fixture_start, fixture_end);
}
