/* SPDX-License-Identifier: MIT */
#include "base/error.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/redact.h"

static const struct {
	const char *name;
	int exit_code;
	const char *hint;
} kinds[] = {
	[ERROR_NONE] = { "none", 0, NULL },
	[ERROR_NO] = { "no", 1, NULL },
	[ERROR_USAGE] = { "usage", 2, "'git image -h' lists commands and options" },
	[ERROR_INPUT] = { "input", 3, NULL },
	[ERROR_NOT_FOUND] = { "not-found", 3, NULL },
	[ERROR_BUILD] = { "build", 4, NULL },
	[ERROR_NOT_READY] = { "not-ready", 5, NULL },
	[ERROR_TEST] = { "test", 6, NULL },
	[ERROR_DENIED] = { "denied", 7, "check the credentials and what they may do" },
	[ERROR_UNREACHABLE] = { "unreachable", 8, "'git image doctor' checks engine and registry" },
	[ERROR_CONFLICT] = { "conflict", 9, NULL },
	[ERROR_PROTOCOL] = { "protocol", 10, "'git image doctor' checks engine and registry" },
	[ERROR_UNSUPPORTED] = { "unsupported", 3, NULL },
	[ERROR_SYSTEM] = { "system", 10, NULL },
	[ERROR_MEMORY] = { "memory", 10, NULL },
	[ERROR_INTERRUPTED] = { "interrupted", 130, NULL },
};

PRINTF(2, 0) static void print_message(struct error *err, const char *format, va_list args)
{
	vsnprintf(err->message, sizeof(err->message), format, args);
	redact_text(err->message);
}

int error_set(struct error *err, enum error_kind kind, const char *format, ...)
{
	va_list args;

	error_clear(err);
	err->kind = kind;
	va_start(args, format);
	print_message(err, format, args);
	va_end(args);
	return -1;
}

static enum error_kind kind_of_errno(int os_errno)
{
	switch (os_errno) {
	case ENOMEM:
		return ERROR_MEMORY;
	case EACCES:
	case EPERM:
		return ERROR_DENIED;
	case ECONNREFUSED:
	case ECONNRESET:
	case ETIMEDOUT:
	case EHOSTUNREACH:
		return ERROR_UNREACHABLE;
	default:
		return ERROR_SYSTEM;
	}
}

int error_set_errno(struct error *err, int os_errno, const char *format, ...)
{
	va_list args;
	size_t len;

	error_clear(err);
	err->kind = kind_of_errno(os_errno);
	err->os_errno = os_errno;
	va_start(args, format);
	print_message(err, format, args);
	va_end(args);
	len = strlen(err->message);
	snprintf(err->message + len, sizeof(err->message) - len, ": %s", strerror(os_errno));
	return -1;
}

int error_set_memory(struct error *err)
{
	return error_set(err, ERROR_MEMORY, "out of memory");
}

int error_wrap(struct error *err, const char *format, ...)
{
	char inner[LIMIT_ERROR_MESSAGE];
	va_list args;
	size_t len;

	memcpy(inner, err->message, sizeof(inner));
	va_start(args, format);
	print_message(err, format, args);
	va_end(args);
	len = strlen(err->message);
	snprintf(err->message + len, sizeof(err->message) - len, ": %s", inner);
	return -1;
}

int error_hint(struct error *err, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(err->hint, sizeof(err->hint), format, args);
	va_end(args);
	redact_text(err->hint);
	return -1;
}

void error_clear(struct error *err)
{
	err->kind = ERROR_NONE;
	err->os_errno = 0;
	err->http_status = 0;
	err->message[0] = '\0';
	err->hint[0] = '\0';
}

int error_exit_code(enum error_kind kind)
{
	return kinds[kind].exit_code;
}

const char *error_kind_name(enum error_kind kind)
{
	return kinds[kind].name;
}

const char *error_get_hint(const struct error *err)
{
	return err->hint[0] ? err->hint : kinds[err->kind].hint;
}
