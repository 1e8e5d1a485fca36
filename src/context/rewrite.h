/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * A Dockerfile with other bases. Only the words that name them are replaced, each as
 * a whole with its quotes and variables: every other byte, comments, AS NAME,
 * --platform and the number of each line stay.
 */
#include "base/str.h"
#include "context/dockerfile.h"

struct rewrite {
	struct dockerfile_place place;
	const char *text; /* a reference: nothing in it needs quotes */
};

struct rewrite_list {
	const struct rewrite *items; /* in any order, none twice */
	size_t len;
};

/* Appends `text`, which `dockerfile` was read from, with the words replaced. */
int dockerfile_rewrite(struct slice text, const struct dockerfile *dockerfile,
		       const struct rewrite_list *list, struct buf *out, struct error *err) CHECK;
