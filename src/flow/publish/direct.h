/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * Publication without the engine's push: the layers that the registry lacks come
 * out of the engine, are compressed here, on all cores, and go up a few side by side.
 * They rest in temporary files of the state folder that no kill leaves behind; memory
 * does not grow with them. The engine is not trusted: the configuration has to be
 * the one whose digest is the ID, and each layer one of that configuration's.
 */
#include "flow/publish/blobs.h"

/*
 * Returns the image's manifest, all of whose blobs are at the registry, under no tag.
 * `known` is what the registry has for each of bringing->layers, its digest NULL where
 * it has none; NULL: nothing is known. ERROR_UNSUPPORTED: the engine gives no layers.
 */
int direct_bring(const struct bringing *bringing, const struct descriptor *known,
		 struct registry_manifest *ret_manifest, struct error *err) CHECK;
