/* SPDX-License-Identifier: MIT */
#pragma once
/* Publication from an engine that keeps manifests, and layers as a registry has them. */
#include "flow/publish/blobs.h"

/*
 * Sends the blobs of the manifest that the engine gave for the image, as far as the
 * registry lacks them, and returns it, which is in the registry under no tag yet. It is
 * the image of this very ID: what was tested. Takes `bytes` over.
 */
int upload_blobs(const struct bringing *bringing, struct buf *bytes, const char *media_type,
		 struct registry_manifest *ret_manifest, struct error *err) CHECK;
