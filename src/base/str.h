/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * Text helpers, a list of owned strings and a map of owned strings in order
 * of insertion. Lists and maps are small here; look-up is a scan.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/slice.h"

bool str_starts(const char *text, const char *prefix);
bool str_ends(const char *text, const char *suffix);
static inline bool str_equal(const char *a, const char *b)
{
	return a == b || (a && b && !strcmp(a, b));
}
/* Copies; NULL without memory (err set). */
char *str_copy(const char *text, struct error *err) CHECK;
char *str_copy_slice(struct slice slice, struct error *err) CHECK;
char *str_format(struct error *err, const char *format, ...) PRINTF(2, 3) CHECK;
/* Replaces an owned string; NULL clears it. */
int str_replace(char **owned, const char *text, struct error *err) CHECK;

/* Only lower-case hexadecimal digits, exactly `len` of them. */
bool str_is_hex(const char *text, size_t len);
/* A whole number from `min` to `max`, all of the text; false if it is none. */
bool str_to_int(const char *text, int64_t min, int64_t max, int64_t *ret_value);
/* git's booleans: true yes on 1, false no off 0 and "". */
bool str_to_bool(const char *text, bool *ret_value);
/* "90", "90s", "5m", "1h", "1d", "500ms"; the unit is seconds without one. */
bool str_to_duration(const char *text, int64_t *ret_ms);
/* "1.5 GB" for people. */
struct str_size {
	char text[24];
};
struct str_size str_size(int64_t bytes);
/* What a peer says, for our own message: of a long text the begin and, since
 * the cause stands last in most, more of the end. */
struct str_brief {
	char text[LIMIT_PEER_TEXT + 1];
};
struct str_brief str_brief(struct slice text);
/* Edit distance with transpositions, for "did you mean"; stops counting at 9. */
unsigned str_distance(const char *a, const char *b);
/* For the nearest of several words: true if `given` may be a slip for `word`
 * and none so far was nearer. `*least` starts as UINT_MAX. */
bool str_is_nearer(const char *given, const char *word, unsigned *least);

struct strv {
	char **items; /* NULL-terminated once it has any */
	size_t len;
};

void strv_release(struct strv *list);
int strv_add(struct strv *list, const char *text, struct error *err) CHECK;
int strv_add_slice(struct strv *list, struct slice text, struct error *err) CHECK;
/* Takes the text over, also when it fails. */
int strv_add_taken(struct strv *list, char *text, struct error *err) CHECK;
int strv_copy(struct strv *list, const struct strv *from, struct error *err) CHECK;
bool strv_has(const struct strv *list, const char *text);
void strv_remove(struct strv *list, size_t index);
/* In byte order. */
void strv_sort(struct strv *list);

struct strmap_entry {
	char *key;
	char *value;
};

struct strmap {
	struct strmap_entry *entries;
	size_t len;
};

void strmap_release(struct strmap *map);
/* Sets or replaces; an existing key keeps its place. */
int strmap_set(struct strmap *map, const char *key, const char *value, struct error *err) CHECK;
/* NULL if there is none. */
const char *strmap_get(const struct strmap *map, const char *key);
void strmap_remove(struct strmap *map, const char *key);
/* In byte order of the keys. */
void strmap_sort(struct strmap *map);
int strmap_copy(struct strmap *map, const struct strmap *from, struct error *err) CHECK;
