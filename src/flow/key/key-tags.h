/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * Under which tags earlier runs left images of which content key, in <state>/keys: a file of
 * bounded length for each repository, the newest first. A tag is a hint only: the image tells.
 * The image's ID beside it says that it is git-image who made it or has taken it. It is written
 * under the lock of the repository's tags, and nothing here fails.
 */
#include <stdbool.h>

#include "base/str.h"

/* What is left of it costs a look at the engine: at most so many tags for one key. */
#define KEY_TAGS_MAX 4

/* Adds the tags, the newest first. */
int key_tags_find(const char *state_folder, const char *repository, const char *key,
		  struct strv *tags, struct error *err) CHECK;
void key_tags_keep(const char *state_folder, const char *repository, const char *key,
		   const char *tag, const char *id);
/* Is that image there with that key? */
bool key_tags_has(const char *state_folder, const char *repository, const char *key,
		  const char *id);
