/* SPDX-License-Identifier: MIT */
#include "engine/build/link.h"

#include "base/str.h"
#include "engine/build/tunnel.h"
#include "net/upgrade.h"

static int open_control(struct channel *channel, const char *url, struct grpc **ret_grpc,
			struct error *err)
{
	AUTO(channel_freep) struct channel *owned = channel;
	AUTOFREE char *name = str_format(err, "the BuildKit at %s", url);
	const struct grpc_options options = { .name = name };

	return name ? grpc_new(TAKE(owned), &options, ret_grpc, err) : -1;
}

static int open_callbacks(struct channel *channel, const char *url, struct session *session,
			  struct grpc **ret_grpc, struct error *err)
{
	AUTO(channel_freep) struct channel *owned = channel;
	AUTOFREE char *name = str_format(err, "the session with the BuildKit at %s", url);
	const struct grpc_options options = { .name = name,
					      .server = &session_server,
					      .server_arg = session };

	return name ? grpc_new(TAKE(owned), &options, ret_grpc, err) : -1;
}

static int open_upgraded(const char *url, const char *path, const struct strv *headers,
			 struct channel **ret_channel, struct error *err)
{
	AUTO(channel_freep) struct channel *channel = NULL;

	if (channel_open_unix(url + strlen("unix://"), &channel, err) ||
	    channel_upgrade(channel, path, (const char *const *)headers->items, err))
		return error_wrap(err, "the engine at %s", url);
	*ret_channel = TAKE(channel);
	return 0;
}

int link_open_docker(const char *url, struct session *session, struct link *ret_link,
		     struct error *err)
{
	AUTO(strv_release) struct strv headers = { 0 }, none = { 0 };
	AUTO(link_close) struct link link = { 0 };
	struct channel *channel;

	if (session_headers(session, &headers, err) ||
	    open_upgraded(url, "/session", &headers, &channel, err) ||
	    open_callbacks(channel, url, session, &link.callbacks, err) ||
	    open_upgraded(url, "/grpc", &none, &channel, err) ||
	    open_control(channel, url, &link.control, err))
		return -1;
	*ret_link = link;
	link = (struct link){ 0 };
	return 0;
}

int link_open_tunnel(struct channel *channel, const char *url, struct session *session,
		     struct link *ret_link, struct error *err)
{
	AUTO(strv_release) struct strv headers = { 0 };
	AUTO(link_close) struct link link = { 0 };
	struct channel *tunnel;

	if (open_control(channel, url, &link.control, err) ||
	    session_headers(session, &headers, err) ||
	    tunnel_open(link.control, &headers, &tunnel, err) ||
	    open_callbacks(tunnel, url, session, &link.callbacks, err))
		return -1;
	*ret_link = link;
	link = (struct link){ 0 };
	return 0;
}

void link_close(struct link *link)
{
	/* What a tunnel carries goes before its carrier. */
	grpc_free(link->callbacks);
	grpc_free(link->control);
	*link = (struct link){ 0 };
}

int link_drive(const struct link *link, int64_t wait_ms, struct error *err)
{
	struct grpc *const connections[] = { link->control, link->callbacks };

	return grpc_drive(connections, ARRAY_SIZE(connections), wait_ms, err);
}
