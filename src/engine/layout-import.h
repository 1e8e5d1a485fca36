/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * An image that comes as a stream: an OCI layout in a tar archive, as BuildKit's
 * exporter "oci" writes it. Its blobs may come in any order and go to the disk as
 * they come, each checked against the digest that it is named by; nothing else of
 * the archive gets there, and no path of it is ever followed. Inside engine/ only.
 */
#include "engine/layout.h"

struct layout_import;

/* The layout has to outlive it. */
int layout_import_new(const struct layout *layout, struct layout_import **ret_import,
		      struct error *err) CHECK;
/* Without layout_import_finish() the image is not there. */
void layout_import_free(struct layout_import *import);
void layout_import_freep(struct layout_import **import);

/* An http_sink with the import as its argument. */
int layout_import_feed(void *import, const void *data, size_t len, struct error *err) CHECK;
/* The archive has ended: if all that its one image needs is there, it has an ID now, and
 * no name. What is missing or wrong is ERROR_PROTOCOL. */
int layout_import_finish(struct layout_import *import, char **ret_id, struct error *err) CHECK;
