/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * The config of an image (OCI image-spec config.md): what it runs with, what
 * its layers are and, for us, which commit it was made of.
 */
#include <stdbool.h>
#include <stddef.h>

#include "base/slice.h"
#include "base/str.h"
#include "image/platform.h"

struct image_history {
	char *created;
	char *created_by;
	char *comment;
	bool is_empty_layer;
};

struct image_config {
	char *created; /* RFC 3339; NULL: none */
	struct platform platform;
	struct strv env; /* "NAME=value" */
	struct strmap labels;
	struct strv diff_ids; /* base first */
	struct image_history *history;
	size_t history_count;
};

void image_config_release(struct image_config *config);
/* ERROR_PROTOCOL names the field. */
int image_config_parse(struct slice text, struct image_config *ret_config, struct error *err) CHECK;

/* The value of an entry of "NAME=value" texts, the last if there are several;
 * NULL if there is none. */
const char *image_env_get(const struct strv *env, const char *name);
static inline const char *image_config_env(const struct image_config *config, const char *name)
{
	return image_env_get(&config->env, name);
}

struct image_commit {
	char sha[41];	    /* full, lower case; "": the image does not say */
	const char *source; /* which said it: "SHA", "COMMIT_SHA" or the label's name */
	bool is_dirty;	    /* "<sha>-dirty": a work tree's image */
	/* Another of them names another commit: the image proves nothing. */
	bool is_contradicted;
};

/* The commit that an image says it was made of: the variable `sha_env` (NULL:
 * "SHA"), then COMMIT_SHA, then the label org.opencontainers.image.revision.
 * What is no full SHA does not count. False if there is none. */
bool image_commit_of(const struct strv *env, const struct strmap *labels, const char *sha_env,
		     struct image_commit *ret_commit);
/* Was it made of that very commit, and does nothing in it say otherwise? */
bool image_commit_is(const struct image_commit *commit, const char *sha);
