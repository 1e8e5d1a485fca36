/* SPDX-License-Identifier: MIT */
#include "engine/buildkitd.h"

#include <stdlib.h>

#include "base/host.h"
#include "base/path.h"
#include "codec/digest.h"
#include "engine/build/drive.h"
#include "engine/build/info.h"
#include "engine/buildkit-address.h"
#include "engine/layout-import.h"

struct buildkitd {
	struct engine engine; /* first, so that either is the other */
	struct buildkit_address address;
	struct layout layout;
};

static struct buildkitd *buildkitd_of(struct engine *engine)
{
	return (struct buildkitd *)engine;
}

static void close_engine(struct engine *engine)
{
	struct buildkitd *buildkitd = buildkitd_of(engine);

	buildkit_address_release(&buildkitd->address);
	layout_release(&buildkitd->layout);
	engine_info_release(&engine->info);
	free(buildkitd);
}

static void close_buildkitdp(struct buildkitd **buildkitd)
{
	if (*buildkitd)
		close_engine(&(*buildkitd)->engine);
}

static int connect_to(const struct buildkitd *buildkitd, struct channel **ret_channel,
		      struct error *err)
{
	const struct buildkit_address *address = &buildkitd->address;
	struct channel_tls tls = { .ca_file = address->ca_file,
				   .client_certificate = address->certificate,
				   .client_key = address->key };

	if (address->socket)
		return channel_open_unix(address->socket, ret_channel, err);
	return channel_open_tcp(address->host, address->port, address->is_plain ? NULL : &tls,
				ret_channel, err);
}

static int broken(const struct buildkitd *buildkitd, struct error *err)
{
	return error_wrap(err, "BuildKit at %s", buildkitd->address.place);
}

static int build_linked(const struct link *link, struct session *session,
			struct strmap *ret_response, struct error *err)
{
	const struct engine_build *build = session->build;
	AUTOFREE const struct engine_cache **exports =
		calloc(build->cache_to_count + 1, sizeof(const struct engine_cache *));
	const struct solve solve = { .build = build,
				     .ref = session->uuid,
				     .session = session->uuid,
				     .exporter = SOLVE_EXPORTER_OCI,
				     .cache_to = exports,
				     .cache_to_count = build->cache_to_count };

	if (!exports)
		return error_set_memory(err);
	for (size_t i = 0; i < build->cache_to_count; i++)
		exports[i] = &build->cache_to[i];
	return drive_build(link, session, &solve, ret_response, err);
}

static int build_image(struct engine *engine, const struct engine_build *build, char **ret_id,
		       struct error *err)
{
	struct buildkitd *buildkitd = buildkitd_of(engine);
	AUTO(layout_import_freep) struct layout_import *import = NULL;
	struct session session = { .build = build, .sink = engine->sink };
	AUTO(strmap_release) struct strmap response = { 0 };
	AUTO(link_close) struct link link = { 0 };
	struct channel *channel;

	if (build->builder == ENGINE_BUILDER_CLASSIC) {
		error_set(err, ERROR_UNSUPPORTED, "a BuildKit daemon has no classic builder");
		return error_hint(err, "leave image.builder as it is, or name another engine");
	}
	if (layout_import_new(&buildkitd->layout, &import, err))
		return -1;
	session_name(&session);
	session.receive = layout_import_feed;
	session.receive_arg = import;
	if (connect_to(buildkitd, &channel, err) ||
	    link_open_tunnel(channel, buildkitd->address.place, &session, &link, err))
		return broken(buildkitd, err);
	if (build->result)
		build->result->builder = ENGINE_BUILDER_BUILDKIT;
	if (build_linked(&link, &session, &response, err))
		return -1;
	return layout_import_finish(import, ret_id, err);
}

static int inspect_image(struct engine *engine, const char *reference,
			 struct engine_image *ret_image, struct error *err)
{
	return layout_inspect(&buildkitd_of(engine)->layout, reference, ret_image, err);
}

static int list_images(struct engine *engine, const char *repository, bool is_dangling,
		       struct engine_image_list *ret_list, struct error *err)
{
	return layout_list(&buildkitd_of(engine)->layout, repository, is_dangling, ret_list, err);
}

static int tag_image(struct engine *engine, const char *source, const char *repository,
		     const char *tag, struct error *err)
{
	return layout_tag(&buildkitd_of(engine)->layout, source, repository, tag, err);
}

static int remove_image(struct engine *engine, const char *reference, struct error *err)
{
	return layout_remove(&buildkitd_of(engine)->layout, reference, err);
}

static int stamp_image(struct engine *engine, const struct engine_stamp *stamp, char **ret_id,
		       struct error *err)
{
	return layout_stamp(&buildkitd_of(engine)->layout, stamp, ret_id, err);
}

static int read_manifest(struct engine *engine, const char *reference, struct buf *ret_bytes,
			 char **ret_media_type, struct error *err)
{
	return layout_read_manifest(&buildkitd_of(engine)->layout, reference, ret_bytes,
				    ret_media_type, err);
}

static int open_blob(struct engine *engine, const char *digest, int *ret_fd, struct error *err)
{
	return layout_open_blob(&buildkitd_of(engine)->layout, digest, ret_fd, err);
}

/* Where there are no containers, none is found, and none has to be removed. */
static int list_containers(struct engine *engine, const char *label,
			   struct engine_container_list *ret_list, struct error *err)
{
	(void)engine;
	(void)label;
	(void)err;
	*ret_list = (struct engine_container_list){ 0 };
	return 0;
}

static int remove_container(struct engine *engine, const char *id, struct error *err)
{
	(void)engine;
	(void)id;
	(void)err;
	return 0;
}

static int refuse(struct error *err)
{
	error_set(err, ERROR_INPUT, "a BuildKit daemon runs no containers");
	return error_hint(err, "image.trialEngine names an engine that tries its images");
}

static int create_container(struct engine *engine, const struct engine_container_options *options,
			    char **ret_id, struct error *err)
{
	(void)engine;
	(void)options;
	(void)ret_id;
	return refuse(err);
}

static int start_container(struct engine *engine, const char *id, struct error *err)
{
	(void)engine;
	(void)id;
	return refuse(err);
}

static int inspect_container(struct engine *engine, const char *id,
			     struct engine_container_state *ret_state, struct error *err)
{
	(void)engine;
	(void)id;
	(void)ret_state;
	return refuse(err);
}

static int container_logs(struct engine *engine, const char *id, const struct engine_logs *logs,
			  struct error *err)
{
	(void)engine;
	(void)id;
	(void)logs;
	return refuse(err);
}

static int exec(struct engine *engine, const char *id, const struct engine_exec *options,
		struct engine_exec_result *ret_result, struct error *err)
{
	(void)engine;
	(void)id;
	(void)options;
	(void)ret_result;
	return refuse(err);
}

static int watch(struct engine *engine, const char *id, struct engine_watch **ret_watch,
		 struct error *err)
{
	(void)engine;
	(void)id;
	(void)ret_watch;
	return refuse(err);
}

static int copy_out(struct engine *engine, const char *id, const struct engine_copy *copy,
		    struct error *err)
{
	(void)engine;
	(void)id;
	(void)copy;
	return refuse(err);
}

static const struct engine_ops ops = {
	.inspect_image = inspect_image,
	.list_images = list_images,
	.tag_image = tag_image,
	.remove_image = remove_image,
	.build = build_image,
	.stamp = stamp_image,
	.list_containers = list_containers,
	.create_container = create_container,
	.start_container = start_container,
	.inspect_container = inspect_container,
	.remove_container = remove_container,
	.container_logs = container_logs,
	.exec = exec,
	.watch = watch,
	.copy_out = copy_out,
	.read_manifest = read_manifest,
	.open_blob = open_blob,
	.close = close_engine,
};

/* <state>/layouts/<hash of where it is>. */
static int open_layout(struct buildkitd *buildkitd, struct error *err)
{
	AUTOFREE char *state = host_state_folder(err);
	AUTOFREE char *folder = NULL;
	struct digest_text hash;

	if (!state || digest_of(slice_of(buildkitd->address.place), &hash, err))
		return -1;
	folder = str_format(err, "%s/layouts/%.16s", state, hash.text + strlen("sha256:"));
	return folder ? layout_open(folder, &buildkitd->layout, err) : -1;
}

static int ping(struct buildkitd *buildkitd, struct error *err)
{
	AUTO(info_release) struct info info = { 0 };
	struct channel *channel;

	if (connect_to(buildkitd, &channel, err) || info_ask(channel, &info, err))
		return broken(buildkitd, err);
	buildkitd->engine.info.version = TAKE(info.version);
	return info.platform ? engine_set_platform(&buildkitd->engine, info.platform, err) : 0;
}

int buildkitd_open(const char *url, struct event_sink *sink, struct engine **ret_engine,
		   struct error *err)
{
	AUTO(close_buildkitdp) struct buildkitd *buildkitd = calloc(1, sizeof(*buildkitd));

	if (!buildkitd)
		return error_set_memory(err);
	buildkitd->engine = (struct engine){
		.ops = &ops,
		.info = { .kind = ENGINE_BUILDKIT, .has_buildkit = true },
		.sink = sink,
	};
	buildkitd->engine.info.url = str_copy(url, err);
	buildkitd->engine.info.api_version = str_copy("", err);
	if (!buildkitd->engine.info.url || !buildkitd->engine.info.api_version ||
	    buildkit_address_parse(url, &buildkitd->address, err) || ping(buildkitd, err) ||
	    open_layout(buildkitd, err))
		return -1;
	*ret_engine = &TAKE(buildkitd)->engine;
	return 0;
}
