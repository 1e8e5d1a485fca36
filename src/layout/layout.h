/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * An OCI image layout (image-spec image-layout.md) on disk: a folder with blobs
 * under their digest, and an index.json that names the manifests. Who changes
 * the index sees to its lock.
 */
#include <sys/types.h>

#include "base/buf.h"
#include "codec/digest.h"

#define LAYOUT_VERSION_FILE "{\"imageLayoutVersion\":\"1.0.0\"}"
#define LAYOUT_REF_NAME	    "org.opencontainers.image.ref.name"

struct layout {
	char *folder;
	mode_t mode; /* of its files */
};

void layout_release(struct layout *layout);
/* A path inside the layout. */
char *layout_path(const struct layout *layout, const char *name, struct error *err) CHECK;

/* "blobs/sha256/..." in full; the digest is valid. */
char *layout_blob_path(const struct layout *layout, const char *digest, struct error *err) CHECK;
/* All of a small one, checked against its digest; ERROR_NOT_FOUND. */
int layout_blob_read(const struct layout *layout, const char *digest, struct buf *ret_bytes,
		     struct error *err) CHECK;
/* Is it there, and of this size? 1, 0, -1. */
int layout_blob_exists(const struct layout *layout, const char *digest, int64_t size,
		       struct error *err) CHECK;
/* Writes a small one unless it is there. */
int layout_blob_write(const struct layout *layout, struct slice bytes,
		      struct digest_text *ret_digest, struct error *err) CHECK;
int layout_open_blob(const struct layout *layout, const char *digest, int *ret_fd,
		     struct error *err) CHECK;
