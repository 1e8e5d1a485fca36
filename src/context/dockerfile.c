/* SPDX-License-Identifier: MIT */
#include "context/dockerfile.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

#include "base/str.h"
#include "codec/json.h"
#include "context/dockerfile-lines.h"

struct parser {
	struct dockerfile *dockerfile;
	struct lines lines;
	const char *begin; /* of the text */
	struct error *err;
	bool is_onbuild; /* the instruction waits for another build */
};

struct instruction {
	const char *name;
	int (*take)(struct parser *parser, struct slice args);
	bool may_precede_from;
	bool may_have_heredoc;
	bool waits_in_onbuild; /* there it means nothing to this build */
	bool makes_layer;
};

/* Makes room for one more item, zeroed; NULL without memory. */
static void *grow(void *items, size_t *count, size_t size, struct error *err)
{
	char *grown = reallocarray(*(void **)items, *count + 1, size);

	if (!grown) {
		error_set_memory(err);
		return NULL;
	}
	*(void **)items = grown;
	memset(grown + *count * size, 0, size);
	return grown + (*count)++ * size;
}

#define GROW(items, count, err) grow(&(items), &(count), sizeof(*(items)), err)

/* The word without its quotes, owned by the caller. */
static char *copy_unquoted(struct parser *parser, struct slice word)
{
	AUTO(buf_release) struct buf text = BUF_INIT(LIMIT_DOCKERFILE);
	char *copy;

	lines_unquote(word, parser->lines.escape, &text);
	copy = buf_take(&text);
	if (!copy)
		error_set_memory(parser->err);
	return copy;
}

static bool cut_word(struct parser *parser, struct slice *rest, struct slice *ret_word)
{
	return lines_cut_word(rest, parser->lines.escape, ret_word);
}

static bool is_word(struct slice word, const char *text)
{
	return word.len == strlen(text) && !strncasecmp(word.data, text, word.len);
}

static int current_stage(const struct parser *parser)
{
	return (int)parser->dockerfile->stage_count - 1;
}

static int add_layer(struct parser *parser)
{
	struct dockerfile *dockerfile = parser->dockerfile;
	struct dockerfile_layer *layer =
		GROW(dockerfile->layers, dockerfile->layer_count, parser->err);

	if (!layer)
		return -1;
	*layer = (struct dockerfile_layer){ current_stage(parser), parser->lines.start };
	return 0;
}

/* Notes where the word stands. */
static int add_place(struct parser *parser, struct slice word, struct dockerfile_place *ret_place)
{
	struct dockerfile *dockerfile = parser->dockerfile;
	struct dockerfile_place place = { .first = dockerfile->part_count };

	for (; word.len; place.count++) {
		struct slice found = lines_find(&parser->lines, word);
		struct dockerfile_part *part =
			GROW(dockerfile->parts, dockerfile->part_count, parser->err);

		if (!part)
			return -1;
		*part = (struct dockerfile_part){ (size_t)(found.data - parser->begin), found.len };
		word = slice_skip(word, found.len);
	}
	*ret_place = place;
	return 0;
}

static int take_from(struct parser *parser, struct slice args)
{
	struct dockerfile *dockerfile = parser->dockerfile;
	struct dockerfile_stage *stage;
	struct slice base, as, name, more;
	bool has_as;

	if (parser->is_onbuild)
		return 0;
	stage = GROW(dockerfile->stages, dockerfile->stage_count, parser->err);
	if (!stage)
		return -1;
	stage->line = parser->lines.start;
	while (cut_word(parser, &args, &base) && slice_starts(base, "--"))
		if (slice_starts(base, "--platform=") && !stage->platform) {
			stage->platform = copy_unquoted(parser, slice_skip(base, 11));
			if (!stage->platform)
				return -1;
		}
	has_as = cut_word(parser, &args, &as);
	if (!base.len || (has_as && (!is_word(as, "AS") || !cut_word(parser, &args, &name) ||
				     cut_word(parser, &args, &more))))
		return error_set(parser->err, ERROR_INPUT, "FROM takes 'IMAGE' or 'IMAGE AS NAME'");
	if (add_place(parser, base, &stage->base_place))
		return -1;
	stage->base = copy_unquoted(parser, base);
	stage->name = has_as ? copy_unquoted(parser, name) : NULL;
	for (char *c = stage->name; c && *c; c++)
		*c = (char)tolower((unsigned char)*c);
	return stage->base && (!has_as || stage->name) ? 0 : -1;
}

static int take_arg(struct parser *parser, struct slice args)
{
	struct dockerfile *dockerfile = parser->dockerfile;
	struct slice word;

	while (cut_word(parser, &args, &word)) {
		AUTOFREE char *text = copy_unquoted(parser, word);
		struct dockerfile_arg *arg;
		char *equals;

		if (!text)
			return -1;
		arg = GROW(dockerfile->args, dockerfile->arg_count, parser->err);
		if (!arg)
			return -1;
		equals = strchr(text, '=');
		if (equals) {
			*equals = '\0';
			arg->value = str_copy(equals + 1, parser->err);
		}
		arg->name = TAKE(text);
		arg->stage = current_stage(parser);
		arg->line = parser->lines.start;
		if (equals && !arg->value)
			return -1;
	}
	return 0;
}

static int add_source(struct parser *parser, struct slice from)
{
	struct dockerfile *dockerfile = parser->dockerfile;
	struct dockerfile_source *source =
		GROW(dockerfile->sources, dockerfile->source_count, parser->err);

	if (!source)
		return -1;
	source->from = copy_unquoted(parser, from);
	source->stage = current_stage(parser);
	source->line = parser->lines.start;
	return source->from ? add_place(parser, from, &source->place) : -1;
}

static int take_copy(struct parser *parser, struct slice args)
{
	struct slice word;

	while (cut_word(parser, &args, &word) && slice_starts(word, "--"))
		if (slice_starts(word, "--from=") && add_source(parser, slice_skip(word, 7)))
			return -1;
	return 0;
}

/* What BuildKit fetches by HTTP, git or SSH ("user@host:path"). A variable may hold it, too. */
static bool may_be_remote(struct slice word)
{
	const char *at = memchr(word.data, '@', word.len);

	return memmem(word.data, word.len, "://", 3) || memchr(word.data, '$', word.len) ||
	       (at && memchr(at, ':', (size_t)(word.data + word.len - at)));
}

static int take_add(struct parser *parser, struct slice args)
{
	struct dockerfile *dockerfile = parser->dockerfile;
	struct slice word;

	while (!dockerfile->remote_line && cut_word(parser, &args, &word))
		if (may_be_remote(word))
			dockerfile->remote_line = parser->lines.start;
	return 0;
}

/* In quotes as a whole; what is quoted otherwise has no source that we could name. */
static struct slice unquote_mount(struct parser *parser, struct slice mount)
{
	char quote = mount.len ? mount.data[0] : 0;

	if (mount.len > 1 && (quote == '"' || quote == '\'') && mount.data[mount.len - 1] == quote)
		mount = (struct slice){ mount.data + 1, mount.len - 2 };
	if (memchr(mount.data, '"', mount.len) || memchr(mount.data, '\'', mount.len))
		parser->dockerfile->odd_mount_line = parser->lines.start;
	return mount;
}

/* "type=bind,from=stage,...", a line of CSV whose keys have no case. */
static int take_mount(struct parser *parser, struct slice mount)
{
	struct slice field;

	if (!parser->dockerfile->mount_line)
		parser->dockerfile->mount_line = parser->lines.start;
	if (parser->is_onbuild)
		return 0;
	mount = unquote_mount(parser, mount);
	while (slice_cut(&mount, ',', &field))
		if (field.len > 5 && !strncasecmp(field.data, "from=", 5) &&
		    add_source(parser, slice_skip(field, 5)))
			return -1;
	return 0;
}

static int take_run(struct parser *parser, struct slice args)
{
	struct slice word;

	while (cut_word(parser, &args, &word) && slice_starts(word, "--")) {
		if (slice_is(word, "--mount"))
			cut_word(parser, &args, &word);
		else if (slice_starts(word, "--mount="))
			word = slice_skip(word, 8);
		else
			continue;
		if (take_mount(parser, word))
			return -1;
	}
	return 0;
}

static int take_healthcheck(struct parser *parser, struct slice args)
{
	struct dockerfile *dockerfile = parser->dockerfile;
	struct slice word;
	bool is_none = cut_word(parser, &args, &word) && is_word(word, "NONE");

	dockerfile->stages[dockerfile->stage_count - 1].has_healthcheck = !is_none;
	return 0;
}

static int take_instruction(struct parser *parser, struct slice text);

static int take_onbuild(struct parser *parser, struct slice args)
{
	if (parser->is_onbuild)
		return 0;
	parser->is_onbuild = true;
	return take_instruction(parser, args);
}

/* The exec form has no heredocs. */
static bool is_json(struct slice args)
{
	AUTO(json_freep) struct json *json = NULL;
	struct error ignored = { 0 };

	if (!slice_starts(args, "["))
		return false;
	json = json_parse(args, &ignored);
	return json;
}

/* "<<NAME", "<<-NAME" or "3<<NAME" as a whole word: passes over its body. */
static int take_heredoc(struct parser *parser, struct slice word)
{
	AUTO(buf_release) struct buf name = BUF_INIT(LIMIT_DOCKERFILE);
	bool is_chomped;

	while (word.len && isdigit((unsigned char)word.data[0]))
		word = slice_skip(word, 1);
	if (!slice_starts(word, "<<"))
		return 0;
	is_chomped = slice_starts(word, "<<-");
	word = slice_skip(word, is_chomped ? 3 : 2);
	if (!word.len || memchr(word.data, '<', word.len))
		return 0;
	lines_unquote(word, '\\', &name);
	if (buf_check(&name, "a heredoc's name", parser->err))
		return -1;
	if (!parser->dockerfile->heredoc_line)
		parser->dockerfile->heredoc_line = parser->lines.start;
	if (lines_skip_heredoc(&parser->lines, buf_slice(&name), is_chomped))
		return error_set(parser->err, ERROR_INPUT, "the heredoc '%s' does not end",
				 name.data);
	return 0;
}

static int take_heredocs(struct parser *parser, struct slice args)
{
	struct slice word, rest = args;

	while (lines_cut_word(&rest, '\\', &word) && slice_starts(word, "--"))
		args = slice_trim(rest);
	if (is_json(args))
		return 0;
	while (lines_cut_word(&args, '\\', &word))
		if (take_heredoc(parser, word))
			return -1;
	return 0;
}

static const struct instruction instructions[] = {
	{ .name = "FROM", .take = take_from, .may_precede_from = true },
	{ .name = "ARG", .take = take_arg, .may_precede_from = true, .waits_in_onbuild = true },
	{ .name = "RUN", .take = take_run, .may_have_heredoc = true, .makes_layer = true },
	{ .name = "COPY",
	  .take = take_copy,
	  .may_have_heredoc = true,
	  .waits_in_onbuild = true,
	  .makes_layer = true },
	{ .name = "ADD", .take = take_add, .may_have_heredoc = true, .makes_layer = true },
	{ .name = "WORKDIR", .makes_layer = true },
	{ .name = "HEALTHCHECK", .take = take_healthcheck, .waits_in_onbuild = true },
	{ .name = "ONBUILD", .take = take_onbuild },
	{ .name = NULL },
};

static int take_instruction(struct parser *parser, struct slice text)
{
	const struct instruction *instruction = instructions;
	size_t len = 0;
	struct slice name, args;

	while (len < text.len && !slice_is_space(text.data[len]))
		len++;
	name = (struct slice){ text.data, len };
	args = slice_trim(slice_skip(text, len));
	while (instruction->name && !is_word(name, instruction->name))
		instruction++;
	if (!parser->dockerfile->stage_count && !instruction->may_precede_from)
		return error_set(parser->err, ERROR_INPUT, "'%.*s' stands before the first FROM",
				 (int)name.len, name.data);
	if (instruction->makes_layer && !parser->is_onbuild && add_layer(parser))
		return -1;
	if (instruction->take && !(parser->is_onbuild && instruction->waits_in_onbuild) &&
	    instruction->take(parser, args))
		return -1;
	return instruction->may_have_heredoc ? take_heredocs(parser, args) : 0;
}

static int parse_lines(struct parser *parser)
{
	struct lines *lines = &parser->lines;
	int status;

	while ((status = lines_next(lines, parser->err)) > 0) {
		parser->is_onbuild = false;
		if (take_instruction(parser, slice_trim(buf_slice(&lines->text))))
			return -1;
	}
	return status;
}

int dockerfile_parse(struct slice text, const char *name, struct dockerfile *ret_dockerfile,
		     struct error *err)
{
	AUTO(dockerfile_release) struct dockerfile dockerfile = { 0 };
	struct parser parser = { .dockerfile = &dockerfile, .begin = text.data, .err = err };
	int status, line;

	lines_init(&parser.lines, text);
	status = parse_lines(&parser);
	line = parser.lines.text.len ? parser.lines.start : parser.lines.number;
	if (!status && parser.lines.syntax_line) {
		dockerfile.syntax = str_copy_slice(parser.lines.syntax, err);
		dockerfile.syntax_line = parser.lines.syntax_line;
		status = dockerfile.syntax ? 0 : -1;
	}
	lines_release(&parser.lines);
	if (status)
		return error_is(err, ERROR_INPUT) ? error_wrap(err, "%s:%d", name, line) : -1;
	if (!dockerfile.stage_count)
		return error_set(err, ERROR_INPUT, "%s: there is no FROM", name);
	*ret_dockerfile = dockerfile;
	dockerfile = (struct dockerfile){ 0 };
	return 0;
}

void dockerfile_release(struct dockerfile *dockerfile)
{
	for (size_t i = 0; i < dockerfile->stage_count; i++) {
		free(dockerfile->stages[i].base);
		free(dockerfile->stages[i].name);
		free(dockerfile->stages[i].platform);
	}
	for (size_t i = 0; i < dockerfile->arg_count; i++) {
		free(dockerfile->args[i].name);
		free(dockerfile->args[i].value);
	}
	for (size_t i = 0; i < dockerfile->source_count; i++)
		free(dockerfile->sources[i].from);
	free(dockerfile->stages);
	free(dockerfile->args);
	free(dockerfile->sources);
	free(dockerfile->layers);
	free(dockerfile->parts);
	free(dockerfile->syntax);
	*dockerfile = (struct dockerfile){ 0 };
}

const struct dockerfile_arg *dockerfile_find_arg(const struct dockerfile *dockerfile,
						 const char *name)
{
	for (size_t i = 0; i < dockerfile->arg_count; i++)
		if (!strcmp(dockerfile->args[i].name, name))
			return &dockerfile->args[i];
	return NULL;
}

static bool is_stage(const struct dockerfile *dockerfile, size_t index, struct slice name)
{
	const char *own = dockerfile->stages[index].name;
	char text[32];

	snprintf(text, sizeof(text), "stage-%zu", index);
	return dockerfile->stage_count == 1 || slice_is(name, own ? own : text);
}

int dockerfile_step_line(const struct dockerfile *dockerfile, struct slice stage, int number,
			 int total)
{
	size_t index = 0, first = 0, count = 0;
	int from_count;

	while (index < dockerfile->stage_count && !is_stage(dockerfile, index, stage))
		index++;
	for (size_t i = 0; i < dockerfile->layer_count; i++) {
		first += dockerfile->layers[i].stage < (int)index;
		count += dockerfile->layers[i].stage == (int)index;
	}
	from_count = total - (int)count;
	if (index == dockerfile->stage_count || number < 1 || number > total || from_count < 0 ||
	    from_count > 1)
		return 0;
	if (number == from_count)
		return dockerfile->stages[index].line;
	return dockerfile->layers[first + (size_t)(number - from_count) - 1].line;
}
