/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * Work that goes on in a thread of its own. Signals never reach it: its waits end
 * when who started it stops it. What the work reads and writes is its alone until
 * it has been awaited or stopped.
 */
#include <pthread.h>

#include "base/interrupt.h"

struct task {
	void (*work)(void *arg);
	void *arg;
	/* From here on its own. */
	pthread_t thread;
	struct interrupt interrupt;
	int ended_fd;
	bool is_running;
};

#define TASK_INIT                                                                                  \
	{                                                                                          \
		.interrupt = { .fd = -1 }, .ended_fd = -1                                          \
	}

/* `work` and `arg` are set. The task stays where it is until it is released. */
int task_start(struct task *task, struct error *err) CHECK;
/* Returns once the work has ended, or with ERROR_INTERRUPTED while it goes on. */
int task_await(struct task *task, struct error *err) CHECK;
/* Interrupts the work and returns once it has ended. */
void task_stop(struct task *task);
/* Stops it. Fine on one that was never started, and twice. */
void task_release(struct task *task);
