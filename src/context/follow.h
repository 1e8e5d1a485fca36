/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * What BuildKit asks for by `followpaths`: the sources of COPY and ADD, and
 * where symlinks on the way to them lead, inside of the context. The same
 * paths as fsutil's FollowLinks (and some more where several of them share a
 * link, of which it follows the first).
 */
#include "base/str.h"
#include "context/source.h"

/*
 * Appends the patterns that name what is wanted (as in .dockerignore): each
 * path and each link met. A part with wildcards stands for the links that it
 * matches (fnmatch(3)); what is not there is no error. `*ret_is_all`: all is
 * wanted, since a path leads to the root, or they are too many to follow. Reads
 * the source from its start.
 */
int follow_paths(struct source *source, const struct strv *paths, struct strv *ret_patterns,
		 bool *ret_is_all, struct error *err) CHECK;
