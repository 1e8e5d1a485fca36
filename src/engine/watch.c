/* SPDX-License-Identifier: MIT */
/* Events of one container, as they come, while other calls go on. */
#include <inttypes.h>
#include <string.h>

#include "base/limits.h"
#include "base/time.h"
#include "engine/api.h"
#include "engine/stream.h"

#define SHORT_STREAM_MS	  200
#define SHORT_STREAMS_MAX 10

struct watch {
	struct engine_watch watch; /* first, so that either is the other */
	struct api *api;
	char *id;
	struct buf url;
	struct stream stream;
	struct http_request request;
	struct http_exchange *exchange;
	int64_t subscribed_ms;
	int short_streams;	     /* in a row */
	struct engine_event *events; /* come and not yet asked for */
	size_t event_count;
	bool has_news; /* Podman: there is some, inspection tells which */
};

static int add_event(struct watch *watch, enum engine_event_type type, int exit_code,
		     struct error *err)
{
	struct engine_event *events =
		realloc(watch->events, (watch->event_count + 1) * sizeof(*events));

	if (!events)
		return error_set_memory(err);
	watch->events = events;
	events[watch->event_count++] =
		(struct engine_event){ .type = type, .exit_code = exit_code };
	return 0;
}

static int exit_code_of(const struct json *message)
{
	const char *text = json_text(json_path(message, "Actor", "Attributes", "exitCode", NULL));
	int64_t code;

	return text && str_to_int(text, 0, 255, &code) ? (int)code : -1;
}

static int take_event(void *arg, const struct json *message, struct error *err)
{
	static const struct {
		const char *action;
		enum engine_event_type type;
	} table[] = {
		{ "start", ENGINE_EVENT_START },
		{ "die", ENGINE_EVENT_DIE },
		{ "oom", ENGINE_EVENT_OOM },
		{ "health_status: healthy", ENGINE_EVENT_HEALTHY },
		{ "health_status: unhealthy", ENGINE_EVENT_UNHEALTHY },
	};
	const char *action = json_text(json_get(message, "Action"));
	const char *id = json_text(json_path(message, "Actor", "ID", NULL));
	struct watch *watch = arg;

	if (!action || !str_equal(id, watch->id))
		return 0;
	for (size_t i = 0; i < ARRAY_SIZE(table); i++)
		if (!strcmp(action, table[i].action))
			return add_event(watch, table[i].type, exit_code_of(message), err);
	watch->has_news |= !strcmp(action, "health_status");
	return 0;
}

static bool has_ended(const struct engine_container_state *state)
{
	return str_equal(state->status, "exited") || str_equal(state->status, "dead");
}

static int look_at_state(struct watch *watch, struct error *err)
{
	AUTO(engine_container_state_release) struct engine_container_state state = { 0 };

	watch->has_news = false;
	if (api_inspect_container(&watch->api->engine, watch->id, &state, err))
		return -1;
	if (has_ended(&state))
		return add_event(watch, ENGINE_EVENT_DIE, state.exit_code, err);
	if (str_equal(state.health, "healthy"))
		return add_event(watch, ENGINE_EVENT_HEALTHY, -1, err);
	if (str_equal(state.health, "unhealthy"))
		return add_event(watch, ENGINE_EVENT_UNHEALTHY, -1, err);
	return 0;
}

/* `since` lets the engine repeat what came while the request was under way. */
static int subscribe(struct watch *watch, struct error *err)
{
	char since[24];

	snprintf(since, sizeof(since), "%" PRId64, time_now() - 1);
	buf_init(&watch->url, LIMIT_HEADER_LINE);
	api_url(watch->api, &watch->url, "/events", "", "");
	api_query(&watch->url, "since", since);
	api_filter(&watch->url, "container", watch->id);
	if (buf_check(&watch->url, "a request", err))
		return -1;
	watch->stream = (struct stream)STREAM_INIT(take_event, watch);
	watch->request = (struct http_request){ .url = watch->url.data,
						.sink = stream_feed,
						.sink_arg = &watch->stream };
	watch->subscribed_ms = time_monotonic_ms();
	watch->exchange = http_start(watch->api->http, &watch->request, err);
	return watch->exchange ? 0 : -1;
}

/*
 * The stream has no end of its own, but Podman's ends when the log behind it is
 * rotated, and what was in the log is lost: inspection tells what that
 * was, and it is asked for again. Streams that end at once lead nowhere.
 */
static int check_stream(struct watch *watch, struct error *err)
{
	int status = http_exchange_poll(watch->exchange, err);

	if (!status)
		return 0;
	if (status < 0 && !error_is(err, ERROR_UNREACHABLE))
		return api_broken(watch->api, err);
	if (status > 0 && http_exchange_response(watch->exchange)->status != 200)
		return api_refusal(http_exchange_response(watch->exchange), err);
	if (time_monotonic_ms() - watch->subscribed_ms >= SHORT_STREAM_MS)
		watch->short_streams = 0;
	if (++watch->short_streams > SHORT_STREAMS_MAX) {
		error_clear(err);
		return error_set(err, ERROR_UNREACHABLE, "the engine's events ended");
	}
	error_clear(err);
	if (look_at_state(watch, err))
		return -1;
	http_exchange_free(TAKE(watch->exchange));
	stream_release(&watch->stream);
	buf_release(&watch->url);
	return subscribe(watch, err);
}

static int next_event(struct engine_watch *engine_watch, int64_t wait_ms,
		      struct engine_event *ret_event, struct error *err)
{
	struct watch *watch = (struct watch *)engine_watch;
	int64_t deadline = time_monotonic_ms() + wait_ms, left = 0;

	for (;;) {
		if (watch->has_news && look_at_state(watch, err))
			return -1;
		if (watch->event_count) {
			*ret_event = watch->events[0];
			watch->event_count--;
			memmove(watch->events, watch->events + 1,
				watch->event_count * sizeof(*watch->events));
			return 1;
		}
		if (check_stream(watch, err))
			return -1;
		if (!watch->event_count && http_drive(watch->api->http, left, err))
			return -1;
		if (watch->event_count || watch->has_news)
			continue;
		left = deadline - time_monotonic_ms();
		if (left <= 0)
			return 0;
	}
}

static void free_watch(struct engine_watch *engine_watch)
{
	struct watch *watch = (struct watch *)engine_watch;

	http_exchange_free(watch->exchange);
	stream_release(&watch->stream);
	buf_release(&watch->url);
	free(watch->events);
	free(watch->id);
	free(watch);
}

static void watch_freep(struct watch **watch)
{
	if (*watch)
		free_watch(&(*watch)->watch);
}

int api_watch(struct engine *engine, const char *id, struct engine_watch **ret_watch,
	      struct error *err)
{
	AUTO(watch_freep) struct watch *watch = calloc(1, sizeof(*watch));

	if (!watch)
		return error_set_memory(err);
	watch->watch = (struct engine_watch){ .next = next_event, .free = free_watch };
	watch->api = api_of(engine);
	watch->id = str_copy(id, err);
	if (!watch->id || subscribe(watch, err))
		return -1;
	*ret_watch = &TAKE(watch)->watch;
	return 0;
}
