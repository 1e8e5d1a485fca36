/* SPDX-License-Identifier: MIT */
#include "context/dockerfile-lines.h"

#include <ctype.h>
#include <stdint.h>
#include <strings.h>

void lines_init(struct lines *lines, struct slice text)
{
	if (slice_starts(text, "\xef\xbb\xbf"))
		text = slice_skip(text, 3);
	*lines = (struct lines){ .rest = text, .escape = '\\' };
	buf_init(&lines->text, LIMIT_DOCKERFILE);
	buf_init(&lines->pieces, SIZE_MAX / 2);
}

void lines_release(struct lines *lines)
{
	buf_release(&lines->text);
	buf_release(&lines->pieces);
}

static struct slice trim_left(struct slice text)
{
	while (text.len && slice_is_space(text.data[0]))
		text = slice_skip(text, 1);
	return text;
}

static struct slice trim_right(struct slice text)
{
	while (text.len && slice_is_space(text.data[text.len - 1]))
		text.len--;
	return text;
}

/* A line of the file without its end. */
static bool next_line(struct lines *lines, struct slice *ret_line)
{
	if (!slice_cut(&lines->rest, '\n', ret_line))
		return false;
	while (ret_line->len && ret_line->data[ret_line->len - 1] == '\r')
		ret_line->len--;
	lines->number++;
	return true;
}

static bool is_name(struct slice text)
{
	for (size_t i = 0; i < text.len; i++)
		if (!isalnum((unsigned char)text.data[i]))
			return false;
	return text.len && isalpha((unsigned char)text.data[0]);
}

static bool is_word(struct slice text, const char *word)
{
	return text.len == strlen(word) && !strncasecmp(text.data, word, text.len);
}

static int set_escape(struct lines *lines, struct slice value, struct error *err)
{
	if (!slice_is(value, "\\") && !slice_is(value, "`"))
		return error_set(err, ERROR_INPUT,
				 "the escape character is '\\' or '`', not '%.*s'", (int)value.len,
				 value.data);
	lines->escape = value.data[0];
	lines->has_escape = true;
	return 0;
}

/* "# key = value" at the very top; what is no directive ends them. */
static int take_directive(struct lines *lines, struct slice line, struct error *err)
{
	struct slice value = slice_skip(line, 1), key;
	bool is_escape, is_syntax;

	lines->is_past_directives = true;
	if (!slice_starts(line, "#") || !memchr(line.data, '=', line.len))
		return 0;
	slice_cut(&value, '=', &key);
	key = slice_trim(key);
	value = slice_trim(value);
	is_escape = is_word(key, "escape");
	is_syntax = is_word(key, "syntax");
	if (!is_name(key) || !value.len || (!is_escape && !is_syntax && !is_word(key, "check")))
		return 0;
	lines->is_past_directives = false;
	if ((is_escape && lines->has_escape) || (is_syntax && lines->syntax_line))
		return error_set(err, ERROR_INPUT, "the directive '%.*s' stands twice",
				 (int)key.len, key.data);
	if (is_escape)
		return set_escape(lines, value, err);
	if (is_syntax) {
		lines->syntax_line = lines->number;
		slice_cut(&value, ' ', &lines->syntax);
	}
	return 0;
}

/* Adds what came of a line. */
static void add_piece(struct lines *lines, struct slice text)
{
	struct lines_piece piece = { lines->text.len, text.data };

	if (text.len)
		buf_add(&lines->pieces, &piece, sizeof(piece));
	buf_add_slice(&lines->text, text);
}

/* Adds the line; whether the next one continues it. An escape character that
 * another one stands before does not. */
static bool add_line(struct lines *lines, struct slice line)
{
	struct slice text = line;
	bool is_continued;

	while (text.len && (text.data[text.len - 1] == ' ' || text.data[text.len - 1] == '\t'))
		text.len--;
	is_continued = text.len && text.data[text.len - 1] == lines->escape &&
		       (text.len == 1 || text.data[text.len - 2] != lines->escape);
	if (is_continued)
		line = (struct slice){ text.data, text.len - 1 };
	add_piece(lines, line);
	return is_continued;
}

static int finish(struct lines *lines, struct error *err)
{
	buf_truncate(&lines->text, trim_right(buf_slice(&lines->text)).len);
	return buf_check(&lines->pieces, "an instruction", err) ||
			       buf_check(&lines->text, "an instruction", err)
		       ? -1
		       : 0;
}

int lines_next(struct lines *lines, struct error *err)
{
	bool has_begun = false;
	struct slice line;

	buf_reset(&lines->text);
	buf_reset(&lines->pieces);
	while (next_line(lines, &line)) {
		struct slice trimmed = trim_left(line);

		if (!lines->is_past_directives && take_directive(lines, trimmed, err))
			return -1;
		if (!trimmed.len || trimmed.data[0] == '#')
			continue;
		if (!has_begun) {
			lines->start = lines->number;
			line = trimmed;
		}
		has_begun = add_line(lines, line);
		if (has_begun)
			continue;
		if (finish(lines, err))
			return -1;
		if (lines->text.len)
			return 1;
	}
	if (finish(lines, err))
		return -1;
	return lines->text.len > 0;
}

struct slice lines_find(const struct lines *lines, struct slice part)
{
	const struct lines_piece *pieces = (const void *)lines->pieces.data;
	size_t at = (size_t)(part.data - lines->text.data), end = lines->text.len;
	size_t from = 0, to = lines->pieces.len / sizeof(*pieces);

	/* The last piece that does not begin behind it. */
	while (to - from > 1) {
		size_t middle = from + (to - from) / 2;

		if (pieces[middle].at > at)
			to = middle;
		else
			from = middle;
	}
	if ((to + 1) * sizeof(*pieces) <= lines->pieces.len)
		end = pieces[to].at;
	return (struct slice){ pieces[from].source + (at - pieces[from].at),
			       part.len < end - at ? part.len : end - at };
}

int lines_skip_heredoc(struct lines *lines, struct slice terminator, bool is_chomped)
{
	struct slice line;

	while (next_line(lines, &line)) {
		while (is_chomped && slice_starts(line, "\t"))
			line = slice_skip(line, 1);
		if (slice_equal(line, terminator))
			return 0;
	}
	return -1;
}

bool lines_cut_word(struct slice *rest, char escape, struct slice *ret_word)
{
	struct slice text = trim_left(*rest);
	char quote = '\0';
	size_t i = 0;

	for (; i < text.len && (quote || !slice_is_space(text.data[i])); i++) {
		char c = text.data[i];

		if (c == escape && quote != '\'' && i + 1 < text.len)
			i++;
		else if (c == quote)
			quote = '\0';
		else if (!quote && (c == '"' || c == '\''))
			quote = c;
	}
	*ret_word = (struct slice){ text.data, i };
	*rest = slice_skip(text, i);
	return i > 0;
}

void lines_unquote(struct slice word, char escape, struct buf *out)
{
	char quote = '\0';

	for (size_t i = 0; i < word.len; i++) {
		char c = word.data[i];

		if (c == escape && quote != '\'' && i + 1 < word.len)
			buf_add_char(out, word.data[++i]);
		else if (c == quote)
			quote = '\0';
		else if (!quote && (c == '"' || c == '\''))
			quote = c;
		else
			buf_add_char(out, c);
	}
}
