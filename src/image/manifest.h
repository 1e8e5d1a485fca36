/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * Manifests and indexes (OCI image-spec manifest.md, image-index.md; Docker's
 * schema 2 and its list): a list of descriptors. Only what was checked is in
 * the structure: digests are sha256, sizes whole numbers up to 2^53, and a
 * document is either a manifest or an index (CVE-2021-41190).
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/slice.h"
#include "base/str.h"
#include "image/platform.h"

#define MEDIA_TYPE_OCI_MANIFEST	   "application/vnd.oci.image.manifest.v1+json"
#define MEDIA_TYPE_OCI_INDEX	   "application/vnd.oci.image.index.v1+json"
#define MEDIA_TYPE_DOCKER_MANIFEST "application/vnd.docker.distribution.manifest.v2+json"
#define MEDIA_TYPE_DOCKER_LIST	   "application/vnd.docker.distribution.manifest.list.v2+json"
#define MEDIA_TYPE_OCI_CONFIG	   "application/vnd.oci.image.config.v1+json"
#define MEDIA_TYPE_DOCKER_CONFIG   "application/vnd.docker.container.image.v1+json"

struct descriptor {
	char *media_type;
	char *digest;
	int64_t size;
	struct strmap annotations;
	struct platform platform; /* in an index; else empty */
};

struct manifest {
	bool is_index;
	char *media_type;
	struct descriptor config; /* of a manifest */
	/* A manifest's layers, base first, or an index's manifests. */
	struct descriptor *items;
	size_t item_count;
	struct strmap annotations;
};

void manifest_release(struct manifest *manifest);
/* `content_type` is the Content-Type it came with, parameters allowed; NULL:
 * not known. It has to agree with the document's mediaType. ERROR_PROTOCOL
 * names the field. */
int manifest_parse(struct slice text, const char *content_type, struct manifest *ret_manifest,
		   struct error *err) CHECK;
/* The image for a platform, NULL if the index has none; attestations and other
 * entries without a platform never count. `platform` NULL: any, first wins. */
const struct descriptor *manifest_for_platform(const struct manifest *index,
					       const struct platform *platform);
