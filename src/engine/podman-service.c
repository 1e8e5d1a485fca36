/* SPDX-License-Identifier: MIT */
#include "engine/podman-service.h"

#include <dirent.h>
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>

#include "base/host.h"
#include "base/path.h"
#include "base/process.h"
#include "base/str.h"

#define IDLE_SECONDS "30" /* without any client: more than a pause between two calls */

struct podman_service {
	struct process process;
	char *folder;
	char *socket;
};

bool podman_service_is_there(void)
{
	AUTOFREE char *program = path_find_program("podman");

	return program;
}

/* A socket that nobody listens on was left by a service that is gone. */
static bool is_dead(const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	AUTOCLOSE int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd < 0 || strlen(path) >= sizeof(address.sun_path))
		return false;
	memcpy(address.sun_path, path, strlen(path) + 1);
	return connect(fd, (struct sockaddr *)&address, sizeof(address)) && errno == ECONNREFUSED;
}

static void remove_dead_sockets(const char *folder)
{
	DIR *dir = opendir(folder);
	struct dirent *entry;

	while (dir && (entry = readdir(dir))) {
		struct error ignored = { 0 };
		AUTOFREE char *path = path_join(folder, entry->d_name, &ignored);

		if (path && str_ends(path, ".sock") && is_dead(path))
			unlink(path);
	}
	if (dir)
		closedir(dir);
}

/* A folder of the user's alone: who may open the socket is root or the user. */
static char *make_folder(const char *parent, struct error *err)
{
	AUTOFREE char *folder = str_format(err, "%s/git-image-%u", parent, (unsigned)geteuid());
	struct stat info;

	if (!folder)
		return NULL;
	if (mkdir(folder, 0700) && errno != EEXIST) {
		error_set_errno(err, errno, "cannot make '%s'", folder);
		return NULL;
	}
	if (!lstat(folder, &info) && S_ISDIR(info.st_mode) && info.st_uid == geteuid() &&
	    !(info.st_mode & 077))
		return TAKE(folder);
	error_set(err, ERROR_SYSTEM, "'%s' is not a folder of yours alone", folder);
	return NULL;
}

static int place(struct podman_service *service, struct error *err)
{
	const char *run = getenv("XDG_RUNTIME_DIR");
	bool is_short = run && run[0] == '/' && strlen(run) < 50;

	service->folder = make_folder(is_short && path_exists(run) ? run : "/tmp", err);
	if (!service->folder)
		return -1;
	remove_dead_sockets(service->folder);
	service->socket = str_format(err, "%s/%s.sock", service->folder, host_random_id().text);
	return service->socket ? 0 : -1;
}

struct podman_service *podman_service_start(struct error *err)
{
	struct podman_service *service = calloc(1, sizeof(*service));
	AUTOFREE char *url = NULL;

	if (!service) {
		error_set_memory(err);
		return NULL;
	}
	service->process = (struct process)PROCESS_INIT;
	if (place(service, err) || !(url = str_format(err, "unix://%s", service->socket)) ||
	    process_start(
		    &(struct process_options){
			    .argv = (const char *const[]){ "podman", "system", "service", "--time",
							   IDLE_SECONDS, url, NULL },
			    .has_own_session = true,
		    },
		    &service->process, err)) {
		podman_service_stop(service);
		return NULL;
	}
	return service;
}

const char *podman_service_socket(const struct podman_service *service)
{
	return service->socket;
}

bool podman_service_has_ended(const struct podman_service *service)
{
	siginfo_t info = { 0 };

	return !waitid(P_PID, (id_t)service->process.pid, &info, WEXITED | WNOHANG | WNOWAIT) &&
	       info.si_pid;
}

void podman_service_stop(struct podman_service *service)
{
	if (!service)
		return;
	process_release(&service->process);
	if (service->socket)
		unlink(service->socket);
	if (service->folder)
		rmdir(service->folder);
	free(service->socket);
	free(service->folder);
	free(service);
}
