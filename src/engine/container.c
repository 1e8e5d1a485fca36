/* SPDX-License-Identifier: MIT */
/* Containers: created, listed, inspected, removed, their logs and files. */
#include "base/limits.h"
#include "base/time.h"
#include "engine/api.h"
#include "engine/frames.h"

#define NANOSECONDS 1000000

static const struct json_field list_fields[] = {
	JSON_FIELD(struct engine_container, id, "Id", JSON_FIELD_TEXT),
	JSON_FIELD(struct engine_container, image_name, "Image", JSON_FIELD_TEXT),
	JSON_FIELD(struct engine_container, state, "State", JSON_FIELD_TEXT),
	JSON_FIELD(struct engine_container, labels, "Labels", JSON_FIELD_MAP),
	JSON_FIELD(struct engine_container, created, "Created", JSON_FIELD_INT),
};

static int add_listed(const struct json *json, struct engine_container_list *list,
		      struct error *err)
{
	AUTO(engine_container_release) struct engine_container container = { 0 };
	const char *name = json_text(json_first(json_get(json, "Names")));
	struct engine_container *items;

	if (json_read(json, "containers", &(const struct json_table)JSON_TABLE(list_fields),
		      &container, err) ||
	    api_set_id(&container.image_id, json_text(json_get(json, "ImageID")), err) ||
	    str_replace(&container.name, name && name[0] == '/' ? name + 1 : name, err))
		return -1;
	if (!container.id)
		return error_set(err, ERROR_PROTOCOL, "the engine lists a container without 'Id'");
	items = realloc(list->items, (list->len + 1) * sizeof(*items));
	if (!items)
		return error_set_memory(err);
	list->items = items;
	list->items[list->len++] = container;
	container = (struct engine_container){ 0 };
	return 0;
}

int api_find_containers(struct api *api, const char *key, const char *value,
			struct engine_container_list *ret_list, struct error *err)
{
	AUTO(engine_container_list_release) struct engine_container_list list = { 0 };
	AUTO(buf_release) struct buf url = API_URL_INIT;
	AUTO(json_freep) struct json *json = NULL;

	api_url(api, &url, "/containers/json?all=1", "", "");
	if (value)
		api_filter(&url, key, value);
	if (api_get_list(api, &url, &json, err))
		return -1;
	for (struct json *item = json_first(json); item; item = json_next(item))
		if (add_listed(item, &list, err))
			return -1;
	*ret_list = list;
	list = (struct engine_container_list){ 0 };
	return 0;
}

int api_list_containers(struct engine *engine, const char *label,
			struct engine_container_list *ret_list, struct error *err)
{
	return api_find_containers(api_of(engine), "label", label, ret_list, err);
}

static void add_probes(struct json_writer *writer, const struct engine_container_options *options)
{
	if (!options->probe_interval_ms)
		return;
	json_open_object(writer, "Healthcheck");
	json_add_int(writer, "StartInterval", options->probe_interval_ms * NANOSECONDS);
	if (options->probe_period_ms)
		json_add_int(writer, "StartPeriod", options->probe_period_ms * NANOSECONDS);
	json_close_object(writer);
}

int api_create_container(struct engine *engine, const struct engine_container_options *options,
			 char **ret_id, struct error *err)
{
	AUTO(buf_release) struct buf url = API_URL_INIT, body = BUF_INIT(LIMIT_JSON_DOCUMENT);
	AUTO(json_freep) struct json *json = NULL;
	struct json_writer writer = JSON_WRITER(&body);
	AUTOFREE char *image = api_exact_name(api_of(engine), options->image, err);

	if (!image)
		return -1;
	json_open_object(&writer, NULL);
	json_add_text(&writer, "Image", image);
	if (options->labels)
		json_add_map(&writer, "Labels", options->labels);
	if (options->volume) {
		json_open_object(&writer, "Volumes");
		json_open_object(&writer, options->volume);
		json_close_object(&writer);
		json_close_object(&writer);
	}
	/* An entrypoint alone: what the image has as CMD is not added to it. */
	if (options->argv && options->argv->len)
		json_add_texts(&writer, "Entrypoint", options->argv);
	add_probes(&writer, options);
	json_close_object(&writer);
	api_url(api_of(engine), &url, "/containers/create", "", "");
	if (api_post(api_of(engine), &url, &body, &json, err))
		return -1;
	*ret_id = api_take_text(json, "Id", err);
	return *ret_id ? 0 : -1;
}

int api_start_container(struct engine *engine, const char *id, struct error *err)
{
	AUTO(buf_release) struct buf url = API_URL_INIT;

	api_url(api_of(engine), &url, "/containers/", id, "/start");
	return api_send(api_of(engine), "POST", &url, err);
}

static int read_health(const struct json *health, struct engine_container_state *state,
		       struct error *err)
{
	struct json *last = NULL;

	if (!health || json_type(health) != JSON_OBJECT)
		return 0;
	for (struct json *log = json_first(json_get(health, "Log")); log; log = json_next(log))
		last = log;
	state->health_exit_code = (int)json_int(json_get(last, "ExitCode"), 0);
	if (str_replace(&state->health, json_text(json_get(health, "Status")), err) ||
	    str_replace(&state->health_output, json_text(json_get(last, "Output")), err))
		return -1;
	return 0;
}

static int read_state(const struct json *json, struct engine_container_state *state,
		      struct error *err)
{
	const char *error = json_text(json_get(json, "Error"));

	state->is_running = json_is_true(json_get(json, "Running"));
	state->is_oom_killed = json_is_true(json_get(json, "OOMKilled"));
	state->exit_code = (int)json_int(json_get(json, "ExitCode"), 0);
	state->status = api_take_text(json, "Status", err);
	if (!state->status || str_replace(&state->error, error && *error ? error : NULL, err))
		return -1;
	return read_health(json_get(json, "Health"), state, err);
}

int api_inspect_container(struct engine *engine, const char *id,
			  struct engine_container_state *ret_state, struct error *err)
{
	AUTO(engine_container_state_release) struct engine_container_state state = { 0 };
	AUTO(buf_release) struct buf url = API_URL_INIT;
	AUTO(json_freep) struct json *json = NULL;

	api_url(api_of(engine), &url, "/containers/", id, "/json");
	if (api_get(api_of(engine), &url, &json, err) ||
	    read_state(json_get(json, "State"), &state, err))
		return -1;
	*ret_state = state;
	state = (struct engine_container_state){ 0 };
	return 0;
}

int api_remove_container(struct engine *engine, const char *id, struct error *err)
{
	AUTO(buf_release) struct buf url = API_URL_INIT;
	struct api *api = api_of(engine);
	int64_t deadline = time_monotonic_ms() + LIMIT_REMOVAL_MS;

	api_url(api, &url, "/containers/", id, "?force=1&v=1");
	while (api_send(api, "DELETE", &url, err)) {
		if (error_is(err, ERROR_NOT_FOUND))
			break;
		/* 409: somebody else removes it already; await the end. */
		if (!error_is(err, ERROR_CONFLICT) || time_monotonic_ms() >= deadline)
			return -1;
		error_clear(err);
		if (http_drive(api->http, 50, err))
			return -1;
	}
	error_clear(err);
	return 0;
}

int api_container_logs(struct engine *engine, const char *id, const struct engine_logs *logs,
		       struct error *err)
{
	AUTO(buf_release) struct buf url = API_URL_INIT;
	struct frames frames = { .sink = logs->sink, .sink_arg = logs->sink_arg };
	struct http_request request = { .sink = frames_feed,
					.sink_arg = &frames,
					.timeout_ms = LIMIT_ENGINE_CALL_MS };
	char lines[24];

	snprintf(lines, sizeof(lines), "%d", (int)logs->lines);
	api_url(api_of(engine), &url, "/containers/", id, "/logs?stdout=1&stderr=1");
	api_query(&url, "tail", lines);
	if (buf_check(&url, "a request", err))
		return -1;
	request.url = url.data;
	if (api_perform(api_of(engine), &request, NULL, err))
		return -1;
	return frames_finish(&frames, err);
}

int api_copy_out(struct engine *engine, const char *id, const struct engine_copy *copy,
		 struct error *err)
{
	AUTO(buf_release) struct buf url = API_URL_INIT;
	struct http_request request = { .sink = copy->sink,
					.sink_arg = copy->sink_arg,
					.stall_ms = LIMIT_ENGINE_CALL_MS };

	api_url(api_of(engine), &url, "/containers/", id, "/archive");
	api_query(&url, "path", copy->path);
	if (buf_check(&url, "a request", err))
		return -1;
	request.url = url.data;
	return api_perform(api_of(engine), &request, NULL, err);
}
