/* SPDX-License-Identifier: MIT */
/* Without gRPC nothing but the engine's own push gets at what containerd stores. */
#include "engine/api.h"

int api_read_manifest(struct engine *engine, const char *reference, struct buf *ret_bytes,
		      char **ret_media_type, struct error *err)
{
	(void)engine, (void)ret_bytes, (void)ret_media_type;
	return error_set(err, ERROR_UNSUPPORTED, "this git-image reads no manifest of '%s'",
			 reference);
}

int api_open_blob(struct engine *engine, const char *digest, int *ret_fd, struct error *err)
{
	(void)engine, (void)ret_fd;
	return error_set(err, ERROR_UNSUPPORTED, "this git-image reads no blob of %s", digest);
}
