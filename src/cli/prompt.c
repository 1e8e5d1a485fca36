/* SPDX-License-Identifier: MIT */
#include "cli/prompt.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <termios.h>
#include <unistd.h>

#include "base/interrupt.h"
#include "base/path.h"

#define TERMINAL "/dev/tty"

/* A line without its end, up to what a terminal takes for one. */
static int read_line(int fd, struct secret *ret_answer, struct error *err)
{
	char line[MAX_CANON + 4096];
	ssize_t len;
	int status;

	for (;;) {
		struct pollfd fds[2] = { { .fd = fd, .events = POLLIN },
					 { .fd = interrupt_fd(), .events = POLLIN } };

		if (interrupt_check(err))
			return -1;
		if (poll(fds, 2, -1) < 0 && errno != EINTR)
			return error_set_errno(err, errno, "cannot wait for the terminal");
		/* What ends the wait may be a line that Ctrl-C has emptied. */
		if (fds[0].revents && !interrupt_pending())
			break;
	}
	len = read(fd, line, sizeof(line));
	if (len < 0)
		return error_set_errno(err, errno, "cannot read from the terminal");
	while (len && (line[len - 1] == '\n' || line[len - 1] == '\r'))
		len--;
	status = len ? secret_set(ret_answer, (struct slice){ line, (size_t)len }, err)
		     : error_set(err, ERROR_INPUT, "nothing was entered");
	secret_wipe(line, sizeof(line));
	return status;
}

static int ask(int fd, const char *question, struct secret *ret_answer, struct error *err)
{
	if (path_write_all(fd, slice_of(question)))
		return error_set_errno(err, errno, "cannot write to the terminal");
	return read_line(fd, ret_answer, err);
}

/* The echo goes before the question is seen, for what is typed until then is
 * dropped; and it comes back however the answer ends. */
static int ask_unseen(int fd, const char *question, struct secret *ret_answer, struct error *err)
{
	struct termios before, silent;
	int status;

	if (tcgetattr(fd, &before))
		return error_set_errno(err, errno, "cannot turn the terminal's echo off");
	silent = before;
	silent.c_lflag &= ~(tcflag_t)ECHO;
	if (tcsetattr(fd, TCSAFLUSH, &silent))
		return error_set_errno(err, errno, "cannot turn the terminal's echo off");
	status = ask(fd, question, ret_answer, err);
	if (tcsetattr(fd, TCSADRAIN, &before) && !status)
		status = error_set_errno(err, errno, "cannot turn the terminal's echo on");
	/* The line's own end was not shown either. */
	if (path_write_all(fd, SLICE("\n")) && !status)
		status = error_set_errno(err, errno, "cannot write to the terminal");
	return status;
}

int prompt_line(const char *question, bool is_secret, struct secret *ret_answer, struct error *err)
{
	AUTOCLOSE int fd = open(TERMINAL, O_RDWR | O_CLOEXEC | O_NOCTTY);

	if (fd < 0)
		return error_set(err, ERROR_NOT_FOUND, "there is no terminal to ask on");
	return is_secret ? ask_unseen(fd, question, ret_answer, err)
			 : ask(fd, question, ret_answer, err);
}
