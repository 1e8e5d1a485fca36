/* SPDX-License-Identifier: MIT */
/* An archive of an image that has a configuration and no layers, and its load. */
#include <stdio.h>
#include <string.h>

#include "base/limits.h"
#include "codec/tar.h"
#include "engine/stamp-config.h"
#include "engine/stream.h"

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

static int take_message(void *arg, const struct json *message, struct error *err)
{
	const char *failure = stream_failure(message);

	(void)arg;
	if (!failure)
		return 0;
	error_set(err, ERROR_SYSTEM, "the engine: %s", str_brief(slice_of(failure)).text);
	return api_check_disk(failure, err);
}

int stamp_send_archive(struct api *api, struct buf *archive, struct error *err)
{
	static const char *const headers[] = { "Content-Type: application/x-tar", NULL };
	AUTO(stream_release) struct stream stream = STREAM_INIT(take_message, NULL);
	AUTO(buf_release) struct buf url = API_URL_INIT;
	struct http_request request = { .method = "POST",
					.headers = headers,
					.sink = stream_feed,
					.sink_arg = &stream,
					.timeout_ms = LIMIT_ENGINE_CALL_MS };

	tar_write_end(archive);
	api_url(api, &url, "/images/load", "", "");
	if (buf_check(archive, "the image's configuration", err) ||
	    buf_check(&url, "a request", err))
		return -1;
	request.url = url.data;
	request.body = buf_slice(archive);
	return api_perform(api, &request, NULL, err) ? -1 : stream_finish(&stream, err);
}
