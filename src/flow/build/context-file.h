/* SPDX-License-Identifier: MIT */
#pragma once
/* The context of a build as a file: the tar that the classic builder is sent. */
#include "flow/job.h"

#define CONTEXT_FILE_STDOUT "-"

struct context_file_facts {
	struct context_stats stats;
	struct digest_text digest; /* of the tar */
};

/* Replaces the file whole or not at all; what is there and is no regular file (a pipe, a
 * device) is written to. In a dry run nothing is read and the facts are zero. */
int context_file_write(struct job *job, const char *file, struct context_file_facts *ret_facts,
		       struct error *err) CHECK;
