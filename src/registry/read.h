/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * Images behind many references at once, manifest and config alone: side by
 * side as in registry/exists.h.
 */
#include "registry/pool.h"

struct registry_reading {
	const struct reference *reference;
	const char *tag_or_digest; /* NULL: what the reference names */
	const char *sha_env;	   /* as in image_commit_of() */
	enum registry_answer answer;
	struct registry_image image; /* of a yes; to be released */
	struct error err;	     /* of an unknown */
};

/* What a reading held before is released. Fails only with what ends all of them. */
int registry_read_all(struct registry_pool *pool, struct registry_reading *readings, size_t count,
		      struct error *err) CHECK;
void registry_reading_release(struct registry_reading *reading);
