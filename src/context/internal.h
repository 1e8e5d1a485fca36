/* SPDX-License-Identifier: MIT */
#pragma once
/* What a context is to those who give it away, as a tar or file by file;
 * private to this layer. */
#include "context/context.h"
#include "context/entries.h"
#include "context/recipe.h"

struct context {
	struct context_options options; /* paths are clean and not NULL */
	struct strv texts;		/* what the options point to */
	struct selection selection;
	struct strv missing; /* paths of it */
	struct source *source;
	struct recipe recipe;
	struct entries entries;
	struct digest mtime_hash;
	struct digest hash;	     /* of what has come, if it is the work tree */
	bool has_dockerfile;	     /* it has come */
	struct digest_text expected; /* what an earlier pass found; empty: none */

	/* The stream: headers, then the open file, then its padding. */
	struct buf pending;
	size_t pending_at;
	int64_t content_left;
	size_t padding_left;
	bool is_over;
	struct context_stats stats;
};

/* One more walk over the same files. */
int context_open_source(const struct context *context, struct source **ret_source,
			struct error *err) CHECK;
/* Appends the target of a symlink, which cannot be empty. */
int context_read_link(struct source *source, struct source_entry *entry, struct buf *ret_target,
		      struct error *err) CHECK;
