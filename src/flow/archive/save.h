/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * The commit's image out of the engine into a file: an archive that `docker load`
 * takes, or an image layout, "oci:FOLDER" or "oci-archive:FILE"; archives by their name
 * compressed. It has one tag, :<sha7>, in a layout of all platforms. The same image gives the
 * same bytes, in Docker's archive whatever engine it comes from.
 */
#include "flow/jobs.h"

/* "-", whatever its form. */
bool save_is_stdout(const char *file);

/* The image has to be there (ERROR_INPUT). A file is replaced once the new one is whole;
 * a layout keeps what it has, and a tag there that holds another commit is
 * ERROR_CONFLICT. */
int save_image(struct jobs *jobs, const char *file, struct error *err) CHECK;
