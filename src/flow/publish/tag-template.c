/* SPDX-License-Identifier: MIT */
#include "flow/publish/tag-template.h"

#include <ctype.h>
#include <limits.h>
#include <time.h>

#include "base/str.h"

#define TAG_MAX_LEN 128
/* Those of strftime whose meaning is plain. */
#define CONVERSIONS "YymdjHMS"

static const struct {
	const char *name;
	enum tag_field field;
} names[] = {
	{ "sha", TAG_FIELD_SHA },	  { "sha7", TAG_FIELD_SHORT },
	{ "short", TAG_FIELD_SHORT },	  { "branch", TAG_FIELD_BRANCH },
	{ "tag", TAG_FIELD_TAG },	  { "date", TAG_FIELD_DATE },
	{ "version", TAG_FIELD_VERSION }, { "major", TAG_FIELD_MAJOR },
	{ "minor", TAG_FIELD_MINOR },	  { "patch", TAG_FIELD_PATCH },
	{ "key", TAG_FIELD_KEY },
};

/* A run of plain text, or a placeholder. */
struct piece {
	struct slice text; /* of a placeholder its name */
	struct slice format;
	bool is_field;
};

static bool is_tag_char(char c)
{
	return isalnum((unsigned char)c) || c == '_' || c == '.' || c == '-';
}

/* Cuts the next piece off; 0 at the end, -1 if a brace has no other. */
static int next_piece(struct slice *rest, struct piece *ret_piece)
{
	const char *end = memchr(rest->data, '}', rest->len);
	struct piece piece = { .is_field = rest->len && rest->data[0] == '{' };

	if (!rest->len)
		return 0;
	if (!piece.is_field) {
		while (piece.text.len < rest->len && rest->data[piece.text.len] != '{')
			piece.text.len++;
		piece.text.data = rest->data;
		*rest = slice_skip(*rest, piece.text.len);
	} else if (!end) {
		return -1;
	} else {
		struct slice inner = { rest->data + 1, (size_t)(end - rest->data) - 1 };

		*rest = slice_skip(*rest, inner.len + 2);
		if (!slice_cut(&inner, ':', &piece.text))
			piece.text = inner;
		piece.format = inner;
	}
	*ret_piece = piece;
	return 1;
}

/* TAG_FIELD_COUNT: there is none of that name. */
static enum tag_field field_of(struct slice name)
{
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (slice_is(name, names[i].name))
			return names[i].field;
	return TAG_FIELD_COUNT;
}

static int refuse_name(struct slice name, struct error *err)
{
	AUTOFREE char *text = str_copy_slice(name, err);
	const char *nearest = NULL;
	unsigned least = UINT_MAX;

	if (!text)
		return -1;
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (str_is_nearer(text, names[i].name, &least))
			nearest = names[i].name;
	error_set(err, ERROR_INPUT, "there is no placeholder {%s}%s%s%s", text,
		  nearest ? ", did you mean {" : "", nearest ? nearest : "", nearest ? "}?" : "");
	return error_hint(err, "there are {sha} {sha7} {branch} {tag} {date} {date:%%Y-%%m-%%d} "
			       "{version} {major} {minor} {patch} {key}, and 'semver'");
}

static int check_text(struct slice text, struct error *err)
{
	for (size_t i = 0; i < text.len; i++)
		if (!is_tag_char(text.data[i]))
			return error_set(err, ERROR_INPUT,
					 "a tag has letters, digits, '_', '.' and '-', not '%c'",
					 isprint((unsigned char)text.data[i]) ? text.data[i] : '?');
	return 0;
}

static int check_format(struct slice format, struct error *err)
{
	for (size_t i = 0; i < format.len; i++) {
		char c = format.data[i];

		if (c != '%') {
			if (check_text((struct slice){ &format.data[i], 1 }, err))
				return -1;
		} else if (++i == format.len || !strchr(CONVERSIONS, format.data[i])) {
			return error_set(err, ERROR_INPUT,
					 "a date has %%Y %%y %%m %%d %%j %%H %%M %%S, not '%.*s'",
					 (int)(format.len - i + 1), &format.data[i - 1]);
		}
	}
	return 0;
}

static int check_field(const struct piece *piece, struct error *err)
{
	enum tag_field field = field_of(piece->text);

	if (field == TAG_FIELD_COUNT)
		return refuse_name(piece->text, err);
	if (field != TAG_FIELD_DATE && piece->format.len)
		return error_set(err, ERROR_INPUT, "only {date} takes a format");
	return check_format(piece->format, err);
}

int tag_template_check(const char *text, struct error *err)
{
	struct slice rest = slice_of(text);
	struct piece piece;
	int status;

	if (!strcmp(text, "latest"))
		return error_set(err, ERROR_INPUT,
				 ":latest has rules of its own: see image.deploy");
	if (*text == '-' || *text == '.')
		return error_set(err, ERROR_INPUT, "no tag begins with '%c'", *text);
	while ((status = next_piece(&rest, &piece)) > 0)
		if (piece.is_field ? check_field(&piece, err) : check_text(piece.text, err))
			return -1;
	return status ? error_set(err, ERROR_INPUT, "'{' without '}' in '%s'", text) : 0;
}

bool tag_template_uses(const char *text, enum tag_field field)
{
	struct slice rest = slice_of(text);
	struct piece piece;

	while (next_piece(&rest, &piece) > 0)
		if (piece.is_field && field_of(piece.text) == field)
			return true;
	return false;
}

static void add_conversion(struct buf *out, char conversion, const struct tm *tm)
{
	const struct {
		char name;
		int digits, value;
	} conversions[] = {
		{ 'Y', 4, tm->tm_year + 1900 }, { 'y', 2, tm->tm_year % 100 },
		{ 'm', 2, tm->tm_mon + 1 },	{ 'd', 2, tm->tm_mday },
		{ 'j', 3, tm->tm_yday + 1 },	{ 'H', 2, tm->tm_hour },
		{ 'M', 2, tm->tm_min },		{ 'S', 2, tm->tm_sec },
	};

	for (size_t i = 0; i < ARRAY_SIZE(conversions); i++)
		if (conversions[i].name == conversion)
			buf_add_format(out, "%0*d", conversions[i].digits, conversions[i].value);
}

static int add_date(struct buf *out, struct slice format, int64_t seconds, struct error *err)
{
	time_t when = (time_t)seconds;
	struct tm tm;

	if (!gmtime_r(&when, &tm))
		return error_set(err, ERROR_INPUT, "the commit's time is none");
	if (!format.len)
		format = SLICE("%Y%m%d");
	for (size_t i = 0; i < format.len; i++)
		if (format.data[i] == '%')
			add_conversion(out, format.data[++i], &tm);
		else
			buf_add_char(out, format.data[i]);
	return 0;
}

static void add_value(struct buf *out, enum tag_field field, const char *value)
{
	size_t left = TAG_MAX_LEN;

	for (; *value && left; value++) {
		char c = is_tag_char(*value)			       ? *value
			 : field == TAG_FIELD_VERSION && *value == '+' ? '_'
								       : '-';

		if (!out->len && (c == '-' || c == '.'))
			continue;
		buf_add_char(out, c);
		left--;
	}
}

int tag_template_expand(const char *text, const struct tag_values *values, struct buf *out,
			struct error *err)
{
	struct slice rest = slice_of(text);
	struct piece piece;

	while (next_piece(&rest, &piece) > 0) {
		enum tag_field field = piece.is_field ? field_of(piece.text) : TAG_FIELD_COUNT;

		if (!piece.is_field)
			buf_add(out, piece.text.data, piece.text.len);
		else if (field == TAG_FIELD_DATE) {
			if (add_date(out, piece.format, values->time, err))
				return -1;
		} else if (field < TAG_FIELD_TEXT_COUNT && values->texts[field])
			add_value(out, field, values->texts[field]);
	}
	return buf_check(out, "the tag", err);
}
