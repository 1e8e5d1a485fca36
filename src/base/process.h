/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * Child processes: never through a shell, with git's repository variables
 * (GIT_DIR, GIT_INDEX_FILE, ...) and those that hold secrets removed from their
 * environment, all descriptors but the three closed.
 */
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/buf.h"

struct process_options {
	const char *const *argv; /* NULL-terminated; looked up in PATH */
	const char *directory;	 /* NULL: ours */
	struct slice input;	 /* process_run only: its standard input */
	int64_t timeout_ms;	 /* process_run only: 0 is none */
	bool has_own_session;	 /* a terminal's Ctrl-C does not reach it */
	bool shows_errors;	 /* standard error is ours, else /dev/null */
};

struct process {
	pid_t pid;
	int in;	 /* its standard input, -1 once closed */
	int out; /* its standard output */
};

#define PROCESS_INIT                                                                               \
	{                                                                                          \
		.pid = 0, .in = -1, .out = -1                                                      \
	}

/* Starts a child with pipes at its standard input and output. A program that
 * is not there is ERROR_NOT_FOUND. */
int process_start(const struct process_options *options, struct process *ret_process,
		  struct error *err) CHECK;
/* Closes the pipes and awaits the end; `ret_exit` (may be NULL) is the exit
 * code, or 128 + signal. */
int process_finish(struct process *process, int *ret_exit, struct error *err) CHECK;
/* Ends it (SIGTERM, after 2 s SIGKILL) and releases all. Fine on a finished one. */
void process_release(struct process *process);

/* Runs to the end; its standard output goes to `ret_output` up to that
 * buffer's maximum. */
int process_run(const struct process_options *options, struct buf *ret_output, int *ret_exit,
		struct error *err) CHECK;

/* From now on children do not get this variable; ours stays. */
int process_hide_variable(const char *name, struct error *err) CHECK;

/* Removes git's repository variables from our own environment: call once
 * the repository is open, so that no child sees them. */
void process_scrub_environment(void);
