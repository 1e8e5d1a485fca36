/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * An image whose layers the registry has: its configuration is all that is sent,
 * and no engine is asked for anything.
 */
#include "flow/blobs.h"
#include "flow/known.h"

/* As blobs_bring(); 0: a layer is not known, or gone, or we do not have the image's
 * configuration. */
int blobs_bring_known(const struct bringing *bringing, const struct known_layers *known,
		      struct registry_manifest *ret_manifest, struct error *err) CHECK;
/* Is a known layer at the registry? 1 or 0. */
int blobs_find_known(const struct bringing *bringing, const struct known_layer *layer,
		     struct error *err) CHECK;
