/* SPDX-License-Identifier: MIT */
#include "cli/options.h"

#include <limits.h>
#include <stdio.h>

#include "cli/commands.h"

#define WORD_MAX_LEN 64

struct parser {
	struct options *options;
	const struct option_group *const *groups; /* what may stand here */
	char *const *next;			  /* the word to read, up to NULL */
	bool has_only_words;			  /* after "--" */
	bool is_done;				  /* after --help and its like */
};

/* An option as it was written. */
struct match {
	const struct option_spec *option;
	bool is_negated;
};

static const struct option_group *const before_command[] = { &common_options, NULL };

const struct option_spec *option_at(const struct option_group *const *groups, size_t index)
{
	for (; *groups; groups++) {
		if (index < (*groups)->count)
			return &(*groups)->options[index];
		index -= (*groups)->count;
	}
	return NULL;
}

const char *option_display(const struct option_spec *option, struct buf *buf)
{
	buf_reset(buf);
	if (option->name)
		buf_add_format(buf, "--%s", option->name);
	else
		buf_add_format(buf, "-%c", option->short_name);
	return buf->data;
}

const char *option_negation(const struct option_spec *option, struct buf *buf)
{
	if (!option->name || option->ends_parsing ||
	    (option->type != OPTION_FLAG && !option->negated))
		return NULL;
	buf_reset(buf);
	if (str_starts(option->name, "no-"))
		buf_add_text(buf, option->name + 3);
	else
		buf_add_format(buf, "no-%s", option->name);
	return buf->data;
}

/* The `index`-th way to write an option in full: each one's name, then its
 * negation. False past the end; `*ret_word` is NULL where there is none. */
static bool option_word(const struct parser *parser, size_t index, struct buf *buf,
			struct match *ret_match, const char **ret_word)
{
	ret_match->option = option_at(parser->groups, index / 2);
	ret_match->is_negated = index % 2;
	if (!ret_match->option)
		return false;
	*ret_word = ret_match->is_negated ? option_negation(ret_match->option, buf)
					  : ret_match->option->name;
	return true;
}

static int unknown_option(const struct parser *parser, const char *given, struct error *err)
{
	AUTO(buf_release) struct buf buf = BUF_INIT(WORD_MAX_LEN), nearest = BUF_INIT(WORD_MAX_LEN);
	const struct command_spec *command = parser->options->command;
	unsigned least = UINT_MAX;
	struct match match = { 0 };
	const char *word;

	for (size_t i = 0; option_word(parser, i, &buf, &match, &word); i++) {
		if (!word || match.option->is_hidden || !str_is_nearer(given, word, &least))
			continue;
		buf_reset(&nearest);
		buf_add_text(&nearest, word);
	}
	if (command)
		error_set(err, ERROR_USAGE, "'%s' has no option '--%s'", command->name, given);
	else
		error_set(err, ERROR_USAGE, "no option '--%s' before the command", given);
	if (nearest.len)
		return error_hint(err, "did you mean '--%s'?", nearest.data);
	return error_hint(err, "'git image %s%s-h' lists the options", command ? command->name : "",
			  command ? " " : "");
}

/* False if no option is called just so. */
static bool find_exact(const struct parser *parser, const char *given, struct match *ret_match)
{
	AUTO(buf_release) struct buf buf = BUF_INIT(WORD_MAX_LEN);
	struct match match;
	const char *word;

	for (size_t i = 0; option_word(parser, i, &buf, &match, &word); i++) {
		if (!word || strcmp(word, given) != 0)
			continue;
		*ret_match = match;
		return true;
	}
	return false;
}

/* A full word, or the beginning of just one. */
static int find_long(const struct parser *parser, const char *given, struct match *ret_match,
		     struct error *err)
{
	AUTO(buf_release) struct buf buf = BUF_INIT(WORD_MAX_LEN);
	AUTO(buf_release) struct buf first = BUF_INIT(WORD_MAX_LEN);
	struct match match, found = { NULL, false };
	const char *word;

	if (find_exact(parser, given, ret_match))
		return 0;
	for (size_t i = 0; *given && option_word(parser, i, &buf, &match, &word); i++) {
		if (!word || match.option->is_hidden || !str_starts(word, given))
			continue;
		if (found.option)
			return error_set(err, ERROR_USAGE,
					 "option '--%s' is ambiguous: '--%s' or '--%s'", given,
					 first.data, word);
		found = match;
		buf_add_text(&first, word);
	}
	if (!found.option)
		return unknown_option(parser, given, err);
	*ret_match = found;
	return 0;
}

static int find_short(const struct parser *parser, char letter, struct match *ret_match,
		      struct error *err)
{
	const struct command_spec *command = parser->options->command;
	const struct option_spec *option;

	for (size_t i = 0; (option = option_at(parser->groups, i)); i++) {
		if (option->short_name != letter)
			continue;
		*ret_match = (struct match){ option, false };
		return 0;
	}
	if (command)
		return error_set(err, ERROR_USAGE, "'%s' has no option '-%c'", command->name,
				 letter);
	return error_set(err, ERROR_USAGE, "no option '-%c' before the command", letter);
}

static int set_choice(int *choice, const struct option_spec *option, const char *value,
		      struct error *err)
{
	AUTO(buf_release) struct buf list = BUF_INIT(256);

	for (int i = 0; option->choices[i]; i++) {
		if (!strcmp(option->choices[i], value)) {
			*choice = i;
			return 0;
		}
		if (i)
			buf_add_text(&list, option->choices[i + 1] ? ", " : " or ");
		buf_add_text(&list, option->choices[i]);
	}
	return error_set(err, ERROR_USAGE, "'--%s' takes %s, not '%s'", option->name, list.data,
			 value);
}

static int add_override(struct options *options, const struct option_spec *option,
			const char *value, struct error *err)
{
	struct option_override *grown;

	grown = realloc(options->overrides, (options->override_count + 1) * sizeof(*grown));
	if (!grown)
		return error_set_memory(err);
	grown[options->override_count++] = (struct option_override){ option, value };
	options->overrides = grown;
	return 0;
}

/* `value` is NULL for an option without an argument. */
static int set_value(struct options *options, struct match match, const char *value,
		     struct error *err)
{
	const struct option_spec *option = match.option;
	void *field = (char *)options + option->offset;

	switch (option->type) {
	case OPTION_FLAG:
		*(bool *)field = !match.is_negated;
		return 0;
	case OPTION_COUNT:
		++*(int *)field;
		return 0;
	case OPTION_TEXT:
		*(const char **)field = value;
		return 0;
	case OPTION_TEXTS:
		return strv_add(field, value, err);
	case OPTION_CHOICE:
		return set_choice(field, option, value, err);
	case OPTION_KEY:
		return add_override(options, option, match.is_negated ? option->negated : value,
				    err);
	}
	return 0;
}

static int needs_value(const struct option_spec *option, struct error *err)
{
	AUTO(buf_release) struct buf buf = BUF_INIT(WORD_MAX_LEN);

	return error_set(err, ERROR_USAGE, "'%s' needs a value: %s", option_display(option, &buf),
			 option->argument);
}

/* "--name", "--name=value" or "--name value"; `word` is what follows "--". */
static int parse_long(struct parser *parser, const char *word, struct error *err)
{
	const char *value = strchr(word, '=');
	AUTOFREE char *name = NULL;
	struct match match = { 0 };

	name = str_copy_slice((struct slice){ word, strcspn(word, "=") }, err);
	if (!name || find_long(parser, name, &match, err))
		return -1;
	if (value)
		value++;
	if (!match.option->argument || match.is_negated) {
		if (value)
			return error_set(err, ERROR_USAGE, "'--%s' takes no value", name);
	} else if (!value && !(value = *parser->next)) {
		return needs_value(match.option, err);
	} else if (value == *parser->next) {
		parser->next++;
	}
	parser->is_done = match.option->ends_parsing;
	return set_value(parser->options, match, value, err);
}

/* "-n", several in one word, "-Cvalue" or "-C value". */
static int parse_short(struct parser *parser, const char *word, struct error *err)
{
	for (; *word && !parser->is_done; word++) {
		const char *value = NULL;
		struct match match = { 0 };

		if (find_short(parser, *word, &match, err))
			return -1;
		if (match.option->argument) {
			value = word[1] ? word + 1 : *parser->next;
			if (!value)
				return needs_value(match.option, err);
			parser->next += !word[1];
		}
		if (set_value(parser->options, match, value, err))
			return -1;
		parser->is_done = match.option->ends_parsing;
		if (value)
			break;
	}
	return 0;
}

static int unknown_command(const char *word, struct error *err)
{
	const char *nearest = NULL;
	unsigned least = UINT_MAX;

	for (size_t i = 0; i < COMMAND_COUNT; i++)
		if (str_is_nearer(word, commands[i].name, &least))
			nearest = commands[i].name;
	error_set(err, ERROR_USAGE, "no command '%s'", word);
	return nearest ? error_hint(err, "did you mean '%s'?", nearest) : -1;
}

static void set_command(struct parser *parser, const struct command_spec *command)
{
	parser->options->command = command;
	parser->groups = command->groups;
}

/* As -h is, for git takes --help for itself and looks for a manual page. */
static int parse_help(struct parser *parser, struct error *err)
{
	const char *word = *parser->next;

	if (word && word[0] != '-') {
		if (!command_find(word))
			return unknown_command(word, err);
		set_command(parser, command_find(word));
	}
	parser->options->wants_help = true;
	parser->is_done = true;
	return 0;
}

static int parse_word(struct parser *parser, const char *word, struct error *err)
{
	if (parser->options->command)
		return strv_add(&parser->options->words, word, err);
	if (!strcmp(word, "help"))
		return parse_help(parser, err);
	if (!command_find(word))
		return unknown_command(word, err);
	set_command(parser, command_find(word));
	return 0;
}

static int parse_all(struct parser *parser, struct error *err)
{
	while (*parser->next && !parser->is_done) {
		const char *word = *parser->next++;
		int rc;

		if (!parser->has_only_words && !strcmp(word, "--")) {
			parser->has_only_words = true;
			continue;
		}
		if (parser->has_only_words || word[0] != '-' || !word[1])
			rc = parse_word(parser, word, err);
		else if (word[1] == '-')
			rc = parse_long(parser, word + 2, err);
		else
			rc = parse_short(parser, word + 1, err);
		if (rc)
			return -1;
	}
	return 0;
}

/* Only common options have one: each command's own come from the configuration. */
static int parse_environment(struct options *options, struct error *err)
{
	const struct option_spec *option;

	for (size_t i = 0; (option = option_at(before_command, i)); i++) {
		const char *value = option->environment ? getenv(option->environment) : NULL;

		if (value && *value &&
		    set_value(options, (struct match){ option, false }, value, err))
			return error_wrap(err, "environment variable %s", option->environment);
	}
	return 0;
}

static bool has_action(const struct command_spec *command, const char *word)
{
	for (size_t i = 0; command->actions[i]; i++)
		if (!strcmp(command->actions[i], word))
			return true;
	return false;
}

static int check_words(const struct options *options, struct error *err)
{
	const struct command_spec *command = options->command;
	const struct strv *words = &options->words;

	if (words->len < command->min_words)
		return error_set(err, ERROR_USAGE, "'%s' needs more: git image %s %s",
				 command->name, command->name, command->arguments);
	if (words->len > command->max_words)
		return error_set(err, ERROR_USAGE, "'%s' takes no argument '%s'", command->name,
				 words->items[command->max_words]);
	if (command->actions && !has_action(command, words->items[0]))
		return error_set(err, ERROR_USAGE, "'%s' cannot '%s': git image %s %s",
				 command->name, words->items[0], command->name, command->arguments);
	return 0;
}

int options_parse(int argc, char *const *argv, struct options *ret_options, struct error *err)
{
	struct parser parser = {
		.options = ret_options,
		.groups = before_command,
		.next = argv + (argc > 0),
	};

	*ret_options = (struct options){ 0 };
	if (parse_environment(ret_options, err) || parse_all(&parser, err))
		return -1;
	if (parser.is_done)
		return 0;
	if (!ret_options->command)
		set_command(&parser, &commands[COMMAND_STATUS]);
	return check_words(ret_options, err);
}

int options_apply(const struct options *options, struct configuration *configuration,
		  struct event_sink *sink, struct error *err)
{
	for (size_t i = 0; i < options->override_count; i++) {
		const struct option_override *given = &options->overrides[i];
		AUTO(buf_release) struct buf buf = BUF_INIT(WORD_MAX_LEN);
		struct setting_entry entry = {
			.source = SETTINGS_OPTION,
			.key = given->option->config_key,
			.value = given->value,
			.where = option_display(given->option, &buf),
		};

		if (configuration_add(configuration, &entry, sink, err))
			return -1;
	}
	return 0;
}

void options_release(struct options *options)
{
	strv_release(&options->words);
	strv_release(&options->folders);
	free(options->overrides);
	*options = (struct options){ 0 };
}
