/* SPDX-License-Identifier: MIT */
#include "engine/build/classic.h"

#include <string.h>

#include "auth/credentials.h"
#include "base/limits.h"
#include "base/secret.h"
#include "base/time.h"
#include "context/context.h"
#include "engine/api.h"
#include "engine/stream.h"
#include "image/platform.h"
#include "image/reference.h"

/* Longer lines are cut where steps are looked for; the log has all of them. */
#define STEP_LENGTH 256

struct classic {
	struct api *api;
	const struct engine_build *build;
	struct engine_build_result result;
	struct buf line; /* of the log, until its end */
	char *id;	 /* of the last image that was told in full */
	char *image;	 /* of the last step, or its first digits */
	bool has_stage;
	char step[STEP_LENGTH + 1]; /* the instruction under way: "3/5: RUN make" */
};

static void classic_release(struct classic *classic)
{
	buf_release(&classic->line);
	free(classic->id);
	free(classic->image);
	engine_build_result_release(&classic->result);
}

/* "---> 0123456789ab", "--> Using cache 0123..."; the same image may be told in full
 * before. */
static int take_image(struct classic *classic, struct slice line, struct error *err)
{
	AUTOFREE char *id = str_copy_slice(line, err);

	if (!id)
		return -1;
	if (line.len < 11 || !str_is_hex(id, line.len))
		return 0;
	if (classic->image && strstr(classic->image, id))
		return 0;
	return str_replace(&classic->image, id, err);
}

/* With a further FROM the stage before is at its end. */
static int take_step(struct classic *classic, struct slice number, struct slice instruction,
		     struct error *err)
{
	snprintf(classic->step, sizeof(classic->step), "%.*s: %.*s", (int)number.len, number.data,
		 (int)instruction.len, instruction.data);
	/* What precedes the first FROM is neither run nor cached. */
	if (!slice_starts(instruction, "FROM ")) {
		classic->result.step_count += classic->has_stage;
		return 0;
	}
	classic->has_stage = true;
	if (!classic->image)
		return 0;
	return strv_add_taken(&classic->result.stages, TAKE(classic->image), err);
}

/* "Step 3/5 : RUN make" of Docker, "[2/2] STEP 3/5: RUN make" of Podman. */
static int take_line(struct classic *classic, struct slice line, struct error *err)
{
	struct slice number;

	line = slice_trim(line);
	if (slice_starts(line, "--")) {
		slice_cut(&line, ' ', &number);
		if (slice_starts(line, "Using cache")) {
			classic->result.cached_count++;
			line = slice_trim(slice_skip(line, strlen("Using cache")));
		}
		return take_image(classic, line, err);
	}
	if (slice_starts(line, "["))
		slice_cut(&line, ' ', &number);
	if (!slice_starts(line, "Step ") && !slice_starts(line, "STEP "))
		return 0;
	line = slice_skip(line, strlen("Step "));
	if (!slice_cut(&line, ':', &number) || !memchr(number.data, '/', number.len))
		return 0;
	return take_step(classic, slice_trim(number), slice_trim(line), err);
}

static int take_log(struct classic *classic, struct slice text, struct error *err)
{
	struct buf *line = &classic->line;

	event_emit(classic->api->engine.sink, &(struct event){ .type = EVENT_BUILD_LOG,
							       .step = classic->build->step,
							       .image = classic->build->image,
							       .text = text });
	for (size_t i = 0; i < text.len; i++) {
		if (text.data[i] != '\n') {
			if (line->len < line->max)
				buf_add_char(line, text.data[i]);
			continue;
		}
		if (take_line(classic, buf_slice(line), err))
			return -1;
		buf_reset(line);
	}
	return 0;
}

/* A base that cannot be had is the registry's doing, all else the Dockerfile's. */
static enum error_kind kind_of_failure(const struct classic *classic, const char *failure)
{
	enum error_kind kind = stream_failure_kind(failure);

	return kind != ERROR_SYSTEM && strstr(classic->step, ": FROM ") ? kind : ERROR_BUILD;
}

static int fail(struct classic *classic, const char *failure, struct error *err)
{
	error_set(err, kind_of_failure(classic, failure), "%s", str_brief(slice_of(failure)).text);
	if (classic->step[0])
		error_wrap(err, "step %s", classic->step);
	return api_check_disk(failure, err);
}

static int take_message(void *arg, const struct json *message, struct error *err)
{
	const char *text = json_text(json_get(message, "stream"));
	const char *id = json_text(json_path(message, "aux", "ID", NULL));
	const char *failure = stream_failure(message);
	struct classic *classic = arg;

	if (failure)
		return fail(classic, failure, err);
	if (text && take_log(classic, slice_of(text), err))
		return -1;
	if (!id)
		return 0;
	return api_set_id(&classic->id, id, err) || str_replace(&classic->image, classic->id, err)
		       ? -1
		       : 0;
}

static int refuse(const struct engine_build *build, int line, const char *what, const char *why,
		  struct error *err)
{
	return error_set(err, ERROR_UNSUPPORTED, "%s:%d: %s %s",
			 context_dockerfile_path(build->context), line, what, why);
}

/* Podman 4.8 brought Buildah 1.33, the first that reads heredocs. */
static bool knows_heredocs(const struct api *api)
{
	struct slice rest = slice_of(api->engine.info.version), major, minor;

	if (!api_is_podman(api) || !slice_cut(&rest, '.', &major) || !slice_cut(&rest, '.', &minor))
		return false;
	return major.len > 1 || major.data[0] > '4' ||
	       (major.data[0] == '4' && (minor.len > 1 || minor.data[0] >= '8'));
}

/* Docker's classic builder of version 26 runs a heredoc as an empty script
 * and calls that success; others stop in the middle. */
static int check_dockerfile(const struct classic *classic, struct error *err)
{
	const struct engine_build *build = classic->build;
	const struct dockerfile *parsed = context_dockerfile(build->context);

	if (parsed->heredoc_line && !knows_heredocs(classic->api))
		return refuse(build, parsed->heredoc_line, "a heredoc",
			      api_is_podman(classic->api)
				      ? "needs Podman 4.8 or newer"
				      : "needs BuildKit, the classic builder would drop it",
			      err);
	if (parsed->mount_line && !api_is_podman(classic->api))
		return refuse(build, parsed->mount_line, "--mount",
			      "needs BuildKit, the classic builder does not know it", err);
	return 0;
}

/* Podman would take a secret, but only as a file of the context, where COPY sees it. */
static int check_grants(const struct classic *classic, struct error *err)
{
	const struct engine_build *build = classic->build;
	struct event_sink *sink = classic->api->engine.sink;

	if (build->secret_count)
		return error_set(err, ERROR_UNSUPPORTED,
				 "secret '%s' needs BuildKit: the classic builder cannot keep it "
				 "out of the context",
				 build->secrets[0].id);
	if (build->ssh_count)
		return error_set(err, ERROR_UNSUPPORTED,
				 "ssh '%s' needs BuildKit: the classic builder reaches no agent",
				 build->ssh[0].id);
	if (build->cache_from_count || build->cache_to_count)
		event_warning(sink,
			      "the classic builder has no cache but the engine's own: nothing "
			      "is imported (image.cacheFrom) or exported (image.cacheTo)");
	return 0;
}

static void query_map(struct buf *url, const char *key, const struct strmap *map)
{
	AUTO(buf_release) struct buf text = BUF_INIT(LIMIT_HEADER_LINE);
	struct json_writer writer = JSON_WRITER(&text);

	if (!map || !map->len)
		return;
	json_add_map(&writer, NULL, map);
	url->has_failed |= text.has_failed;
	api_query(url, key, text.data);
}

/* No intermediate container stays, also when the build fails. */
static void make_url(struct classic *classic, struct buf *url)
{
	const struct engine_build *build = classic->build;

	api_url(classic->api, url, "/build?rm=1&forcerm=1", "", "");
	api_query(url, "dockerfile", context_dockerfile_name(build->context));
	api_query(url, "target", build->target);
	api_query(url, "platform", build->platform);
	api_query(url, "nocache", build->no_cache ? "1" : NULL);
	api_query(url, "pull", build->pull ? "1" : NULL);
	query_map(url, "buildargs", build->build_args);
	query_map(url, "labels", build->labels);
}

/* Credentials for the registries of the bases, and for no other. */
static int find_credentials(const struct engine_build *build, struct secret *ret_header,
			    struct error *err)
{
	const struct dockerfile *dockerfile = context_dockerfile(build->context);
	AUTO(strv_release) struct strv hosts = { 0 };

	for (size_t i = 0; i < dockerfile->stage_count; i++) {
		AUTO(reference_release) struct reference reference = { 0 };

		if (!strcmp(dockerfile->stages[i].base, "scratch"))
			continue;
		if (reference_parse(dockerfile->stages[i].base, &reference, err)) {
			error_clear(err); /* a variable, or the engine's to complain about */
			continue;
		}
		if (!strv_has(&hosts, reference.host) && strv_add(&hosts, reference.host, err))
			return -1;
	}
	return hosts.len ? credentials_registry_config(&hosts, ret_header, err) : 0;
}

static ssize_t read_context(void *arg, void *data, size_t len, struct error *err)
{
	return context_read(arg, data, len, err);
}

static int rewind_context(void *arg, struct error *err)
{
	return context_rewind(arg, err);
}

static int send(struct classic *classic, struct error *err)
{
	const struct engine_build *build = classic->build;
	AUTO(buf_release) struct buf url = API_URL_INIT;
	AUTO(secret_buf_release) struct buf header = BUF_INIT(LIMIT_HEADER_LINE);
	AUTO(stream_release) struct stream stream = STREAM_INIT(take_message, classic);
	AUTO(secret_release) struct secret credentials = { 0 };
	const char *headers[] = { "Content-Type: application/x-tar", NULL, NULL };
	struct http_request request = { .method = "POST",
					.headers = headers,
					.source = read_context,
					.rewind = rewind_context,
					.source_arg = build->context,
					.sink = stream_feed,
					.sink_arg = &stream,
					.timeout_ms = build->timeout_ms };
	int64_t begin = time_monotonic_ms();
	int status;

	make_url(classic, &url);
	if (find_credentials(build, &credentials, err))
		return -1;
	if (credentials.data) {
		buf_add_format(&header, "X-Registry-Config: %s", credentials.data);
		headers[1] = header.data;
	}
	if (buf_check(&url, "the build's options", err) ||
	    buf_check(&header, "the credentials", err))
		return -1;
	request.url = url.data;
	status = api_perform(classic->api, &request, NULL, err);
	if (status && error_is(err, ERROR_UNREACHABLE) && build->timeout_ms &&
	    time_monotonic_ms() - begin >= build->timeout_ms)
		return engine_build_overdue(build, err);
	/* What it refuses before the stream starts is the Dockerfile, too. */
	if (status && err->http_status == 400)
		err->kind = ERROR_BUILD;
	return status ? -1 : stream_finish(&stream, err);
}

/* Docker 20.10 takes a local base of another platform without a word. */
static int check_platform(struct classic *classic, struct error *err)
{
	AUTO(engine_image_release) struct engine_image image = { 0 };
	AUTO(platform_release) struct platform wanted = { 0 };
	struct platform have;

	if (!classic->build->platform)
		return 0;
	if (platform_parse(classic->build->platform, &wanted, err) ||
	    api_inspect_image(&classic->api->engine, classic->id, &image, err))
		return -1;
	have = (struct platform){ image.os, image.architecture, image.variant };
	if (image.os && image.architecture && platform_matches(&have, &wanted))
		return 0;
	error_set(err, ERROR_BUILD, "the engine built for %s/%s, not for %s",
		  image.os ? image.os : "?", image.architecture ? image.architecture : "?",
		  classic->build->platform);
	return error_hint(err, "pull the base image for %s first", classic->build->platform);
}

static void hand_over(struct classic *classic, struct engine_build_result *result)
{
	result->builder = ENGINE_BUILDER_CLASSIC;
	result->step_count = classic->result.step_count;
	result->cached_count = classic->result.cached_count;
	result->stages = classic->result.stages;
	classic->result.stages = (struct strv){ 0 };
}

int api_build_classic(struct api *api, const struct engine_build *build, char **ret_id,
		      struct error *err)
{
	AUTO(classic_release)
	struct classic classic = { .api = api, .build = build, .line = BUF_INIT(STEP_LENGTH) };
	int status;

	if (check_dockerfile(&classic, err) || check_grants(&classic, err))
		return -1;
	status = send(&classic, err);
	if (build->result)
		hand_over(&classic, build->result);
	if (status)
		return -1;
	if (!classic.id)
		return error_set(err, ERROR_PROTOCOL,
				 "the engine ended the build without an image");
	if (check_platform(&classic, err))
		return -1;
	*ret_id = TAKE(classic.id);
	return 0;
}
