/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * Inside registry/: the configurations that were read last. A digest names its bytes
 * for good, so that one that has come once, and was checked, is not asked for again;
 * what a tag names is asked each time.
 */
#include "base/buf.h"
#include "codec/digest.h"

#define CONFIGS_KEPT 4

struct configs {
	struct {
		struct digest_text digest;
		struct buf bytes;
	} items[CONFIGS_KEPT];
	size_t next; /* which is forgotten first */
};

void configs_release(struct configs *configs);
/* Copies it; without memory it is read again, that is all. */
void configs_keep(struct configs *configs, const struct digest_text *digest, struct slice bytes);
/* Adds it to `ret_bytes`, if it is there. */
bool configs_find(const struct configs *configs, const char *digest, struct buf *ret_bytes);
