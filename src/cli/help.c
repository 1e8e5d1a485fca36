/* SPDX-License-Identifier: MIT */
#include "cli/help.h"

#define COLUMNS	       79
#define OPTION_COLUMNS 26

static const struct help_exit exits[] = {
	{ 0, "Done" },
	{ 1, "The answer is no" },
	{ 2, "The command line is wrong" },
	{ 3, "Bad configuration, repository or other input; something named is not there" },
	{ 4, "The build failed" },
	{ 5, "The container never became ready" },
	{ 6, "The tests failed" },
	{ 7, "Credentials or permissions are refused" },
	{ 8, "Engine or registry do not answer" },
	{ 9, "Conflict: the tag holds something else" },
	{ 10, "The fault of git-image, of a peer that breaks its protocol, or of the system" },
	{ 130, "Interrupted" },
};

const struct help_exit *help_exits(size_t *ret_count)
{
	*ret_count = ARRAY_SIZE(exits);
	return exits;
}

/* Words up to the last column, later lines indented; ends with a line feed.
 * `column` is where the first word goes. */
static void print_words(FILE *out, const char *text, size_t column, size_t indent)
{
	struct slice rest = slice_of(text), word;
	bool is_first = true;

	while (slice_cut(&rest, ' ', &word)) {
		if (!is_first && column + 1 + word.len > COLUMNS) {
			fprintf(out, "\n%*s", (int)indent, "");
			column = indent;
			is_first = true;
		}
		fprintf(out, "%s%.*s", is_first ? "" : " ", (int)word.len, word.data);
		column += word.len + !is_first;
		is_first = false;
	}
	fputc('\n', out);
}

static void print_option(FILE *out, const struct option_spec *option)
{
	AUTO(buf_release) struct buf line = BUF_INIT(256);

	if (option->is_hidden)
		return;
	if (!option->short_name)
		buf_add_text(&line, "      ");
	else
		buf_add_format(&line, "  -%c%s", option->short_name, option->name ? ", " : "");
	if (option->name)
		buf_add_format(&line, "--%s", option->name);
	if (option->argument)
		buf_add_format(&line, " %s", option->argument);
	fputs(line.data, out);
	if (line.len + 2 > OPTION_COLUMNS)
		fprintf(out, "\n%*s", OPTION_COLUMNS, "");
	else
		fprintf(out, "%*s", (int)(OPTION_COLUMNS - line.len), "");
	print_words(out, option->help, OPTION_COLUMNS, OPTION_COLUMNS);
}

static void print_group(FILE *out, const struct option_group *group)
{
	fprintf(out, "\n%s:\n", group->title);
	for (size_t i = 0; i < group->count; i++)
		print_option(out, &group->options[i]);
}

static void print_program(FILE *out)
{
	fputs("usage: git image [COMMON OPTION...] [COMMAND [OPTION...] [WORD...]]\n\n", out);
	print_words(out,
		    "From a git commit to a tested, published container image: built from the "
		    "commit's own tree, tagged with its short SHA, stamped with the full one, "
		    "started, tested, pruned and published.",
		    0, 0);
	fputs("\nCommands:\n", out);
	for (size_t i = 0; i < COMMAND_COUNT; i++)
		fprintf(out, "  %-9s %s%s\n", commands[i].name, commands[i].summary,
			i == COMMAND_STATUS ? " (the default)" : "");
	print_group(out, &common_options);
	fputs("\n'git image COMMAND -h' or 'git image help COMMAND' describes a command,\n"
	      "'man git-image' all of it.\n",
	      out);
}

void help_print(const struct command_spec *command, FILE *out)
{
	if (!command) {
		print_program(out);
		return;
	}
	fprintf(out, "usage: git image %s [OPTION...]%s%s\n\n", command->name,
		*command->arguments ? " " : "", command->arguments);
	print_words(out, command->description, 0, 0);
	for (size_t i = 0; command->groups[i]; i++)
		print_group(out, command->groups[i]);
}

void help_version(FILE *out)
{
	fprintf(out, "git-image %s\n", PACKAGE_VERSION);
}
