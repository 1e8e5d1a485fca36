/* SPDX-License-Identifier: MIT */
/* The small services of a session, called over a socket pair as BuildKit does. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "base/path.h"
#include "base/process.h"
#include "base/time.h"
#include "codec/protobuf.h"
#include "engine/build/auth.h"
#include "engine/build/secrets.h"
#include "engine/build/ssh.h"
#include "net/grpc.h"

#define VALUE	    "hunter2"
#define PATIENCE_MS 10000

struct service {
	const char *path;
	int (*accept)(struct session *session, struct grpc_call *call, struct error *err);
};

static const struct service services[] = {
	{ SECRETS_GET_SECRET, secrets_accept },
	{ AUTH_CREDENTIALS, auth_accept },
	{ SSH_CHECK_AGENT, ssh_accept_check },
	{ SSH_FORWARD_AGENT, ssh_accept_forward },
};

/* What BuildKit hears of one call. */
struct answer {
	struct buf bytes;
	int messages;
	bool has_ended;
	int code;
	char text[256];
};

struct world {
	char folder[64];
	struct event_sink sink;
	char said[256];
	struct engine_build build;
	struct session session;
	struct grpc *ends[2]; /* BuildKit, we */
	struct answer answer;
	int agent; /* listens */
	int agent_peer;
};

static void hear(struct event_sink *sink, const struct event *event)
{
	struct world *world = (struct world *)(void *)((char *)sink - offsetof(struct world, sink));

	snprintf(world->said, sizeof(world->said), "%.*s", (int)event->text.len, event->text.data);
}

static int accept_call(void *arg, struct grpc_call *call, const char *path, struct error *err)
{
	for (size_t i = 0; i < ARRAY_SIZE(services); i++)
		if (!strcmp(services[i].path, path))
			return services[i].accept(arg, call, err);
	return 0;
}

static const struct grpc_server server = { .accept = accept_call };

static void open_agent(struct world *world)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int len = snprintf(address.sun_path, sizeof(address.sun_path), "%s/a", world->folder);

	assert_in_range(len, 1, sizeof(address.sun_path) - 1);
	world->agent = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(bind(world->agent, (struct sockaddr *)&address, sizeof(address)), 0);
	assert_int_equal(listen(world->agent, 4), 0);
	world->agent_peer = -1;
}

static int set_up(void **state)
{
	struct world *world = calloc(1, sizeof(*world));
	struct channel *channels[2];
	struct error err = { 0 };
	int fds[2];

	snprintf(world->folder, sizeof(world->folder), "/tmp/git-image-test-services-XXXXXX");
	assert_non_null(mkdtemp(world->folder));
	setenv("DOCKER_CONFIG", world->folder, 1);
	unsetenv("REGISTRY_AUTH_FILE");
	unsetenv("XDG_RUNTIME_DIR");
	setenv("XDG_CONFIG_HOME", world->folder, 1);
	world->sink.emit = hear;
	world->session = (struct session){ .build = &world->build, .sink = &world->sink };
	open_agent(world);
	buf_init(&world->answer.bytes, MIB);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), 0);
	for (int i = 0; i < 2; i++)
		assert_int_equal(channel_of_socket(fds[i], &channels[i], &err), 0);
	assert_int_equal(grpc_new(channels[0], &(struct grpc_options){ .name = "buildkit" },
				  &world->ends[0], &err),
			 0);
	assert_int_equal(grpc_new(channels[1],
				  &(struct grpc_options){ .name = "session",
							  .server = &server,
							  .server_arg = &world->session },
				  &world->ends[1], &err),
			 0);
	*state = world;
	return 0;
}

static int tear_down(void **state)
{
	struct world *world = *state;
	const char *argv[] = { "rm", "-rf", world->folder, NULL };
	AUTO(buf_release) struct buf out = BUF_INIT(64);
	struct error err = { 0 };
	int code;

	grpc_free(world->ends[0]);
	grpc_free(world->ends[1]);
	cleanup_close(&world->agent);
	cleanup_close(&world->agent_peer);
	buf_release(&world->answer.bytes);
	assert_int_equal(process_run(&(struct process_options){ .argv = argv }, &out, &code, &err),
			 0);
	free(world);
	return 0;
}

static int take(struct grpc_call *call, void *arg, struct slice message, struct error *err)
{
	struct answer *answer = arg;

	(void)call;
	(void)err;
	answer->messages++;
	buf_add_slice(&answer->bytes, message);
	return 0;
}

static void end(struct grpc_call *call, void *arg, const struct grpc_status *status)
{
	struct answer *answer = arg;

	(void)call;
	answer->has_ended = true;
	answer->code = status->code;
	snprintf(answer->text, sizeof(answer->text), "%s", status->message);
}

static const struct grpc_handler client = { .message = take, .ended = end };

static struct grpc_call *call(struct world *world, const char *path, const struct strv *metadata)
{
	struct error err = { 0 };
	struct grpc_call *started;

	buf_reset(&world->answer.bytes);
	world->answer.messages = 0;
	world->answer.has_ended = false;
	world->said[0] = '\0';
	started = grpc_start(world->ends[0],
			     &(struct grpc_request){ .path = path,
						     .metadata = metadata,
						     .handler = &client,
						     .arg = &world->answer },
			     &err);
	assert_non_null(started);
	return started;
}

static void drive(struct world *world, int64_t wait_ms)
{
	struct error err = { 0 };

	if (grpc_drive(world->ends, 2, wait_ms, &err))
		fail_msg("%s", err.message);
}

static void send_field(struct grpc_call *started, struct slice bytes)
{
	AUTO(buf_release) struct buf message = BUF_INIT(MIB);
	struct error err = { 0 };

	protobuf_put_bytes(&message, 1, bytes);
	assert_int_equal(grpc_send(started, buf_slice(&message), &err), 0);
}

/* A call with one request and one answer. */
static void ask(struct world *world, const char *path, const char *text)
{
	int64_t deadline = time_monotonic_ms() + PATIENCE_MS;
	struct grpc_call *started = call(world, path, NULL);
	struct error err = { 0 };

	send_field(started, slice_of(text));
	assert_int_equal(grpc_close(started, &err), 0);
	while (!world->answer.has_ended && time_monotonic_ms() < deadline)
		drive(world, 100);
	assert_true(world->answer.has_ended);
}

/* Of the answer. */
static struct slice field(const struct world *world, uint32_t number)
{
	struct slice rest = buf_slice(&world->answer.bytes), found = { 0 };
	struct protobuf_field next;
	struct error err = { 0 };

	while (protobuf_next(&rest, &next, &err) > 0)
		if (next.number == number)
			found = next.bytes;
	return found;
}

static void test_a_secret_of_the_build_is_given(void **state)
{
	struct world *world = *state;
	AUTO(secret_release) struct secret value = { 0 };
	struct engine_secret secrets[] = { { "npm", &value } };
	struct error err = { 0 };

	assert_int_equal(secret_set(&value, SLICE(VALUE "\0x"), &err), 0);
	world->build.secrets = secrets;
	world->build.secret_count = 1;
	ask(world, SECRETS_GET_SECRET, "npm");
	assert_int_equal(world->answer.code, GRPC_OK);
	assert_true(slice_equal(field(world, 1), SLICE(VALUE "\0x")));
	assert_string_equal(world->said, "");
}

static void test_another_secret_is_not_found(void **state)
{
	struct world *world = *state;

	ask(world, SECRETS_GET_SECRET, "other");
	assert_int_equal(world->answer.code, GRPC_NOT_FOUND);
	assert_string_equal(world->answer.text, "secret 'other': not found");
	assert_string_equal(world->said,
			    "the Dockerfile mounts the secret 'other', which image.secret does "
			    "not name");
	assert_int_equal(world->session.error.kind, ERROR_NONE);
}

static void test_the_largest_secret_is_given(void **state)
{
	struct world *world = *state;
	AUTO(secret_release) struct secret value = { 0 };
	AUTOFREE char *large = malloc(LIMIT_SECRET);
	struct engine_secret secrets[] = { { "npm", &value } };
	struct error err = { 0 };

	memset(large, 'x', LIMIT_SECRET);
	assert_int_equal(secret_set(&value, (struct slice){ large, LIMIT_SECRET }, &err), 0);
	world->build.secrets = secrets;
	world->build.secret_count = 1;
	ask(world, SECRETS_GET_SECRET, "npm");
	assert_int_equal(world->answer.code, GRPC_OK);
	assert_int_equal(field(world, 1).len, LIMIT_SECRET);
}

static void put_config(struct world *world, const char *text)
{
	AUTOFREE char *path = NULL;
	struct error err = { 0 };

	path = path_join(world->folder, "config.json", &err);
	assert_int_equal(path_write(path, slice_of(text), 0600, &err), 0);
}

/* "bTp" + "w": base64 of "me:hunter2". */
#define CONFIG                                                                                     \
	"{\"auths\":{\"r.example:5000\":{\"auth\":\"bWU6aHVudGVyMg==\"},"                          \
	"\"https://index.docker.io/v1/\":{\"auth\":\"aHViOmh1bnRlcjI=\"},"                         \
	"\"i.example\":{\"auth\":\"bWU6eA==\",\"identitytoken\":\"refresh\"},"                     \
	"\"b.example\":{\"registrytoken\":\"bearer\"}}}"

static const struct {
	const char *host;
	struct slice user, password;
	const char *said;
} hosts[] = {
	{ "r.example:5000", { "me", 2 }, { VALUE, 7 }, "" },
	{ "registry-1.docker.io", { "hub", 3 }, { VALUE, 7 }, "" },
	{ "i.example", { 0 }, { "refresh", 7 }, "" },
	{ "r.example", { 0 }, { 0 }, "" },
	{ "example:5000", { 0 }, { 0 }, "" },
	{ "b.example",
	  { 0 },
	  { 0 },
	  "what is kept for 'b.example' is a bearer token, which BuildKit cannot take: it goes "
	  "there "
	  "anonymously" },
};

static void test_credentials_are_those_of_just_this_host(void **state)
{
	struct world *world = *state;

	put_config(world, CONFIG);
	for (size_t i = 0; i < ARRAY_SIZE(hosts); i++) {
		ask(world, AUTH_CREDENTIALS, hosts[i].host);
		assert_int_equal(world->answer.code, GRPC_OK);
		assert_int_equal(world->answer.messages, 1);
		assert_true(slice_equal(field(world, 1), hosts[i].user));
		assert_true(slice_equal(field(world, 2), hosts[i].password));
		assert_string_equal(world->said, hosts[i].said);
	}
}

static void test_a_broken_configuration_fails_the_build(void **state)
{
	struct world *world = *state;

	put_config(world, "{\"auths\":");
	ask(world, AUTH_CREDENTIALS, "r.example");
	assert_int_not_equal(world->answer.code, GRPC_OK);
	assert_int_equal(world->session.error.kind, ERROR_INPUT);
	assert_non_null(strstr(world->session.error.message, "credentials for 'r.example'"));
}

static void test_a_host_that_is_none_reaches_no_helper(void **state)
{
	struct world *world = *state;

	put_config(world, "{\"credsStore\":\"none\"}");
	ask(world, AUTH_CREDENTIALS, "r.example\nother.example");
	assert_int_equal(world->session.error.kind, ERROR_PROTOCOL);
}

static void test_check_agent(void **state)
{
	struct world *world = *state;
	struct engine_ssh ssh[] = { { "default", "/nowhere" } };

	ask(world, SSH_CHECK_AGENT, "default");
	assert_int_equal(world->answer.code, GRPC_NOT_FOUND);
	assert_string_equal(world->answer.text,
			    "ssh 'default': no agent was given (--ssh default)");
	world->build.ssh = ssh;
	world->build.ssh_count = 1;
	ask(world, SSH_CHECK_AGENT, "default");
	assert_int_equal(world->answer.code, GRPC_OK);
	ask(world, SSH_CHECK_AGENT, "");
	assert_int_equal(world->answer.code, GRPC_OK);
	ask(world, SSH_CHECK_AGENT, "git");
	assert_int_equal(world->answer.code, GRPC_NOT_FOUND);
	ask(world, SSH_FORWARD_AGENT, "");
	assert_int_equal(world->answer.code, GRPC_UNAVAILABLE);
	assert_non_null(strstr(world->said, "the SSH agent"));
}

/* Until the agent has read `len` bytes more. */
static void agent_reads(struct world *world, char *data, size_t len)
{
	int64_t deadline = time_monotonic_ms() + PATIENCE_MS;
	size_t have = 0;

	while (have < len) {
		ssize_t got;

		drive(world, 10);
		if (world->agent_peer < 0)
			world->agent_peer = accept(world->agent, NULL, NULL);
		got = recv(world->agent_peer, data + have, len - have, MSG_DONTWAIT);
		if (got > 0)
			have += (size_t)got;
		assert_true(time_monotonic_ms() < deadline);
	}
}

static void until_messages(struct world *world, int count)
{
	int64_t deadline = time_monotonic_ms() + PATIENCE_MS;

	while (world->answer.messages < count && time_monotonic_ms() < deadline)
		drive(world, 1000);
	assert_int_equal(world->answer.messages, count);
}

#define LIST	  "\0\0\0\1\13"
#define REMOVE	  "\0\0\0\1\23"
#define SIGN	  "\0\0\0\3\15xy"
#define KEYS	  "\0\0\0\5\14\0\0\0\0"
#define SIGNED	  "\0\0\0\3\16zz"
#define FAILURE	  "\0\0\0\1\5"
#define LEN(text) (sizeof(text) - 1)

/* A request in two pieces, one that is refused, and one that waits for its turn. */
static void test_an_agent_lists_and_signs_and_no_more(void **state)
{
	struct world *world = *state;
	AUTOFREE char *path = NULL;
	struct engine_ssh ssh[] = { { "default", NULL } };
	struct grpc_call *started;
	struct error err = { 0 };
	char data[64];

	path = path_join(world->folder, "a", &err);
	ssh[0].socket = path;
	world->build.ssh = ssh;
	world->build.ssh_count = 1;
	started = call(world, SSH_FORWARD_AGENT, NULL);
	send_field(started, (struct slice){ LIST, 3 });
	send_field(started, (struct slice){ &LIST[3], 2 });
	send_field(started, SLICE(REMOVE SIGN));
	agent_reads(world, data, LEN(LIST));
	assert_memory_equal(data, LIST, LEN(LIST));
	assert_int_equal(recv(world->agent_peer, data, 1, MSG_DONTWAIT), -1);
	assert_int_equal(send(world->agent_peer, KEYS, 4, 0), 4);
	drive(world, 50);
	assert_int_equal(send(world->agent_peer, &KEYS[4], LEN(KEYS) - 4, 0), LEN(KEYS) - 4);
	until_messages(world, 2);
	assert_true(slice_equal(field(world, 1), SLICE(FAILURE)));
	agent_reads(world, data, LEN(SIGN));
	assert_memory_equal(data, SIGN, LEN(SIGN));
	assert_int_equal(grpc_close(started, &err), 0);
	drive(world, 50);
	assert_false(world->answer.has_ended);
	assert_int_equal(send(world->agent_peer, SIGNED, LEN(SIGNED), 0), LEN(SIGNED));
	until_messages(world, 3);
	assert_true(slice_equal(field(world, 1), SLICE(SIGNED)));
	while (!world->answer.has_ended)
		drive(world, 1000);
	assert_int_equal(world->answer.code, GRPC_OK);
}

/* Each ends the call with a reason, and nothing hangs. */
static void test_a_broken_agent_ends_the_call(void **state)
{
	static const struct slice replies[] = { { "", 0 },
						{ "\177\0\0\0x", 5 },
						{ "\0\0\0\1\5\0", 6 } };
	struct world *world = *state;
	AUTOFREE char *path = NULL;
	struct engine_ssh ssh[] = { { "default", NULL } };
	struct error err = { 0 };
	char data[64];

	path = path_join(world->folder, "a", &err);
	ssh[0].socket = path;
	world->build.ssh = ssh;
	world->build.ssh_count = 1;
	for (size_t i = 0; i < ARRAY_SIZE(replies); i++) {
		int64_t deadline = time_monotonic_ms() + PATIENCE_MS;

		send_field(call(world, SSH_FORWARD_AGENT, NULL), SLICE(LIST));
		agent_reads(world, data, LEN(LIST));
		assert_int_equal(send(world->agent_peer, replies[i].data, replies[i].len, 0),
				 replies[i].len);
		close(world->agent_peer);
		world->agent_peer = -1;
		while (!world->answer.has_ended && time_monotonic_ms() < deadline)
			drive(world, 1000);
		assert_true(world->answer.has_ended);
		assert_non_null(strstr(world->answer.text, "the SSH agent"));
	}
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_a_secret_of_the_build_is_given),
		TEST(test_another_secret_is_not_found),
		TEST(test_the_largest_secret_is_given),
		TEST(test_credentials_are_those_of_just_this_host),
		TEST(test_a_broken_configuration_fails_the_build),
		TEST(test_a_host_that_is_none_reaches_no_helper),
		TEST(test_check_agent),
		TEST(test_an_agent_lists_and_signs_and_no_more),
		TEST(test_a_broken_agent_ends_the_call),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
