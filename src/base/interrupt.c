/* SPDX-License-Identifier: MIT */
#include "base/interrupt.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <unistd.h>

static volatile sig_atomic_t count;
static _Thread_local bool shielded;
static _Thread_local struct interrupt *bound; /* NULL: the main thread */
static int pipe_fds[2] = { -1, -1 };

static void on_signal(int number)
{
	int saved = errno;

	(void)number;
	/* A person who presses it again means it. */
	if (++count > 2)
		_exit(130);
	if (write(pipe_fds[1], "", 1) < 0)
		errno = saved;
	errno = saved;
}

int interrupt_install(struct error *err)
{
	static const int signals[] = { SIGINT, SIGTERM, SIGHUP };
	struct sigaction action = { .sa_handler = on_signal, .sa_flags = SA_RESTART };

	if (pipe_fds[0] < 0 && pipe2(pipe_fds, O_CLOEXEC | O_NONBLOCK))
		return error_set_errno(err, errno, "cannot make a pipe");
	for (size_t i = 0; i < ARRAY_SIZE(signals); i++) {
		struct sigaction old;

		/* nohup stays nohup. */
		if (!sigaction(signals[i], NULL, &old) && old.sa_handler == SIG_IGN)
			continue;
		sigaction(signals[i], &action, NULL);
	}
	action.sa_handler = SIG_IGN;
	sigaction(SIGPIPE, &action, NULL);
	return 0;
}

int interrupt_fd(void)
{
	return bound ? bound->fd : pipe_fds[0];
}

bool interrupt_pending(void)
{
	return !shielded && (bound ? atomic_load(&bound->is_raised) : count > 0);
}

int interrupt_check(struct error *err)
{
	return interrupt_pending() ? error_set(err, ERROR_INTERRUPTED, "interrupted") : 0;
}

bool interrupt_shield(bool is_shielded)
{
	bool before = shielded;

	shielded = is_shielded;
	return before;
}

bool interrupt_shielded(void)
{
	return shielded;
}

int interrupt_init(struct interrupt *interrupt, struct error *err)
{
	atomic_init(&interrupt->is_raised, false);
	interrupt->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	return interrupt->fd < 0 ? error_set_errno(err, errno, "cannot make an event") : 0;
}

void interrupt_release(struct interrupt *interrupt)
{
	cleanup_close(&interrupt->fd);
	interrupt->fd = -1;
}

void interrupt_raise(struct interrupt *interrupt)
{
	atomic_store(&interrupt->is_raised, true);
	if (eventfd_write(interrupt->fd, 1))
		return; /* it is full: readable already */
}

void interrupt_bind(struct interrupt *interrupt)
{
	bound = interrupt;
}
