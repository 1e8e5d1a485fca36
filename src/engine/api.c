/* SPDX-License-Identifier: MIT */
#include "engine/api.h"

#include <string.h>

#include "base/limits.h"
#include "engine/names.h"

/* From API 1.N on Docker may keep images in containerd's store. */
#define CONTAINERD_STORE 43

const char *const api_json_headers[] = { "Content-Type: application/json", NULL };

static void add_url(struct buf *url, const char *before, const char *name, const char *after)
{
	buf_add_text(url, before);
	buf_add_url(url, name, "/:@");
	buf_add_text(url, after);
}

void api_url(const struct api *api, struct buf *url, const char *before, const char *name,
	     const char *after)
{
	buf_add_text(url, api->prefix);
	add_url(url, before, name, after);
}

void api_libpod_url(struct buf *url, const char *before, const char *name, const char *after)
{
	/* The lowest version that current services take. */
	buf_add_text(url, "http://engine/v4.0.0/libpod");
	add_url(url, before, name, after);
}

void api_query(struct buf *url, const char *key, const char *value)
{
	if (!value)
		return;
	buf_add_char(url, strchr(url->data, '?') ? '&' : '?');
	buf_add_text(url, key);
	buf_add_char(url, '=');
	buf_add_url(url, value, "");
}

void api_filter(struct buf *url, const char *key, const char *value)
{
	AUTO(buf_release) struct buf text = BUF_INIT(LIMIT_HEADER_LINE);
	struct json_writer writer = JSON_WRITER(&text);

	json_open_object(&writer, NULL);
	json_open_array(&writer, key);
	json_add_text(&writer, NULL, value);
	json_close_array(&writer);
	json_close_object(&writer);
	url->has_failed |= text.has_failed;
	api_query(url, "filters", text.data);
}

static enum error_kind kind_of_status(int status)
{
	switch (status) {
	case 401:
	case 403:
		return ERROR_DENIED;
	case 404:
		return ERROR_NOT_FOUND;
	case 409:
		return ERROR_CONFLICT;
	default:
		return ERROR_SYSTEM;
	}
}

int api_refusal(const struct http_response *response, struct error *err)
{
	struct error ignored = { 0 };
	AUTO(json_freep) struct json *json = json_parse(buf_slice(&response->body), &ignored);
	const char *message = json_text(json_get(json, "message"));
	struct slice text = slice_trim(message ? slice_of(message) : buf_slice(&response->body));

	if (text.len)
		error_set(err, kind_of_status(response->status), "the engine: %s",
			  str_brief(text).text);
	else
		error_set(err, kind_of_status(response->status), "the engine answered %d",
			  response->status);
	err->http_status = response->status;
	return api_check_disk(text.len ? text.data : "", err);
}

int api_check_disk(const char *text, struct error *err)
{
	if (!strstr(text, "no space left on device"))
		return -1;
	err->kind = ERROR_SYSTEM;
	return error_hint(err, "make room on the engine's disk");
}

/* Passes a body on and notes whose error ended the exchange: our own is not
 * the engine's. */
struct guard {
	const struct http_request *request;
	bool has_failed;
};

static int guard_sink(void *arg, const void *data, size_t len, struct error *err)
{
	struct guard *guard = arg;

	guard->has_failed = guard->request->sink(guard->request->sink_arg, data, len, err);
	return guard->has_failed ? -1 : 0;
}

static ssize_t guard_source(void *arg, void *data, size_t len, struct error *err)
{
	struct guard *guard = arg;
	ssize_t count = guard->request->source(guard->request->source_arg, data, len, err);

	guard->has_failed = count < 0;
	return count;
}

static int guard_rewind(void *arg, struct error *err)
{
	struct guard *guard = arg;

	guard->has_failed = guard->request->rewind(guard->request->source_arg, err);
	return guard->has_failed ? -1 : 0;
}

int api_broken(const struct api *api, struct error *err)
{
	int os_errno = err->os_errno;

	if (error_is(err, ERROR_INTERRUPTED) || error_is(err, ERROR_MEMORY))
		return -1;
	if (!os_errno)
		return error_wrap(err, "the engine at %s", api->engine.info.url);
	/* libcurl's own words are about a port that does not exist. */
	error_set(err, err->kind, "the engine at %s does not answer: %s", api->engine.info.url,
		  strerror(os_errno));
	err->os_errno = os_errno;
	return -1;
}

int api_perform(struct api *api, const struct http_request *request,
		struct http_response *ret_response, struct error *err)
{
	AUTO(http_response_release) struct http_response response = HTTP_RESPONSE_INIT;
	struct guard guard = { .request = request };
	struct http_request guarded = *request;

	guarded.sink = request->sink ? guard_sink : NULL;
	guarded.source = request->source ? guard_source : NULL;
	guarded.rewind = request->rewind ? guard_rewind : NULL;
	guarded.sink_arg = guarded.source_arg = &guard;
	if (http_perform(api->http, &guarded, &response, err))
		return guard.has_failed ? -1 : api_broken(api, err);
	if (response.status / 100 != 2 && response.status != 304)
		return api_refusal(&response, err);
	if (ret_response) {
		*ret_response = response;
		response = (struct http_response)HTTP_RESPONSE_INIT;
	}
	return 0;
}

bool api_has_panicked(const struct api *api, const struct error *err)
{
	return api_is_podman(api) && strstr(err->message, "runtime error: ");
}

static int call(struct api *api, struct http_request *request, struct json **ret_json,
		struct error *err)
{
	AUTO(http_response_release) struct http_response response = HTTP_RESPONSE_INIT;

	request->body_max = LIMIT_ENGINE_DOCUMENT;
	request->timeout_ms = LIMIT_ENGINE_CALL_MS;
	for (int i = 1; api_perform(api, request, &response, err); i++) {
		if (request->method || !api_has_panicked(api, err) || i == API_ATTEMPTS)
			return -1;
		error_clear(err);
	}
	if (!ret_json)
		return 0;
	*ret_json = json_parse(buf_slice(&response.body), err);
	return *ret_json ? 0 : error_wrap(err, "the engine's answer");
}

int api_send(struct api *api, const char *method, const struct buf *url, struct error *err)
{
	struct http_request request = { .method = method, .url = url->data };

	if (buf_check(url, "a request", err))
		return -1;
	return call(api, &request, NULL, err);
}

int api_get(struct api *api, const struct buf *url, struct json **ret_json, struct error *err)
{
	struct http_request request = { .url = url->data };

	if (buf_check(url, "a request", err))
		return -1;
	return call(api, &request, ret_json, err);
}

/* Podman 4 reads what it lists one by one, and gives up if one of them is gone. */
static bool is_overtaken(const struct api *api, const struct error *err)
{
	return api_is_podman(api) && (strstr(err->message, "image not known") ||
				      strstr(err->message, "no such container"));
}

int api_get_list(struct api *api, const struct buf *url, struct json **ret_json, struct error *err)
{
	for (int i = 1; api_get(api, url, ret_json, err); i++) {
		if (!is_overtaken(api, err) || i == API_ATTEMPTS)
			return -1;
		error_clear(err);
	}
	return 0;
}

int api_post(struct api *api, const struct buf *url, const struct buf *body, struct json **ret_json,
	     struct error *err)
{
	struct http_request request = { .method = "POST",
					.url = url->data,
					.headers = api_json_headers,
					.body = buf_slice(body) };

	if (buf_check(url, "a request", err) || buf_check(body, "a request", err))
		return -1;
	return call(api, &request, ret_json, err);
}

int api_set_id(char **owned, const char *id, struct error *err)
{
	AUTOFREE char *full = NULL;

	if (!id || !*id)
		return str_replace(owned, NULL, err);
	full = str_format(err, "%s%s", str_is_hex(id, 64) ? "sha256:" : "", id);
	return full ? str_replace(owned, full, err) : -1;
}

char *api_take_text(const struct json *json, const char *key, struct error *err)
{
	const char *text = json_text(json_get(json, key));

	if (text && *text)
		return str_copy(text, err);
	error_set(err, ERROR_PROTOCOL, "the engine's answer has no '%s'", key);
	return NULL;
}

char *api_exact_name(const struct api *api, const char *reference, struct error *err)
{
	return api_is_podman(api) ? names_full(reference, err) : str_copy(reference, err);
}

/* Of Docker since API 1.43; what a graph driver tells there are other pairs. */
static bool says_containerd(const struct json *info)
{
	const struct json *pair = json_first(json_get(info, "DriverStatus"));

	for (; pair; pair = json_next(pair)) {
		const char *value = json_text(json_next(json_first(pair)));

		if (value && str_starts(value, "io.containerd.snapshotter."))
			return true;
	}
	return false;
}

int api_learn_store(struct api *api, struct error *err)
{
	AUTO(buf_release) struct buf url = API_URL_INIT;
	AUTO(json_freep) struct json *info = NULL;
	int64_t minor;

	if (api->has_learnt_store)
		return 0;
	if (!api_is_podman(api) && str_to_int(api->engine.info.api_version + strlen("1."),
					      CONTAINERD_STORE, 1000, &minor)) {
		api_url(api, &url, "/info", "", "");
		if (api_get(api, &url, &info, err))
			return -1;
		api->engine.info.has_containerd_store = says_containerd(info);
	}
	api->has_learnt_store = true;
	return 0;
}
