/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * The files that one context has and another one has not, or has otherwise: what
 * .dockerignore and image.files leave of two commits. Unless these say something else
 * of the two, only folders that differ are entered.
 */
#include "context/context.h"

enum file_change { FILE_ADDED, FILE_REMOVED, FILE_CHANGED, FILE_MODE };

/* `path` is below the context's folder and borrowed for the call; -1 with err set ends it. */
typedef int context_each_change(void *arg, const char *path, enum file_change change,
				struct error *err);

/* What became of `before`, in git's byte order. Both are of commits of one repository. */
int context_differ(const struct context *before, const struct context *after,
		   context_each_change *each, void *arg, struct error *err) CHECK;
