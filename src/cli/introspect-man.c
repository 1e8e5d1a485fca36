/* SPDX-License-Identifier: MIT */
#include "cli/introspect-man.h"

#include "cli/help.h"
#include "flow/config/settings.h"

/* As text of a paragraph: roff reads backslashes, and dots and quotes that
 * begin a line. */
static void print_text(FILE *out, const char *text)
{
	if (*text == '.' || *text == '\'')
		fputs("\\&", out);
	for (; *text; text++) {
		if (*text == '\\')
			fputs("\\e", out);
		else if (*text == '-')
			fputs("\\-", out);
		else
			fputc(*text, out);
	}
}

static void print_line(FILE *out, const char *text, const char *end)
{
	print_text(out, text);
	fprintf(out, "%s\n", end);
}

static void print_command(FILE *out, const struct command_spec *command)
{
	fprintf(out, ".TP\n\\fB%s\\fP", command->name);
	if (*command->arguments) {
		fputs(" \\fI", out);
		print_text(out, command->arguments);
		fputs("\\fP", out);
	}
	fputc('\n', out);
	print_line(out, command->description, "");
}

static bool has_option(const struct command_spec *command, const struct option_spec *option)
{
	const struct option_spec *other;

	for (size_t i = 0; (other = option_at(command->groups, i)); i++)
		if (other == option)
			return true;
	return false;
}

/* "Of make, release and prune." for an option that not all commands have. */
static void print_owners(FILE *out, const struct option_spec *option)
{
	size_t count = 0, seen = 0;

	for (size_t i = 0; i < COMMAND_COUNT; i++)
		count += has_option(&commands[i], option);
	if (count == COMMAND_COUNT)
		return;
	for (size_t i = 0; i < COMMAND_COUNT; i++) {
		if (!has_option(&commands[i], option))
			continue;
		fprintf(out, "%s\\fB%s\\fP",
			!seen		   ? "Of "
			: seen + 1 < count ? ", "
					   : " and ",
			commands[i].name);
		seen++;
	}
	fputs(".\n", out);
}

static void print_option(FILE *out, const struct option_spec *option)
{
	AUTO(buf_release) struct buf buf = BUF_INIT(64);

	fputs(".TP\n", out);
	if (option->short_name)
		fprintf(out, "\\fB\\-%c\\fP%s", option->short_name, option->name ? ", " : "");
	if (option->name) {
		fputs("\\fB", out);
		print_text(out, option_display(option, &buf));
		fputs("\\fP", out);
	}
	if (option->argument)
		fprintf(out, " \\fI%s\\fP", option->argument);
	if (option->negated && option_negation(option, &buf)) {
		fputs(", \\fB\\-\\-", out);
		print_text(out, buf.data);
		fputs("\\fP", out);
	}
	fputc('\n', out);
	print_line(out, option->help, ".");
	print_owners(out, option);
	if (option->config_key)
		fprintf(out, "Configuration: \\fBimage.%s\\fP.\n", option->config_key);
	if (option->environment)
		fprintf(out, "Environment: \\fB%s\\fP.\n", option->environment);
}

static bool is_first(size_t command, const struct option_spec *option)
{
	for (size_t i = 0; i < command; i++)
		if (has_option(&commands[i], option))
			return false;
	return true;
}

static void print_exits(FILE *out)
{
	size_t count;
	const struct help_exit *exits = help_exits(&count);

	fputs(".SH EXIT STATUS\n", out);
	for (size_t i = 0; i < count; i++) {
		fprintf(out, ".TP\n\\fB%d\\fP\n", exits[i].code);
		print_line(out, exits[i].meaning, ".");
	}
}

void introspect_man_1(FILE *out)
{
	const struct option_spec *option;

	fputs(".SH COMMANDS\n", out);
	for (size_t i = 0; i < COMMAND_COUNT; i++)
		print_command(out, &commands[i]);
	fputs(".SH OPTIONS\n.SS Common options\n", out);
	for (size_t i = 0; i < common_options.count; i++)
		if (!common_options.options[i].is_hidden)
			print_option(out, &common_options.options[i]);
	fputs(".SS Options of commands\n", out);
	for (size_t i = 0; i < COMMAND_COUNT; i++)
		for (size_t j = 0; (option = option_at(commands[i].groups, j)); j++)
			if (is_first(i, option) && !has_option(&commands[COMMAND_DOCTOR], option))
				print_option(out, option);
	print_exits(out);
}

static const char *option_of(const char *key)
{
	const struct option_spec *option;

	for (size_t i = 0; (option = option_at(commands[COMMAND_MAKE].groups, i)); i++)
		if (str_equal(option->config_key, key))
			return option->name;
	return NULL;
}

static void print_choices(FILE *out, const char *const *choices)
{
	for (size_t i = 0; choices[i]; i++)
		fprintf(out, "%s\\fB%s\\fP", !i ? " = " : "|", choices[i]);
}

static void print_key(FILE *out, const struct setting_spec *spec)
{
	AUTO(buf_release) struct buf buf = BUF_INIT(64);
	const char *option = option_of(spec->name);

	fprintf(out, ".TP\n\\fBimage.%s\\fP", spec->name);
	if (spec->choices)
		print_choices(out, spec->choices);
	else
		fprintf(out, " = \\fI%s\\fP", spec->argument);
	if (spec->preset)
		fprintf(out, " (\\fB%s\\fP)", spec->preset);
	fputc('\n', out);
	print_line(out, spec->help, "");
	if (!spec->may_tree_set)
		fputs("Only the user may set it, not the repository.\n", out);
	if (spec->is_common)
		fputs("One for all images.\n", out);
	if (spec->is_single)
		fputs("Stands in a section of one image only.\n", out);
	if (option) {
		fputs("Option: \\fB\\-\\-", out);
		print_text(out, option);
		fputs("\\fP.\n", out);
	}
	if (!spec->is_single)
		fprintf(out, "Environment: \\fB%s\\fP.\n", setting_environment(spec, &buf));
}

void introspect_man_5(FILE *out)
{
	size_t count;
	const struct setting_spec *specs = setting_specs(&count);

	fputs(".SH KEYS\n", out);
	for (size_t i = 0; i < count; i++)
		print_key(out, &specs[i]);
}
