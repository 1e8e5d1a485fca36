/* SPDX-License-Identifier: MIT */
#include "flow/config/settings-command.h"

#include <string.h>

#include "codec/json.h"

void command_release(struct settings_command *command)
{
	free(command->text);
	strv_release(&command->argv);
	*command = (struct settings_command){ 0 };
}

/* Unlike in a Dockerfile, what only looks like an array is no shell command:
 * git takes unquoted quotes away, and [ /test ] is true in every shell. */
static int parse_array(const char *text, struct strv *argv, struct error *err)
{
	AUTO(json_freep) struct json *json = json_parse(slice_of(text), err);
	struct json *item = json ? json_first(json) : NULL;

	if (!item || json_type(json) != JSON_ARRAY) {
		error_set(err, ERROR_INPUT,
			  "expected [\"PROGRAM\", \"WORD\", ...] after '[', not '%s'", text);
		return error_hint(
			err,
			"in a file: [\\\"PROGRAM\\\"]; in a shell command: 'test' instead of '['");
	}
	for (; item; item = json_next(item)) {
		if (!json_text(item))
			return error_set(err, ERROR_INPUT, "expected words in the array, not '%s'",
					 text);
		if (strv_add(argv, json_text(item), err))
			return -1;
	}
	return 0;
}

int command_parse(const char *text, struct settings_command *command, struct error *err)
{
	AUTO(command_release) struct settings_command next = { .uses_shell = text[0] != '[' };

	next.text = str_copy(text, err);
	if (!next.text)
		return -1;
	if (!next.uses_shell) {
		if (parse_array(text, &next.argv, err))
			return -1;
	} else if (strv_add(&next.argv, "/bin/sh", err) || strv_add(&next.argv, "-c", err) ||
		   strv_add(&next.argv, text, err)) {
		return -1;
	}
	command_release(command);
	*command = next;
	next = (struct settings_command){ 0 };
	return 0;
}

int command_parse_ready(const char *text, struct settings_command *command, struct error *err)
{
	bool ends = str_starts(text, "exit:");
	bool has_command = ends || str_starts(text, "exec:");
	const char *command_text = has_command ? text + 5 + strspn(text + 5, " \t") : "";

	if (str_starts(text, "http:") || str_starts(text, "tcp:")) {
		error_set(err, ERROR_UNSUPPORTED, "'%s' is not supported yet", text);
		return error_hint(err, "use exec:COMMAND with a program that the image has");
	}
	if (!strcmp(text, "exit")) {
		command_release(command);
		command->ends = true;
		return str_replace(&command->text, text, err);
	}
	if (!*command_text)
		return error_set(err, ERROR_INPUT, "expected exec:COMMAND|exit[:COMMAND], not '%s'",
				 text);
	if (command_parse(command_text, command, err))
		return -1;
	command->ends = ends;
	return 0;
}
