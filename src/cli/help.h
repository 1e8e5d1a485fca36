/* SPDX-License-Identifier: MIT */
#pragma once
/* What -h, --help and --version print, from the tables. */
#include <stdio.h>

#include "cli/commands.h"

/* Of one command; NULL: of the program. */
void help_print(const struct command_spec *command, FILE *out);
void help_version(FILE *out);

struct help_exit {
	int code;
	const char *meaning; /* one sentence, no full stop */
};

/* What the exit codes mean, in order; one for each code of an error kind. */
const struct help_exit *help_exits(size_t *ret_count);
