/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * Under which tags earlier runs left images of which content key, in <state>/keys: a file of
 * bounded length for each repository, the newest first. A hint only: the image tells. It is
 * written under the lock of the repository's tags, and nothing here fails.
 */
#include "base/str.h"

/* What is left of it costs a look at the engine: at most so many tags for one key. */
#define KEY_INDEX_TAGS 4

/* Adds the tags, the newest first. */
int key_index_find(const char *state_folder, const char *repository, const char *key,
		   struct strv *tags, struct error *err) CHECK;
void key_index_keep(const char *state_folder, const char *repository, const char *key,
		    const char *tag);
