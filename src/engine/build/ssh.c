/* SPDX-License-Identifier: MIT */
#include "engine/build/ssh.h"

#include "codec/protobuf.h"
#include "engine/build/request.h"
#include "net/channel.h"

#define ID_KEY	   "buildkit.ssh.id"
#define ID_DEFAULT "default"
#define READ_LEN   4096

/* draft-miller-ssh-agent, 5.1 */
enum { AGENT_FAILURE = 5, AGENT_REQUEST_IDENTITIES = 11, AGENT_SIGN_REQUEST = 13 };

/*
 * One connection of a step with the agent. Requests are answered in their order:
 * the next one waits in `requests` until the last one's reply is through.
 */
struct forward {
	struct grpc_call *call;
	struct channel *agent;
	struct buf requests; /* of the step, not looked at yet */
	struct buf out;	     /* the request that goes to the agent, what is left of it */
	struct buf reply;    /* of the agent, not whole yet */
	bool awaits_reply;
	bool is_closed; /* the step sends no more */
};

static const char *find_socket(const struct session *session, const char *id)
{
	const struct engine_build *build = session->build;

	for (size_t i = 0; i < build->ssh_count; i++)
		if (!strcmp(build->ssh[i].id, id))
			return build->ssh[i].socket;
	return NULL;
}

static int refuse(struct grpc_call *call, const char *id, struct error *err)
{
	AUTOFREE char *text = str_format(err, "ssh '%s': no agent was given (--ssh %s)", id, id);

	return text ? grpc_finish(call, GRPC_NOT_FOUND, text, err) : -1;
}

static int check_agent(struct grpc_call *call, void *arg, struct slice message, struct error *err)
{
	AUTO(buf_release) struct buf answer = BUF_INIT(0);
	AUTOFREE char *given = request_text(message, err);
	const char *id;

	if (!given)
		return -1;
	id = *given ? given : ID_DEFAULT;
	return find_socket(arg, id) ? request_answer(call, &answer, err) : refuse(call, id, err);
}

int ssh_accept_check(struct session *session, struct grpc_call *call, struct error *err)
{
	static const struct grpc_handler handler = { .message = check_agent };

	(void)err;
	grpc_call_handle(call, &handler, session);
	return 0;
}

/* The length of the message that `buf` begins with, its four bytes included; 0:
 * more has to come. */
static size_t whole_length(const struct buf *buf)
{
	const unsigned char *data = (const unsigned char *)buf->data;
	size_t len;

	if (buf->len < 4)
		return 0;
	len = 4 + ((size_t)data[0] << 24 | (size_t)data[1] << 16 | (size_t)data[2] << 8 | data[3]);
	return len > LIMIT_AGENT_MESSAGE || buf->len >= len ? len : 0;
}

static int send_reply(struct forward *forward, struct slice reply, struct error *err)
{
	AUTO(buf_release) struct buf message = BUF_INIT(LIMIT_AGENT_MESSAGE + 16);

	protobuf_put_bytes(&message, 1, reply);
	if (buf_check(&message, "a reply of the SSH agent", err))
		return -1;
	return grpc_send(forward->call, buf_slice(&message), err);
}

static bool may_reach_agent(const struct buf *requests, size_t len)
{
	int type = len > 4 ? requests->data[4] : 0;

	return type == AGENT_REQUEST_IDENTITIES || type == AGENT_SIGN_REQUEST;
}

/* Takes the next requests of the step, up to one that the agent has to answer. */
static int take_requests(struct forward *forward, struct error *err)
{
	static const char failure[] = { 0, 0, 0, 1, AGENT_FAILURE };
	struct buf *requests = &forward->requests;
	size_t len;

	while (!forward->awaits_reply && (len = whole_length(requests))) {
		if (len > LIMIT_AGENT_MESSAGE)
			return error_set(err, ERROR_PROTOCOL,
					 "a request to the SSH agent is larger "
					 "than it takes");
		if (may_reach_agent(requests, len)) {
			buf_add(&forward->out, requests->data, len);
			forward->awaits_reply = true;
		} else if (send_reply(forward, (struct slice){ failure, sizeof(failure) }, err)) {
			return -1;
		}
		buf_consume(requests, len);
	}
	return buf_check(&forward->out, "a request to the SSH agent", err);
}

static int write_request(struct forward *forward, struct error *err)
{
	while (forward->out.len) {
		ssize_t len =
			channel_write(forward->agent, forward->out.data, forward->out.len, err);

		if (len == CHANNEL_AGAIN)
			return 0;
		if (len < 0)
			return -1;
		buf_consume(&forward->out, (size_t)len);
	}
	return 0;
}

/* What the agent says without being asked is nonsense, and so is its end. */
static int read_reply(struct forward *forward, struct error *err)
{
	struct buf *reply = &forward->reply;
	char data[READ_LEN];
	ssize_t len;
	size_t whole;

	while ((len = channel_read(forward->agent, data, sizeof(data), err)) > 0) {
		buf_add(reply, data, (size_t)len);
		whole = whole_length(reply);
		if (whole > LIMIT_AGENT_MESSAGE || (whole && reply->len > whole))
			return error_set(err, ERROR_PROTOCOL, "the SSH agent speaks nonsense");
		if (!whole)
			continue;
		if (send_reply(forward, buf_slice(reply), err))
			return -1;
		buf_reset(reply);
		forward->awaits_reply = false;
		return 1;
	}
	if (!len)
		return error_set(err, ERROR_UNREACHABLE, "the SSH agent hung up");
	return len == CHANNEL_AGAIN ? 0 : -1;
}

/* As far as it goes without waiting; then for the agent, or for the step. */
static int move(struct forward *forward, struct error *err)
{
	int status = 1;

	while (status > 0) {
		if (take_requests(forward, err) || write_request(forward, err))
			return -1;
		status = forward->awaits_reply ? read_reply(forward, err) : 0;
	}
	if (status < 0)
		return -1;
	grpc_hold(forward->call, forward->awaits_reply);
	grpc_await(forward->call, forward->awaits_reply ? channel_fd(forward->agent) : -1,
		   forward->out.len ? POLLOUT : POLLIN);
	if (forward->is_closed && !forward->awaits_reply)
		return grpc_finish(forward->call, GRPC_OK, NULL, err);
	return 0;
}

static int ready(struct grpc_call *call, void *arg, struct error *err)
{
	(void)call;
	return move(arg, err);
}

static int take_bytes(struct grpc_call *call, void *arg, struct slice message, struct error *err)
{
	struct forward *forward = arg;
	struct protobuf_field field;
	int status;

	(void)call;
	while ((status = protobuf_next(&message, &field, err)) > 0)
		if (field.number == 1)
			buf_add_slice(&forward->requests, field.bytes);
	if (status < 0 || buf_check(&forward->requests, "requests to the SSH agent", err))
		return -1;
	return move(forward, err);
}

static int closed(struct grpc_call *call, void *arg, struct error *err)
{
	struct forward *forward = arg;

	(void)call;
	forward->is_closed = true;
	return move(forward, err);
}

static void forward_free(struct forward *forward)
{
	channel_free(forward->agent);
	buf_release(&forward->requests);
	buf_release(&forward->out);
	buf_release(&forward->reply);
	free(forward);
}

static void ended(struct grpc_call *call, void *arg, const struct grpc_status *status)
{
	(void)call;
	(void)status;
	forward_free(arg);
}

static int forward_new(struct grpc_call *call, const char *path, struct forward **ret_forward,
		       struct error *err)
{
	struct forward *forward = calloc(1, sizeof(*forward));

	if (!forward)
		return error_set_memory(err);
	buf_init(&forward->requests, 2 * LIMIT_AGENT_MESSAGE);
	buf_init(&forward->out, LIMIT_AGENT_MESSAGE);
	buf_init(&forward->reply, LIMIT_AGENT_MESSAGE + READ_LEN);
	forward->call = call;
	if (channel_open_unix(path, &forward->agent, err)) {
		forward_free(forward);
		return error_wrap(err, "the SSH agent");
	}
	*ret_forward = forward;
	return 0;
}

/* An agent that is gone is the step's misfortune: it may do without. */
int ssh_accept_forward(struct session *session, struct grpc_call *call, struct error *err)
{
	static const struct grpc_handler handler = {
		.message = take_bytes, .ready = ready, .closed = closed, .ended = ended
	};
	const char *given = grpc_metadata(call, ID_KEY, 0);
	const char *id = given && *given ? given : ID_DEFAULT, *path = find_socket(session, id);
	struct error why = { 0 };
	struct forward *forward = NULL;

	if (!path)
		return refuse(call, id, err);
	if (forward_new(call, path, &forward, &why)) {
		event_warning(session->sink, "%s", why.message);
		return grpc_finish(call, GRPC_UNAVAILABLE, why.message, err);
	}
	grpc_call_handle(call, &handler, forward);
	return 0;
}
