/* SPDX-License-Identifier: MIT */
#include "flow/blobs.h"

#include "flow/upload.h"

int blobs_bring(const struct bringing *bringing, struct registry_manifest *ret_manifest,
		struct error *err)
{
	if (bringing->engine->ops->push)
		return 0;
	return upload_image(bringing, ret_manifest, err) ? -1 : 1;
}
