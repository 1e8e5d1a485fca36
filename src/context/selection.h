/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * Which files of a context count for an image (image.files): all, nothing, only
 * some files and folders, or all but some. Paths are plain, without wildcards, and
 * stand below the context's folder like those of COPY; what is said of a folder
 * holds for all below it. It stands beside .dockerignore: a file is in the context
 * if both let it through. Reading it changes nothing, so threads may share one.
 */
#include "base/str.h"

enum selection_kind { SELECTION_ALL, SELECTION_NOTHING, SELECTION_ONLY, SELECTION_ALL_BUT };

struct selection {
	enum selection_kind kind;
	struct strv paths; /* of SELECTION_ONLY and _ALL_BUT: clean, in byte order, and
			    * none twice or below another */
};

/* Takes "all", "nothing", "only:PATH..." or "allbut:PATH...". Paths are separated by
 * white space; '\' takes the meaning from what follows it. Paths join those of the
 * same kind, else the text replaces what there was. ERROR_INPUT says what is wrong. */
int selection_add(struct selection *selection, const char *text, struct error *err) CHECK;
int selection_copy(const struct selection *selection, struct selection *ret_copy,
		   struct error *err) CHECK;
void selection_release(struct selection *selection);

/* Of a path and all below it. A walk enters a folder for the last two alone. */
enum selection_verdict {
	SELECTION_WHOLE, /* in, and all below */
	SELECTION_NONE,	 /* out, and all below */
	SELECTION_ENTER, /* out (a folder is there only for what it holds), though something
			  * below is in */
	SELECTION_PART,	 /* in, though something below is out */
};

/* `path` is clean and below the context's folder; "" is that folder. NULL selects all. */
enum selection_verdict selection_judge(const struct selection *selection, const char *path);
/* Of one path alone. */
bool selection_has(const struct selection *selection, const char *path);
