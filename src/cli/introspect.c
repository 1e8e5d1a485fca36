/* SPDX-License-Identifier: MIT */
#include "cli/introspect.h"

#include "cli/help.h"
#include "cli/introspect-man.h"
#include "flow/config/settings.h"

static void print_commands(FILE *out)
{
	for (size_t i = 0; i < COMMAND_COUNT; i++)
		fprintf(out, "%s\t%s\t%s\n", commands[i].name, commands[i].arguments,
			commands[i].summary);
}

static void print_options(FILE *out)
{
	const struct option_spec *option;

	for (size_t i = 0; i < COMMAND_COUNT; i++) {
		for (size_t j = 0; (option = option_at(commands[i].groups, j)); j++) {
			AUTO(buf_release) struct buf buf = BUF_INIT(64);

			if (option->is_hidden)
				continue;
			fprintf(out, "%s\t%s\t%s\t%s\n", commands[i].name,
				option_display(option, &buf),
				option->argument ? option->argument : "",
				option->config_key ? option->config_key : "");
		}
	}
}

static void print_keys(FILE *out)
{
	size_t count;
	const struct setting_spec *specs = setting_specs(&count);

	for (size_t i = 0; i < count; i++) {
		AUTO(buf_release) struct buf buf = BUF_INIT(64);

		fprintf(out, "%s\t%s\t%s\t%s\t%s\n", specs[i].name,
			specs[i].may_tree_set ? "tree" : "user",
			specs[i].is_common ? "all" : "each", specs[i].preset ? specs[i].preset : "",
			setting_environment(&specs[i], &buf));
	}
}

static void print_exits(FILE *out)
{
	size_t count;
	const struct help_exit *exits = help_exits(&count);

	for (size_t i = 0; i < count; i++)
		fprintf(out, "%d\t%s\n", exits[i].code, exits[i].meaning);
}

/* The words of a command's options, as compgen takes them. */
static void print_completion_options(FILE *out, const struct option_group *const *groups)
{
	const struct option_spec *option;

	for (size_t i = 0; (option = option_at(groups, i)); i++) {
		AUTO(buf_release) struct buf buf = BUF_INIT(64);

		if (option->is_hidden)
			continue;
		fprintf(out, "%s%s", i ? " " : "", option_display(option, &buf));
		if (option->negated && option_negation(option, &buf))
			fprintf(out, " --%s", buf.data);
	}
}

static void print_words(FILE *out, const char *const *words)
{
	for (size_t i = 0; words[i]; i++)
		fprintf(out, "%s%s", i ? " " : "", words[i]);
}

static const char *const *choices_of(const struct option_spec *option)
{
	const struct setting_spec *spec;

	if (!option->config_key)
		return option->choices;
	spec = setting_find(option->config_key);
	return spec ? spec->choices : NULL;
}

/* After an option with choices one of them; after any other nothing we know. */
static void print_completion_values(FILE *out)
{
	const struct option_spec *option;
	const char *separator = "\t";

	for (size_t i = 0; (option = option_at(commands[COMMAND_MAKE].groups, i)); i++) {
		AUTO(buf_release) struct buf buf = BUF_INIT(64);

		if (!option->argument || !choices_of(option))
			continue;
		fprintf(out, "\t%s) __git_image_reply '", option_display(option, &buf));
		print_words(out, choices_of(option));
		fputs("' && return ;;\n", out);
	}
	for (size_t i = 0; (option = option_at(commands[COMMAND_MAKE].groups, i)); i++) {
		AUTO(buf_release) struct buf buf = BUF_INIT(64);

		if (!option->argument || option->is_hidden || choices_of(option))
			continue;
		fprintf(out, "%s%s", separator, option_display(option, &buf));
		separator = "|";
	}
	fputs(") return ;;\n", out);
}

static void print_completion_commands(FILE *out)
{
	static const struct option_group *const common[] = { &common_options, NULL };

	fputs("\t,-*) __git_image_reply '", out);
	print_completion_options(out, common);
	fputs("' ;;\n\t,*) __git_image_reply '", out);
	for (size_t i = 0; i < COMMAND_COUNT; i++)
		fprintf(out, "%s%s", i ? " " : "", commands[i].name);
	fputs("' ;;\n", out);
	for (size_t i = 0; i < COMMAND_COUNT; i++) {
		fprintf(out, "\t%s,-*) __git_image_reply '", commands[i].name);
		print_completion_options(out, commands[i].groups);
		fputs("' ;;\n", out);
		if (!commands[i].actions)
			continue;
		fprintf(out, "\t%s,*) __git_image_reply '", commands[i].name);
		print_words(out, commands[i].actions);
		fputs("' ;;\n", out);
	}
}

/* git's own completion calls _git_image for "git image" with words, cword, cur
 * and prev set; for "git-image" they are set here. */
static void print_bash(FILE *out)
{
	fputs("# bash completion of git-image, made from its tables\n"
	      "__git_image_reply()\n{\n"
	      "\tmapfile -t COMPREPLY < <(compgen -W \"$1\" -- \"$cur\")\n}\n\n"
	      "_git_image()\n{\n"
	      "\tlocal command='' word\n"
	      "\tfor word in \"${words[@]:1:cword-1}\"; do\n"
	      "\t\tcase $word in\n\t\t",
	      out);
	for (size_t i = 0; i < COMMAND_COUNT; i++)
		fprintf(out, "%s%s", i ? "|" : "", commands[i].name);
	fputs(") command=$word && break ;;\n\t\tesac\n\tdone\n\tcase $prev in\n", out);
	print_completion_values(out);
	fputs("\tesac\n\tcase $command,$cur in\n", out);
	print_completion_commands(out);
	fputs("\tesac\n}\n\n"
	      "__git_image_main()\n{\n"
	      "\tlocal words=(\"${COMP_WORDS[@]}\") cword=$COMP_CWORD\n"
	      "\tlocal cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]}\n"
	      "\t_git_image\n}\n"
	      "complete -o default -F __git_image_main git-image\n",
	      out);
}

static const struct {
	const char *what;
	void (*print)(FILE *out);
} tables[] = {
	{ "man-1", introspect_man_1 },	{ "man-5", introspect_man_5 }, { "bash", print_bash },
	{ "commands", print_commands }, { "options", print_options },  { "keys", print_keys },
	{ "exits", print_exits },
};

int introspect_print(const char *what, FILE *out, struct error *err)
{
	for (size_t i = 0; i < ARRAY_SIZE(tables); i++) {
		if (strcmp(tables[i].what, what) != 0)
			continue;
		tables[i].print(out);
		return 0;
	}
	return error_set(err, ERROR_USAGE, "no table '%s'", what);
}
