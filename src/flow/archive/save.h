/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * The commit's image out of the engine into a file: an archive that `docker load`
 * takes, by its name compressed, or "oci:FOLDER", an image layout. It has one tag,
 * :<sha7>. The same image gives the same bytes, whatever engine it comes from.
 */
#include "flow/jobs.h"

#define SAVE_STDOUT "-"

/* The image has to be there (ERROR_INPUT). A file is replaced once the new one is whole;
 * a layout keeps what it has, and a tag there that holds another commit is
 * ERROR_CONFLICT. */
int save_image(struct jobs *jobs, const char *file, struct error *err) CHECK;
