/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * What is loaded: a Docker archive as `git image save` and docker save write it, or an OCI
 * image layout as `git image publish`, skopeo and podman write it, in a folder or in a tar
 * archive, plain or compressed. It is anybody's: what counts of it passes once into a
 * temporary file of ours, within limits and hashed. It has to be one image, of one platform
 * or more, with the layers of its configuration. What is none of that is ERROR_INPUT.
 */
#include "engine/engine.h"

struct load_archive;

/* "FILE", "FOLDER", "oci:FOLDER[:TAG]", "oci-archive:FILE[:TAG]", "docker-archive:FILE"; "-" is
 * standard input. Layers are not looked at yet. */
int load_archive_open(const char *path, struct load_archive **ret_archive, struct error *err) CHECK;
void load_archive_free(struct load_archive *archive);
void load_archive_freep(struct load_archive **archive);

/* One for each platform, at least one. */
size_t load_archive_count(const struct load_archive *archive);
/* What its configuration says: `id` is the digest of that, size and times are not set. */
const struct engine_image *load_archive_image(const struct load_archive *archive, size_t at);
/* All of its layers are there, and those of its configuration: before any goes to an engine. */
int load_archive_check(struct load_archive *archive, size_t at, struct error *err) CHECK;
/* What struct engine_load takes them from. */
struct engine *load_archive_engine(struct load_archive *archive);
