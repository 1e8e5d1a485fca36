/* SPDX-License-Identifier: MIT */
#include "base/redact.h"

#include <ctype.h>
#include <stdbool.h>
#include <string.h>
#include <strings.h>

static bool ends_word(char c)
{
	return !c || isspace((unsigned char)c) || strchr("\"'<>,;", c);
}

/* Replaces the bytes before `end` by "***" (or fewer) and closes the gap. */
static char *hide(char *begin, char *end)
{
	size_t len = (size_t)(end - begin) < 3 ? (size_t)(end - begin) : 3;

	memset(begin, '*', len);
	memmove(begin + len, end, strlen(end) + 1);
	return begin + len;
}

/* "scheme://user:password@host" loses what stands before the last '@' of the authority. */
static void hide_user_information(char *text)
{
	char *at = text;

	while ((at = strstr(at, "://"))) {
		char *authority = at += 3, *last = NULL;

		for (char *p = authority; !ends_word(*p) && !strchr("/?#", *p); p++)
			if (*p == '@')
				last = p;
		if (last)
			at = hide(authority, last);
	}
}

/* The words after `key` are a secret: hides up to the end of the last of them. */
static void hide_after(char *text, const char *key, int words)
{
	char *at = text;

	while ((at = strcasestr(at, key))) {
		char *begin = at += strlen(key), *end;

		for (end = begin; words > 1 && *end && !ends_word(*end); end++)
			;
		if (words > 1 && *end == ' ')
			end++;
		else
			end = begin;
		while (!ends_word(*end))
			end++;
		at = hide(begin, end);
	}
}

void redact_text(char *text)
{
	for (char *p = text; *p; p++)
		if ((unsigned char)*p < 0x20 ? *p != '\n' && *p != '\t' : *p == 0x7f)
			*p = '?';
	hide_user_information(text);
	hide_after(text, "authorization: ", 2);
	hide_after(text, "x-registry-auth: ", 1);
	hide_after(text, "bearer ey", 1);
}
