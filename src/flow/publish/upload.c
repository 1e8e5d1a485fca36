/* SPDX-License-Identifier: MIT */
#include "flow/publish/upload.h"

#include <errno.h>
#include <unistd.h>

#include "base/limits.h"
#include "base/str.h"
#include "codec/digest.h"
#include "registry/blob.h"

/* A blob as the engine gives it: a file that is opened once it is its turn. */
struct source {
	struct engine *engine;
	const char *digest;
	int fd;
};

static void source_stop(void *arg)
{
	struct source *source = arg;

	cleanup_close(&source->fd);
	source->fd = -1;
}

static int source_start(void *arg, struct error *err)
{
	struct source *source = arg;

	source_stop(source);
	return source->engine->ops->open_blob(source->engine, source->digest, &source->fd, err);
}

static ssize_t source_read(void *arg, void *data, size_t len, struct error *err)
{
	const struct source *source = arg;
	ssize_t count;

	do
		count = read(source->fd, data, len);
	while (count < 0 && errno == EINTR);
	if (count < 0)
		return error_set_errno(err, errno, "cannot read it");
	return count;
}

/* Config and layers; `blobs` and `sources` have room for one more than there
 * are layers. */
static void list_blobs(struct engine *engine, const struct manifest *manifest,
		       struct registry_blob *blobs, struct source *sources)
{
	for (size_t i = 0; i <= manifest->item_count; i++) {
		const struct descriptor *descriptor =
			i ? &manifest->items[i - 1] : &manifest->config;

		sources[i] = (struct source){ engine, descriptor->digest, -1 };
		blobs[i] = (struct registry_blob){
			.digest = descriptor->digest,
			.size = descriptor->size,
			.start = source_start,
			.read = source_read,
			.stop = source_stop,
			.arg = &sources[i],
		};
	}
}

static int send_blobs(const struct bringing *bringing, const struct manifest *manifest,
		      struct error *err)
{
	size_t count = manifest->item_count + 1;
	AUTOFREE struct registry_blob *blobs = calloc(count, sizeof(*blobs));
	AUTOFREE struct source *sources = calloc(count, sizeof(*sources));

	if (!blobs || !sources)
		return error_set_memory(err);
	list_blobs(bringing->engine, manifest, blobs, sources);
	return registry_upload_blobs(bringing->registry,
				     &(struct registry_upload){ .blobs = blobs,
								.count = count,
								.mount_from = bringing->mount_from,
								.sink = bringing->sink,
								.step = bringing->step,
								.image = bringing->image },
				     err);
}

/* The engine's word for it is not enough. The ID is the config's digest, or the
 * manifest's where the engine keeps manifests of its own accord. */
static int check_manifest(const char *id, const struct manifest *manifest, struct slice bytes,
			  struct error *err)
{
	struct digest_text digest;

	if (digest_of(bytes, &digest, err))
		return -1;
	if (!manifest->is_index &&
	    (str_equal(manifest->config.digest, id) || str_equal(digest.text, id)))
		return 0;
	return error_set(err, ERROR_PROTOCOL, "the engine gave the manifest of %s, not of %s",
			 manifest->is_index ? "several images" : manifest->config.digest, id);
}

int upload_blobs(const struct bringing *bringing, struct buf *bytes, const char *media_type,
		 struct registry_manifest *ret_manifest, struct error *err)
{
	AUTO(manifest_release) struct manifest manifest = { 0 };

	if (manifest_parse(buf_slice(bytes), media_type, &manifest, err) ||
	    check_manifest(bringing->id, &manifest, buf_slice(bytes), err) ||
	    send_blobs(bringing, &manifest, err))
		return -1;
	return registry_manifest_of(bytes, manifest.media_type, ret_manifest, err);
}
