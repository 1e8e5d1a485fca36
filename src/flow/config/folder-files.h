/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * What the folder of an image says of it by files of one line: VERSION, REGISTRY and HASH
 * stand for the keys version, registry and digest of its section, and are stronger than
 * that. They are read from the commit's tree, so that they may say what .gitimage may and
 * no more. The root of the commit is no such folder: its VERSION is that of the project.
 */
#include "flow/config/settings.h"
#include "flow/run.h"

/* Resolves `settings` of `image` (NULL: the only one) once more if their context's folder has
 * such files. One that is no regular file, empty, of several lines or too long is
 * ERROR_INPUT, and so is what its key does not take. */
int folder_files_apply(const struct run *run, const struct configuration *configuration,
		       const char *image, struct settings *settings, struct error *err) CHECK;
