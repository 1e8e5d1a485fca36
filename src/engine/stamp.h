/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * A stamp gives an image another configuration: the same layers, some more
 * variables and labels. No layer is added and nothing is built. After the
 * classic builder the image that was stamped stays as the hidden parent: it is
 * the next build's cache, and nothing dangles. BuildKit's cache lives apart:
 * what it made is not needed any more, and the caller removes it.
 */
#include "base/buf.h"
#include "base/limits.h"
#include "engine/engine.h"

/* Comment of the history entry that a stamp adds. */
#define ENGINE_STAMP_COMMENT "git-image stamp"
/* Name of the container that Docker's way needs for a moment, with the image's
 * hexadecimal ID behind it. */
#define ENGINE_STAMP_CONTAINER "git-image-stamp-"
/* Label of an image that BuildKit made and that is not stamped yet; the value
 * is the repository it is for. A stamp removes it. */
#define ENGINE_CONTENT_LABEL "git-image.content"

/* An image without its layers, byte for byte. */
struct engine_documents {
	struct buf config;
	struct buf manifest; /* where its digest is the image's ID; else empty */
};

#define ENGINE_DOCUMENTS_INIT                                                                      \
	{                                                                                          \
		.config = BUF_INIT(LIMIT_JSON_DOCUMENT), .manifest = BUF_INIT(LIMIT_JSON_DOCUMENT) \
	}

void engine_documents_release(struct engine_documents *documents);

struct engine_stamp {
	const char *content_id;
	/* Set, variables where they stand. An empty value: not to be there (a commit keeps it). */
	const struct strmap *env;
	const struct strmap *labels;
	int64_t created;	     /* seconds since 1970; after Docker's classic builder: now */
	const char *repository;	     /* the stamped image gets this name and tag at once */
	const char *tag;
	bool is_from_buildkit;
	/* Its configuration holds more than an engine tells of it: an inline cache. */
	bool has_inline_cache;
	/* Takes the stamped image's, if we wrote them and not the engine; may be NULL. */
	struct engine_documents *documents;
};
