/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * An OCI image layout (image-spec image-layout.md) as a store of images, for an
 * engine that keeps none: blobs under their digest, and an index.json that names
 * the manifests. The ID of an image is the digest of its configuration. Layers
 * are never unpacked.
 *
 * Every change ends with the new index.json, which replaces the old one whole: killed
 * before, nothing happened but files that nothing names, and the next change
 * removes those. Processes take turns by a lock; bytes come in without it.
 * Inside engine/ only.
 */
#include "engine/engine.h"
#include "engine/stamp.h"
#include "layout/layout.h"

/* Makes the folder if it is not there. */
int layout_open(const char *folder, struct layout *ret_layout, struct error *err) CHECK;

/* The next five as in struct engine_ops. */
int layout_inspect(const struct layout *layout, const char *reference,
		   struct engine_image *ret_image, struct error *err) CHECK;
int layout_list(const struct layout *layout, const char *repository, bool is_dangling,
		struct engine_image_list *ret_list, struct error *err) CHECK;
int layout_tag(const struct layout *layout, const char *source, const char *repository,
	       const char *tag, struct error *err) CHECK;
/* By ID: ERROR_CONFLICT if it has several names. */
int layout_remove(const struct layout *layout, const char *reference, struct error *err) CHECK;
/* The same layers under a new configuration. What was stamped goes if nothing names it. */
int layout_stamp(const struct layout *layout, const struct engine_stamp *stamp, char **ret_id,
		 struct error *err) CHECK;

/* As in struct engine_ops. */
int layout_read_manifest(const struct layout *layout, const char *reference, struct buf *ret_bytes,
			 char **ret_media_type, struct error *err) CHECK;
