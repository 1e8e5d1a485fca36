/* SPDX-License-Identifier: MIT */
#include "git/ignore.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>

#include "base/buf.h"
#include "base/path.h"
#include "base/str.h"

static const struct {
	const char *name;
	int (*has)(int c);
} classes[] = {
	{ "alnum", isalnum }, { "alpha", isalpha }, { "blank", isblank }, { "cntrl", iscntrl },
	{ "digit", isdigit }, { "graph", isgraph }, { "lower", islower }, { "print", isprint },
	{ "punct", ispunct }, { "space", isspace }, { "upper", isupper }, { "xdigit", isxdigit },
};

/* [:name:] at `*p`; moves it behind. -1 if there is no such class. */
static int match_class(const char **p, unsigned char c)
{
	const char *name = *p + 2, *end = strchr(name, ']');
	size_t len = end ? (size_t)(end - name) : 0;

	if (!len || name[--len] != ':')
		return -1;
	for (size_t i = 0; i < ARRAY_SIZE(classes); i++) {
		if (strlen(classes[i].name) != len || strncmp(classes[i].name, name, len) != 0)
			continue;
		*p = end + 1;
		return classes[i].has(c) != 0;
	}
	return -1;
}

/* One member of a set, escaped or not. */
static unsigned char read_member(const char **p)
{
	if (**p == '\\' && (*p)[1])
		(*p)++;
	return (unsigned char)*(*p)++;
}

/* A set from its '[' on; moves behind its ']'. A broken one matches nothing. */
static bool match_set(const char **pattern, unsigned char c)
{
	const char *p = *pattern + 1, *first;
	bool is_negative = *p == '!' || *p == '^', is_in = false;

	p += is_negative;
	for (first = p; *p && (*p != ']' || p == first);) {
		unsigned char low, high;
		int in = p[0] == '[' && p[1] == ':' ? match_class(&p, c) : -1;

		if (in >= 0) {
			is_in |= in;
			continue;
		}
		low = high = read_member(&p);
		if (p[0] == '-' && p[1] && p[1] != ']') {
			p++;
			high = read_member(&p);
		}
		is_in |= low <= c && c <= high;
	}
	if (!*p)
		return false;
	*pattern = p + 1;
	return is_in != is_negative && c != '/';
}

/* One character against what stands at `*p`; moves it behind on a match. */
static bool match_one(const char **p, unsigned char c)
{
	const char *at = *p;

	if (*at == '[')
		return match_set(p, c);
	if (*at == '\\')
		at++;
	if (*at == '?' && at == *p ? c == '/' : (unsigned char)*at != c || !c)
		return false;
	*p = at + 1;
	return true;
}

/* "**" (or more) as a component of its own: its length, else 0. */
static size_t deep_len(const char *pattern, const char *p)
{
	size_t len = strspn(p, "*");
	bool is_whole = (p == pattern || p[-1] == '/') && (p[len] == '/' || !p[len]);

	return len > 1 && is_whole ? len : 0;
}

/* What to try again once there is a mismatch: the last "*" takes one character
 * more, else the last "**" one component more. Earlier ones need no retry. */
bool ignore_glob(const char *pattern, const char *path)
{
	const char *p = pattern, *star = NULL, *star_at = NULL, *deep = NULL, *deep_at = NULL;

	for (;;) {
		size_t len = deep_len(pattern, p);

		if (len) {
			if (!p[len])
				return true;
			p += len + 1;
			deep = p;
			deep_at = path;
			star = NULL;
		} else if (*p == '*') {
			while (*p == '*')
				p++;
			star = p;
			star_at = path;
		} else if (!*p && !*path) {
			return true;
		} else if (*p && *path && match_one(&p, (unsigned char)*path)) {
			path++;
		} else if (star && *star_at && *star_at != '/') {
			path = ++star_at;
			p = star;
		} else if (deep && (deep_at = strchr(deep_at, '/'))) {
			path = ++deep_at;
			p = deep;
			star = NULL;
		} else {
			return false;
		}
	}
}

/* Spaces at the end count only behind a backslash. */
static void trim_spaces(char *line)
{
	char *end = line;

	for (char *p = line; *p; p++) {
		if (*p == '\\' && p[1])
			p++;
		else if (*p == ' ')
			continue;
		end = p + 1;
	}
	*end = '\0';
}

static void add_rule(struct ignore_rules *rules, char *line)
{
	struct ignore_rule rule = { 0 };
	size_t len;

	if (*line == '#')
		return;
	trim_spaces(line);
	rule.is_negative = *line == '!';
	line += rule.is_negative;
	len = strlen(line);
	if (len && line[len - 1] == '/') {
		rule.is_for_folders = true;
		line[len - 1] = '\0';
	}
	rule.is_anchored = strchr(line, '/');
	rule.pattern = line + (*line == '/');
	if (*rule.pattern)
		rules->items[rules->len++] = rule;
}

static int parse(struct buf *text, struct ignore_rules *rules, struct error *err)
{
	size_t lines = 1;
	char *line, *next;

	for (size_t i = 0; i < text->len; i++)
		lines += text->data[i] == '\n';
	rules->items = calloc(lines, sizeof(*rules->items));
	rules->text = buf_take(text);
	if (!rules->items || !rules->text)
		return error_set_memory(err);
	line = rules->text;
	line += str_starts(line, "\xef\xbb\xbf") ? 3 : 0;
	for (; line; line = next) {
		next = strchr(line, '\n');
		if (next && next > line && next[-1] == '\r')
			next[-1] = '\0';
		if (next)
			*next++ = '\0';
		add_rule(rules, line);
	}
	return 0;
}

int ignore_read(int folder_fd, const char *name, struct ignore_rules *ret_rules, struct error *err)
{
	int links = folder_fd == AT_FDCWD ? 0 : O_NOFOLLOW;
	AUTOCLOSE int fd = openat(folder_fd, name, O_RDONLY | O_CLOEXEC | O_NONBLOCK | links);
	AUTO(ignore_release) struct ignore_rules rules = { 0 };
	AUTO(buf_release) struct buf text = BUF_INIT(LIMIT_IGNORE_FILE);
	char chunk[4 * KIB];
	ssize_t len;

	*ret_rules = rules;
	if (fd < 0)
		return 0;
	while ((len = read(fd, chunk, sizeof(chunk))) > 0)
		buf_add(&text, chunk, (size_t)len);
	if (len < 0 && errno == EISDIR)
		return 0;
	if (len < 0)
		return error_set_errno(err, errno, "cannot read '%s'", name);
	if (buf_check(&text, name, err) || (text.len && parse(&text, &rules, err)))
		return -1;
	*ret_rules = rules;
	rules = (struct ignore_rules){ 0 };
	return 0;
}

void ignore_release(struct ignore_rules *rules)
{
	free(rules->items);
	free(rules->text);
	*rules = (struct ignore_rules){ 0 };
}

/* git compares what comes before the first special character apart, so that
 * in "a**" followed by a slash the "**" counts as a component. */
static bool match_path(const char *pattern, const char *path)
{
	size_t len = strcspn(pattern, "*?[\\");

	return !strncmp(pattern, path, len) && ignore_glob(pattern + len, path + len);
}

enum ignore_answer ignore_match(const struct ignore_rules *rules, const char *path, bool is_folder)
{
	const char *name = path_base(path);

	for (size_t i = rules->len; i; i--) {
		const struct ignore_rule *rule = &rules->items[i - 1];

		if (rule->is_for_folders && !is_folder)
			continue;
		if (rule->is_anchored ? match_path(rule->pattern, path)
				      : ignore_glob(rule->pattern, name))
			return rule->is_negative ? IGNORE_NO : IGNORE_YES;
	}
	return IGNORE_UNSAID;
}
