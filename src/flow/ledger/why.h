/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * Why an image is built: the first input of its content key that is another one than
 * before, as people think of it. A file is named by its path, a parent by what made it
 * another one. Values of build arguments, labels and metadata are never shown.
 */
#include "context/context-differ.h"
#include "flow/key/key.h"

/* An image at one of two points of its history. */
struct why_side {
	struct job *job;	     /* to look into its files; NULL: that cannot be done */
	const struct strmap *inputs; /* as key_note() gives them; NULL: those of the job */
	bool has_other_seal;	     /* hashes in them say nothing */
};

struct why {
	bool has_difference;  /* else all of the below is empty */
	struct strv parents;  /* through which it came, the image's own first */
	const char *kind;     /* key_kind_name() */
	char *name;	      /* of the input, or the path of the file */
	const char *change;   /* "added", "removed", "changed" or "mode" */
	char *before, *after; /* values that may be shown; NULL: none */
	int64_t more;	      /* so many other files */
};

void why_release(struct why *why);
/* Compares what was with what is. A key that cannot be known is ERROR_NO. */
int why_find(const struct why_side *before, const struct why_side *after, struct why *ret_why,
	     struct error *err) CHECK;
/* "parent base: src/a.c was added, and 2 more files differ"; nothing without a difference. */
void why_add_text(const struct why *why, struct buf *text);
