/* SPDX-License-Identifier: MIT */
/*
 * An image out of an engine that keeps layers unpacked: as `docker save` gives it.
 * Docker and Podman first write all of it to a disk of theirs, so that the
 * first byte comes late and all layers are in it whatever is wanted.
 */
#include "base/limits.h"
#include "engine/api.h"
#include "engine/export-archive.h"

/* Breaks off behind the archive: Docker ends its answer only once it has removed all
 * that it wrote. */
static int feed(void *arg, const void *data, size_t len, struct error *err)
{
	struct export_archive *archive = arg;

	if (export_archive_feed(archive, data, len, err))
		return -1;
	return export_archive_has_ended(archive) ? error_set(err, ERROR_INTERRUPTED, "enough") : 0;
}

static int receive(struct api *api, const char *id, struct export_archive *archive,
		   struct error *err)
{
	AUTO(buf_release) struct buf url = API_URL_INIT;
	struct http_request get = { .sink = feed,
				    .sink_arg = archive,
				    .stall_ms = LIMIT_ENGINE_CALL_MS };

	api_url(api, &url, "/images/", id + strlen("sha256:"), "/get");
	if (buf_check(&url, "a request", err))
		return -1;
	get.url = url.data;
	if (api_perform(api, &get, NULL, err) && !export_archive_has_ended(archive))
		return -1;
	error_clear(err);
	return export_archive_finish(archive, err);
}

int api_export_image(struct engine *engine, const char *id, const struct engine_export *export,
		     struct error *err)
{
	AUTO(export_archive_freep) struct export_archive *archive = NULL;
	struct api *api = api_of(engine);

	if (api_learn_store(api, err))
		return -1;
	if (engine->info.has_containerd_store)
		return error_set(err, ERROR_UNSUPPORTED,
				 "the engine stores layers as a registry does");
	if (export_archive_new(id, export, &archive, err))
		return -1;
	if (receive(api, id, archive, err))
		return error_wrap(err, "the engine's export of %.19s", id);
	return 0;
}
