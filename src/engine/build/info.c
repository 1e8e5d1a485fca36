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

struct info {
	char *version;
	bool has_ended;
	int code;
	struct error error;
};

static int read_version(struct slice rest, struct info *info, struct error *err)
{
	struct protobuf_field field;
	int status;

	while ((status = protobuf_next(&rest, &field, err)) > 0) {
		if (field.number != VERSION_TEXT)
			continue;
		free(info->version);
		info->version = str_copy_slice(
			slice_starts(field.bytes, "v") ? slice_skip(field.bytes, 1) : field.bytes,
			err);
		if (!info->version)
			return -1;
	}
	return status;
}

static int take_message(struct grpc_call *call, void *arg, struct slice message, struct error *err)
{
	struct protobuf_field field;
	int status;

	(void)call;
	while ((status = protobuf_next(&message, &field, err)) > 0)
		if (field.number == INFO_VERSION && read_version(field.bytes, arg, err))
			return -1;
	return status;
}

static void take_end(struct grpc_call *call, void *arg, const struct grpc_status *status)
{
	struct info *info = arg;

	(void)call;
	info->has_ended = true;
	info->code = status->code;
	if (grpc_status_check(status, &info->error) && !status->error &&
	    status->code == GRPC_UNIMPLEMENTED)
		error_clear(&info->error); /* an older one */
}

static const struct grpc_handler handler = { .message = take_message, .ended = take_end };

static int await_end(struct grpc *grpc, struct info *info, struct error *err)
{
	int64_t deadline = time_monotonic_ms() + LIMIT_CONNECT_MS;

	while (!info->has_ended) {
		int64_t left = deadline - time_monotonic_ms();

		if (left <= 0)
			return error_set(err, ERROR_UNREACHABLE, "it does not answer");
		if (grpc_drive(&grpc, 1, left, err))
			return -1;
	}
	*err = info->error;
	return info->error.kind == ERROR_NONE ? 0 : -1;
}

int info_ask(struct channel *channel, char **ret_version, struct error *err)
{
	static const struct grpc_options options = { .name = "BuildKit" };
	struct info info = { 0 };
	const struct grpc_request request = { .path = "/moby.buildkit.v1.Control/Info",
					      .handler = &handler,
					      .arg = &info };
	AUTO(grpc_freep) struct grpc *grpc = NULL;
	AUTOFREE char *version = NULL;
	struct grpc_call *call;

	if (grpc_new(channel, &options, &grpc, err))
		return -1;
	call = grpc_start(grpc, &request, err);
	if (!call || grpc_send(call, SLICE(""), err) || grpc_close(call, err) ||
	    await_end(grpc, &info, err)) {
		if (call && !info.has_ended)
			grpc_cancel(call);
		free(info.version);
		return -1;
	}
	version = info.version ? info.version : str_copy("", err);
	if (!version)
		return -1;
	*ret_version = TAKE(version);
	return 0;
}
