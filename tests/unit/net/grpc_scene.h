/* SPDX-License-Identifier: MIT */
#pragma once
/* A client and a server of gRPC, joined by a pipe, and what their handlers
 * were told. The server knows /t/Echo, /t/Take and /t/Give. */
#include "net/grpc.h"
#include "pipe.h"

/* One call as one of its sides sees it. */
struct record {
	struct grpc_call *call; /* NULL once it has ended */
	bool is_echo;
	struct buf last; /* the last message */
	size_t messages;
	size_t bytes;
	int closed;
	int ended;
	int code;
	enum error_kind kind;
	char text[256];
	size_t to_send; /* messages of `size` bytes, as there is room */
	size_t size;
	int rooms;
};

struct scene {
	struct grpc *client;
	struct grpc *server;
	struct pipe_end *client_end;
	struct pipe_end *server_end;
	struct pipe_end *played; /* the one that no side of ours has, or NULL */
	struct record made[4];
	size_t made_count;
	struct record served[4];
	size_t served_count;
};

#define SCENE_TEST(name) cmocka_unit_test_setup_teardown(name, scene_set_up, scene_tear_down)

extern char scene_filler[17 * MIB];

/* Its argument is the scene. */
extern const struct grpc_server scene_server;

int scene_set_up(void **state);
int scene_tear_down(void **state);
/* The same over channels of the test's own. */
void scene_open(struct scene *scene, struct channel *client, struct channel *served);
/* Until nothing moves any more. */
int scene_drive(struct scene *scene, struct error *err) CHECK;
void scene_settle(struct scene *scene);

struct record *record_start(struct scene *scene, const char *path, const struct strv *metadata);
void record_say(const struct record *record, const char *text);
void record_close(const struct record *record);
/* Sends what is `to_send`, as far as there is room. */
int record_send(struct grpc_call *call, void *arg, struct error *err) CHECK;
extern const struct grpc_handler record_handler;
