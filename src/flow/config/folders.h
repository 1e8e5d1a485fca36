/* SPDX-License-Identifier: MIT */
#pragma once
/* Images that are folders of the commit: image.folder. */
#include "flow/config/settings.h"
#include "flow/run.h"

/*
 * Fills configuration->folders: each folder that a pattern matches and that holds a
 * Dockerfile, by the last part of its path. Reads no more of the tree than the patterns
 * reach. A pattern without any, a name twice or none for an image is ERROR_INPUT.
 */
int folders_find(struct run *run, struct configuration *configuration, struct error *err) CHECK;
