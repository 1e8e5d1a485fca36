/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * Writing indexes (OCI image-spec image-index.md; Docker's manifest list);
 * manifest_parse() reads them. The bytes are compact JSON in a fixed order of
 * keys, so that equal content has one digest.
 */
#include "base/buf.h"
#include "image/manifest.h"

/* An index as it stands: its manifests in their order, with platforms and
 * annotations. The failure is the buffer's. */
void index_write(const struct manifest *index, struct buf *out);
/*
 * The index of one image's manifests, one a platform, in the order of the
 * platforms whatever the order given. Docker's list if all of them are
 * Docker's, for its clients expect that, else OCI's; `ret_media_type` is
 * static. ERROR_INPUT: there is none, one has no platform or is no image, two
 * are for one platform.
 */
int index_of_platforms(const struct descriptor *manifests, size_t count, struct buf *ret_text,
		       const char **ret_media_type, struct error *err) CHECK;
