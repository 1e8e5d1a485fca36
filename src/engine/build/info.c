/* SPDX-License-Identifier: MIT */
#include "engine/build/info.h"

#include "base/limits.h"
#include "base/str.h"
#include "base/time.h"
#include "codec/protobuf.h"
#include "net/grpc.h"

/* InfoResponse, and the BuildkitVersion in it. */
enum { INFO_VERSION = 1 };
enum { VERSION_TEXT = 2 };
/* ListWorkersResponse, the WorkerRecord in it, and the Platform in that. */
enum { WORKERS_RECORD = 1 };
enum { RECORD_PLATFORM = 3 };
enum { PLATFORM_ARCHITECTURE = 1, PLATFORM_OS = 2, PLATFORM_VARIANT = 3 };

/* A question to it. */
struct question {
	const char *path;
	int (*take)(struct slice message, struct info *info, struct error *err);
	struct info *info;
	struct grpc_call *call; /* until it has ended */
	bool has_ended;
	struct error error;
};

void info_release(struct info *info)
{
	free(info->version);
	free(info->platform);
	*info = (struct info){ 0 };
}

static int take_text(char **owned, struct slice text, struct error *err)
{
	free(TAKE(*owned));
	*owned = str_copy_slice(text, err);
	return *owned ? 0 : -1;
}

/* The content of the first message field of that number; empty if there is none. */
static int find_message(struct slice message, uint32_t number, struct slice *ret_message,
			struct error *err)
{
	struct protobuf_field field;
	int status;

	*ret_message = SLICE("");
	while ((status = protobuf_next(&message, &field, err)) > 0)
		if (field.number == number) {
			*ret_message = field.bytes;
			return 0;
		}
	return status;
}

static int take_info(struct slice message, struct info *info, struct error *err)
{
	struct slice version, text;

	if (find_message(message, INFO_VERSION, &version, err) ||
	    find_message(version, VERSION_TEXT, &text, err))
		return -1;
	return take_text(&info->version, slice_starts(text, "v") ? slice_skip(text, 1) : text, err);
}

/* The first one of the first worker is the one that builds are for (BuildKit's dockerfile
 * frontend, BuildOpts). */
static int take_workers(struct slice message, struct info *info, struct error *err)
{
	AUTO(buf_release) struct buf text = BUF_INIT(LIMIT_PEER_TEXT);
	struct slice record, platform, os, architecture, variant;

	if (find_message(message, WORKERS_RECORD, &record, err) ||
	    find_message(record, RECORD_PLATFORM, &platform, err) ||
	    find_message(platform, PLATFORM_OS, &os, err) ||
	    find_message(platform, PLATFORM_ARCHITECTURE, &architecture, err) ||
	    find_message(platform, PLATFORM_VARIANT, &variant, err))
		return -1;
	if (!platform.len)
		return 0;
	buf_add_slice(&text, os);
	buf_add_char(&text, '/');
	buf_add_slice(&text, architecture);
	if (variant.len)
		buf_add_char(&text, '/');
	buf_add_slice(&text, variant);
	return buf_check(&text, "a platform", err)
		       ? -1
		       : take_text(&info->platform, buf_slice(&text), err);
}

static int take_message(struct grpc_call *call, void *arg, struct slice message, struct error *err)
{
	struct question *question = arg;

	(void)call;
	return question->take(message, question->info, err);
}

static void take_end(struct grpc_call *call, void *arg, const struct grpc_status *status)
{
	struct question *question = arg;

	(void)call;
	question->has_ended = true;
	if (grpc_status_check(status, &question->error) && !status->error &&
	    status->code == GRPC_UNIMPLEMENTED)
		error_clear(&question->error); /* an older one */
}

static const struct grpc_handler handler = { .message = take_message, .ended = take_end };

static int send(struct grpc *grpc, struct question *question, struct error *err)
{
	const struct grpc_request request = { .path = question->path,
					      .handler = &handler,
					      .arg = question };

	question->call = grpc_start(grpc, &request, err);
	return !question->call || grpc_send(question->call, SLICE(""), err) ||
			       grpc_close(question->call, err)
		       ? -1
		       : 0;
}

static int await_end(struct grpc *grpc, struct question *question, struct error *err)
{
	int64_t deadline = time_monotonic_ms() + LIMIT_CONNECT_MS;

	while (!question->has_ended) {
		int64_t left = deadline - time_monotonic_ms();

		if (left <= 0)
			return error_set(err, ERROR_UNREACHABLE, "it does not answer");
		if (grpc_drive(&grpc, 1, left, err))
			return -1;
	}
	*err = question->error;
	return question->error.kind == ERROR_NONE ? 0 : -1;
}

/* All are under way before the first answer comes. */
static int ask(struct grpc *grpc, struct question *questions, size_t count, struct error *err)
{
	int status = 0;

	for (size_t i = 0; !status && i < count; i++)
		status = send(grpc, &questions[i], err);
	for (size_t i = 0; !status && i < count; i++)
		status = await_end(grpc, &questions[i], err);
	for (size_t i = 0; i < count; i++)
		if (questions[i].call && !questions[i].has_ended)
			grpc_cancel(questions[i].call);
	return status;
}

int info_ask(struct channel *channel, struct info *ret_info, struct error *err)
{
	static const struct grpc_options options = { .name = "BuildKit" };
	AUTO(info_release) struct info info = { 0 };
	struct question questions[] = {
		{ "/moby.buildkit.v1.Control/Info", take_info, .info = &info },
		{ "/moby.buildkit.v1.Control/ListWorkers", take_workers, .info = &info },
	};
	AUTO(grpc_freep) struct grpc *grpc = NULL;

	if (grpc_new(channel, &options, &grpc, err) ||
	    ask(grpc, questions, ARRAY_SIZE(questions), err))
		return -1;
	if (!info.version && take_text(&info.version, SLICE(""), err))
		return -1;
	*ret_info = info;
	info = (struct info){ 0 };
	return 0;
}
