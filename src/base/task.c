/* SPDX-License-Identifier: MIT */
#include "base/task.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sys/eventfd.h>

static void *run(void *arg)
{
	struct task *task = arg;

	interrupt_bind(&task->interrupt);
	task->work(task->arg);
	if (eventfd_write(task->ended_fd, 1))
		return NULL; /* cannot be: it is the only write */
	return NULL;
}

static void join(struct task *task)
{
	if (task->is_running)
		pthread_join(task->thread, NULL);
	task->is_running = false;
}

int task_start(struct task *task, struct error *err)
{
	sigset_t all, before;
	int status;

	task->ended_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (task->ended_fd < 0)
		return error_set_errno(err, errno, "cannot make an event");
	if (interrupt_init(&task->interrupt, err))
		return -1;
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	status = pthread_create(&task->thread, NULL, run, task);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (status)
		return error_set_errno(err, status, "cannot start a thread");
	task->is_running = true;
	return 0;
}

int task_await(struct task *task, struct error *err)
{
	struct pollfd fds[] = {
		{ .fd = task->ended_fd, .events = POLLIN },
		{ .fd = interrupt_shielded() ? -1 : interrupt_fd(), .events = POLLIN },
	};

	while (task->is_running && !fds[0].revents) {
		if (interrupt_check(err))
			return -1;
		if (poll(fds, 2, -1) < 0 && errno != EINTR)
			return error_set_errno(err, errno, "cannot wait");
	}
	join(task);
	return 0;
}

void task_stop(struct task *task)
{
	if (task->is_running)
		interrupt_raise(&task->interrupt);
	join(task);
}

void task_release(struct task *task)
{
	task_stop(task);
	interrupt_release(&task->interrupt);
	cleanup_close(&task->ended_fd);
	*task = (struct task)TASK_INIT;
}
