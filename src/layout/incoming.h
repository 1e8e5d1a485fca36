/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * A file on its way into a folder: it has no name until it is whole, so that a
 * kill leaves nothing, but for file systems that know no such files.
 */
#include <sys/types.h>

#include "base/error.h"

struct incoming {
	int fd;
	char *path; /* a name for the time being; NULL: none is needed */
};

#define INCOMING_INIT                                                                              \
	{                                                                                          \
		.fd = -1                                                                           \
	}

/* What its name for the time being begins with: a kill may leave it. */
#define INCOMING_PREFIX ".incoming-"

/* In a folder of the file system where it is to be; `mode` less the umask. */
int incoming_open(const char *folder, mode_t mode, struct incoming *ret_incoming,
		  struct error *err) CHECK;
/* Takes the name over from whoever has it. */
int incoming_place(struct incoming *incoming, const char *path, struct error *err) CHECK;
/* What has not been placed is gone. */
void incoming_release(struct incoming *incoming);
/* The error of a file that could not be written there; always -1. */
int incoming_fail(const char *folder, int os_errno, struct error *err);
