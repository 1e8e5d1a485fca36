/* SPDX-License-Identifier: MIT */
#include "context/dockerignore.h"

#include <stdlib.h>

#include "base/path.h"
#include "base/str.h"
#include "context/pattern.h"

struct rule {
	struct pattern *pattern;
	bool is_exception;
};

struct dockerignore {
	struct rule *rules;
	size_t rule_count;
	unsigned char *matches; /* two rows of one flag a rule */
};

/* What Go's strings.TrimSpace takes away: White_Space of Unicode. */
static const char *const spaces[] = {
	"\t",		"\n",		"\v",
	"\f",		"\r",		" ",
	"\xc2\x85",	"\xc2\xa0",	"\xe1\x9a\x80",
	"\xe2\x80\x80", "\xe2\x80\x81", "\xe2\x80\x82",
	"\xe2\x80\x83", "\xe2\x80\x84", "\xe2\x80\x85",
	"\xe2\x80\x86", "\xe2\x80\x87", "\xe2\x80\x88",
	"\xe2\x80\x89", "\xe2\x80\x8a", "\xe2\x80\xa8",
	"\xe2\x80\xa9", "\xe2\x80\xaf", "\xe2\x81\x9f",
	"\xe3\x80\x80",
};

static bool trim_one(struct slice *text)
{
	for (size_t i = 0; i < ARRAY_SIZE(spaces); i++) {
		size_t len = strlen(spaces[i]);

		if (slice_starts(*text, spaces[i])) {
			*text = slice_skip(*text, len);
			return true;
		}
		if (text->len >= len && !memcmp(text->data + text->len - len, spaces[i], len)) {
			text->len -= len;
			return true;
		}
	}
	return false;
}

static struct slice trim(struct slice text)
{
	while (text.len && trim_one(&text))
		;
	return text;
}

/* filepath.Clean on a part of `*owned`; the result is owned there. */
static int clean(char **owned, struct slice text, struct error *err)
{
	AUTOFREE char *copy = str_copy_slice(text, err);
	char *result = copy ? path_clean(copy, err) : NULL;

	if (!result)
		return -1;
	free(*owned);
	*owned = result;
	return 0;
}

/* A line as Docker's reader of the file gives it to the matcher. */
static int normalize(struct slice line, char **ret_pattern, struct error *err)
{
	AUTOFREE char *cleaned = NULL;
	bool is_exception = slice_starts(line, "!");
	struct slice text = trim(slice_skip(line, is_exception));

	if (text.len) {
		if (clean(&cleaned, text, err))
			return -1;
		text = slice_of(cleaned);
		if (text.len > 1 && text.data[0] == '/')
			text = slice_skip(text, 1);
	}
	*ret_pattern = str_format(err, "%s%.*s", is_exception ? "!" : "", (int)text.len, text.data);
	return *ret_pattern ? 0 : -1;
}

static int add_rule(struct dockerignore *ignore, struct slice text, struct error *err)
{
	bool is_exception = slice_starts(text, "!");
	struct rule *rules;
	struct pattern *pattern;

	text = slice_skip(text, is_exception);
	if (!text.len)
		return error_set(err, ERROR_INPUT, "'!' alone is no pattern");
	rules = reallocarray(ignore->rules, ignore->rule_count + 1, sizeof(*rules));
	if (!rules)
		return error_set_memory(err);
	ignore->rules = rules;
	pattern = pattern_compile(text, err);
	if (!pattern)
		return -1;
	rules[ignore->rule_count++] = (struct rule){ pattern, is_exception };
	return 0;
}

/* The matcher itself trims and cleans, also what was trimmed and cleaned. */
static int add_pattern(struct dockerignore *ignore, struct slice text, struct error *err)
{
	AUTOFREE char *pattern = NULL;

	text = trim(text);
	if (!text.len)
		return 0;
	if (clean(&pattern, text, err))
		return -1;
	if (add_rule(ignore, slice_of(pattern), err))
		return error_is(err, ERROR_INPUT) ? error_wrap(err, "'%s'", pattern) : -1;
	return 0;
}

/* The longest line that Docker's reader takes (bufio.MaxScanTokenSize). */
#define LINE_MAX_BYTES (64 * KIB)

static int add_line(struct dockerignore *ignore, struct slice line, struct error *err)
{
	AUTOFREE char *pattern = NULL;

	if (line.len >= LINE_MAX_BYTES)
		return error_set(err, ERROR_INPUT, "the line is longer than Docker reads");
	if (memchr(line.data, '\0', line.len))
		return error_set(err, ERROR_INPUT, "a zero byte: is this UTF-16?");
	if (slice_starts(line, "#"))
		return 0;
	line = trim(line);
	if (!line.len)
		return 0;
	if (normalize(line, &pattern, err))
		return -1;
	return add_pattern(ignore, slice_of(pattern), err);
}

/* Once it has all its rules. */
static int finish(struct dockerignore *ignore, struct error *err)
{
	ignore->matches = calloc(2, ignore->rule_count + 1);
	return ignore->matches ? 0 : error_set_memory(err);
}

int dockerignore_parse(struct slice text, const char *name, struct dockerignore **ret_ignore,
		       struct error *err)
{
	AUTO(dockerignore_freep) struct dockerignore *ignore = calloc(1, sizeof(*ignore));
	struct slice line;

	if (!ignore)
		return error_set_memory(err);
	if (slice_starts(text, "\xef\xbb\xbf"))
		text = slice_skip(text, 3);
	for (int number = 1; slice_cut(&text, '\n', &line); number++)
		if (add_line(ignore, line, err))
			return error_wrap(err, "%s:%d", name, number);
	if (finish(ignore, err))
		return -1;
	*ret_ignore = TAKE(ignore);
	return 0;
}

int dockerignore_of_patterns(const struct strv *patterns, const char *name,
			     struct dockerignore **ret_ignore, struct error *err)
{
	AUTO(dockerignore_freep) struct dockerignore *ignore = calloc(1, sizeof(*ignore));

	if (!ignore)
		return error_set_memory(err);
	for (size_t i = 0; i < patterns->len; i++)
		if (add_pattern(ignore, slice_of(patterns->items[i]), err))
			return error_wrap(err, "%s", name);
	if (finish(ignore, err))
		return -1;
	*ret_ignore = TAKE(ignore);
	return 0;
}

void dockerignore_free(struct dockerignore *ignore)
{
	if (!ignore)
		return;
	for (size_t i = 0; i < ignore->rule_count; i++)
		pattern_free(ignore->rules[i].pattern);
	free(ignore->rules);
	free(ignore->matches);
	free(ignore);
}

void dockerignore_freep(struct dockerignore **ignore)
{
	dockerignore_free(*ignore);
}

/* Whether `path` is excluded; `above` says what matched its folder (NULL: it
 * stands in none), `ret_matches` what matches the path itself. */
static bool judge(const struct dockerignore *ignore, struct slice path, const unsigned char *above,
		  unsigned char *ret_matches)
{
	bool is_excluded = false;

	for (size_t i = 0; i < ignore->rule_count; i++) {
		const struct rule *rule = &ignore->rules[i];
		bool matches = above && above[i];

		if (!matches && rule->is_exception == is_excluded)
			matches = pattern_matches(rule->pattern, path);
		ret_matches[i] = matches;
		if (matches)
			is_excluded = !rule->is_exception;
	}
	return is_excluded;
}

bool dockerignore_excludes(struct dockerignore *ignore, const char *path)
{
	unsigned char *above = ignore->matches, *own = above + ignore->rule_count;
	bool is_first = true;

	for (const char *end = path;; end++) {
		struct slice part = { path, (size_t)(end - path) };
		unsigned char *other = above;
		bool is_excluded;

		if (*end && *end != '/')
			continue;
		is_excluded = judge(ignore, part, is_first ? NULL : above, own);
		if (!*end)
			return is_excluded;
		above = own;
		own = other;
		is_first = false;
	}
}

/* What could bring a path below an excluded folder back is an exception that
 * stands behind the rule that excludes the folder, and everything in it. */
static bool may_keep_below(const struct dockerignore *ignore, struct slice folder,
			   const unsigned char *matches)
{
	for (size_t i = ignore->rule_count; i--;) {
		const struct rule *rule = &ignore->rules[i];

		if (rule->is_exception && pattern_may_match_below(rule->pattern, folder))
			return true;
		if (!rule->is_exception && matches[i])
			return false;
	}
	return false;
}

bool dockerignore_may_exclude_below(const struct dockerignore *ignore, const char *folder)
{
	for (size_t i = 0; i < ignore->rule_count; i++)
		if (!ignore->rules[i].is_exception &&
		    pattern_may_match_below(ignore->rules[i].pattern, slice_of(folder)))
			return true;
	return false;
}

void dockerignore_walk_release(struct dockerignore_walk *walk)
{
	free(walk->levels);
	walk->levels = NULL;
	walk->level_count = 0;
}

static int grow_levels(struct dockerignore_walk *walk, size_t count, struct error *err)
{
	unsigned char *levels;

	if (count <= walk->level_count)
		return 0;
	count += 8;
	levels = reallocarray(walk->levels, count, walk->ignore->rule_count);
	if (!levels)
		return error_set_memory(err);
	walk->levels = levels;
	walk->level_count = count;
	return 0;
}

int dockerignore_walk_next(struct dockerignore_walk *walk, const char *path, bool is_folder,
			   enum dockerignore_verdict *ret_verdict, struct error *err)
{
	struct slice text = slice_of(path);
	unsigned char *above, *own;
	size_t depth = 0, count;

	*ret_verdict = DOCKERIGNORE_KEEP;
	if (!walk->ignore || !walk->ignore->rule_count)
		return 0;
	for (size_t i = 0; i < text.len; i++)
		depth += path[i] == '/';
	if (grow_levels(walk, depth + 1, err))
		return -1;
	count = walk->ignore->rule_count;
	own = walk->levels + depth * count;
	above = depth ? own - count : NULL;
	if (!judge(walk->ignore, text, above, own))
		return 0;
	*ret_verdict = is_folder && may_keep_below(walk->ignore, text, own) ? DOCKERIGNORE_ENTER
									    : DOCKERIGNORE_DROP;
	return 0;
}
