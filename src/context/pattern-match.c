/* SPDX-License-Identifier: MIT */
#include <ctype.h>

#include "context/pattern-program.h"

/* What stands around the place between two characters. */
struct place {
	bool is_begin;
	bool is_end;
	bool is_boundary;
};

static bool has_state(const uint64_t *states, size_t i)
{
	return states[i / 64] >> (i % 64) & 1;
}

static void add_state(uint64_t *states, size_t i)
{
	states[i / 64] |= 1ULL << (i % 64);
}

static bool is_word(int32_t rune)
{
	return rune < 0x80 && (isalnum((int)rune) || rune == '_');
}

static bool leads_on(const struct item *item, const struct place *place)
{
	switch (item->kind) {
	case ITEM_RUNE:
	case ITEM_CLASS:
	case ITEM_ANY:
		return item->is_repeated;
	case ITEM_FORK:
		return true;
	case ITEM_STOP:
		return false;
	case ITEM_BEGIN:
		return place->is_begin;
	case ITEM_END:
		return place->is_end;
	case ITEM_BOUNDARY:
		return place->is_boundary;
	case ITEM_NOT_BOUNDARY:
		return !place->is_boundary;
	}
	return false;
}

/* Adds what the states lead to without a character: only later ones. */
static void follow(const struct pattern *pattern, uint64_t *states, const struct place *place)
{
	for (size_t i = 0; i < pattern->item_count; i++) {
		if (!states[i / 64]) {
			i |= 63;
			continue;
		}
		if (!has_state(states, i) || !leads_on(&pattern->items[i], place))
			continue;
		add_state(states, i + 1);
		if (pattern->items[i].kind == ITEM_FORK)
			add_state(states, pattern->items[i].target);
	}
}

static bool in_class(const struct pattern *pattern, const struct item *item, int32_t rune)
{
	const struct rune_range *ranges = pattern->ranges + item->range;

	for (size_t i = 0; i < item->range_count; i++)
		if (rune >= ranges[i].low && rune <= ranges[i].high)
			return !item->is_negated;
	return item->is_negated;
}

static bool consumes(const struct pattern *pattern, const struct item *item, int32_t rune)
{
	switch (item->kind) {
	case ITEM_RUNE:
		return item->rune == rune;
	case ITEM_CLASS:
		return in_class(pattern, item, rune);
	case ITEM_ANY:
		return rune != '\n';
	default:
		return false;
	}
}

/* The states behind a character; false if there is none. */
static bool step(const struct pattern *pattern, const uint64_t *now, uint64_t *next, int32_t rune)
{
	bool is_alive = false;

	memset(next, 0, pattern->word_count * sizeof(*next));
	for (size_t i = 0; i < pattern->item_count; i++) {
		const struct item *item = &pattern->items[i];

		if (!now[i / 64]) {
			i |= 63;
			continue;
		}
		if (!has_state(now, i) || !consumes(pattern, item, rune))
			continue;
		add_state(next, item->is_repeated ? i : i + 1);
		is_alive = true;
	}
	return is_alive;
}

/* The states behind all of `path`, and behind a slash more if it is a folder
 * that more follows; NULL if there is none. */
static const uint64_t *run(struct pattern *pattern, struct slice path, bool is_folder)
{
	uint64_t *now = pattern->states, *next = now + pattern->word_count;
	struct place place = { .is_begin = true };
	size_t left = path.len + is_folder;
	int32_t before = '/';

	memset(now, 0, pattern->word_count * sizeof(*now));
	add_state(now, 0);
	while (left || !is_folder) {
		int32_t rune = '/';
		size_t len = path.len ? rune_decode(path, &rune) : 1;
		uint64_t *other = now;

		place.is_end = !left;
		place.is_boundary = is_word(before) != is_word(rune);
		follow(pattern, now, &place);
		if (!left)
			break;
		if (!step(pattern, now, next, rune))
			return NULL;
		path = slice_skip(path, len);
		left -= len;
		place.is_begin = false;
		before = rune;
		now = next;
		next = other;
	}
	return now;
}

static bool starts_with(struct slice text, const char *prefix, size_t len)
{
	return text.len >= len && !memcmp(text.data, prefix, len);
}

static bool ends_with(struct slice text, const char *suffix, size_t len)
{
	return text.len >= len && !memcmp(text.data + text.len - len, suffix, len);
}

static bool accepts(const struct pattern *pattern, const uint64_t *states)
{
	for (size_t i = 0; i < pattern->item_count; i++)
		if (pattern->items[i].kind == ITEM_STOP && has_state(states, i))
			return true;
	return false;
}

static bool program_matches(struct pattern *pattern, struct slice path)
{
	const uint64_t *states;

	if (!starts_with(path, pattern->head, pattern->head_len) ||
	    !ends_with(path, pattern->tail, pattern->tail_len))
		return false;
	states = run(pattern, path, false);
	return states && accepts(pattern, states);
}

bool pattern_matches(struct pattern *pattern, struct slice path)
{
	const char *text = pattern->text;
	size_t len = pattern->text_len;

	switch (pattern->kind) {
	case PATTERN_EXACT:
		return path.len == len && !memcmp(path.data, text, len);
	case PATTERN_PREFIX:
		return starts_with(path, text, len);
	case PATTERN_SUFFIX:
		return ends_with(path, text, len) || (text[0] == '/' && path.len == len - 1 &&
						      !memcmp(path.data, text + 1, len - 1));
	case PATTERN_PROGRAM:
		return program_matches(pattern, path);
	}
	return false;
}

/* `folder` and a slash begin `text`, or go on where it ends. */
static bool goes_below(struct slice folder, struct slice text)
{
	size_t len = folder.len < text.len ? folder.len : text.len;

	if (memcmp(folder.data, text.data, len))
		return false;
	return text.len <= folder.len || text.data[folder.len] == '/';
}

static bool program_may_match_below(struct pattern *pattern, struct slice folder)
{
	const uint64_t *states;
	uint64_t rest = 0;

	if (!goes_below(folder, (struct slice){ pattern->head, pattern->head_len }))
		return false;
	states = run(pattern, folder, true);
	for (size_t i = 0; states && i < pattern->word_count; i++)
		rest |= states[i];
	return rest;
}

bool pattern_may_match_below(struct pattern *pattern, struct slice folder)
{
	struct slice text = { pattern->text, pattern->text_len };

	switch (pattern->kind) {
	case PATTERN_EXACT:
		return text.len > folder.len + 1 && goes_below(folder, text);
	case PATTERN_PREFIX:
		return goes_below(folder, text);
	case PATTERN_SUFFIX:
		return true;
	case PATTERN_PROGRAM:
		return program_may_match_below(pattern, folder);
	}
	return true;
}
