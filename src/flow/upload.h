/* SPDX-License-Identifier: MIT */
#pragma once
/* Publication from an engine that keeps manifests, and layers as a registry has them. */
#include "flow/blobs.h"

/*
 * Sends the blobs of the image that the registry lacks, and returns its
 * manifest, which is in the registry under no tag yet. It is the image of this
 * very ID: what was tested.
 */
int upload_image(const struct bringing *bringing, struct registry_manifest *ret_manifest,
		 struct error *err) CHECK;
/* The same with the manifest that the engine gave for it; takes `bytes` over. */
int upload_blobs(const struct bringing *bringing, struct buf *bytes, const char *media_type,
		 struct registry_manifest *ret_manifest, struct error *err) CHECK;
