/* SPDX-License-Identifier: MIT */
#include "engine/build/solve.h"

#include "base/limits.h"
#include "base/str.h"
#include "codec/json.h"
#include "codec/protobuf.h"
#include "context/files.h"
#include "engine/stamp.h"

enum request_field {
	REQUEST_REF = 1,
	REQUEST_EXPORTER = 3,
	REQUEST_EXPORTER_ATTRS = 4,
	REQUEST_SESSION = 5,
	REQUEST_FRONTEND = 6,
	REQUEST_FRONTEND_ATTRS = 7,
	REQUEST_CACHE = 8,
};

enum { CACHE_EXPORTS = 4 };
enum { ENTRY_TYPE = 1, ENTRY_ATTRS = 2 };
enum { RESPONSE_EXPORTER = 1 };
enum { PAIR_KEY = 1, PAIR_VALUE = 2 };

static void put_attr(struct buf *out, const char *key, const char *value)
{
	if (value)
		protobuf_put_pair(out, REQUEST_FRONTEND_ATTRS, key, value);
}

/* "build-arg:NAME" and the like. */
static void put_attrs(struct buf *out, const char *prefix, const struct strmap *map)
{
	for (size_t i = 0; map && i < map->len; i++) {
		AUTO(buf_release) struct buf key = BUF_INIT(LIMIT_HEADER_LINE);

		buf_add_text(&key, prefix);
		buf_add_text(&key, map->entries[i].key);
		out->has_failed |= key.has_failed;
		put_attr(out, key.data, map->entries[i].value);
	}
}

/* The field `Cache` of a request has imports too, but this frontend reads only
 * its own attribute. */
static void put_cache_imports(struct buf *out, const struct engine_build *build)
{
	AUTO(secret_buf_release) struct buf text = BUF_INIT(LIMIT_HEADER_LINE);
	struct json_writer writer = JSON_WRITER(&text);

	if (!build->cache_from_count)
		return;
	json_open_array(&writer, NULL);
	for (size_t i = 0; i < build->cache_from_count; i++) {
		json_open_object(&writer, NULL);
		json_add_text(&writer, "Type", build->cache_from[i].type);
		json_add_map(&writer, "Attrs", build->cache_from[i].attrs);
		json_close_object(&writer);
	}
	json_close_array(&writer);
	out->has_failed |= text.has_failed;
	put_attr(out, "cache-imports", text.data);
}

static void put_frontend(struct buf *out, const struct engine_build *build)
{
	protobuf_put_text(out, REQUEST_FRONTEND, "dockerfile.v0");
	put_attr(out, "filename", context_files_dockerfile(build->context));
	put_attr(out, "target", build->target);
	put_attr(out, "platform", build->platform);
	put_attr(out, "no-cache", build->no_cache ? "" : NULL);
	/* The key counts what the engine has; "default" would ask registries first. */
	put_attr(out, "image-resolve-mode", build->pull ? "pull" : "local");
	put_attrs(out, "build-arg:", build->build_args);
	put_attrs(out, "label:", build->labels);
	put_attr(out, "label:" ENGINE_CONTENT_LABEL, build->content_label_value);
	put_cache_imports(out, build);
}

/* A token of GitHub may be in it: the buffers of all this are wiped. */
static void put_cache_exports(struct buf *out, const struct solve *solve)
{
	AUTO(secret_buf_release) struct buf cache = BUF_INIT(LIMIT_HEADER_LINE);

	if (!solve->cache_to_count)
		return;
	for (size_t i = 0; i < solve->cache_to_count; i++) {
		AUTO(secret_buf_release) struct buf entry = BUF_INIT(LIMIT_HEADER_LINE);
		const struct strmap *attrs = solve->cache_to[i]->attrs;

		protobuf_put_text(&entry, ENTRY_TYPE, solve->cache_to[i]->type);
		for (size_t j = 0; attrs && j < attrs->len; j++)
			protobuf_put_pair(&entry, ENTRY_ATTRS, attrs->entries[j].key,
					  attrs->entries[j].value);
		protobuf_put_message(&cache, CACHE_EXPORTS, &entry);
	}
	protobuf_put_message(out, REQUEST_CACHE, &cache);
}

void solve_put_request(struct buf *out, const struct solve *solve)
{
	protobuf_put_text(out, REQUEST_REF, solve->ref);
	protobuf_put_text(out, REQUEST_EXPORTER, solve->exporter);
	if (!strcmp(solve->exporter, SOLVE_EXPORTER_OCI))
		protobuf_put_pair(out, REQUEST_EXPORTER_ATTRS, "oci-mediatypes", "true");
	protobuf_put_text(out, REQUEST_SESSION, solve->session);
	put_frontend(out, solve->build);
	put_cache_exports(out, solve);
}

void solve_put_status_request(struct buf *out, const char *ref)
{
	protobuf_put_text(out, REQUEST_REF, ref);
}

static int read_pair(struct slice rest, struct strmap *map, struct error *err)
{
	AUTOFREE char *key = NULL, *value = NULL;
	struct protobuf_field field;
	int status;

	while ((status = protobuf_next(&rest, &field, err)) > 0) {
		char **text = field.number == PAIR_KEY	   ? &key
			      : field.number == PAIR_VALUE ? &value
							   : NULL;

		if (!text)
			continue;
		free(*text);
		*text = str_copy_slice(field.bytes, err);
		if (!*text)
			return -1;
	}
	if (status < 0 || !key)
		return status;
	return strmap_set(map, key, value ? value : "", err);
}

int solve_read_response(struct slice message, struct strmap *ret_response, struct error *err)
{
	AUTO(strmap_release) struct strmap response = { 0 };
	struct protobuf_field field;
	int status;

	while ((status = protobuf_next(&message, &field, err)) > 0)
		if (field.number == RESPONSE_EXPORTER && read_pair(field.bytes, &response, err))
			return -1;
	if (status < 0)
		return -1;
	*ret_response = response;
	response = (struct strmap){ 0 };
	return 0;
}
