/* SPDX-License-Identifier: MIT */
/* What a scripted daemon asks the session, and how it ends the build then. */
#include "daemon.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/str.h"
#include "codec/protobuf.h"

#define FILESYNC "/moby.filesync.v1.FileSync/DiffCopy"
#define FILES	 16

enum { PACKET_STAT, PACKET_REQ, PACKET_DATA, PACKET_FIN };

/* A question under way. */
struct question_state {
	struct daemon *daemon;
	const struct daemon_question *question;
	char *names[FILES];
	size_t count;	/* entries that were told */
	size_t pending; /* files whose content has not all come */
	bool is_listed; /* all entries were told */
	struct buf content[FILES];
};

void daemon_complain(struct daemon *daemon, const char *what, const char *text)
{
	if (!daemon->complaint[0])
		snprintf(daemon->complaint, sizeof(daemon->complaint), "%s: %.400s", what, text);
}

static void send_packet(struct grpc_call *call, uint64_t type, uint64_t id, struct error *err)
{
	AUTO(buf_release) struct buf packet = BUF_INIT(64);

	protobuf_put_varint(&packet, 1, type);
	protobuf_put_varint(&packet, 3, id);
	if (grpc_send(call, buf_slice(&packet), err))
		error_clear(err);
}

static void take_stat(struct question_state *state, struct grpc_call *call, struct slice stat,
		      struct error *err)
{
	struct protobuf_field field;
	uint64_t mode = 0;
	size_t id = state->count;

	if (id == FILES) {
		daemon_complain(state->daemon, "too many files", "");
		return;
	}
	while (protobuf_next(&stat, &field, err) > 0) {
		if (field.number == 1)
			state->names[id] = str_copy_slice(field.bytes, err);
		if (field.number == 2)
			mode = field.varint;
	}
	buf_init(&state->content[state->count++], MIB);
	if (mode & 0x8f280000) /* no regular file */
		return;
	state->pending++;
	send_packet(call, PACKET_REQ, id, err);
}

static void take_data(struct question_state *state, struct grpc_call *call, size_t id,
		      struct slice data, struct error *err)
{
	if (id >= state->count) {
		daemon_complain(state->daemon, "data of no file", "");
		return;
	}
	buf_add_slice(&state->content[id], data);
	if (data.len)
		return;
	if (!--state->pending && state->is_listed)
		send_packet(call, PACKET_FIN, 0, err);
}

static void take_packet(struct question_state *state, struct grpc_call *call, struct slice message,
			struct error *err)
{
	struct slice stat = { 0 }, data = { 0 };
	struct protobuf_field field;
	uint64_t type = 0, id = 0;

	while (protobuf_next(&message, &field, err) > 0) {
		if (field.number == 1)
			type = field.varint;
		if (field.number == 2)
			stat = field.bytes;
		if (field.number == 3)
			id = field.varint;
		if (field.number == 4)
			data = field.bytes;
	}
	if (type == PACKET_STAT && stat.data)
		take_stat(state, call, stat, err);
	else if (type == PACKET_STAT)
		state->is_listed = true;
	if (type == PACKET_STAT && !stat.data && !state->pending)
		send_packet(call, PACKET_FIN, 0, err);
	else if (type == PACKET_DATA)
		take_data(state, call, id, data, err);
}

static int take_answer(struct grpc_call *call, void *arg, struct slice message, struct error *err)
{
	struct question_state *state = arg;

	if (!strcmp(state->question->path, FILESYNC))
		take_packet(state, call, message, err);
	else
		buf_add_slice(&state->daemon->answers, message);
	return 0;
}

static void free_state(struct question_state *state)
{
	for (size_t i = 0; i < state->count; i++) {
		free(state->names[i]);
		buf_release(&state->content[i]);
	}
	free(state);
}

static void end_question(struct grpc_call *call, void *arg, const struct grpc_status *status)
{
	struct question_state *state = arg;
	struct daemon *daemon = state->daemon;

	(void)call;
	for (size_t i = 0; i < state->count; i++)
		buf_add_format(&daemon->answers, "%s=%s;", state->names[i], state->content[i].data);
	if (status->code != state->question->code && !status->error)
		daemon_complain(daemon, grpc_code_name(status->code), status->message);
	free_state(state);
	if (status->error)
		return;
	daemon->question++;
	daemon_ask_next(daemon);
}

static const struct grpc_handler on_answer = { .message = take_answer, .ended = end_question };

static void answer_solve(struct daemon *daemon)
{
	AUTO(buf_release) struct buf response = BUF_INIT(4096);
	const struct daemon_script *script = daemon->script;
	struct error err = { 0 };

	atomic_store(&daemon->is_asked, true);
	if (script->waits)
		return;
	if (script->status.len && grpc_send(daemon->status, script->status, &err))
		daemon_complain(daemon, "status", err.message);
	protobuf_put_pair(&response, 1, "containerimage.digest", DAEMON_ID);
	if ((!script->code && grpc_send(daemon->solve, buf_slice(&response), &err)) ||
	    grpc_finish(daemon->solve, script->code, script->text, &err) ||
	    (!script->fails_at_once && grpc_finish(daemon->status, GRPC_OK, NULL, &err)))
		daemon_complain(daemon, "solve", err.message);
}

void daemon_ask_next(struct daemon *daemon)
{
	const struct daemon_question *question = &daemon->script->questions[daemon->question];
	AUTO(strv_release) struct strv metadata = { 0 };
	struct question_state *state;
	struct grpc_request request = { .metadata = &metadata, .handler = &on_answer };
	struct grpc_call *call;
	struct error err = { 0 };

	if (daemon->script->fails_at_once || !question->path) {
		answer_solve(daemon);
		return;
	}
	state = calloc(1, sizeof(*state));
	*state = (struct question_state){ .daemon = daemon, .question = question };
	for (size_t i = 0; i < ARRAY_SIZE(question->metadata) && question->metadata[i]; i++)
		if (strv_add(&metadata, question->metadata[i], &err))
			abort();
	request.path = question->path;
	request.arg = state;
	call = grpc_start(daemon->session, &request, &err);
	if (!call) {
		daemon_complain(daemon, "question", err.message);
		free(state);
		return;
	}
	if (strcmp(question->path, FILESYNC) != 0 &&
	    (grpc_send(call, question->message, &err) || grpc_close(call, &err)))
		daemon_complain(daemon, "question", err.message);
}
