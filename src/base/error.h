/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * What went wrong, once: the kind decides the exit code and the hint, the
 * message names the thing, the place and the mend. The lowest level states
 * the fact, each level above wraps it. No memory is allocated here, so that
 * running out of it can be reported. Credentials in URLs and Authorization
 * headers are redacted, control characters replaced.
 */
#include <stdarg.h>
#include <stdbool.h>

#include "base/cleanup.h"
#include "base/limits.h"

enum error_kind {
	ERROR_NONE,
	ERROR_NO,	   /* the answer is no */
	ERROR_USAGE,	   /* the command line */
	ERROR_INPUT,	   /* configuration, repository or other input */
	ERROR_NOT_FOUND,   /* a named thing is not there */
	ERROR_BUILD,	   /* the build ran and failed */
	ERROR_NOT_READY,   /* the trial never became ready */
	ERROR_TEST,	   /* the tests ran and failed */
	ERROR_DENIED,	   /* credentials or permissions */
	ERROR_UNREACHABLE, /* engine or registry do not answer */
	ERROR_CONFLICT,	   /* the tag holds something else */
	ERROR_PROTOCOL,	   /* a peer speaks nonsense */
	ERROR_UNSUPPORTED, /* the peer cannot do this; another way may */
	ERROR_SYSTEM,	   /* the operating system's fault, or ours */
	ERROR_MEMORY,
	ERROR_INTERRUPTED,
};

struct error {
	enum error_kind kind;
	int os_errno;	 /* 0 if none */
	int http_status; /* 0 if none */
	char message[LIMIT_ERROR_MESSAGE];
	char hint[256]; /* empty: the kind's own */
};

/* Sets kind and message; always -1, so that it can be returned. */
int error_set(struct error *err, enum error_kind kind, const char *format, ...) PRINTF(3, 4);

/* The same for a failed system call: ": <strerror>" is appended. */
int error_set_errno(struct error *err, int os_errno, const char *format, ...) PRINTF(3, 4);

/* Running out of memory. */
int error_set_memory(struct error *err);

/* Puts "<text>: " before the message of an error that is set; always -1. */
int error_wrap(struct error *err, const char *format, ...) PRINTF(2, 3);

/* Replaces the kind's own hint by one that knows more; always -1. */
int error_hint(struct error *err, const char *format, ...) PRINTF(2, 3);

/* Back to no error, to try another way. */
void error_clear(struct error *err);

static inline bool error_is(const struct error *err, enum error_kind kind)
{
	return err->kind == kind;
}

/* The exit code of the kind, as the man page lists it. */
int error_exit_code(enum error_kind kind);

/* One word for machines: "denied", "unreachable", ... Never NULL. */
const char *error_kind_name(enum error_kind kind);

/* The hint to print: the error's own, else the kind's; NULL if none. */
const char *error_get_hint(const struct error *err);
