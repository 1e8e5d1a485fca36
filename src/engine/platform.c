/* SPDX-License-Identifier: MIT */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/limits.h"
#include "engine/api.h"

/* Which process listens at a unix socket; 0: not known. */
static pid_t find_listener(const char *path)
{
	AUTOCLOSE int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	struct ucred peer = { 0 };
	socklen_t len = sizeof(peer);

	if (fd < 0 || strlen(path) >= sizeof(address.sun_path))
		return 0;
	memcpy(address.sun_path, path, strlen(path));
	if (connect(fd, (struct sockaddr *)&address, sizeof(address)) ||
	    getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &len))
		return 0;
	return peer.pid;
}

/* Is it the engine itself, or who starts it when it is called? Anything else, as ssh, may
 * lead to another machine. */
static bool is_here(const char *socket_path)
{
	static const char *const names[] = { "dockerd\n", "podman\n", "systemd\n" };
	char path[40], name[32];
	AUTOCLOSE int fd = -1;
	ssize_t len;

	snprintf(path, sizeof(path), "/proc/%d/comm", (int)find_listener(socket_path));
	fd = open(path, O_RDONLY | O_CLOEXEC);
	len = fd < 0 ? -1 : read(fd, name, sizeof(name) - 1);
	name[len < 0 ? 0 : len] = '\0';
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (!strcmp(name, names[i]))
			return true;
	return false;
}

/* A proxy that lets nobody ask stands before what we know nothing of. */
static int ask(struct api *api, struct error *err)
{
	AUTO(buf_release) struct buf url = API_URL_INIT, platform = BUF_INIT(LIMIT_PEER_TEXT);
	AUTO(json_freep) struct json *version = NULL;
	const char *os, *architecture;

	api_url(api, &url, "/version", "", "");
	if (api_get(api, &url, &version, err)) {
		if (!error_is(err, ERROR_DENIED))
			return -1;
		error_clear(err);
		return 0;
	}
	os = json_text(json_get(version, "Os"));
	architecture = json_text(json_get(version, "Arch"));
	buf_add_format(&platform, "%s/%s", os ? os : "", architecture ? architecture : "");
	return buf_check(&platform, "a platform", err)
		       ? -1
		       : engine_set_platform(&api->engine, platform.data, err);
}

/* The answer costs Docker 10 ms, and Podman a second. */
int api_learn_platform(struct engine *engine, struct error *err)
{
	struct api *api = api_of(engine);

	if (api->has_learnt_platform)
		return 0;
	if (!api->service && !is_here(engine->info.url + strlen("unix://")) && ask(api, err))
		return -1;
	api->has_learnt_platform = true;
	return 0;
}
