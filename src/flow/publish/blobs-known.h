/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * An image whose layers the registry has: its configuration is all that is sent,
 * and no engine is asked for anything.
 */
#include "flow/publish/blobs.h"
#include "flow/publish/known.h"

/* As blobs_bring(); 0: a layer is not known, or gone, or we do not have the image's
 * configuration. */
int blobs_bring_known(const struct bringing *bringing, const struct known_layers *known,
		      struct registry_manifest *ret_manifest, struct error *err) CHECK;
/* Does the registry have the layers of an image's manifest? 1, 0 or -1. */
int blobs_are_there(struct registry *registry, const struct registry_manifest *manifest,
		    struct error *err) CHECK;
/*
 * What the registry has for each of bringing->layers, now that it was asked; layers of the
 * base are mounted. The digest is NULL where it has nothing. They borrow from `known`.
 */
int blobs_prove_known(const struct bringing *bringing, const struct known_layers *known,
		      struct descriptor *descriptors, struct error *err) CHECK;
