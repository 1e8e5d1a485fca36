/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * Writing manifests (OCI image-spec manifest.md; Docker's schema 2);
 * manifest_parse() reads them. The bytes are compact JSON in a fixed order of
 * keys, so that equal content has one digest.
 */
#include "base/buf.h"
#include "codec/json.h"
#include "image/manifest.h"

/* One descriptor under a key; NULL: in an array. */
void descriptor_write(struct json_writer *writer, const char *key,
		      const struct descriptor *descriptor);
/*
 * The manifest of one image, of which config and layers are given; of the config digest
 * and size count. Layers may be of either family of media types: where the base's are
 * Docker's and the others can be, all become Docker's, else OCI's. `ret_media_type` is
 * static. ERROR_UNSUPPORTED: a type that is no layer's, or one that is not to be
 * distributed.
 */
int manifest_of_layers(const struct manifest *image, struct buf *ret_text,
		       const char **ret_media_type, struct error *err) CHECK;
/* The same in OCI's types, whatever those of the layers are. */
int manifest_in_oci(const struct manifest *image, struct buf *ret_text, struct error *err) CHECK;
