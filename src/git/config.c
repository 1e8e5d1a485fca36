/* SPDX-License-Identifier: MIT */
#include "git/config.h"

#include <ctype.h>
#include <string.h>

#include "base/buf.h"
#include "git/internal.h"

struct reading {
	config_each *each;
	void *arg;
	const char *wanted; /* section; NULL: any */
};

/* Cuts "section.sub.section.name" at its first and last dot. */
static int give(const struct reading *reading, char *key, struct config_entry *entry,
		struct error *err)
{
	char *first = strchr(key, '.'), *last = strrchr(key, '.');

	*first = *last = '\0';
	entry->section = key;
	entry->subsection = last > first ? first + 1 : NULL;
	entry->name = last + 1;
	if (reading->wanted && strcmp(reading->wanted, entry->section) != 0)
		return 0;
	return reading->each(reading->arg, entry, err);
}

struct parser {
	struct slice text;
	size_t at;
	int line;
	bool has_unquoted_comment;
	struct buf section; /* with a dot at its end */
	struct buf key;
	struct buf value;
};

static void parser_release(struct parser *parser)
{
	buf_release(&parser->section);
	buf_release(&parser->key);
	buf_release(&parser->value);
}

/* The next byte, '\n' for CR LF; the end gives '\n' too, once. */
static int next(struct parser *parser)
{
	int c;

	if (parser->at >= parser->text.len) {
		parser->at = parser->text.len + 1;
		return '\n';
	}
	c = (unsigned char)parser->text.data[parser->at++];
	if (c == '\r' && parser->at < parser->text.len && parser->text.data[parser->at] == '\n') {
		parser->at++;
		c = '\n';
	}
	parser->line += c == '\n';
	return c;
}

static bool is_at_end(const struct parser *parser)
{
	return parser->at > parser->text.len;
}

static int fail(int line, const char *what, struct error *err)
{
	return error_set(err, ERROR_INPUT, "line %d: %s", line, what);
}

/* git's idea of it, which is narrower than isspace(). */
static bool is_blank(int c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static bool is_key_char(int c)
{
	return isalnum(c) || c == '-';
}

/* [section "Subsection"]: behind the blank. */
static int parse_subsection(struct parser *parser, int c, struct error *err)
{
	int line = parser->line;

	while (is_blank(c) && c != '\n')
		c = next(parser);
	if (c != '"')
		return fail(line, "a section's name is [name] or [name \"subsection\"]", err);
	buf_add_char(&parser->section, '.');
	while ((c = next(parser)) != '"') {
		if (c == '\\')
			c = next(parser);
		if (c == '\n')
			return fail(line, "a subsection's name does not end", err);
		buf_add_char(&parser->section, (char)c);
	}
	return next(parser) == ']' ? 0 : fail(line, "a ']' is missing", err);
}

static int give_section(struct parser *parser, const struct reading *reading, int line,
			struct error *err)
{
	buf_reset(&parser->key);
	buf_add_slice(&parser->key, buf_slice(&parser->section));
	if (buf_check(&parser->key, "a section", err))
		return -1;
	return give(reading, parser->key.data, &(struct config_entry){ .line = line }, err);
}

static int parse_section(struct parser *parser, const struct reading *reading, struct error *err)
{
	int line = parser->line, c;

	buf_reset(&parser->section);
	while ((c = next(parser)) != ']') {
		if (c != '\n' && is_blank(c)) {
			if (parse_subsection(parser, c, err))
				return -1;
			break;
		}
		if (!is_key_char(c) && c != '.')
			return fail(line, "a section's name does not end in ']'", err);
		buf_add_char(&parser->section, (char)tolower(c));
	}
	if (!parser->section.len)
		return fail(line, "a section without a name", err);
	buf_add_char(&parser->section, '.');
	if (str_starts(parser->section.data, "include.") ||
	    str_starts(parser->section.data, "includeif."))
		return fail(line, "an include is not followed out of the tree; remove it", err);
	return give_section(parser, reading, line, err);
}

/* The character that a backslash stands before; 0: none, a line goes on. */
static int parse_escape(struct parser *parser, struct error *err)
{
	int line = parser->line, c = next(parser);

	switch (c) {
	case '\n':
		return 0;
	case 't':
		return '\t';
	case 'b':
		return '\b';
	case 'n':
		return '\n';
	case '\\':
	case '"':
		return c;
	default:
		return fail(line, "an escape that git does not know (\\\\ is a backslash)", err);
	}
}

/* Blanks outside of quotes become spaces and vanish at both ends. */
static int parse_value(struct parser *parser, struct error *err)
{
	bool is_quoted = false, is_comment = false;
	int line = parser->line, spaces = 0, c;

	buf_reset(&parser->value);
	while ((c = next(parser)) != '\n') {
		if (is_comment)
			continue;
		if (!is_quoted && is_blank(c)) {
			spaces += parser->value.len > 0;
			continue;
		}
		if (!is_quoted && (c == ';' || c == '#')) {
			is_comment = true;
			continue;
		}
		for (; spaces; spaces--)
			buf_add_char(&parser->value, ' ');
		if (c == '"') {
			is_quoted = !is_quoted;
			continue;
		}
		if (c == '\\' && (c = parse_escape(parser, err)) <= 0) {
			if (c < 0)
				return -1;
			continue;
		}
		buf_add_char(&parser->value, (char)c);
	}
	parser->has_unquoted_comment = is_comment;
	return is_quoted ? fail(line, "a quote does not end", err) : 0;
}

static int parse_variable(struct parser *parser, int c, const struct reading *reading,
			  struct error *err)
{
	struct config_entry entry = { .line = parser->line };

	if (!isalpha(c))
		return fail(parser->line, "a key begins with a letter", err);
	if (!parser->section.len)
		return fail(parser->line, "a key before the first section", err);
	buf_reset(&parser->key);
	buf_add_slice(&parser->key, buf_slice(&parser->section));
	for (; is_key_char(c); c = next(parser))
		buf_add_char(&parser->key, (char)tolower(c));
	while (c == ' ' || c == '\t')
		c = next(parser);
	parser->has_unquoted_comment = false;
	if (c != '\n') {
		if (c != '=')
			return fail(entry.line, "a '=' is missing behind the key", err);
		if (parse_value(parser, err))
			return -1;
		entry.value = parser->value.data;
	}
	entry.has_unquoted_comment = parser->has_unquoted_comment;
	if (buf_check(&parser->key, "a key", err) || buf_check(&parser->value, "a value", err))
		return -1;
	return give(reading, parser->key.data, &entry, err);
}

static void skip_comment(struct parser *parser)
{
	while (next(parser) != '\n')
		;
}

int config_parse(struct slice text, config_each *each, void *arg, struct error *err)
{
	AUTO(parser_release)
	struct parser parser = { .text = text,
				 .line = 1,
				 .section = BUF_INIT(LIMIT_CONFIG_FILE),
				 .key = BUF_INIT(LIMIT_CONFIG_FILE),
				 .value = BUF_INIT(LIMIT_CONFIG_FILE) };
	struct reading reading = { .each = each, .arg = arg };

	if (text.len > LIMIT_CONFIG_FILE)
		return error_set(err, ERROR_INPUT, "larger than %lu bytes", LIMIT_CONFIG_FILE);
	if (text.len && memchr(text.data, '\0', text.len))
		return error_set(err, ERROR_INPUT, "a NUL is in it");
	if (slice_starts(text, "\xef\xbb\xbf"))
		parser.at = 3;
	while (!is_at_end(&parser)) {
		int c = next(&parser);

		if (is_blank(c))
			continue;
		if (c == '#' || c == ';')
			skip_comment(&parser);
		else if (c == '[' ? parse_section(&parser, &reading, err)
				  : parse_variable(&parser, c, &reading, err))
			return -1;
	}
	return 0;
}

static int give_copy(const struct reading *reading, const char *name, const char *value,
		     struct error *err)
{
	AUTOFREE char *key = str_copy(name, err);

	if (!key)
		return -1;
	return give(reading, key, &(struct config_entry){ .value = value }, err);
}

static void free_iterator(git_config_iterator **iterator)
{
	git_config_iterator_free(*iterator);
}

static int read_levels(const struct git_repo *repo, const char *section, config_each *each,
		       void *arg, struct error *err)
{
	AUTO(free_iterator) git_config_iterator *iterator = NULL;
	struct reading reading = { .each = each, .arg = arg, .wanted = section };
	git_config_entry *entry;
	int status;

	if (git_config_iterator_new(&iterator, repo->config))
		return repo_fail(err, "cannot read git's configuration");
	while (!(status = git_config_next(&entry, iterator)))
		if (give_copy(&reading, entry->name, entry->value, err))
			return -1;
	if (status != GIT_ITEROVER)
		return repo_fail(err, "cannot read git's configuration");
	for (size_t i = 0; i < repo->setting_keys.len; i++)
		if (give_copy(&reading, repo->setting_keys.items[i], repo->setting_values.items[i],
			      err))
			return -1;
	return 0;
}

int config_read_user(struct git_repo *repo, const char *section, config_each *each, void *arg,
		     struct error *err)
{
	AUTO(repo_freep) struct git_repo *none = NULL;

	if (!repo) {
		if (repo_open_none(&none, err))
			return -1;
		repo = none;
	}
	return read_levels(repo, section, each, arg, err);
}
