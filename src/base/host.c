/* SPDX-License-Identifier: MIT */
#include "base/host.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/random.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/interrupt.h"
#include "base/path.h"
#include "base/str.h"
#include "base/time.h"

/* The hexadecimal digits of a small file; none if it cannot be read. */
static struct host_id read_id(const char *path)
{
	AUTO(buf_release) struct buf content = BUF_INIT(256);
	struct host_id id = { { 0 } };
	struct error ignored;
	size_t len = 0;

	if (path_read(path, &content, &ignored))
		return id;
	for (size_t i = 0; i < content.len && len + 1 < sizeof(id.text); i++)
		if (isxdigit((unsigned char)content.data[i]))
			id.text[len++] = content.data[i];
	return id;
}

struct host_id host_machine_id(void)
{
	struct host_id id = read_id("/etc/machine-id");
	char name[65] = "";
	uint64_t hash = 14695981039346656037U; /* FNV-1a */

	if (id.text[0])
		return id;
	gethostname(name, sizeof(name) - 1);
	for (const char *p = name; *p; p++)
		hash = (hash ^ (unsigned char)*p) * 1099511628211U;
	snprintf(id.text, sizeof(id.text), "%016llx", (unsigned long long)hash);
	return id;
}

struct host_id host_boot_id(void)
{
	return read_id("/proc/sys/kernel/random/boot_id");
}

int host_processor_count(void)
{
	cpu_set_t processors;

	return sched_getaffinity(0, sizeof(processors), &processors) ? 1 : CPU_COUNT(&processors);
}

struct host_id host_random_id(void)
{
	struct host_id id;
	uint64_t value;

	if (getrandom(&value, sizeof(value), 0) != sizeof(value))
		value = (uint64_t)time_monotonic_ms() * 2654435761U + (uint64_t)getpid();
	snprintf(id.text, sizeof(id.text), "%016llx", (unsigned long long)value);
	return id;
}

int host_lock(const char *path, int64_t wait_ms, int *ret_fd, struct error *err)
{
	AUTOCLOSE int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	int64_t deadline = time_monotonic_ms() + wait_ms;

	if (fd < 0)
		return error_set_errno(err, errno, "cannot open the lock '%s'", path);
	while (flock(fd, LOCK_EX | LOCK_NB)) {
		if (errno != EWOULDBLOCK && errno != EINTR)
			return error_set_errno(err, errno, "cannot lock '%s'", path);
		if (interrupt_check(err))
			return -1;
		if (time_monotonic_ms() >= deadline)
			return error_set(err, ERROR_CONFLICT, "'%s' is locked by another run",
					 path);
		usleep(10000);
	}
	*ret_fd = TAKE_FD(fd);
	return 0;
}

char *host_state_folder(struct error *err)
{
	const char *state = getenv("XDG_STATE_HOME"), *home = getenv("HOME");

	if (state && state[0] == '/')
		return path_join(state, "git-image", err);
	if (home && home[0] == '/')
		return path_join(home, ".local/state/git-image", err);
	error_set(err, ERROR_INPUT, "no folder for state: neither XDG_STATE_HOME nor HOME is set");
	return NULL;
}

int host_write_error(const char *what, const char *folder, int os_errno, struct error *err)
{
	error_set_errno(err, os_errno, "cannot write %s to '%s'", what, folder);
	if (os_errno == ENOSPC || os_errno == EDQUOT)
		error_hint(err, "free some space there; XDG_STATE_HOME may name another folder for "
				"state");
	return -1;
}
