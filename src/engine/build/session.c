/* SPDX-License-Identifier: MIT */
#include "engine/build/session.h"

#include <stdio.h>
#include <string.h>

#include "base/host.h"
#include "base/str.h"
#include "engine/build/auth.h"
#include "engine/build/filesend.h"
#include "engine/build/secrets.h"
#include "engine/build/ssh.h"
#include "engine/build/filesync.h"
#include "net/grpc.h"

/* One answer for whoever asks: grpc.health.v1 SERVING. */
static int accept_health(struct session *session, struct grpc_call *call, struct error *err)
{
	static const struct grpc_handler nothing_more = { 0 };
	static const char serving[] = { 0x08, 0x01 };

	(void)session;
	grpc_call_handle(call, &nothing_more, NULL);
	if (grpc_send(call, (struct slice){ serving, sizeof(serving) }, err))
		return -1;
	return grpc_finish(call, GRPC_OK, NULL, err);
}

static bool is_always(const struct session *session)
{
	(void)session;
	return true;
}

static bool expects_export(const struct session *session)
{
	return session->receive;
}

/* BuildKit calls what is announced, and says of the rest that it is missing. */
static const struct {
	const char *path;
	int (*accept)(struct session *session, struct grpc_call *call, struct error *err);
	bool (*is_there)(const struct session *session);
} services[] = {
	{ "/grpc.health.v1.Health/Check", accept_health, is_always },
	{ "/moby.filesync.v1.FileSync/DiffCopy", filesync_accept, is_always },
	{ SECRETS_GET_SECRET, secrets_accept, is_always },
	{ AUTH_CREDENTIALS, auth_accept, is_always },
	{ SSH_CHECK_AGENT, ssh_accept_check, is_always },
	{ SSH_FORWARD_AGENT, ssh_accept_forward, is_always },
	{ FILESEND_DIFF_COPY, filesend_accept, expects_export },
};

void session_name(struct session *session)
{
	struct host_id first = host_random_id(), second = host_random_id();

	snprintf(session->uuid, sizeof(session->uuid), "%.16s%.9s", first.text, second.text);
}

int session_headers(const struct session *session, struct strv *ret_headers, struct error *err)
{
	static const char prefix[] = "x-docker-expose-session-";
	AUTO(strv_release) struct strv headers = { 0 };
	const char *key = session->build->shared_key;

	if (strv_add_taken(&headers, str_format(err, "%suuid: %s", prefix, session->uuid), err) ||
	    strv_add_taken(&headers, str_format(err, "%sname: git-image", prefix), err) ||
	    strv_add_taken(&headers, str_format(err, "%ssharedkey: %s", prefix, key ? key : ""),
			   err))
		return -1;
	for (size_t i = 0; i < ARRAY_SIZE(services); i++)
		if (services[i].is_there(session) &&
		    strv_add_taken(&headers,
				   str_format(err, "%sgrpc-method: %s", prefix, services[i].path),
				   err))
			return -1;
	*ret_headers = headers;
	headers = (struct strv){ 0 };
	return 0;
}

static int accept_call(void *arg, struct grpc_call *call, const char *path, struct error *err)
{
	struct session *session = arg;

	for (size_t i = 0; i < ARRAY_SIZE(services); i++) {
		if (strcmp(path, services[i].path) || !services[i].is_there(session))
			continue;
		if (!services[i].accept(session, call, err))
			return 0;
		session_fail(session, err);
		return -1;
	}
	return 0;
}

const struct grpc_server session_server = { .accept = accept_call };

void session_fail(struct session *session, const struct error *err)
{
	if (session->error.kind == ERROR_NONE)
		session->error = *err;
}
