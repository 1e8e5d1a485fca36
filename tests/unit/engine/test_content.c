/* SPDX-License-Identifier: MIT */
/* Blobs come whole and as their digest says, or not at all. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <pthread.h>
#include <stdatomic.h>
#include <sys/socket.h>

#include "base/limits.h"
#include "codec/digest.h"
#include "codec/protobuf.h"
#include "engine/content.h"

#define BLOB "{\"a\":1}"

/* How the service answers. */
struct answer {
	const char *pieces[3]; /* a message each */
	enum grpc_code code;
	bool hangs_up;	      /* after the pieces */
	enum error_kind kind; /* what is made of it; 0: BLOB */
	const char *message;
};

static const struct answer answers[] = {
	{ .pieces = { BLOB } },
	{ .pieces = { "{\"a\"", ":1}" } },
	{ .pieces = { "{\"a\"" }, .kind = ERROR_PROTOCOL, .message = "the engine gave sha256:" },
	{ .pieces = { "{\"a\":1}", "0123456789012345678901234567890123456789" },
	  .kind = ERROR_SYSTEM,
	  .message = "a blob of the engine's" },
	{ .code = GRPC_NOT_FOUND, .kind = ERROR_NOT_FOUND, .message = "cannot read sha256:" },
	{ .code = GRPC_UNIMPLEMENTED, .kind = ERROR_UNSUPPORTED, .message = "no service" },
	{ .pieces = { "{\"a\"" },
	  .hangs_up = true,
	  .kind = ERROR_UNREACHABLE,
	  .message = "cannot read sha256:" },
};

struct service {
	const struct answer *answer;
	int fd;
	char asked[128];
	bool hangs_up;
	atomic_bool is_over;
	pthread_t thread;
};

static int take_request(struct grpc_call *call, void *arg, struct slice message, struct error *err)
{
	struct service *service = arg;
	struct protobuf_field field;

	assert_int_equal(protobuf_next(&message, &field, err), 1);
	snprintf(service->asked, sizeof(service->asked), "%u:%.*s", field.number,
		 (int)field.bytes.len, field.bytes.data);
	for (size_t i = 0; i < 3 && service->answer->pieces[i]; i++) {
		AUTO(buf_release) struct buf piece = BUF_INIT(4096);

		protobuf_put_varint(&piece, 1, i);
		protobuf_put_text(&piece, 2, service->answer->pieces[i]);
		assert_int_equal(grpc_send(call, buf_slice(&piece), err), 0);
	}
	service->hangs_up = service->answer->hangs_up;
	return service->hangs_up ? 0 : grpc_finish(call, service->answer->code, "no service", err);
}

static const struct grpc_handler requests = { .message = take_request };

static int take_call(void *arg, struct grpc_call *call, const char *path, struct error *err)
{
	(void)err;
	assert_string_equal(path, "/containerd.services.content.v1.Content/Read");
	grpc_call_handle(call, &requests, arg);
	return 0;
}

static void *serve(void *arg)
{
	static const struct grpc_server server = { .accept = take_call };
	struct service *service = arg;
	const struct grpc_options options = { .name = "the client",
					      .server = &server,
					      .server_arg = service };
	AUTO(grpc_freep) struct grpc *grpc = NULL;
	struct channel *channel;
	struct error err = { 0 };

	assert_int_equal(channel_of_socket(service->fd, &channel, &err), 0);
	assert_int_equal(grpc_new(channel, &options, &grpc, &err), 0);
	while (!service->is_over && !service->hangs_up)
		if (grpc_drive(&grpc, 1, 10, &err))
			break;
	return NULL;
}

static struct grpc *start(struct service *service)
{
	static const struct grpc_options options = { .name = "the service" };
	struct channel *channel;
	struct grpc *grpc;
	struct error err = { 0 };
	int fds[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), 0);
	service->fd = fds[1];
	assert_int_equal(pthread_create(&service->thread, NULL, serve, service), 0);
	assert_int_equal(channel_of_socket(fds[0], &channel, &err), 0);
	assert_int_equal(grpc_new(channel, &options, &grpc, &err), 0);
	return grpc;
}

static void test_read(void **state)
{
	struct error err = { 0 };
	struct digest_text digest;
	char asked[128];

	(void)state;
	assert_int_equal(digest_of(SLICE(BLOB), &digest, &err), 0);
	snprintf(asked, sizeof(asked), "1:%s", digest.text);
	for (size_t i = 0; i < ARRAY_SIZE(answers); i++) {
		struct service service = { .answer = &answers[i] };
		AUTO(buf_release) struct buf bytes = BUF_INIT(32);
		struct grpc *grpc = start(&service);
		int status;

		error_clear(&err);
		status = content_read(grpc, digest.text, &bytes, &err);
		service.is_over = true;
		assert_int_equal(pthread_join(service.thread, NULL), 0);
		grpc_free(grpc);
		assert_string_equal(service.asked, asked);
		assert_int_equal(err.kind, answers[i].kind);
		assert_int_equal(status, answers[i].kind ? -1 : 0);
		if (status)
			assert_non_null(strstr(err.message, answers[i].message));
		else
			assert_string_equal(bytes.data, BLOB);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_read),
	};

	return cmocka_run_group_tests_name("engine/content", tests, NULL, NULL);
}
