/* SPDX-License-Identifier: MIT */
#include "base/process.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/interrupt.h"
#include "base/str.h"
#include "base/time.h"

extern char **environ;

static struct strv hidden; /* names of variables that no child gets */

void process_scrub_environment(void)
{
	/* What "git rev-parse --local-env-vars" prints. */
	static const char *const names[] = {
		"GIT_ALTERNATE_OBJECT_DIRECTORIES",
		"GIT_CONFIG",
		"GIT_CONFIG_PARAMETERS",
		"GIT_CONFIG_COUNT",
		"GIT_OBJECT_DIRECTORY",
		"GIT_DIR",
		"GIT_WORK_TREE",
		"GIT_IMPLICIT_WORK_TREE",
		"GIT_GRAFT_FILE",
		"GIT_INDEX_FILE",
		"GIT_NO_REPLACE_OBJECTS",
		"GIT_REPLACE_REF_BASE",
		"GIT_PREFIX",
		"GIT_SHALLOW_FILE",
		"GIT_COMMON_DIR",
		"GIT_INTERNAL_SUPER_PREFIX",
		"GIT_QUARANTINE_PATH",
	};

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		unsetenv(names[i]);
}

int process_hide_variable(const char *name, struct error *err)
{
	return strv_has(&hidden, name) ? 0 : strv_add(&hidden, name, err);
}

static bool is_hidden(const char *variable)
{
	for (size_t i = 0; i < hidden.len; i++) {
		size_t len = strlen(hidden.items[i]);

		if (!strncmp(variable, hidden.items[i], len) && variable[len] == '=')
			return true;
	}
	return false;
}

/* Ours without what is hidden; the variables are borrowed. NULL without memory. */
static char **child_environment(void)
{
	size_t count = 0, kept = 0;
	char **variables;

	while (environ[count])
		count++;
	variables = calloc(count + 1, sizeof(*variables));
	for (size_t i = 0; variables && i < count; i++)
		if (!is_hidden(environ[i]))
			variables[kept++] = environ[i];
	return variables;
}

static int spawn(const struct process_options *options, int in, int out, pid_t *ret_pid)
{
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attributes;
	AUTOFREE char **variables = child_environment();
	sigset_t defaults, none;
	short flags = POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK;
	int status;

	if (!variables)
		return ENOMEM;
	posix_spawn_file_actions_init(&actions);
	posix_spawnattr_init(&attributes);
	posix_spawn_file_actions_adddup2(&actions, in, 0);
	posix_spawn_file_actions_adddup2(&actions, out, 1);
	if (!options->shows_errors)
		posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0);
	if (options->directory)
		posix_spawn_file_actions_addchdir_np(&actions, options->directory);
	sigemptyset(&none);
	sigemptyset(&defaults);
	sigaddset(&defaults, SIGPIPE);
	posix_spawnattr_setsigmask(&attributes, &none);
	posix_spawnattr_setsigdefault(&attributes, &defaults);
	if (options->has_own_session)
		flags |= POSIX_SPAWN_SETSID;
	posix_spawnattr_setflags(&attributes, flags);
	status = posix_spawnp(ret_pid, options->argv[0], &actions, &attributes,
			      (char *const *)(uintptr_t)options->argv, variables);
	posix_spawnattr_destroy(&attributes);
	posix_spawn_file_actions_destroy(&actions);
	return status;
}

int process_start(const struct process_options *options, struct process *ret_process,
		  struct error *err)
{
	int in[2] = { -1, -1 }, out[2] = { -1, -1 }, status;
	pid_t pid = 0;

	if (pipe2(in, O_CLOEXEC) || pipe2(out, O_CLOEXEC))
		status = errno;
	else
		status = spawn(options, in[0], out[1], &pid);
	cleanup_close(&in[0]);
	cleanup_close(&out[1]);
	if (status) {
		cleanup_close(&in[1]);
		cleanup_close(&out[0]);
		if (status == ENOENT)
			return error_set(err, ERROR_NOT_FOUND, "the program '%s' is not there",
					 options->argv[0]);
		return error_set_errno(err, status, "cannot start '%s'", options->argv[0]);
	}
	*ret_process = (struct process){ .pid = pid, .in = in[1], .out = out[0] };
	return 0;
}

static void close_pipes(struct process *process)
{
	cleanup_close(&process->in);
	cleanup_close(&process->out);
	process->in = process->out = -1;
}

int process_finish(struct process *process, int *ret_exit, struct error *err)
{
	int status;

	close_pipes(process);
	while (waitpid(process->pid, &status, 0) < 0)
		if (errno != EINTR)
			return error_set_errno(err, errno, "cannot await a child process");
	process->pid = 0;
	if (ret_exit)
		*ret_exit = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
	return 0;
}

void process_release(struct process *process)
{
	close_pipes(process);
	if (process->pid <= 0)
		return;
	kill(process->pid, SIGTERM);
	for (int i = 0; i < 200; i++) {
		if (waitpid(process->pid, NULL, WNOHANG) == process->pid) {
			process->pid = 0;
			return;
		}
		usleep(10000);
	}
	kill(process->pid, SIGKILL);
	waitpid(process->pid, NULL, 0);
	process->pid = 0;
}

/* Feeds the input; the pipe is closed once all is written or nobody reads. */
static void feed(struct process *process, struct slice *input)
{
	ssize_t len = write(process->in, input->data, input->len);

	if (len > 0)
		*input = slice_skip(*input, (size_t)len);
	if (!input->len || (len < 0 && errno != EAGAIN && errno != EINTR)) {
		cleanup_close(&process->in);
		process->in = -1;
	}
}

/* Whether it may go on. */
static int check_time(const struct process_options *options, int64_t deadline, struct error *err)
{
	if (options->timeout_ms && time_monotonic_ms() >= deadline)
		return error_set(err, ERROR_UNREACHABLE, "'%s' did not end within %d s",
				 options->argv[0], (int)(options->timeout_ms / 1000));
	return interrupt_check(err);
}

static int exchange(struct process *process, const struct process_options *options,
		    int64_t deadline, struct buf *output, struct error *err)
{
	struct slice input = options->input;
	char chunk[4096];

	fcntl(process->in, F_SETFL, O_NONBLOCK);
	for (;;) {
		struct pollfd fds[2] = { { .fd = process->out, .events = POLLIN },
					 { .fd = process->in, .events = POLLOUT } };
		ssize_t len;

		if (check_time(options, deadline, err))
			return -1;
		if (poll(fds, 2, 100) <= 0)
			continue;
		if (fds[1].revents)
			feed(process, &input);
		if (!fds[0].revents)
			continue;
		len = read(process->out, chunk, sizeof(chunk));
		if (len > 0)
			buf_add(output, chunk, (size_t)len);
		if (!len || output->has_failed)
			return buf_check(output, options->argv[0], err);
	}
}

/* Who has closed its standard output has not ended yet, and may never. */
static int await_end(struct process *process, const struct process_options *options,
		     int64_t deadline, struct error *err)
{
	siginfo_t end = { 0 };

	close_pipes(process);
	while (!waitid(P_PID, (id_t)process->pid, &end, WEXITED | WNOHANG | WNOWAIT) &&
	       !end.si_pid) {
		if (check_time(options, deadline, err))
			return -1;
		usleep(1000);
	}
	return 0;
}

int process_run(const struct process_options *options, struct buf *ret_output, int *ret_exit,
		struct error *err)
{
	AUTO(process_release) struct process process = PROCESS_INIT;
	int64_t deadline = time_monotonic_ms() + options->timeout_ms;

	if (process_start(options, &process, err) ||
	    exchange(&process, options, deadline, ret_output, err) ||
	    await_end(&process, options, deadline, err))
		return -1;
	return process_finish(&process, ret_exit, err);
}
