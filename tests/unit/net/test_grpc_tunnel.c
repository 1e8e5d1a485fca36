/* SPDX-License-Identifier: MIT */
/* A connection whose bytes travel in the messages of a call of another one,
 * the other way round: who calls outside is called inside. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>
#include <sys/socket.h>

#include "grpc_scene.h"

/* What one side keeps of the call that carries. */
struct tunnel {
	struct channel base;
	struct grpc_call *call; /* NULL once it has ended */
	struct buf in;
};

struct world {
	struct grpc *client, *server; /* over a socket */
	struct grpc *inner_client, *inner_server;
	struct tunnel *of_client, *of_server; /* channels of the inner ones */
	struct scene inner;
};

static ssize_t read_tunnel(struct channel *channel, void *data, size_t len, struct error *err)
{
	struct tunnel *tunnel = (struct tunnel *)channel;

	(void)err;
	if (!tunnel->in.len)
		return tunnel->call ? CHANNEL_AGAIN : 0;
	if (len > tunnel->in.len)
		len = tunnel->in.len;
	memcpy(data, tunnel->in.data, len);
	buf_consume(&tunnel->in, len);
	return (ssize_t)len;
}

static ssize_t write_tunnel(struct channel *channel, const void *data, size_t len,
			    struct error *err)
{
	struct tunnel *tunnel = (struct tunnel *)channel;

	if (!tunnel->call)
		return error_set(err, ERROR_UNREACHABLE, "the tunnel has ended");
	if (!grpc_has_room(tunnel->call))
		return CHANNEL_AGAIN;
	return grpc_send(tunnel->call, (struct slice){ data, len }, err) ? -1 : (ssize_t)len;
}

static void free_tunnel(struct channel *channel)
{
	struct tunnel *tunnel = (struct tunnel *)channel;

	if (tunnel->call)
		grpc_cancel(tunnel->call);
	buf_release(&tunnel->in);
	free(tunnel);
}

static const struct channel_ops tunnel_ops = {
	.read = read_tunnel,
	.write = write_tunnel,
	.free = free_tunnel,
};

static struct tunnel *new_tunnel(void)
{
	struct tunnel *tunnel = calloc(1, sizeof(*tunnel));

	assert_non_null(tunnel);
	tunnel->base.ops = &tunnel_ops;
	buf_init(&tunnel->in, 8 * MIB);
	return tunnel;
}

static int on_bytes(struct grpc_call *call, void *arg, struct slice message, struct error *err)
{
	struct tunnel *tunnel = arg;

	(void)call;
	buf_add_slice(&tunnel->in, message);
	return buf_check(&tunnel->in, "the tunnel", err);
}

static void on_ended(struct grpc_call *call, void *arg, const struct grpc_status *status)
{
	struct tunnel *tunnel = arg;

	(void)call;
	(void)status;
	tunnel->call = NULL;
}

static const struct grpc_handler carrier = { .message = on_bytes, .ended = on_ended };

static int accept_tunnel(void *arg, struct grpc_call *call, const char *path, struct error *err)
{
	struct world *world = arg;
	const struct grpc_options options = { .name = "the inner client" };

	assert_string_equal(path, "/Control/Session");
	world->of_server = new_tunnel();
	world->of_server->call = call;
	grpc_call_handle(call, &carrier, world->of_server);
	return grpc_new(&world->of_server->base, &options, &world->inner_client, err);
}

static const struct grpc_server outer_server = { accept_tunnel };

static void drive_all(struct world *world, int64_t wait_ms)
{
	struct grpc *all[4] = { world->client, world->server, world->inner_server };
	struct error err = { 0 };
	size_t count = 3;

	if (world->inner_client)
		all[count++] = world->inner_client;
	if (grpc_drive(all, count, wait_ms, &err))
		fail_msg("%s", err.message);
}

static void open_world(struct world *world)
{
	const struct grpc_options client = { .name = "the client" };
	const struct grpc_options server = { "the server", &outer_server, world, NULL };
	const struct grpc_options inner = { "the inner server", &scene_server, &world->inner,
					    NULL };
	struct channel *ends[2];
	struct error err = { 0 };
	int fds[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
	for (int i = 0; i < 2; i++)
		assert_int_equal(channel_of_socket(fds[i], &ends[i], &err), 0);
	assert_int_equal(grpc_new(ends[0], &client, &world->client, &err), 0);
	assert_int_equal(grpc_new(ends[1], &server, &world->server, &err), 0);
	world->of_client = new_tunnel();
	world->of_client->call = grpc_start(
		world->client,
		&(struct grpc_request){ "/Control/Session", NULL, &carrier, world->of_client },
		&err);
	assert_non_null(world->of_client->call);
	assert_int_equal(grpc_new(&world->of_client->base, &inner, &world->inner_server, &err), 0);
	while (!world->inner_client)
		drive_all(world, 1000);
	world->inner.client = world->inner_client;
}

static void close_world(struct world *world)
{
	grpc_free(world->inner_client);
	grpc_free(world->inner_server);
	grpc_free(world->client);
	grpc_free(world->server);
	for (size_t i = 0; i < ARRAY_SIZE(world->inner.made); i++) {
		buf_release(&world->inner.made[i].last);
		buf_release(&world->inner.served[i].last);
	}
}

/* As much as no queue holds, there and back. */
static void test_tunnel(void **state)
{
	struct world world = { 0 };
	struct record *call;
	struct error err = { 0 };

	(void)state;
	open_world(&world);
	call = record_start(&world.inner, "/t/Echo", NULL);
	call->to_send = 150;
	call->size = 40 * KIB;
	assert_int_equal(record_send(call->call, call, &err), 0);
	while (call->messages < 150) {
		drive_all(&world, 1000);
		assert_true(world.of_client->in.len <= 3 * MIB);
		assert_true(world.of_server->in.len <= 3 * MIB);
	}
	assert_int_equal(call->bytes, 150 * 40 * KIB);
	record_close(call);
	while (!call->ended)
		drive_all(&world, 1000);
	assert_int_equal(call->code, 0);
	close_world(&world);
}

/* The end of the carrying call is the end of what it carries. */
static void test_carrier_ends(void **state)
{
	struct world world = { 0 };
	struct record *call;
	struct error err = { 0 };

	(void)state;
	open_world(&world);
	call = record_start(&world.inner, "/t/Echo", NULL);
	assert_int_equal(grpc_finish(world.of_server->call, 1, "enough", &err), 0);
	while (world.of_client->call)
		assert_int_equal(
			grpc_drive((struct grpc *[]){ world.client, world.server }, 2, 1000, &err),
			0);
	while (!grpc_drive(&world.inner_client, 1, 0, &err))
		;
	assert_string_equal(err.message, "the inner client: the tunnel has ended");
	assert_int_equal(call->ended, 1);
	close_world(&world);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_tunnel),
		cmocka_unit_test(test_carrier_ends),
	};

	return cmocka_run_group_tests_name("gRPC in gRPC", tests, NULL, NULL);
}
