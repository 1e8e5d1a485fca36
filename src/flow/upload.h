/* SPDX-License-Identifier: MIT */
#pragma once
/* Publication from an engine that keeps images for us but cannot push. */
#include "flow/publish.h"

/*
 * Sends the blobs of the job's image that the registry lacks, and returns its
 * manifest, which is in the registry under no tag yet. It is the image of this
 * very ID: what was tested.
 */
int upload_image(struct publication *publication, struct registry_manifest *ret_manifest,
		 struct error *err) CHECK;
