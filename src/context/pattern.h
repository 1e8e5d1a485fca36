/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * One pattern of a .dockerignore, with the meaning that Docker gives it: it
 * turns the pattern into a regular expression of Go, so that what it does not
 * escape keeps its meaning there ("[^a]" matches "/", "\d" a digit). Plain
 * ones are compared, the others run as an automaton in time proportional to
 * the pattern times the path, whatever they are. Text is bytes; "?" and
 * classes take characters of UTF-8, and a byte that is none as U+FFFD.
 */
#include "base/error.h"
#include "base/slice.h"

struct pattern;

/* `text` is clean (filepath.Clean) and without its "!". ERROR_INPUT if Docker
 * refuses it, or for Unicode classes (\pL), which we do not know. */
struct pattern *pattern_compile(struct slice text, struct error *err) CHECK;
void pattern_free(struct pattern *pattern);
void pattern_freep(struct pattern **pattern);

/* `path` is relative, clean and without a slash at its end. All of it has to
 * match. Not for two threads at once. */
bool pattern_matches(struct pattern *pattern, struct slice path);
/* Whether some path below `folder` might match; no is certain. */
bool pattern_may_match_below(struct pattern *pattern, struct slice folder);
