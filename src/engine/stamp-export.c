/* SPDX-License-Identifier: MIT */
#include "base/limits.h"
#include "codec/tar.h"
#include "engine/names.h"
#include "engine/stamp-config.h"

/* An archive of `docker save`, of which "<hexadecimal ID>.json" is kept; that of Docker 25
 * and later is an OCI layout. */
struct export
{
	struct tar_reader *reader;
	char *path, *oci_path;
	struct buf config;
	bool is_config; /* of the entry under way */
};

static void export_release(struct export *export)
{
	tar_reader_free(export->reader);
	free(export->path);
	free(export->oci_path);
	buf_release(&export->config);
}

static int take_entry(void *arg, const struct tar_entry *entry, struct error *err)
{
	struct export *export = arg;

	(void)err;
	export->is_config = entry->type == TAR_FILE && (str_equal(entry->path, export->path) ||
							str_equal(entry->path, export->oci_path));
	return 0;
}

static int take_data(void *arg, struct slice data, struct error *err)
{
	struct export *export = arg;

	if (!export->is_config)
		return 0;
	buf_add_slice(&export->config, data);
	return buf_check(&export->config, "the image's configuration", err);
}

static int feed(void *arg, const void *data, size_t len, struct error *err)
{
	struct export *export = arg;

	return tar_reader_feed(export->reader, (struct slice){ data, len }, err);
}

int stamp_export_config(struct api *api, const char *id, struct json **ret_config,
			struct error *err)
{
	AUTO(export_release) struct export export = { .config = BUF_INIT(LIMIT_JSON_DOCUMENT) };
	struct tar_handler handler = { .entry = take_entry, .data = take_data, .arg = &export };
	AUTO(buf_release) struct buf url = API_URL_INIT;
	struct http_request request = { .sink = feed,
					.sink_arg = &export,
					.stall_ms = LIMIT_ENGINE_CALL_MS };
	AUTOFREE char *hex = names_full(id, err);

	export.path = hex ? str_format(err, "%s.json", hex) : NULL;
	export.oci_path = hex ? str_format(err, "blobs/sha256/%s", hex) : NULL;
	export.reader = export.path && export.oci_path ? tar_reader_new(&handler, err) : NULL;
	if (!export.reader)
		return -1;
	api_url(api, &url, "/images/", hex, "/get");
	if (buf_check(&url, "a request", err))
		return -1;
	request.url = url.data;
	if (api_perform(api, &request, NULL, err) || tar_reader_finish(export.reader, err))
		return -1;
	if (!export.config.len)
		return error_set(err, ERROR_PROTOCOL,
				 "the engine's export has no configuration of '%s'", id);
	*ret_config = json_parse(buf_slice(&export.config), err);
	return *ret_config ? 0 : -1;
}
