/* SPDX-License-Identifier: MIT */
#include "engine/connect.h"

#include <errno.h>
#include <string.h>

#include "base/limits.h"
#include "base/path.h"
#include "base/time.h"
#include "engine/api.h"
#include "engine/buildkit-address.h"
#include "engine/buildkitd.h"
#include "engine/discover.h"
#include "engine/podman-service.h"

/* Versions of the Engine API that we know, as 1.N. */
#define OLDEST 41
#define NEWEST 45
/* From here on a health check has a StartInterval. */
#define START_INTERVAL 44

static void close_engine(struct engine *engine)
{
	struct api *api = api_of(engine);

	http_client_free(api->http);
	podman_service_stop(api->service);
	engine_info_release(&engine->info);
	free(api->prefix);
	free(api);
}

static void close_apip(struct api **api)
{
	if (*api)
		close_engine(&(*api)->engine);
}

static const struct engine_ops ops = {
	.inspect_image = api_inspect_image,
	.list_images = api_list_images,
	.tag_image = api_tag_image,
	.remove_image = api_remove_image,
	.build = api_build,
	.stamp = api_stamp,
	.list_containers = api_list_containers,
	.create_container = api_create_container,
	.start_container = api_start_container,
	.inspect_container = api_inspect_container,
	.remove_container = api_remove_container,
	.container_logs = api_container_logs,
	.exec = api_exec,
	.watch = api_watch,
	.copy_out = api_copy_out,
	.load_image = api_load_image,
	.push = api_push,
	.pull = api_pull,
	.measure_layers = api_measure_layers,
	.export_image = api_export_image,
	.learn_platform = api_learn_platform,
	.read_manifest = api_read_manifest,
	.open_blob = api_open_blob,
	.close = close_engine,
};

static int agree_on_version(struct api *api, const char *offered, struct error *err)
{
	int64_t minor;

	if (!offered || strncmp(offered, "1.", 2) || !str_to_int(offered + 2, 0, 1000, &minor))
		return error_set(err, ERROR_PROTOCOL, "what answers at %s is no container engine",
				 api->engine.info.url);
	if (minor < OLDEST)
		return error_set(err, ERROR_UNSUPPORTED,
				 "the engine at %s speaks API version %s, needed is 1.%d or newer",
				 api->engine.info.url, offered, OLDEST);
	if (minor > NEWEST)
		minor = NEWEST;
	api->engine.info.api_version = str_format(err, "1.%d", (int)minor);
	api->prefix = str_format(err, "http://engine/v1.%d", (int)minor);
	api->engine.info.has_start_interval = !api_is_podman(api) && minor >= START_INTERVAL;
	return api->engine.info.api_version && api->prefix ? 0 : -1;
}

/* "Docker/20.10.24+dfsg1 (linux)" or "Libpod/4.3.1 (linux)". */
static int read_server(struct api *api, const char *server, struct error *err)
{
	struct engine_info *info = &api->engine.info;
	const char *slash = server ? strchr(server, '/') : NULL;
	struct slice version = slice_of(slash ? slash + 1 : "");

	info->kind = server && str_starts(server, "Libpod/") ? ENGINE_PODMAN : ENGINE_DOCKER;
	info->has_buildkit = info->kind == ENGINE_DOCKER;
	version.len = strcspn(version.data, " ");
	info->version = str_copy_slice(version, err);
	return info->version ? 0 : -1;
}

static int ping(struct api *api, struct error *err)
{
	AUTO(http_response_release) struct http_response response = HTTP_RESPONSE_INIT;
	struct http_request request = { .url = "http://engine/_ping",
					.timeout_ms = LIMIT_CONNECT_MS };

	if (api_perform(api, &request, &response, err)) {
		if (err->os_errno != EACCES)
			return -1;
		err->kind = ERROR_DENIED;
		return error_hint(err, "the socket is not yours: join its group or run as root");
	}
	if (read_server(api, http_header_get(&response, "Server"), err))
		return -1;
	return agree_on_version(api, http_header_get(&response, "Api-Version"), err);
}

static struct api *new_api(const char *url, struct event_sink *sink, struct error *err)
{
	AUTO(close_apip) struct api *api = calloc(1, sizeof(*api));
	struct http_client_options options = { 0 };

	if (!api) {
		error_set_memory(err);
		return NULL;
	}
	api->engine.ops = &ops;
	api->engine.sink = sink;
	if (!str_starts(url, "unix:///")) {
		error_set(err, ERROR_UNSUPPORTED,
			  "cannot reach an engine at '%s': only unix:///path and "
			  "buildkit://HOST are known",
			  url);
		if (!str_starts(url, "unix:"))
			error_hint(err, "ssh can bring its socket here: ssh -NL "
					"/PATH/engine.sock:/var/run/docker.sock HOST");
		return NULL;
	}
	options.unix_socket = url + strlen("unix://");
	api->engine.info.url = str_copy(url, err);
	if (!api->engine.info.url || http_client_new(&options, &api->http, err))
		return NULL;
	return TAKE(api);
}

static int open_url(const char *url, struct event_sink *sink, struct engine **ret_engine,
		    struct error *err)
{
	AUTO(close_apip) struct api *api = NULL;

	if (str_starts(url, BUILDKIT_SCHEME))
		return buildkitd_open(url, sink, ret_engine, err);
	api = new_api(url, sink, err);
	if (!api || ping(api, err))
		return -1;
	*ret_engine = &TAKE(api)->engine;
	return 0;
}

static int await_service(struct api *api, struct error *err)
{
	int64_t deadline = time_monotonic_ms() + LIMIT_CONNECT_MS;

	while (ping(api, err)) {
		if (!error_is(err, ERROR_UNREACHABLE) || time_monotonic_ms() >= deadline)
			return error_wrap(err, "podman's API service");
		if (podman_service_has_ended(api->service)) {
			error_set(err, ERROR_UNREACHABLE, "podman's API service ended at once");
			return error_hint(err, "'podman system service' tells why");
		}
		error_clear(err);
		if (http_drive(api->http, 10, err))
			return -1;
	}
	return 0;
}

static int open_service(struct event_sink *sink, struct engine **ret_engine, struct error *err)
{
	AUTO(close_apip) struct api *api = NULL;
	struct podman_service *service = podman_service_start(err);
	AUTOFREE char *url = NULL;

	if (!service)
		return -1;
	url = str_format(err, "unix://%s", podman_service_socket(service));
	api = url ? new_api(url, sink, err) : NULL;
	if (!api) {
		podman_service_stop(service);
		return -1;
	}
	api->service = service;
	api->engine.info.is_ours = true;
	event_notice(sink, "no container engine is running: podman's API service is started for "
			   "this run");
	if (await_service(api, err))
		return -1;
	*ret_engine = &TAKE(api)->engine;
	return 0;
}

/* 1: opened; 0: not, and `tried` says why; -1: interrupted or without memory. */
static int try_usual(struct event_sink *sink, struct buf *tried, struct engine **ret_engine,
		     struct error *err)
{
	AUTO(strv_release) struct strv urls = { 0 };

	if (discover_usual(&urls, err))
		return -1;
	for (size_t i = 0; i < urls.len; i++) {
		const char *why = "not there";

		if (path_exists(urls.items[i] + strlen("unix://"))) {
			if (!open_url(urls.items[i], sink, ret_engine, err))
				return 1;
			if (error_is(err, ERROR_INTERRUPTED) || error_is(err, ERROR_MEMORY))
				return -1;
			why = error_is(err, ERROR_DENIED) ? "permission denied" : "does not answer";
			error_clear(err);
		}
		buf_add_format(tried, "%s (%s), ", urls.items[i], why);
	}
	return 0;
}

static int find(struct event_sink *sink, struct engine **ret_engine, struct error *err)
{
	AUTO(buf_release) struct buf tried = BUF_INIT(LIMIT_ERROR_MESSAGE);
	int status = try_usual(sink, &tried, ret_engine, err);

	if (status)
		return status < 0 ? -1 : 0;
	if (podman_service_is_there())
		return open_service(sink, ret_engine, err);
	error_set(err, ERROR_UNREACHABLE, "no container engine: %spodman (not installed)",
		  tried.data);
	return error_hint(err, "start docker, install podman, or name one by --engine or "
			       "DOCKER_HOST");
}

int engine_open(const char *url, struct event_sink *sink, struct engine **ret_engine,
		struct error *err)
{
	AUTOFREE char *named = NULL, *origin = NULL;

	if (url)
		return open_url(url, sink, ret_engine, err);
	if (discover_named(&named, &origin, err))
		return -1;
	if (!named)
		return find(sink, ret_engine, err);
	if (!open_url(named, sink, ret_engine, err))
		return 0;
	return error_wrap(err, "%s", origin);
}
