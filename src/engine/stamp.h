/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * A stamp gives an image another configuration: the same layers, some more
 * variables and labels. No layer is added, nothing is built, and the image
 * that was stamped stays as the hidden parent: it is the next build's cache,
 * and nothing dangles.
 */
#include "engine/engine.h"

/* Comment of the history entry that a stamp adds. */
#define ENGINE_STAMP_COMMENT "git-image stamp"
/* Name of the container that Docker's way needs for a moment, with the image's
 * hexadecimal ID behind it. */
#define ENGINE_STAMP_CONTAINER "git-image-stamp-"
/* Label of an image that BuildKit made and that is not stamped yet; the value
 * is the repository it is for. A stamp removes it. */
#define ENGINE_CONTENT_LABEL "git-image.content"

struct engine_stamp {
	const char *content_id;
	const struct strmap *env;    /* set, or replaced where they stand */
	const struct strmap *labels; /* an empty value: not to be there (Docker keeps it empty) */
	int64_t created;	     /* seconds since 1970; only Podman can set it */
	const char *repository;	     /* the stamped image gets this name and tag at once */
	const char *tag;
};
