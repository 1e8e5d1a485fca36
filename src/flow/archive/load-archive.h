/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * An archive that `git image save` wrote, or `docker save` of a stamped image, plain or
 * compressed. It is anybody's: all of it passes once into a temporary file of ours,
 * within limits and hashed, before anything of it counts. Its names are compared
 * and never used as paths; what its list names has to be one image whose layers are those
 * of its configuration. An archive that is none of that is ERROR_INPUT.
 */
#include "engine/engine.h"

struct load_archive;

/* `path` "-" is standard input. */
int load_archive_open(const char *path, struct load_archive **ret_archive, struct error *err) CHECK;
void load_archive_free(struct load_archive *archive);
void load_archive_freep(struct load_archive **archive);

/* What its configuration says: `id` is the digest of that, size and times are not set. */
const struct engine_image *load_archive_image(const struct load_archive *archive);
/* What struct engine_load takes it from. */
struct engine *load_archive_engine(struct load_archive *archive);
