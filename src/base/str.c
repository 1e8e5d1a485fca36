/* SPDX-License-Identifier: MIT */
#include "base/str.h"

#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <strings.h>

#include "base/buf.h"

bool str_starts(const char *text, const char *prefix)
{
	return !strncmp(text, prefix, strlen(prefix));
}

bool str_ends(const char *text, const char *suffix)
{
	size_t len = strlen(text), tail = strlen(suffix);

	return len >= tail && !memcmp(text + len - tail, suffix, tail);
}

char *str_copy(const char *text, struct error *err)
{
	return str_copy_slice(slice_of(text), err);
}

char *str_copy_slice(struct slice slice, struct error *err)
{
	char *copy = malloc(slice.len + 1);

	if (!copy) {
		error_set_memory(err);
		return NULL;
	}
	if (slice.len)
		memcpy(copy, slice.data, slice.len);
	copy[slice.len] = '\0';
	return copy;
}

char *str_format(struct error *err, const char *format, ...)
{
	va_list args;
	char *text;
	int len;

	va_start(args, format);
	len = vasprintf(&text, format, args);
	va_end(args);
	if (len >= 0)
		return text;
	error_set_memory(err);
	return NULL;
}

int str_replace(char **owned, const char *text, struct error *err)
{
	char *copy = NULL;

	if (text && !(copy = str_copy(text, err)))
		return -1;
	free(*owned);
	*owned = copy;
	return 0;
}

bool str_is_hex(const char *text, size_t len)
{
	return strlen(text) == len && strspn(text, "0123456789abcdef") == len;
}

bool str_to_int(const char *text, int64_t min, int64_t max, int64_t *ret_value)
{
	char *end;
	long long value;

	if (!isdigit((unsigned char)text[text[0] == '-']))
		return false;
	errno = 0;
	value = strtoll(text, &end, 10);
	if (errno || *end || value < min || value > max)
		return false;
	*ret_value = value;
	return true;
}

bool str_to_bool(const char *text, bool *ret_value)
{
	static const struct {
		const char *word;
		bool value;
	} words[] = {
		{ "true", true }, { "yes", true },  { "on", true },
		{ "1", true },	  { "", false },    { "false", false },
		{ "no", false },  { "off", false }, { "0", false },
	};

	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		if (strcasecmp(text, words[i].word))
			continue;
		*ret_value = words[i].value;
		return true;
	}
	return false;
}

bool str_to_duration(const char *text, int64_t *ret_ms)
{
	static const struct {
		const char *unit;
		int64_t ms;
	} units[] = { { "", 1000 },   { "s", 1000 },	{ "ms", 1 },
		      { "m", 60000 }, { "h", 3600000 }, { "d", 86400000 } };
	size_t digits = strspn(text, "0123456789");
	int64_t value = 0;

	if (!digits || digits > 9)
		return false;
	for (size_t i = 0; i < digits; i++)
		value = value * 10 + (text[i] - '0');
	for (size_t i = 0; i < ARRAY_SIZE(units); i++) {
		if (strcmp(text + digits, units[i].unit))
			continue;
		*ret_ms = value * units[i].ms;
		return true;
	}
	return false;
}

struct str_size str_size(int64_t bytes)
{
	static const char *const units[] = { "B", "kB", "MB", "GB", "TB", "PB" };
	struct str_size size;
	double value = (double)bytes;
	size_t unit = 0;

	while (value >= 999.5 && unit + 1 < ARRAY_SIZE(units)) {
		value /= 1000;
		unit++;
	}
	snprintf(size.text, sizeof(size.text), unit && value < 9.95 ? "%.1f %s" : "%.0f %s", value,
		 units[unit]);
	return size;
}

struct str_brief str_brief(struct slice text)
{
	static const char gap[] = " ... ";
	struct str_brief brief = { "" };
	size_t begin = text.len, end = 0;

	if (text.len > LIMIT_PEER_TEXT) {
		begin = LIMIT_PEER_TEXT / 3;
		end = LIMIT_PEER_TEXT - begin - strlen(gap);
	}
	snprintf(brief.text, sizeof(brief.text), "%.*s%s%.*s", (int)begin,
		 text.data ? text.data : "", end ? gap : "", (int)end,
		 end ? text.data + text.len - end : "");
	return brief;
}

unsigned str_distance(const char *a, const char *b)
{
	enum { MAX = 40, FAR = 9 };
	unsigned rows[3][MAX + 1];
	size_t a_len = strlen(a), b_len = strlen(b);

	if (a_len > MAX || b_len > MAX)
		return FAR;
	for (size_t j = 0; j <= b_len; j++)
		rows[0][j] = (unsigned)j;
	for (size_t i = 1; i <= a_len; i++) {
		unsigned *row = rows[i % 3];
		unsigned *above = rows[(i + 2) % 3], *before = rows[(i + 1) % 3];

		row[0] = (unsigned)i;
		for (size_t j = 1; j <= b_len; j++) {
			unsigned best = above[j - 1] + (a[i - 1] != b[j - 1]);

			best = above[j] + 1 < best ? above[j] + 1 : best;
			best = row[j - 1] + 1 < best ? row[j - 1] + 1 : best;
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] &&
			    before[j - 2] + 1 < best)
				best = before[j - 2] + 1;
			row[j] = best;
		}
	}
	return rows[a_len % 3][b_len] < FAR ? rows[a_len % 3][b_len] : FAR;
}

bool str_is_nearer(const char *given, const char *word, unsigned *least)
{
	unsigned distance = str_distance(given, word);

	/* One slip in three letters. */
	if (distance >= *least || distance * 3 > strlen(given) + 1)
		return false;
	*least = distance;
	return true;
}

void strv_release(struct strv *list)
{
	for (size_t i = 0; i < list->len; i++)
		free(list->items[i]);
	free(list->items);
	*list = (struct strv){ 0 };
}

int strv_add_taken(struct strv *list, char *text, struct error *err)
{
	/* Room is made when the count reaches a power of two. */
	if (!text)
		return -1;
	if (!(list->len & (list->len + 1))) {
		char **items = realloc(list->items, (list->len + 1) * 2 * sizeof(*items));

		if (!items) {
			free(text);
			return error_set_memory(err);
		}
		list->items = items;
	}
	list->items[list->len++] = text;
	list->items[list->len] = NULL;
	return 0;
}

int strv_add(struct strv *list, const char *text, struct error *err)
{
	return strv_add_taken(list, str_copy(text, err), err);
}

int strv_add_slice(struct strv *list, struct slice text, struct error *err)
{
	return strv_add_taken(list, str_copy_slice(text, err), err);
}

int strv_copy(struct strv *list, const struct strv *from, struct error *err)
{
	for (size_t i = 0; i < from->len; i++)
		if (strv_add(list, from->items[i], err))
			return -1;
	return 0;
}

bool strv_has(const struct strv *list, const char *text)
{
	for (size_t i = 0; i < list->len; i++)
		if (!strcmp(list->items[i], text))
			return true;
	return false;
}

void strv_remove(struct strv *list, size_t index)
{
	free(list->items[index]);
	memmove(list->items + index, list->items + index + 1,
		(list->len - index) * sizeof(*list->items));
	list->len--;
}

static int compare_items(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

void strv_sort(struct strv *list)
{
	if (list->len)
		qsort(list->items, list->len, sizeof(*list->items), compare_items);
}

void strmap_release(struct strmap *map)
{
	for (size_t i = 0; i < map->len; i++) {
		free(map->entries[i].key);
		free(map->entries[i].value);
	}
	free(map->entries);
	*map = (struct strmap){ 0 };
}

static struct strmap_entry *strmap_find(const struct strmap *map, const char *key)
{
	for (size_t i = 0; i < map->len; i++)
		if (!strcmp(map->entries[i].key, key))
			return &map->entries[i];
	return NULL;
}

int strmap_set(struct strmap *map, const char *key, const char *value, struct error *err)
{
	struct strmap_entry *entry = strmap_find(map, key);
	char *new_key, *new_value;

	if (entry)
		return str_replace(&entry->value, value, err);
	entry = realloc(map->entries, (map->len + 1) * sizeof(*entry));
	if (!entry)
		return error_set_memory(err);
	map->entries = entry;
	new_key = str_copy(key, err);
	new_value = str_copy(value, err);
	if (!new_key || !new_value) {
		free(new_key);
		free(new_value);
		return -1;
	}
	map->entries[map->len++] = (struct strmap_entry){ new_key, new_value };
	return 0;
}

const char *strmap_get(const struct strmap *map, const char *key)
{
	struct strmap_entry *entry = strmap_find(map, key);

	return entry ? entry->value : NULL;
}

void strmap_remove(struct strmap *map, const char *key)
{
	struct strmap_entry *entry = strmap_find(map, key);

	if (!entry)
		return;
	free(entry->key);
	free(entry->value);
	map->len--;
	memmove(entry, entry + 1, (size_t)(map->entries + map->len - entry) * sizeof(*entry));
}

static int compare_keys(const void *a, const void *b)
{
	const struct strmap_entry *left = a, *right = b;

	return strcmp(left->key, right->key);
}

void strmap_sort(struct strmap *map)
{
	if (map->len)
		qsort(map->entries, map->len, sizeof(*map->entries), compare_keys);
}

int strmap_copy(struct strmap *map, const struct strmap *from, struct error *err)
{
	for (size_t i = 0; i < from->len; i++)
		if (strmap_set(map, from->entries[i].key, from->entries[i].value, err))
			return -1;
	return 0;
}
