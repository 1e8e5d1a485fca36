/* SPDX-License-Identifier: MIT */
/*
 * An image out of Docker's containerd store, which keeps manifests and compressed
 * layers as a registry does: each blob is read by its digest, so that only what is
 * wanted leaves the engine, and it stays what it is.
 */
#include <errno.h>

#include "base/host.h"
#include "base/limits.h"
#include "base/path.h"
#include "codec/digest.h"
#include "engine/api.h"
#include "engine/content.h"
#include "image/manifest.h"

static int open_content(struct engine *engine, struct grpc **ret_grpc, struct error *err)
{
	struct api *api = api_of(engine);

	if (api_learn_store(api, err))
		return -1;
	if (!engine->info.has_containerd_store)
		return error_set(err, ERROR_UNSUPPORTED, "the engine keeps no manifests");
	return content_open(engine->info.url + strlen("unix://"), ret_grpc, err);
}

int api_read_manifest(struct engine *engine, const char *reference, struct buf *ret_bytes,
		      char **ret_media_type, struct error *err)
{
	AUTO(manifest_release) struct manifest manifest = { 0 };
	AUTO(grpc_freep) struct grpc *grpc = NULL;

	/* An image's ID is the digest of its manifest there. */
	if (!digest_is_valid(reference))
		return error_set(err, ERROR_INPUT, "'%.80s' is no ID of an image", reference);
	if (open_content(engine, &grpc, err) || content_read(grpc, reference, ret_bytes, err) ||
	    manifest_parse(buf_slice(ret_bytes), NULL, &manifest, err))
		return -1;
	*ret_media_type = TAKE(manifest.media_type);
	return 0;
}

struct file {
	const char *folder;
	int fd;
};

static int write_to(void *arg, const void *data, size_t len, struct error *err)
{
	const struct file *file = arg;

	if (path_write_all(file->fd, (struct slice){ data, len }))
		return host_write_error("a layer", file->folder, errno, err);
	return 0;
}

int api_open_blob(struct engine *engine, const char *digest, int *ret_fd, struct error *err)
{
	AUTO(grpc_freep) struct grpc *grpc = NULL;
	AUTOFREE char *folder = host_state_folder(err);
	AUTOCLOSE int fd = -1;

	if (!folder || open_content(engine, &grpc, err) || path_open_temporary(folder, &fd, err) ||
	    content_stream(grpc, digest, write_to, &(struct file){ folder, fd }, err))
		return -1;
	if (lseek(fd, 0, SEEK_SET))
		return error_set_errno(err, errno, "cannot read a temporary file");
	*ret_fd = TAKE_FD(fd);
	return 0;
}
