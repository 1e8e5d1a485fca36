/* SPDX-License-Identifier: MIT */
/* Commands run inside a container. */
#include "base/limits.h"
#include "base/time.h"
#include "engine/api.h"
#include "engine/frames.h"

/* Podman refuses an exec without any stream attached. */
static int create_exec(struct api *api, const char *container, const struct strv *argv,
		       char **ret_id, struct error *err)
{
	AUTO(buf_release) struct buf url = API_URL_INIT, body = BUF_INIT(LIMIT_JSON_DOCUMENT);
	AUTO(json_freep) struct json *json = NULL;
	struct json_writer writer = JSON_WRITER(&body);

	json_open_object(&writer, NULL);
	json_add_bool(&writer, "AttachStdout", true);
	json_add_bool(&writer, "AttachStderr", true);
	json_add_texts(&writer, "Cmd", argv);
	json_close_object(&writer);
	api_url(api, &url, "/containers/", container, "/exec");
	if (api_post(api, &url, &body, &json, err))
		return -1;
	*ret_id = api_take_text(json, "Id", err);
	return *ret_id ? 0 : -1;
}

/* One run of a command: its end is awaited until the deadline. */
struct run {
	struct api *api;
	const char *id;	  /* of the exec */
	int64_t deadline; /* INT64_MAX: none */
};

static int64_t time_left(const struct run *run)
{
	return run->deadline == INT64_MAX ? INT64_MAX : run->deadline - time_monotonic_ms();
}

/* Drives for up to `wait_ms`. 0: the time is up. */
static int drive(const struct run *run, int64_t wait_ms, struct error *err)
{
	int64_t left = time_left(run);

	if (left <= 0)
		return 0;
	return http_drive(run->api->http, wait_ms < left ? wait_ms : left, err) ? -1 : 1;
}

/* 1 once all output is here, 0 if the time was up before. */
static int await_output(const struct run *run, struct http_exchange *exchange, struct error *err)
{
	int status;

	while (!(status = http_exchange_poll(exchange, err))) {
		int is_going = drive(run, 250, err);

		if (is_going <= 0)
			return is_going;
	}
	return status < 0 ? api_broken(run->api, err) : 1;
}

static int stream_output(const struct run *run, const struct engine_exec *exec, struct error *err)
{
	AUTO(buf_release) struct buf url = API_URL_INIT;
	AUTO(http_exchange_freep) struct http_exchange *exchange = NULL;
	struct frames frames = { .sink = exec->sink, .sink_arg = exec->sink_arg };
	struct http_request request = { .method = "POST",
					.headers = api_json_headers,
					.body = SLICE("{\"Detach\":false,\"Tty\":false}"),
					.sink = frames_feed,
					.sink_arg = &frames };
	int status;

	api_url(run->api, &url, "/exec/", run->id, "/start");
	if (buf_check(&url, "a request", err))
		return -1;
	request.url = url.data;
	exchange = http_start(run->api->http, &request, err);
	status = exchange ? await_output(run, exchange, err) : -1;
	if (status <= 0)
		return status;
	if (http_exchange_response(exchange)->status != 200)
		return api_refusal(http_exchange_response(exchange), err);
	return frames_finish(&frames, err) ? -1 : 1;
}

/* The exit code; -1: still running; -2: ended, but the code is not noted yet. */
static int look_up_exit(const struct run *run, int *ret_exit_code, struct error *err)
{
	AUTO(buf_release) struct buf url = API_URL_INIT;
	AUTO(json_freep) struct json *json = NULL;

	api_url(run->api, &url, "/exec/", run->id, "/json");
	if (api_get(run->api, &url, &json, err))
		return -1;
	if (json_is_true(json_get(json, "Running")))
		*ret_exit_code = -1;
	else
		*ret_exit_code = (int)json_int(json_get(json, "ExitCode"), -2);
	return 0;
}

/* The output ends a moment before the engine has noted the end, and much
 * before it where the command closes its output. 0: the time was up. */
static int await_exit(const struct run *run, int *ret_exit_code, struct error *err)
{
	int64_t pause_ms = 2, unknown_ms = 0;
	int status, exit_code;

	for (;;) {
		if (look_up_exit(run, &exit_code, err))
			return -1;
		if (exit_code >= 0) {
			*ret_exit_code = exit_code;
			return 1;
		}
		unknown_ms += exit_code == -2 ? pause_ms : 0;
		if (unknown_ms > LIMIT_REMOVAL_MS)
			return error_set(err, ERROR_SYSTEM,
					 "the engine does not tell the exit code");
		status = drive(run, pause_ms, err);
		if (status <= 0)
			return status;
		pause_ms = pause_ms < 100 ? 2 * pause_ms : 100;
	}
}

int api_exec(struct engine *engine, const char *id, const struct engine_exec *exec,
	     struct engine_exec_result *ret_result, struct error *err)
{
	struct run run = { .api = api_of(engine), .deadline = INT64_MAX };
	AUTOFREE char *exec_id = NULL;
	int status, exit_code = 0;

	if (exec->timeout_ms)
		run.deadline = time_monotonic_ms() + exec->timeout_ms;
	if (create_exec(run.api, id, exec->argv, &exec_id, err))
		return -1;
	run.id = exec_id;
	status = stream_output(&run, exec, err);
	if (status > 0)
		status = await_exit(&run, &exit_code, err);
	if (status < 0)
		return -1;
	*ret_result =
		(struct engine_exec_result){ .exit_code = exit_code, .has_timed_out = !status };
	return 0;
}
