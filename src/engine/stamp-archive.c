/* SPDX-License-Identifier: MIT */
/* An archive of an image that has a configuration and no layers, and its load. */
#include <stdio.h>
#include <string.h>

#include "base/limits.h"
#include "codec/tar.h"
#include "engine/load.h"
#include "engine/stamp-config.h"

void stamp_add_file(struct buf *archive, const char *path, struct slice content)
{
	static const char zeros[TAR_BLOCK];

	tar_write_header(archive, &(struct tar_entry){ .type = TAR_FILE,
						       .path = path,
						       .mode = 0644,
						       .size = (int64_t)content.len });
	buf_add_slice(archive, content);
	buf_add(archive, zeros, tar_padding((int64_t)content.len));
}

int stamp_add_blob(struct buf *archive, const struct buf *content, struct digest_text *ret_digest,
		   struct error *err)
{
	char path[96];

	if (buf_check(content, "the image's configuration", err) ||
	    digest_of(buf_slice(content), ret_digest, err))
		return -1;
	snprintf(path, sizeof(path), "blobs/sha256/%s", ret_digest->text + strlen("sha256:"));
	stamp_add_file(archive, path, buf_slice(content));
	return 0;
}

void stamp_add_descriptor(struct json_writer *writer, const char *key, const char *type,
			  const char *digest, size_t size)
{
	json_open_object(writer, key);
	json_add_text(writer, "mediaType", type);
	json_add_int(writer, "size", (int64_t)size);
	json_add_text(writer, "digest", digest);
	json_close_object(writer);
}

int stamp_send_archive(struct api *api, struct buf *archive, struct error *err)
{
	struct http_request request = { .timeout_ms = LIMIT_ENGINE_CALL_MS };

	tar_write_end(archive);
	if (buf_check(archive, "the image's configuration", err))
		return -1;
	request.body = buf_slice(archive);
	for (int i = 1; load_send(api, &request, err); i++) {
		if (!api_has_panicked(api, err) || i == API_ATTEMPTS)
			return -1;
		error_clear(err);
	}
	return 0;
}
