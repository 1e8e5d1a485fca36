/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * An image that comes as a stream: what `docker save` writes in any of its
 * shapes, with layers as plain tar archives. Nothing of the archive is believed:
 * the configuration is the one with the digest that is the image's ID, a layer
 * is what its bytes make it, and it has to be one of the configuration's. No path
 * of it is followed and nothing of it is kept. Inside engine/ only.
 */
#include "engine/engine.h"

struct export_archive;

/* `id` is "sha256:..."; both have to outlive it. */
int export_archive_new(const char *id, const struct engine_export *to,
		       struct export_archive **ret_archive, struct error *err) CHECK;
void export_archive_free(struct export_archive *archive);
void export_archive_freep(struct export_archive **archive);

/* An http_sink with the archive as its argument. */
int export_archive_feed(void *archive, const void *data, size_t len, struct error *err) CHECK;
bool export_archive_has_ended(const struct export_archive *archive);
/* There is no more: ERROR_PROTOCOL says what it lacks. */
int export_archive_finish(struct export_archive *archive, struct error *err) CHECK;
