/* SPDX-License-Identifier: MIT */
/*
 * An image from an engine that keeps it in files: streamed into /images/load as
 * `docker save` would lay it out, its layers as they are. Every engine takes that, and the
 * configuration stays the same to the byte.
 */
#include "engine/load.h"

#include <errno.h>
#include <unistd.h>

#include "base/limits.h"
#include "codec/tar.h"
#include "engine/names.h"
#include "engine/stream.h"
#include "image/manifest.h"

static int take_message(void *arg, const struct json *message, struct error *err)
{
	const char *failure = stream_failure(message);

	(void)arg;
	if (!failure)
		return 0;
	error_set(err, ERROR_SYSTEM, "the engine: %s", str_brief(slice_of(failure)).text);
	return api_check_disk(failure, err);
}

int load_send(struct api *api, struct http_request *body, struct error *err)
{
	static const char *const headers[] = { "Content-Type: application/x-tar", NULL };
	AUTO(stream_release) struct stream stream = STREAM_INIT(take_message, NULL);
	AUTO(buf_release) struct buf url = API_URL_INIT;

	api_url(api, &url, "/images/load", "", "");
	if (buf_check(&url, "a request", err))
		return -1;
	body->method = "POST";
	body->url = url.data;
	body->headers = headers;
	body->sink = stream_feed;
	body->sink_arg = &stream;
	return api_perform(api, body, NULL, err) ? -1 : stream_finish(&stream, err);
}

/* An archive that is written as it is read: its files are the configuration, the
 * layers and, behind them, manifest.json. */
struct archive {
	struct engine *from;
	struct manifest manifest;
	char *name;
	size_t next;	 /* file to begin */
	struct buf head; /* bytes that come before those of the file */
	size_t head_at;
	int fd;
	int64_t left; /* of the file */
	size_t padding;
};

static void archive_release(struct archive *archive)
{
	manifest_release(&archive->manifest);
	free(archive->name);
	buf_release(&archive->head);
	cleanup_close(&archive->fd);
}

static const char *hex_of(const char *digest)
{
	return digest + strlen("sha256:");
}

/* Two layers may be the same bytes: one file. */
static bool is_earlier_layer(const struct manifest *manifest, size_t at)
{
	for (size_t i = 0; i < at; i++)
		if (!strcmp(manifest->items[i].digest, manifest->items[at].digest))
			return true;
	return false;
}

static int begin_blob(struct archive *archive, const struct descriptor *blob, const char *ending,
		      struct error *err)
{
	char path[80];

	snprintf(path, sizeof(path), "%s%s", hex_of(blob->digest), ending);
	tar_write_header(&archive->head, &(struct tar_entry){ .type = TAR_FILE,
							      .path = path,
							      .mode = 0644,
							      .size = blob->size });
	archive->left = blob->size;
	archive->padding = tar_padding(blob->size);
	return archive->from->ops->open_blob(archive->from, blob->digest, &archive->fd, err);
}

static void write_list(struct buf *out, const struct archive *archive)
{
	const struct manifest *manifest = &archive->manifest;

	buf_add_format(out, "[{\"Config\":\"%s.json\",\"RepoTags\":[\"%s\"],\"Layers\":[",
		       hex_of(manifest->config.digest), archive->name);
	for (size_t i = 0; i < manifest->item_count; i++)
		buf_add_format(out, "%s\"%s.tar\"", i ? "," : "",
			       hex_of(manifest->items[i].digest));
	buf_add_text(out, "]}]");
}

static int end_archive(struct archive *archive, struct error *err)
{
	static const char zeros[TAR_BLOCK];
	AUTO(buf_release) struct buf list = BUF_INIT(LIMIT_JSON_DOCUMENT);

	write_list(&list, archive);
	tar_write_header(&archive->head, &(struct tar_entry){ .type = TAR_FILE,
							      .path = "manifest.json",
							      .mode = 0644,
							      .size = (int64_t)list.len });
	buf_add_slice(&archive->head, buf_slice(&list));
	buf_add(&archive->head, zeros, tar_padding((int64_t)list.len));
	tar_write_end(&archive->head);
	return buf_check(&list, "an archive's list", err);
}

/* The next of the files; false behind the last. */
static int begin_next(struct archive *archive, bool *ret_has_next, struct error *err)
{
	static const char zeros[TAR_BLOCK];
	const struct manifest *manifest = &archive->manifest;
	size_t at = archive->next++;

	buf_reset(&archive->head);
	archive->head_at = 0;
	buf_add(&archive->head, zeros, archive->padding);
	archive->padding = 0;
	cleanup_close(&archive->fd);
	archive->fd = -1;
	*ret_has_next = at <= manifest->item_count + 1;
	if (!*ret_has_next)
		return 0;
	if (at == manifest->item_count + 1)
		return end_archive(archive, err);
	if (!at)
		return begin_blob(archive, &manifest->config, ".json", err);
	return is_earlier_layer(manifest, at - 1)
		       ? 0
		       : begin_blob(archive, &manifest->items[at - 1], ".tar", err);
}

static ssize_t read_file(struct archive *archive, void *data, size_t len, struct error *err)
{
	ssize_t got;

	do
		got = read(archive->fd, data,
			   (int64_t)len < archive->left ? len : (size_t)archive->left);
	while (got < 0 && errno == EINTR);
	if (got < 0)
		return error_set_errno(err, errno, "cannot read a layer of the image");
	if (!got)
		return error_set(err, ERROR_SYSTEM, "a layer of the image is cut off");
	archive->left -= got;
	return got;
}

static ssize_t give(void *arg, void *data, size_t len, struct error *err)
{
	struct archive *archive = arg;
	bool has_next = true;

	while (archive->head_at == archive->head.len && !archive->left && has_next)
		if (begin_next(archive, &has_next, err) ||
		    buf_check(&archive->head, "an archive's head", err))
			return -1;
	if (archive->head_at == archive->head.len)
		return archive->left ? read_file(archive, data, len, err) : 0;
	if (len > archive->head.len - archive->head_at)
		len = archive->head.len - archive->head_at;
	memcpy(data, archive->head.data + archive->head_at, len);
	archive->head_at += len;
	return (ssize_t)len;
}

static int begin_again(void *arg, struct error *err)
{
	struct archive *archive = arg;

	(void)err;
	buf_reset(&archive->head);
	archive->head_at = archive->next = archive->padding = 0;
	archive->left = 0;
	return 0;
}

int api_load_image(struct engine *engine, const struct engine_load *load, struct error *err)
{
	AUTO(archive_release)
	struct archive archive = { .from = load->from,
				   .head = BUF_INIT(LIMIT_JSON_DOCUMENT),
				   .fd = -1 };
	AUTO(buf_release) struct buf bytes = BUF_INIT(LIMIT_JSON_DOCUMENT);
	AUTOFREE char *type = NULL;
	struct http_request request = { .source = give,
					.rewind = begin_again,
					.source_arg = &archive,
					.stall_ms = LIMIT_ENGINE_CALL_MS };

	archive.name = names_full(load->name, err);
	if (!archive.name ||
	    load->from->ops->read_manifest(load->from, load->id, &bytes, &type, err) ||
	    manifest_parse(buf_slice(&bytes), type, &archive.manifest, err))
		return -1;
	return load_send(api_of(engine), &request, err);
}
