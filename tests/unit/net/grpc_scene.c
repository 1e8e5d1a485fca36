/* SPDX-License-Identifier: MIT */
#include "grpc_scene.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

char scene_filler[17 * MIB];

static void note_message(struct record *record, struct slice message)
{
	record->messages++;
	record->bytes += message.len;
	buf_reset(&record->last);
	buf_add_slice(&record->last, message);
	assert_false(record->last.has_failed);
}

int record_send(struct grpc_call *call, void *arg, struct error *err)
{
	struct record *record = arg;

	record->rooms++;
	assert_ptr_equal(call, record->call);
	for (; record->to_send && grpc_has_room(call); record->to_send--)
		if (grpc_send(call, (struct slice){ scene_filler, record->size }, err))
			return -1;
	return 0;
}

static int on_message(struct grpc_call *call, void *arg, struct slice message, struct error *err)
{
	struct record *record = arg;

	assert_ptr_equal(call, record->call);
	note_message(record, message);
	if (record->is_echo)
		return grpc_send(call, message, err);
	if (slice_is(message, "fail"))
		return error_set(err, ERROR_NOT_FOUND, "no '\xc3\xa4' here: 100%%");
	if (slice_is(message, "hold"))
		grpc_hold(call, true);
	if (slice_is(message, "cancel")) {
		record->call = NULL;
		grpc_cancel(call);
	}
	return 0;
}

static int on_closed(struct grpc_call *call, void *arg, struct error *err)
{
	struct record *record = arg;

	assert_ptr_equal(call, record->call);
	record->closed++;
	return grpc_finish(call, 0, NULL, err);
}

static void on_ended(struct grpc_call *call, void *arg, const struct grpc_status *status)
{
	struct record *record = arg;
	struct error err = { 0 };

	assert_ptr_equal(call, record->call);
	record->call = NULL;
	record->ended++;
	record->code = status->code;
	snprintf(record->text, sizeof(record->text), "%s", status->message);
	if (grpc_status_check(status, &err))
		record->kind = err.kind;
	assert_true((err.kind == ERROR_NONE) == (status->code == 0));
}

const struct grpc_handler record_handler = {
	.message = on_message, .room = record_send, .closed = on_closed, .ended = on_ended
};

static int accept_call(void *arg, struct grpc_call *call, const char *path, struct error *err)
{
	struct scene *scene = arg;
	struct record *record = &scene->served[scene->served_count];

	if (!strcmp(path, "/t/Denied"))
		return error_set(err, ERROR_DENIED, "not for you");
	if (strcmp(path, "/t/Echo") && strcmp(path, "/t/Take") && strcmp(path, "/t/Give"))
		return 0;
	assert_true(scene->served_count++ < 4);
	*record = (struct record){ .call = call, .last = BUF_INIT(SIZE_MAX / 2) };
	record->is_echo = !strcmp(path, "/t/Echo");
	grpc_call_handle(call, &record_handler, record);
	return 0;
}

const struct grpc_server scene_server = { accept_call };

void scene_open(struct scene *scene, struct channel *client, struct channel *served)
{
	const struct grpc_options client_options = { .name = "the client" };
	const struct grpc_options server_options = { "the server", &scene_server, scene, NULL };
	struct error err = { 0 };

	assert_int_equal(grpc_new(client, &client_options, &scene->client, &err), 0);
	assert_int_equal(grpc_new(served, &server_options, &scene->server, &err), 0);
}

int scene_set_up(void **state)
{
	struct scene *scene = calloc(1, sizeof(*scene));

	assert_non_null(scene);
	pipe_make(&scene->client_end, &scene->server_end);
	scene_open(scene, &scene->client_end->base, &scene->server_end->base);
	*state = scene;
	return 0;
}

int scene_tear_down(void **state)
{
	struct scene *scene = *state;

	grpc_free(scene->client);
	grpc_free(scene->server);
	if (scene->played)
		channel_free(&scene->played->base);
	for (size_t i = 0; i < ARRAY_SIZE(scene->made); i++) {
		buf_release(&scene->made[i].last);
		buf_release(&scene->served[i].last);
	}
	free(scene);
	return 0;
}

/* Until nothing moves any more. */
int scene_drive(struct scene *scene, struct error *err)
{
	struct grpc *const both[] = { scene->client, scene->server };

	for (int i = 0; i < 50; i++)
		if (grpc_drive(both, 2, 0, err))
			return -1;
	return 0;
}

void scene_settle(struct scene *scene)
{
	struct error err = { 0 };

	if (scene_drive(scene, &err))
		fail_msg("%s", err.message);
}

struct record *record_start(struct scene *scene, const char *path, const struct strv *metadata)
{
	struct record *record = &scene->made[scene->made_count];
	struct error err = { 0 };

	assert_true(scene->made_count++ < ARRAY_SIZE(scene->made));
	*record = (struct record){ .last = BUF_INIT(SIZE_MAX / 2) };
	record->call =
		grpc_start(scene->client,
			   &(struct grpc_request){ path, metadata, &record_handler, record }, &err);
	assert_non_null(record->call);
	return record;
}

void record_say(const struct record *record, const char *text)
{
	struct error err = { 0 };

	assert_int_equal(grpc_send(record->call, slice_of(text), &err), 0);
}

void record_close(const struct record *record)
{
	struct error err = { 0 };

	assert_int_equal(grpc_close(record->call, &err), 0);
}
