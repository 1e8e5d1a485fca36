/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * A template of image.tag: text with placeholders in braces, as in
 * "{branch}-{date:%Y.%m}". The word "semver" stands for three of them:
 * {version}, {major}.{minor} and {major}.
 */
#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"

enum tag_field {
	TAG_FIELD_SHA,	 /* the full SHA */
	TAG_FIELD_SHORT, /* {sha7} or {short}: 7 digits */
	TAG_FIELD_BRANCH,
	TAG_FIELD_TAG, /* the git tag */
	TAG_FIELD_VERSION,
	TAG_FIELD_MAJOR,
	TAG_FIELD_MINOR,
	TAG_FIELD_PATCH,
	TAG_FIELD_KEY, /* 16 digits of the content key */
	TAG_FIELD_TEXT_COUNT,
	TAG_FIELD_DATE = TAG_FIELD_TEXT_COUNT, /* {date} or {date:FORMAT}, the committer's in UTC */
	TAG_FIELD_COUNT,
};

#define TAG_SEMVER "semver"

/* What the placeholders stand for; what the template does not use may be NULL. */
struct tag_values {
	const char *texts[TAG_FIELD_TEXT_COUNT];
	int64_t time;
};

/* ERROR_INPUT: an unknown placeholder, a brace without the other, a character
 * that no tag has. */
int tag_template_check(const char *text, struct error *err) CHECK;
/* Does the checked template use that placeholder? */
bool tag_template_uses(const char *text, enum tag_field field);
/* Of a checked one. What no tag has becomes '-' ('_' for the '+' of a version), at the begin it is
 * dropped; a value has at most 128 characters. The outcome need not be valid. */
int tag_template_expand(const char *text, const struct tag_values *values, struct buf *out,
			struct error *err) CHECK;
