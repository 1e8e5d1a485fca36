/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * .dockerignore: which paths of the context the builder sees. The rules are
 * those of BuildKit's walk (moby/patternmatcher, MatchesUsingParentResults):
 * the patterns in order, the last one that matches decides, one that could
 * not change what is decided so far is not asked, what matched a folder
 * matches all below it. Patterns match the whole path, unlike gitignore.
 */
#include <stddef.h>

#include "base/str.h"

struct dockerignore;

/* `name` is the file's for messages: "NAME:LINE: ...", ERROR_INPUT. */
int dockerignore_parse(struct slice text, const char *name, struct dockerignore **ret_ignore,
		       struct error *err) CHECK;
/* The same of lines that somebody has read: BuildKit's matcher made of a list.
 * `name` is the list's for messages. */
int dockerignore_of_patterns(const struct strv *patterns, const char *name,
			     struct dockerignore **ret_ignore, struct error *err) CHECK;
void dockerignore_free(struct dockerignore *ignore);
void dockerignore_freep(struct dockerignore **ignore);

/* One path by itself: relative, clean. Not for two threads at once. */
bool dockerignore_excludes(struct dockerignore *ignore, const char *path);

/* Whether some path below a folder that is kept might be excluded; no is
 * certain. */
bool dockerignore_may_exclude_below(const struct dockerignore *ignore, const char *folder);

enum dockerignore_verdict {
	DOCKERIGNORE_KEEP,
	DOCKERIGNORE_DROP,  /* and all below it: no need to look there */
	DOCKERIGNORE_ENTER, /* drop the folder, though something below may be kept */
};

/* A walk over a tree, folders before what they hold: remembers what matched
 * the folders that the present path stands in. */
struct dockerignore_walk {
	struct dockerignore *ignore; /* borrowed; NULL: all is kept */
	unsigned char *levels;
	size_t level_count;
};

void dockerignore_walk_release(struct dockerignore_walk *walk);
int dockerignore_walk_next(struct dockerignore_walk *walk, const char *path, bool is_folder,
			   enum dockerignore_verdict *ret_verdict, struct error *err) CHECK;
