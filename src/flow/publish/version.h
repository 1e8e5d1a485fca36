/* SPDX-License-Identifier: MIT */
#pragma once
/* Versions by semver 2.0.0, as git tags name them: "v1.2.3-rc.1+build.5". */
#include <stdbool.h>
#include <stdint.h>

#include "base/slice.h"

struct version {
	int64_t numbers[3]; /* major, minor, patch */
	struct slice text;  /* without the "v" */
	struct slice pre;   /* "rc.1"; empty: a release */
};

/* A tag that is a version, with or without a "v" before it; all three numbers
 * are there. The parts borrow from `tag`. */
bool version_parse(const char *tag, struct version *ret_version);
/* By precedence (section 11): below, above or equal to 0. Build metadata does not count. */
int version_compare(const struct version *a, const struct version *b);
static inline bool version_is_release(const struct version *version)
{
	return !version->pre.len;
}
