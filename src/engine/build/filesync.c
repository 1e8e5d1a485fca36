/* SPDX-License-Identifier: MIT */
#include "engine/build/filesync.h"

#include <stdlib.h>

#include "base/str.h"
#include "context/files.h"
#include "engine/build/fsutil-sender.h"
#include "net/grpc.h"

struct filesync {
	struct session *session;
	struct fsutil_sender *sender;
	bool is_context;
	bool is_finished;
	int64_t told_bytes, told_at_ms;
	struct buf message;
};

static int hex_digit(char c)
{
	const char *digits = "0123456789abcdef", *at;

	at = c ? strchr(digits, c >= 'A' && c <= 'F' ? c - 'A' + 'a' : c) : NULL;
	return at ? (int)(at - digits) : -1;
}

/* As Go's url.QueryEscape wrote it. */
static int decode(const char *text, struct buf *out, struct error *err)
{
	for (; *text; text++) {
		int high, low;

		if (*text != '%') {
			buf_add_char(out, *text == '+' ? ' ' : *text);
			continue;
		}
		high = hex_digit(text[1]);
		low = high < 0 ? -1 : hex_digit(text[2]);
		if (low < 0 || !(high << 4 | low))
			return error_set(err, ERROR_PROTOCOL,
					 "BuildKit asks for files by a malformed text");
		buf_add_char(out, (char)(high << 4 | low));
		text += 2;
	}
	return buf_check(out, "what BuildKit asks for", err);
}

/* All values of the metadata `key`. */
static int read_list(const struct grpc_call *call, const char *key, struct strv *ret_list,
		     struct error *err)
{
	AUTOFREE char *flag_name = str_format(err, "%s-encoded", key);
	const char *flag, *value;
	bool is_encoded;

	if (!flag_name)
		return -1;
	flag = grpc_metadata(call, flag_name, 0);
	is_encoded = flag && str_to_bool(flag, &is_encoded) && is_encoded;
	for (size_t i = 0; (value = grpc_metadata(call, key, i)); i++) {
		AUTO(buf_release) struct buf decoded = BUF_INIT(LIMIT_GRPC_METADATA);

		if (is_encoded && decode(value, &decoded, err))
			return -1;
		if (strv_add(ret_list, is_encoded ? decoded.data : value, err))
			return -1;
	}
	return 0;
}

static int open_files(const struct session *session, const struct grpc_call *call,
		      struct context_files **ret_files, struct error *err)
{
	AUTO(strv_release) struct strv folder = { 0 };
	AUTO(strv_release) struct strv follow = { 0 };
	AUTO(strv_release) struct strv include = { 0 };
	AUTO(strv_release) struct strv exclude = { 0 };

	if (read_list(call, "dir-name", &folder, err) ||
	    read_list(call, "followpaths", &follow, err) ||
	    read_list(call, "include-patterns", &include, err) ||
	    read_list(call, "exclude-patterns", &exclude, err))
		return -1;
	return context_files_open(
		session->build->context,
		&(struct context_files_options){
			.folder = folder.len ? folder.items[0] : "",
			.follow = &follow,
			.include = &include,
			.exclude = &exclude,
			.uses_builtin_frontend = session->build->uses_builtin_frontend,
		},
		ret_files, err);
}

/* What is sent of the context; nothing if BuildKit has it all. */
static void tell_progress(struct filesync *sync, bool is_last)
{
	struct fsutil_progress progress = fsutil_sender_progress(sync->sender);
	const struct engine_build *build = sync->session->build;

	if (!sync->is_context || progress.bytes == sync->told_bytes ||
	    (!is_last && !event_is_due(&sync->told_at_ms)))
		return;
	sync->told_bytes = progress.bytes;
	event_emit(sync->session->sink, &(struct event){
						.type = EVENT_PROGRESS,
						.step = build->step,
						.image = build->image,
						.subject = CONTEXT_FILES_CONTEXT,
						.bytes = progress.bytes,
						.total = progress.total,
					});
}

/* Tells BuildKit in both ways: fsutil's, and gRPC's. */
static int give_up(struct filesync *sync, struct grpc_call *call, const struct error *why,
		   struct error *err)
{
	buf_reset(&sync->message);
	fsutil_sender_give_up(why, &sync->message);
	sync->is_finished = true;
	if (buf_check(&sync->message, "an error", err) ||
	    grpc_send(call, buf_slice(&sync->message), err))
		return -1;
	return grpc_finish(call, grpc_code_of(why), why->message, err);
}

/* Gives as many messages as there is room for. */
static int pump(struct grpc_call *call, void *arg, struct error *err)
{
	struct filesync *sync = arg;

	while (!sync->is_finished && grpc_has_room(call)) {
		struct error why = { 0 };
		int status;

		buf_reset(&sync->message);
		status = fsutil_sender_give(sync->sender, &sync->message, &why);
		if (status < 0) {
			session_fail(sync->session, &why);
			return give_up(sync, call, &why, err);
		}
		if (status && grpc_send(call, buf_slice(&sync->message), err))
			return -1;
		sync->is_finished = fsutil_sender_is_over(sync->sender);
		tell_progress(sync, sync->is_finished);
		if (sync->is_finished)
			return grpc_finish(call, GRPC_OK, NULL, err);
		if (!status)
			break;
	}
	return 0;
}

/* BuildKit's own failure is told by its Solve, its nonsense by us. */
static int take_message(struct grpc_call *call, void *arg, struct slice message, struct error *err)
{
	struct filesync *sync = arg;

	if (fsutil_sender_take(sync->sender, message, err)) {
		if (!error_is(err, ERROR_BUILD))
			session_fail(sync->session, err);
		return -1;
	}
	return pump(call, sync, err);
}

static int take_close(struct grpc_call *call, void *arg, struct error *err)
{
	struct filesync *sync = arg;

	(void)call;
	if (sync->is_finished || fsutil_sender_was_ended(sync->sender))
		return 0;
	return error_set(err, ERROR_PROTOCOL, "BuildKit stopped taking files before the end");
}

static void filesync_free(struct filesync *sync)
{
	if (!sync)
		return;
	fsutil_sender_free(sync->sender);
	buf_release(&sync->message);
	free(sync);
}

static void filesync_freep(struct filesync **sync)
{
	filesync_free(*sync);
}

static void end(struct grpc_call *call, void *arg, const struct grpc_status *status)
{
	(void)call;
	(void)status;
	filesync_free(arg);
}

static const struct grpc_handler handler = {
	.message = take_message,
	.room = pump,
	.closed = take_close,
	.ended = end,
};

int filesync_accept(struct session *session, struct grpc_call *call, struct error *err)
{
	AUTO(filesync_freep) struct filesync *sync = calloc(1, sizeof(*sync));
	const char *folder = grpc_metadata(call, "dir-name", 0);
	struct context_files *files;

	if (!sync)
		return error_set_memory(err);
	buf_init(&sync->message, 2 * LIMIT_CHUNK);
	sync->session = session;
	sync->is_context = str_equal(folder, CONTEXT_FILES_CONTEXT);
	if (open_files(session, call, &files, err) || fsutil_sender_new(files, &sync->sender, err))
		return -1;
	grpc_call_handle(call, &handler, sync);
	return pump(call, TAKE(sync), err);
}
