/* SPDX-License-Identifier: MIT */
#pragma once
/* Commands that a setting names, to be run in a container. */
#include "flow/config/settings.h"

void command_release(struct settings_command *command);

/* Text for /bin/sh, or a JSON array of words; replaces what `command` holds. What is
 * neither is ERROR_INPUT. */
int command_parse(const char *text, struct settings_command *command, struct error *err) CHECK;

/* image.ready: "exec:COMMAND", "exit:COMMAND" or "exit". */
int command_parse_ready(const char *text, struct settings_command *command,
			struct error *err) CHECK;
