/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "auth/credentials.h"
#include "base/interrupt.h"
#include "cli/commands.h"
#include "cli/help.h"
#include "cli/introspect.h"
#include "report/report.h"

static int (*const functions[COMMAND_COUNT])(struct cli *cli, struct error *err) = {
	[COMMAND_STATUS] = cmd_status,	 [COMMAND_MAKE] = cmd_make,
	[COMMAND_RELEASE] = cmd_release, [COMMAND_BUILD] = cmd_build,
	[COMMAND_TEST] = cmd_test,	 [COMMAND_PRUNE] = cmd_prune,
	[COMMAND_PUBLISH] = cmd_publish, [COMMAND_EXISTS] = cmd_exists,
	[COMMAND_RESOLVE] = cmd_resolve, [COMMAND_REF] = cmd_ref,
	[COMMAND_TAGS] = cmd_tags,	 [COMMAND_DOCTOR] = cmd_doctor,
	[COMMAND_HOOK] = cmd_hook,	 [COMMAND_LOGIN] = cmd_login,
	[COMMAND_LOGOUT] = cmd_logout,	 [COMMAND_KEY] = cmd_key,
	[COMMAND_LOG] = cmd_log,	 [COMMAND_CONTEXT] = cmd_context,
	[COMMAND_SAVE] = cmd_save,	 [COMMAND_LOAD] = cmd_load,
	[COMMAND_ENSURE] = cmd_ensure,	 [COMMAND_GRAPH] = cmd_graph,
	[COMMAND_WHY] = cmd_why,	 [COMMAND_LEDGER] = cmd_ledger,
	[COMMAND_INIT] = cmd_init,
};

static int enter_folders(const struct options *options, struct error *err)
{
	for (size_t i = 0; i < options->folders.len; i++)
		if (chdir(options->folders.items[i]))
			return error_set_errno(err, errno, "cannot enter '%s'",
					       options->folders.items[i]);
	return 0;
}

static enum report_kind choose_kind(const struct options *options)
{
	if (options->is_json)
		return REPORT_JSON;
	if (options->progress == PROGRESS_TTY)
		return REPORT_TTY;
	return options->progress == PROGRESS_PLAIN ? REPORT_PLAIN : REPORT_AUTO;
}

static int run_command(struct options *options, struct report *report, struct error *err)
{
	struct cli cli = { .options = options, .report = report, .sink = report_sink(report) };

	if (options->introspect)
		return introspect_print(options->introspect, stdout, err);
	if (options->wants_version)
		help_version(stdout);
	else if (options->wants_help || !options->command)
		help_print(options->command, stdout);
	if (options->wants_version || options->wants_help || !options->command)
		return 0;
	if (interrupt_install(err) || credentials_hide_variables(err) ||
	    enter_folders(options, err))
		return -1;
	return functions[options->command->id](&cli, err);
}

/* Where one is closed, a file or connection of ours would become it, and get what
 * we say, or be read as what somebody enters. */
static int open_standard_streams(void)
{
	int fd;

	do
		fd = open("/dev/null", O_RDWR);
	while (fd >= 0 && fd <= STDERR_FILENO);
	return fd < 0 ? -1 : close(fd);
}

int main(int argc, char **argv)
{
	struct options options = { 0 };
	AUTO(report_freep) struct report *report = NULL;
	struct error err = { 0 }, report_err = { 0 };
	int status;

	if (open_standard_streams())
		return error_exit_code(ERROR_SYSTEM);
	status = options_parse(argc, argv, &options, &err);
	report = report_new(&(struct report_options){ .kind = choose_kind(&options),
						      .out = stdout,
						      .err = stderr,
						      .is_quiet = options.is_quiet,
						      .verbosity = options.verbosity },
			    &report_err);
	if (!report) {
		fprintf(stderr, "error: %s\n", report_err.message);
		options_release(&options);
		return error_exit_code(report_err.kind);
	}
	if (!status)
		status = run_command(&options, report, &err);
	if (!status)
		status = report_finish(report, &err);
	if (status && err.message[0])
		report_error(report, &err);
	options_release(&options);
	return status ? error_exit_code(err.kind) : 0;
}
